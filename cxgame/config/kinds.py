"""Kinds of setting: how a value is read from text, TOML or Python, and what is allowed.

Text is plain ASCII throughout: `int` and `float` alone would take full-width digits, `1_000`
and `NaN`. A kind knows neither the setting's name nor where the value came from; `Refused` says
only what was expected, and the reader of the sources adds the rest.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from cxgame.model.units import MAX_UNITS, ONE, NotANumber, TooPrecise, parse_decimal, parse_units

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)  # up to 2**63 - 1, as seeds are
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_MOST_PLACES = 40  # more than a number of the most characters can have


class Refused(ValueError):
    """The value is not of its kind; `reason` is set where the kind's sentence is not enough."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(reason or "not allowed")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value. `allowed` completes the sentence "it must be …"."""

    allowed: str
    metavar: str  # what stands for the value in the help: PORT, SECONDS
    read: Callable[[object], Any]  # raises Refused
    choices: tuple[str, ...] = ()
    is_switch: bool = False  # a flag without a value
    separator: str | None = None  # between several values in one text; None: one value only


def boolean() -> Kind:
    """True or false, and nothing that merely looks like it."""

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        is_word = isinstance(value, str) or (isinstance(value, int) and value in (0, 1))
        word = str(value).lower() if is_word else ""
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise Refused

    return Kind("true, yes, on, 1, false, no, off or 0", "", read, is_switch=True)


def integer(low: int, high: int, metavar: str = "N") -> Kind:
    """A whole number within bounds."""

    def read(value: object) -> int:
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Refused
        return value

    return Kind(f"a whole number from {low} to {high}", metavar, read)


def seconds(low: str, high: str) -> Kind:
    """A duration in seconds, exact in milliseconds."""
    return duration("seconds", low, high)


def duration(unit: str, low: str, high: str) -> Kind:
    """A duration in that unit, exact in thousandths."""
    least, most = parse_decimal(low, 3), parse_decimal(high, 3)

    def read(value: object) -> float:
        try:
            thousandths = parse_decimal(decimal_text(value), 3)
        except (NotANumber, TooPrecise):
            raise Refused from None
        if not least <= thousandths <= most:
            raise Refused
        return thousandths / 1000

    allowed = f"a number of {unit} from {low} to {high}, with at most three decimals"
    return Kind(allowed, unit.upper(), read)


def amount() -> Kind:
    """An amount of an asset, kept as the decimal text it was written in."""

    def read(value: object) -> str:
        text = decimal_text(value)
        try:
            units = parse_units(text)
        except (NotANumber, TooPrecise):
            raise Refused from None
        if not 0 <= units <= MAX_UNITS:
            raise Refused
        return text

    allowed = f"a plain decimal number from 0 to {MAX_UNITS // ONE}, such as 10000.00"
    return Kind(allowed, "AMOUNT", read)


def rate() -> Kind:
    """A share of a value, kept as decimal text: 0.001 is a tenth of a percent."""
    return decimal("RATE", 1, 12, "0.00075")


def decimal(metavar: str, high: int, places: int, example: str) -> Kind:
    """A number that is not negative, kept as the decimal text it was written in."""

    def read(value: object) -> str:
        text = decimal_text(value)
        try:
            scaled = parse_decimal(text, places)
        except (NotANumber, TooPrecise):
            raise Refused from None
        if not 0 <= scaled <= high * 10**places:
            raise Refused
        return text

    allowed = (
        f"a plain decimal number from 0 to {high} with at most {places} decimals, such as {example}"
    )
    return Kind(allowed, metavar, read)


def within(low: float, high: float) -> Kind:
    """A number within bounds, which may be negative."""

    def read(value: object) -> float:
        try:
            parse_decimal(decimal_text(value), _MOST_PLACES)
        except (NotANumber, TooPrecise):
            raise Refused from None
        number = float(decimal_text(value))
        if not low <= number <= high:
            raise Refused
        return number

    return Kind(f"a plain number from {low:g} to {high:g}", "NUMBER", read)


def choice(*words: str) -> Kind:
    """One of a few words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise Refused
        return value

    allowed = " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    return Kind(allowed, "WORD", read, choices=words)


def in_any_case(kind: Kind) -> Kind:
    """The same kind, also where its words are written in capitals."""

    def read(value: object) -> Any:
        return kind.read(value.lower() if isinstance(value, str) else value)

    return replace(kind, read=read)


def text(allowed: str, metavar: str, pattern: str = r"[^\x00-\x1f\x7f]+") -> Kind:
    """A text that matches a pattern; by default any printable one."""
    compiled = re.compile(pattern)

    def read(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise Refused
        try:
            value.encode()
        except UnicodeEncodeError:  # the environment and flags may hold bytes that are no text
            raise Refused("is not UTF-8 text") from None
        return value

    return Kind(allowed, metavar, read)


def hosts() -> Kind:
    """Addresses to listen on, in one text separated by commas."""
    listed = text("", "", r"[A-Za-z0-9.:%_-]+")

    def read(value: object) -> str:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not items:
            raise Refused
        return ",".join(
            listed.read(item.strip() if isinstance(item, str) else item) for item in items
        )

    return Kind("an address, or several separated by commas", "HOST", read)


def path(metavar: str = "FILE") -> Kind:
    """A path; `~` is the home directory."""

    def read(value: object) -> Path:
        if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
            raise Refused
        try:
            return Path(value).expanduser()
        except RuntimeError:
            raise Refused("begins with a home directory that is not known") from None

    return Kind("a path", metavar, read)


def optional(kind: Kind) -> Kind:
    """The same kind, or none at all."""

    def read(value: object) -> Any:
        return None if value is None or value == "none" else kind.read(value)

    return replace(kind, allowed=f"{kind.allowed}, or none", read=read)


def several(kind: Kind, separator: str, *, least: int = 0) -> Kind:
    """A tuple of different values; one text may hold several, and so may a list."""

    def read(value: object) -> tuple[Any, ...]:
        given = value if isinstance(value, list | tuple) else [value]
        items: list[object] = []
        for item in given:
            items += item.split(separator) if isinstance(item, str) else [item]
        if items == [""]:
            items = []
        values = tuple(kind.read(item.strip() if isinstance(item, str) else item) for item in items)
        if len(set(values)) < len(values):
            raise Refused("names one value twice")
        if len(values) < least:
            raise Refused
        return values

    allowed = f"one or several of: {kind.allowed}; in one text they are separated by {separator!r}"
    return replace(kind, allowed=allowed, read=read, separator=separator)


def decimal_text(value: object) -> str:
    """A number of any type as plain decimal text; a float by its shortest text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Refused
    if isinstance(value, float):
        if not isfinite(value):
            raise Refused
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        # The bound comes first: Decimal("1e5000000") would be spelled out in five million digits.
        if not value.is_finite() or abs(value.adjusted()) > 30:
            raise Refused
        return f"{value:f}"
    if abs(value) >= 10**40:
        raise Refused
    return str(value)

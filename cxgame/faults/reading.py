"""Faults from plain tables, as TOML, JSON or a command's parameters give them, and back.

Every mistake has one plain sentence, which names the fault and what it takes instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from cxgame.faults.modes import ALL_FACES, MODES, PROFILES, Cut, Delay, Direction, Face, Fault

MAX_NAMES: Final = 100  # in one list of message types or users
MAX_NAME: Final = 64  # characters of one
MAX_BANS: Final = 10
HOUR_MS: Final = 3_600_000.0

Reader = Callable[[str, Any], Any]  # of a parameter's name and value

_DEFAULT_DIRECTION: Final = {
    "drop": Direction.IN,
    "delay": Direction.IN,  # with a profile: both, each way takes its time
    "duplicate": Direction.OUT,
    "reorder": Direction.IN,
    "corrupt": Direction.OUT,
    "throttle": Direction.IN,
    "silence": Direction.OUT,
    "rate_limit": Direction.IN,
    "disconnect": Direction.BOTH,
    "half_open": Direction.BOTH,
}


class BadFaultError(ValueError):
    """A table that is no fault; its text is one sentence for whoever wrote it."""


def read_fault(table: Mapping[str, Any]) -> Fault:
    """The fault that a table describes. Raises `BadFaultError`."""
    mode = table.get("fault")
    if not isinstance(mode, str) or mode not in MODES:
        raise BadFaultError(f"'fault' must be one of {', '.join(MODES)}, not {_shown(mode)}.")
    given = {name: value for name, value in table.items() if name != "fault"}
    values = _Table(mode, given).read()
    return MODES[mode](**values)


def table_of(fault: Fault) -> dict[str, Any]:
    """The table that `read_fault` makes this fault of, everything said."""
    table: dict[str, Any] = {"fault": fault.mode}
    for field in fields(fault):
        value = getattr(fault, field.name)
        if isinstance(value, tuple):
            value = list(value)
        table[field.name] = str(value) if isinstance(value, Direction) else value
    table["faces"] = [str(face) for face in fault.faces]
    return _without_alternatives(fault, table)


@dataclass(frozen=True, slots=True)
class _Number:
    """What a number may be."""

    least: float
    most: float
    whole: bool = False
    unit: str = ""

    def __call__(self, name: str, value: Any) -> float:
        """The number. Raises `BadFaultError`."""
        kind = "a whole number" if self.whole else "a number"
        allowed = (int,) if self.whole else (int, float)
        is_number = isinstance(value, allowed) and not isinstance(value, bool)
        if not is_number or not self.least <= value <= self.most:
            bounds = f"{self.least:,.10g} to {self.most:,.10g}{self.unit}"
            raise BadFaultError(f"{name} must be {kind} from {bounds}, not {_shown(value)}.")
        return value if self.whole else float(value)


def _one_of(words: tuple[str, ...]) -> Reader:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise BadFaultError(f"{name} must be one of {', '.join(words)}, not {_shown(value)}.")
        return value

    return read


def _names(name: str, value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    is_list = isinstance(names, list | tuple) and 0 < len(names) <= MAX_NAMES
    if not is_list or not all(
        isinstance(each, str) and 0 < len(each) <= MAX_NAME for each in names
    ):
        raise BadFaultError(
            f"{name} must be a list of 1 to {MAX_NAMES} names of at most {MAX_NAME} characters,"
            f" not {_shown(value)}."
        )
    return tuple(dict.fromkeys(names))


def _faces(name: str, value: Any) -> tuple[Face, ...]:
    word = _one_of(tuple(ALL_FACES))
    return tuple(Face(word(name, each)) for each in _names(name, value))


def _bans(name: str, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_BANS:
        raise BadFaultError(f"{name} must be a list of at most {MAX_BANS} numbers.")
    return tuple(_Number(0, 86_400, unit=" s")(name, each) for each in value)


_PROBABILITY: Final = _Number(0, 1)
_MS: Final = _Number(0, HOUR_MS, unit=" ms")
_COUNT: Final = _Number(0, 1_000_000_000, whole=True)
_CUT: Final[dict[str, Reader]] = {"probability": _PROBABILITY, "after_messages": _COUNT}
_COMMON: Final[dict[str, Reader]] = {
    "direction": _one_of(tuple(Direction)),
    "faces": _faces,
    "messages": _names,
    "to": _names,
}
_PARAMETERS: Final[dict[str, dict[str, Reader]]] = {
    "drop": {"probability": _PROBABILITY},
    "delay": {
        "probability": _PROBABILITY,
        "ms": _MS,
        "min_ms": _MS,
        "max_ms": _MS,
        "profile": _one_of(tuple(PROFILES)),
    },
    "duplicate": {"probability": _PROBABILITY, "max_duplicates": _Number(1, 10, whole=True)},
    "reorder": {"window_size": _Number(2, 100, whole=True), "probability": _PROBABILITY},
    "corrupt": {"probability": _PROBABILITY, "corruption_level": _PROBABILITY},
    "throttle": {"max_messages_per_second": _Number(0.01, 100_000)},
    "silence": {"after_messages": _COUNT},
    "rate_limit": {"per_second": _Number(1, 100_000, whole=True), "bans_s": _bans},
    "disconnect": _CUT,
    "half_open": _CUT,
}
_NEEDED: Final = {
    "drop": "probability",
    "duplicate": "probability",
    "corrupt": "probability",
    "throttle": "max_messages_per_second",
}


class _Table:
    """One table on its way to the values of a fault."""

    def __init__(self, mode: str, given: Mapping[str, Any]) -> None:
        self._mode = mode
        self._given = given

    def read(self) -> dict[str, Any]:
        """What to make the fault of."""
        readers = {**_PARAMETERS[self._mode], **_COMMON}
        unknown = [name for name in self._given if name not in readers]
        if unknown:
            takes = ", ".join(readers)
            self._refuse(f"{_shown(unknown[0])} is unknown; it takes {takes}.")
        try:
            values = {name: readers[name](name, value) for name, value in self._given.items()}
        except BadFaultError as error:
            raise BadFaultError(f"{self._mode}: {error}") from None
        needed = _NEEDED.get(self._mode)
        if needed is not None and needed not in values:
            self._refuse(f"{needed} is missing.")
        return self._completed(values)

    def _completed(self, values: dict[str, Any]) -> dict[str, Any]:
        if self._mode == "delay":
            values = self._delay(values)
        elif (
            issubclass(MODES[self._mode], Cut)
            and len({"probability", "after_messages"} & values.keys()) != 1
        ):
            self._refuse("it takes either probability or after_messages.")
        direction = values.get("direction") or _DEFAULT_DIRECTION[self._mode]
        if self._mode == "delay" and "profile" in values and "direction" not in values:
            direction = Direction.BOTH
        if self._mode == "rate_limit" and direction != Direction.IN:
            self._refuse("direction can only be in: what is counted are requests.")
        return {**values, "direction": Direction(direction)}

    def _delay(self, values: dict[str, Any]) -> dict[str, Any]:
        """One of the three ways to say how late."""
        said = [name for name in ("ms", "min_ms", "max_ms", "profile") if name in values]
        if said not in (["ms"], ["min_ms", "max_ms"], ["profile"]):
            self._refuse("it takes either ms, or min_ms and max_ms, or profile.")
        if "ms" in values:
            values = {**values, "min_ms": values["ms"], "max_ms": values["ms"]}
            del values["ms"]
        if values.get("min_ms", 0) > values.get("max_ms", 0):
            self._refuse("min_ms must not be above max_ms.")
        return values

    def _refuse(self, why: str) -> None:
        raise BadFaultError(f"{self._mode}: {why}")


def _without_alternatives(fault: Fault, table: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing: the other of two ways, and lists that leave nothing out."""
    silent = {name for name in ("messages", "to") if not table[name]}
    if fault.faces == ALL_FACES:
        silent.add("faces")
    if isinstance(fault, Delay):
        silent |= {"min_ms", "max_ms"} if fault.profile else {"profile"}
    elif isinstance(fault, Cut):
        silent.add("probability" if fault.after_messages is not None else "after_messages")
    return {name: value for name, value in table.items() if name not in silent}


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 1] + "…"

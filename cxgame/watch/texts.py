"""Texts for a terminal: what players wrote made harmless, numbers made short, times for people."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

_MOST_MARKS = 2  # on one letter: enough for every script, too few to climb over other lines
_DOT = "·"


def printable(text: str) -> str:
    """Text as a terminal may show it: control characters could move its cursor, or worse."""
    shown: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks > _MOST_MARKS or unicodedata.name(letter, "").startswith("VARIATION SELECTOR"):
            continue  # terminals disagree about how wide a letter with a selector is
        shown.append(letter if letter.isprintable() else _DOT)
    return "".join(shown)


def short(size: str, characters: int = 12) -> str:
    """A size in so many characters: without its last zeros, without decimals that don't fit."""
    whole, point, rest = size.partition(".")
    rest = rest[: max(0, characters - len(whole) - 1)].rstrip("0")
    if rest or whole.strip("0"):
        return whole + point + rest if rest else whole
    return f"{float(size):.0e}" if size.strip("0.") else "0"


def aligned(sizes: Sequence[str], characters: int) -> list[str]:
    """Sizes of so many characters, their points below each other."""
    texts = [short(size, characters) for size in sizes]
    decimals = max((places(text) for text in texts if "e" not in text), default=0)

    def padded(text: str) -> str:
        if not decimals or "e" in text:
            return text.rjust(characters)
        whole, _, rest = text.partition(".")
        return f"{whole}.{rest.ljust(decimals, '0')}"[:characters].rstrip(".").rjust(characters)

    return [padded(text) for text in texts]


def cents(amount: str) -> str:
    """An amount cut to two decimals, with commas: "10598.503" is 10,598.50."""
    whole, _, rest = amount.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}.{rest[:2].ljust(2, '0')}"


def places(number: str) -> int:
    """Digits after the point."""
    return len(number.partition(".")[2])


def duration(seconds: float) -> str:
    """Hours only when there are some: 12:34, 1:01:01."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def clock(seconds: float | None) -> str:
    """Time left, for people."""
    return "endless" if seconds is None else f"{duration(seconds)} left"


def time_of_day(ts: float) -> str:
    """Where the terminal is."""
    return datetime.fromtimestamp(ts).strftime("%H:%M:%S")

"""Which bots there are, and who is to play: reading `maker,random:2,momentum`."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import NamedTuple

from cxgame.bots.maker import Maker
from cxgame.bots.momentum import Momentum
from cxgame.bots.noise import Noise
from cxgame.bots.view import Strategy

STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "maker": Maker,
    "random": Noise,
    "momentum": Momentum,
}
NAMES = tuple(STRATEGIES)
MAX_COPIES = 1_000  # of one bot: more is a typing error

_ENTRY = re.compile(r"([^:]+)(?::([1-9][0-9]{0,3}))?", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
_LONGEST_STEM = 20  # a user's name has at most 32 characters


class UnknownBot(ValueError):
    """There is no such bot; the text is one line for the person who named it."""


class BotSpec(NamedTuple):
    """One bot to play: which, and under what name."""

    name: str  # of `NAMES`, or the path of a file
    user: str

    @property
    def is_file(self) -> bool:
        """Whether it is a script of its own."""
        return is_file(self.name)


def is_file(name: str) -> bool:
    """Whether a bot's name is the path of a script."""
    return name.endswith(".py")


def parse_bots(text: str | Iterable[str]) -> list[BotSpec]:
    """Read `maker,random:2,momentum`, or its entries; raises `UnknownBot`.

    Users are named `bot-maker`, `bot-random-1`, `bot-random-2`, …
    """
    entries = text.split(",") if isinstance(text, str) else text
    names = [name for entry in entries for name in _copies(entry.strip())]
    totals, seen = Counter(map(_stem, names)), Counter[str]()
    specs = []
    for name in names:
        stem = _stem(name)
        seen[stem] += 1
        number = f"-{seen[stem]}" if totals[stem] > 1 else ""
        specs.append(BotSpec(name, f"bot-{stem}{number}"))
    return specs


def strategy(name: str) -> Strategy:
    """A bot's mind, by its name; raises `UnknownBot`."""
    if name not in STRATEGIES:
        raise UnknownBot(f"there is no bot {name!r}; there are {', '.join(NAMES)}, and FILE.py")
    return STRATEGIES[name]()


def _copies(entry: str) -> list[str]:
    if not entry:
        return []
    match = _ENTRY.fullmatch(entry)
    if match is None or int(match[2] or 1) > MAX_COPIES:
        raise UnknownBot(f"{entry!r} is no bot: write a name, or name:number up to {MAX_COPIES}")
    if not is_file(match[1]):
        strategy(match[1])
    return [match[1]] * int(match[2] or 1)


def _stem(name: str) -> str:
    """What of a bot's name goes into its user's."""
    stem = PurePath(name).stem if is_file(name) else name
    return _NOT_IN_A_NAME.sub("-", stem)[:_LONGEST_STEM]

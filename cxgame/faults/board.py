"""The board: which faults are in force on a server now, whom they concern, and how often they hit.

One per server, used in its event loop alone. It tells each connection when what concerns it has
changed; what then happens to messages is the connection's matter (`cxgame.faults.link`).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from cxgame.faults.line import NOBODY, Line
from cxgame.faults.modes import Face, Fault
from cxgame.faults.reading import table_of

MOST: Final = 100  # faults in force at once: each is asked about every message it concerns


class BoardFullError(ValueError):
    """There are as many faults in force as there may be."""


@dataclass(eq=False, slots=True)
class InForce:
    """One fault while it is in force; times are seconds of playing time."""

    id: int
    fault: Fault
    label: str  # in the names of its streams: its mode, numbered from the second one on
    by: str  # setting, deck, admin
    since: float
    until: float | None  # as it is planned; whoever has set it clears it then
    hits: int = 0

    def row(self) -> dict[str, Any]:
        """As people read it."""
        said = {"since": self.since, "until": self.until, "by": self.by, "hits": self.hits}
        return {"id": self.id, **table_of(self.fault), **said}


class Board:
    """The faults of one server."""

    def __init__(self, seed: int = 0, game_time_s: Callable[[], float] = lambda: 0.0) -> None:
        self.seed = seed
        self.game_time_s = game_time_s
        self.in_force: dict[int, InForce] = {}
        self._ids = count(1)
        self._past_hits: Counter[str] = Counter()  # of faults that are over, by mode
        self._labels: Counter[str] = Counter()  # faults set so far, by mode
        self._sessions: Counter[tuple[Face, str]] = Counter()  # so far, of who at which face
        self._lines: dict[object, Line] = {}

    # Faults

    def set(self, fault: Fault, by: str = "admin", until: float | None = None) -> InForce:
        """Put a fault in force. Raises `BoardFullError`."""
        if len(self.in_force) >= MOST:
            raise BoardFullError(f"There are {MOST} faults in force already.")
        self._labels[fault.mode] += 1
        nth = self._labels[fault.mode]
        label = fault.mode if nth == 1 else f"{fault.mode}.{nth}"
        each = InForce(next(self._ids), fault, label, by, self.game_time_s(), until)
        self.in_force[each.id] = each
        self._tell_all()
        return each

    def clear(self, ids: Iterable[int] | None = None) -> list[InForce]:
        """End these faults, or all; returns those that were in force."""
        wanted = list(self.in_force) if ids is None else ids
        ended = [self.in_force.pop(id) for id in dict.fromkeys(wanted) if id in self.in_force]
        for each in ended:
            self._past_hits[each.fault.mode] += each.hits
        if ended:
            self._tell_all()
        return ended

    @property
    def hits(self) -> dict[str, int]:
        """How many messages were hit so far, by mode, also by faults that are over."""
        hits = Counter(self._past_hits)
        for each in self.in_force.values():
            hits[each.fault.mode] += each.hits
        return dict(hits)

    def describe(self) -> dict[str, Any]:
        """Seed, time and faults in force, as people read them."""
        faults = [each.row() for each in self.in_force.values()]
        return {"seed": self.seed, "game_time": self.game_time_s(), "faults": faults}

    # Connections

    @property
    def lines(self) -> tuple[Line, ...]:
        """All connections, those that no fault concerns included."""
        return tuple(self._lines.values())

    def join(
        self,
        key: object,
        face: Face,
        who: str = NOBODY,
        names: Iterable[str] | None = None,
        nth: int | None = None,
    ) -> Line:
        """A connection has come; `key` is what it is found by, `names` what `to` may call it.

        Without `names` it is called `who`; without `nth` it is counted. Set the line's `changed`
        and look at its `faults`.
        """
        number = self._nth(face, who) if nth is None else nth
        line = Line(face, who, number, _names(who, names))
        self._lines[key] = line
        self._tell(line)
        return line

    def named(self, key: object, who: str, names: Iterable[str] | None = None) -> None:
        """A connection is `who`'s from now on; one that has not joined doesn't matter."""
        line = self._lines.get(key)
        if line is not None and line.who != who:
            line.rename(who, self._nth(line.face, who), _names(who, names))
            self._tell(line)

    def leave(self, key: object) -> None:
        """A connection is gone."""
        self._lines.pop(key, None)

    def line(self, key: object) -> Line | None:
        """The connection that joined with this key."""
        return self._lines.get(key)

    def _nth(self, face: Face, who: str) -> int:
        self._sessions[face, who] += 1
        return self._sessions[face, who]

    def _tell_all(self) -> None:
        for line in self.lines:
            self._tell(line)

    def _tell(self, line: Line) -> None:
        meant = [each for each in self.in_force.values() if line.is_meant(each.fault)]
        line.set(meant, self.seed)


def _names(who: str, names: Iterable[str] | None) -> Iterable[str]:
    if names is not None:
        return names
    return () if who == NOBODY else (who,)

"""Links without a network: a loop whose time passes when told, an end that notes what arrives."""

import asyncio
from collections.abc import Callable
from typing import Any

from cxgame.faults import Board, Direction, Face, Line, Link, Parcel, read_fault
from cxgame.faults.modes import Cut


class Timer:
    """What `call_at` returns."""

    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when, self.callback = when, callback
        self.is_cancelled = False

    def cancel(self) -> None:
        """Never call."""
        self.is_cancelled = True


class ManualLoop:
    """Time that moves when told, and the timers that are due by then."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        """Now."""
        return self.now_s

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call at that time."""
        timer: Any = Timer(when, callback)
        self.timers.append(timer)
        handle: asyncio.TimerHandle = timer
        return handle

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call so much later."""
        return self.call_at(self.now_s + delay, callback)

    def call_soon(self, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call in the next turn."""
        return self.call_at(self.now_s, callback)

    @property
    def waiting(self) -> list[Timer]:
        """Timers that somebody set and nobody cancelled."""
        self.timers = [timer for timer in self.timers if not timer.is_cancelled]
        return self.timers

    def pass_s(self, seconds: float) -> None:
        """Let time pass, and call what is due on the way, in order."""
        end_s = self.now_s + seconds
        while due := [timer for timer in self.waiting if timer.when <= end_s]:
            timer = min(due, key=lambda each: each.when)
            timer.is_cancelled = True
            self.now_s = max(self.now_s, timer.when)
            timer.callback()
        self.now_s = end_s


class Arrivals:
    """The end of a link: what came through, and when."""

    def __init__(self, loop: ManualLoop) -> None:
        self.loop = loop
        self.opened = True
        self.parcels: list[tuple[float, Parcel]] = []
        self.ended: list[str] = []  # modes of the faults that cut the line

    def is_open(self) -> bool:
        """As the test says."""
        return self.opened

    def take(self, parcel: Parcel) -> None:
        """Note it."""
        self.parcels.append((self.loop.now_s, parcel))

    def flush(self) -> None:
        """Nothing to do."""

    def cut(self, fault: Cut) -> None:
        """Note it."""
        self.ended.append(fault.mode)

    @property
    def payloads(self) -> list[bytes]:
        """What came through, in order."""
        return [parcel.payload for _, parcel in self.parcels]

    @property
    def times_s(self) -> list[float]:
        """When, from the beginning of the test."""
        return [round(at_s - 100.0, 6) for at_s, _ in self.parcels]


class Road:
    """One link with its board, its line and its end."""

    def __init__(self, *tables: dict[str, Any], seed: int = 7, who: str = "ann") -> None:
        self.board = Board(seed)
        self.loop = ManualLoop()
        self.end = Arrivals(self.loop)
        self.line = self.board.join(self, Face.ORDERS, who)
        for table in tables:
            self.board.set(read_fault(table))
        self.link = Link(self.line, Direction.IN, self.end, self.loop)

    def send(self, *messages: str, kind: str = "order") -> list[bytes]:
        """Send messages in one turn; all that has arrived so far."""
        for message in messages:
            self.link.send(kind, message.encode())
        self.link.pump()
        return self.end.payloads


def line_with(*tables: dict[str, Any], seed: int = 7, who: str = "ann") -> Line:
    """The line of a session of `who`, concerned by these faults."""
    board = Board(seed)
    for table in tables:
        board.set(read_fault(table))
    return board.join(object(), Face.ORDERS, who)

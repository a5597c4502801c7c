"""One subscription to the feed, and where it stands: what was lost, what came twice."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]


@dataclass
class Stream:
    """What is subscribed to on one connection; it outlives the connection."""

    channels: tuple[str, ...]
    symbol: str | None  # None: all markets
    # Called with each frame that has not come before; `on_begin` when all may have changed.
    on_frame: Callable[["Stream", Frame], None]
    on_begin: Callable[["Stream"], None]
    last_seq: int | None = None
    game: tuple[str, int] | None = None
    is_catching_up: bool = False
    watched: set[Any] = field(default_factory=set)  # what somebody waits for: keys of the reader's
    known: dict[Any, Any] = field(default_factory=dict)  # what was shown of each
    untold: dict[str, Any] = field(default_factory=dict)  # came while nobody waited for it

    @property
    def name(self) -> str:
        """Tells it from other subscriptions."""
        return f"{'+'.join(self.channels)}:{self.symbol or ''}"

    @property
    def request(self) -> Frame:
        """The message that subscribes."""
        params = {"channels": list(self.channels), "symbol": self.symbol}
        return {"cmd": "subscribe", "params": params}

    def take(self, frame: Frame) -> Frame | None:
        """Follow one frame; returns the message that must be sent now, if any."""
        match frame["type"]:
            case "hello":
                self._greeted(frame)
            case "subscribed":
                self.on_begin(self)
                return None if self.last_seq is None else self._resume()
            case "resync":  # what was missed is out of reach
                self.last_seq, self.is_catching_up = frame["seq"], False
                self.known.clear()
                self.on_begin(self)
            case _:
                return self._numbered(frame)
        return None

    def _greeted(self, hello: Frame) -> None:
        game = (hello["game"], hello["number"])
        if self.game not in (None, game):  # seq begins anew
            self.last_seq = None
            self.known.clear()
        self.game, self.is_catching_up = game, False

    def _numbered(self, frame: Frame) -> Frame | None:
        seq, before, last = frame.get("seq"), frame.get("prev_seq"), self.last_seq
        if seq is not None and before is not None:
            if last is not None and seq <= last:
                return None
            if last is not None and before > last:  # it will come again, after what is missing
                return None if self.is_catching_up else self._resume()
            self.last_seq, self.is_catching_up = seq, False
        self.on_frame(self, frame)
        return None

    def _resume(self) -> Frame:
        self.is_catching_up = True
        return {"cmd": "resume", "params": {"seq": self.last_seq}}


class Renewal:
    """Work that is done again whenever something has changed, but not more often than so."""

    def __init__(
        self,
        work: Callable[[], Awaitable[None]],
        spawn: Callable[..., Any],
        sleep_ms: Callable[[float], Awaitable[None]],
        every_ms: float,
    ) -> None:
        """`work` must not raise."""
        self._work = work
        self._spawn = spawn
        self._sleep_ms = sleep_ms
        self._every_ms = every_ms
        self._is_due = self._is_running = False

    def poke(self) -> None:
        """Something has changed."""
        self._is_due = True
        if not self._is_running:
            self._is_running = True
            self._spawn(self._run)

    async def _run(self) -> None:
        try:
            while self._is_due:
                self._is_due = False
                await self._work()
                await self._sleep_ms(self._every_ms)
        finally:
            self._is_running = False

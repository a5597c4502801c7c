"""One subscription to the feed, and where it stands: what was lost, what came twice."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Frame = dict[str, Any]

AGAIN_MS = 500  # between tries of what could not be done


class Followed:
    """What is subscribed to on one connection; it outlives the connection."""

    name: str  # tells it from other subscriptions

    def __init__(self) -> None:
        self.watched: set[Any] = set()  # what somebody waits for: keys of the reader's
        self.known: dict[Any, Any] = {}  # what was shown of each
        self.untold: dict[str, Any] = {}  # came while nobody waited for it

    @property
    def request(self) -> Frame:
        """The message that begins a connection."""
        raise NotImplementedError

    def take(self, frame: Frame) -> Frame | None:
        """Follow one frame; returns the message that must be sent now, if any."""
        raise NotImplementedError

    def on_begin(self) -> None:
        """Tell how things stand to who watches them now."""
        raise NotImplementedError


@dataclass(eq=False)
class Stream(Followed):
    """A subscription to the feed."""

    channels: tuple[str, ...]
    symbol: str | None  # None: all markets
    # Called with each frame that has not come before; `begin` when all may have changed.
    tell: Callable[["Stream", Frame], None]
    begin: Callable[["Stream"], None]
    timeframe: str | None = None
    is_resumed: bool = True  # by the feed's numbers; else its frames say themselves what is missing
    last_seq: int | None = None
    game: tuple[str, int] | None = None
    is_catching_up: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self.name = f"{'+'.join(self.channels)}:{self.symbol or ''}:{self.timeframe or ''}"

    @property
    def request(self) -> Frame:
        """The message that subscribes."""
        params: Frame = {"channels": list(self.channels), "symbol": self.symbol}
        if self.timeframe is not None:
            params["timeframe"] = self.timeframe
        return {"cmd": "subscribe", "params": params}

    def take(self, frame: Frame) -> Frame | None:
        """Follow one frame; returns the message that must be sent now, if any."""
        match frame["type"]:
            case "hello":
                self._greeted(frame)
            case "subscribed":
                self.on_begin()
                return None if self.last_seq is None else self._resume()
            case "resync":  # what was missed is out of reach
                self.last_seq, self.is_catching_up = frame["seq"], False
                self.known.clear()
                self.on_begin()
            case _ if self.is_resumed:
                return self._numbered(frame)
            case _:
                self.tell(self, frame)
        return None

    def on_begin(self) -> None:
        """Tell how things stand to who watches them now."""
        self.begin(self)

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
        self.tell(self, frame)
        return None

    def _resume(self) -> Frame:
        self.is_catching_up = True
        return {"cmd": "resume", "params": {"seq": self.last_seq}}


class Renewal:
    """Work that is done again whenever something has changed, but not more often than so.

    What could not be done is tried again as long as it is needed.
    """

    def __init__(
        self,
        work: Callable[[], Awaitable[bool]],
        spawn: Callable[..., Any],
        sleep_ms: Callable[[float], Awaitable[None]],
        every_ms: float,
        is_needed: Callable[[], bool],
    ) -> None:
        """`work` says whether it could be done, and must not raise."""
        self._work = work
        self._spawn = spawn
        self._sleep_ms = sleep_ms
        self._every_ms = every_ms
        self._is_needed = is_needed
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
                is_done = await self._work()
                await self._sleep_ms(self._every_ms if is_done else AGAIN_MS)
                self._is_due |= not is_done and self._is_needed()
        finally:
            self._is_running = False

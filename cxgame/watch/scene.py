"""What a watcher knows of a game: folded from the frames of the feed, ready to be drawn.

Pure: no terminal, no clock. Texts that players wrote are made printable here, once.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Frame = dict[str, Any]

KEPT_TRADES = 200  # more lines than any terminal has
KEPT_MESSAGES = 50
KEPT_PRICES = 400
RATE_WINDOW_S = 10.0
OPEN = "open"
CONNECTED = "New connection"  # for a log; on the screen it would drive out what players say


class Trade(NamedTuple):
    """A line of the tape; `side` is the taker's."""

    ts: float
    symbol: str
    side: str
    price: str
    size: str


class Place(NamedTuple):
    """A line of the standings."""

    rank: int
    user: str
    equity: str
    bot: bool


@dataclass(slots=True)
class Book:
    """The best levels, best first, as [price, size] texts."""

    bids: list[list[str]] = field(default_factory=list)
    asks: list[list[str]] = field(default_factory=list)


class Scene:
    """The state of one screen. `market` is the symbol whose book and price are shown."""

    def __init__(self) -> None:
        self.game = ""
        self.phase = ""
        self.halted = False
        self.symbols: list[str] = []
        self.mids: dict[str, str] = {}
        self.books: dict[str, Book] = {}
        self.prices: dict[str, deque[float]] = {}
        self.trades: deque[Trade] = deque(maxlen=KEPT_TRADES)
        self.messages: deque[tuple[float, str]] = deque(maxlen=KEPT_MESSAGES)
        self.standings: list[Place] = []
        self.players = 0
        self.ts = 0.0  # of the last frame
        self._remaining: float | None = None
        self._remaining_ts = 0.0
        self._times: deque[float] = deque()  # of the last trades, for their rate

    @property
    def market(self) -> str:
        """The first market of the game."""
        return self.symbols[0] if self.symbols else ""

    @property
    def book(self) -> Book:
        """The book that is shown."""
        return self.books.get(self.market, Book())

    def remaining(self, ts: float) -> float | None:
        """Seconds of play left at a time; None in an endless game."""
        if self._remaining is None:
            return None
        passed = ts - self._remaining_ts if self.phase == OPEN else 0.0
        return max(0.0, self._remaining - passed)

    def trades_per_s(self, ts: float) -> float:
        """Over the last ten seconds."""
        while self._times and self._times[0] <= ts - RATE_WINDOW_S:
            self._times.popleft()
        return len(self._times) / RATE_WINDOW_S

    def take(self, frame: Frame) -> str | None:
        """Follow a frame; returns what of it is worth a line in a log, if anything is."""
        self.ts = max(self.ts, float(frame.get("ts", 0.0)))
        if "phase" in frame:
            self._enter(frame)
        taker = _TAKERS.get(str(frame.get("type")))
        return None if taker is None else taker(self, frame)

    def _enter(self, frame: Frame) -> None:
        self.phase = str(frame["phase"])
        self.halted = bool(frame.get("halted", False))
        self._remaining, self._remaining_ts = frame["remaining"], frame["ts"]

    def _hello(self, frame: Frame) -> str:
        game = f"{frame['game']}.{frame['number']}"
        if game != self.game:
            self.game = game
            self.books.clear()
            self.trades.clear()
            self.standings = []
        self.symbols = [market["symbol"] for market in frame["markets"]]
        return f"game {game}, {self.phase}: {', '.join(self.symbols)}"

    def _market(self, frame: Frame) -> str:
        if frame["symbol"] not in self.symbols:
            self.symbols.append(frame["symbol"])
        return f"new market: {frame['symbol']}"

    def _ticker(self, frame: Frame) -> None:
        self.mids[frame["symbol"]] = frame["mid"]
        if not self._times:  # as long as nobody trades the oracle's price is the only one
            self._price(frame["symbol"], frame["mid"])

    def _book(self, frame: Frame) -> None:
        self.books[frame["symbol"]] = Book(frame["bids"], frame["asks"])

    def _match(self, frame: Frame) -> str:
        deal = frame["message"]
        trade = Trade(frame["ts"], frame["symbol"], frame["side"], deal["price"], deal["size"])
        self.trades.append(trade)
        self._times.append(trade.ts)
        self._price(trade.symbol, trade.price)
        return f"{trade.symbol} {trade.side} {short(trade.size)} at {trade.price}"

    def _price(self, symbol: str, price: str) -> None:
        self.prices.setdefault(symbol, deque(maxlen=KEPT_PRICES)).append(float(price))

    def _standings(self, frame: Frame) -> str | None:
        rows = frame["standings"]
        self.standings = [
            Place(r["rank"], printable(r["user"]), r["equity"], r["bot"]) for r in rows
        ]
        self.players = frame.get("players", len(rows))
        if not self.standings:
            return None
        leader = self.standings[0]
        return f"{leader.user} leads with {cents(leader.equity)}"

    def _said(self, frame: Frame) -> str:
        return self._note(frame, f"{printable(frame['user'])}: {printable(frame['message'])}")

    def _told(self, frame: Frame) -> str:
        if frame["message"] == CONNECTED:
            return CONNECTED
        return self._note(frame, printable(frame["message"]))

    def _reset(self, frame: Frame) -> str:
        return self._note(frame, f"Set back: {', '.join(map(printable, frame['users']))}")

    def _resync(self, frame: Frame) -> str:
        return self._note(frame, "Some events were missed.")

    def _note(self, frame: Frame, text: str) -> str:
        self.messages.append((frame["ts"], text))
        return text


_TAKERS: dict[str, Callable[[Scene, Frame], str | None]] = {
    "hello": Scene._hello,
    "ticker": Scene._ticker,
    "book": Scene._book,
    "match": Scene._match,
    "standings": Scene._standings,
    "results": Scene._standings,
    "bcast": Scene._said,
    "info": Scene._told,
    "start": Scene._told,
    "pause": Scene._told,
    "shutdown": Scene._told,
    "market": Scene._market,
    "reset": Scene._reset,
    "resync": Scene._resync,
}


def printable(text: str) -> str:
    """Text as a terminal may show it: control characters could move its cursor, or worse."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)


def short(size: str, characters: int = 12) -> str:
    """A size in so many characters: without its last zeros, without decimals that don't fit."""
    whole, point, rest = size.partition(".")
    rest = rest[: max(0, characters - len(whole) - 1)].rstrip("0")
    if rest or whole.strip("0"):
        return whole + point + rest if rest else whole
    return f"{float(size):.0e}" if size.strip("0.") else "0"


def cents(amount: str) -> str:
    """An amount cut to two decimals, with commas: "10598.503" is 10,598.50."""
    whole, _, rest = amount.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}.{rest[:2].ljust(2, '0')}"

"""What a watcher knows of a game: folded from the frames of the feed, ready to be drawn.

Pure: no terminal, no clock. Texts that players wrote are made printable here, once.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cxgame.watch.chart import History
from cxgame.watch.texts import cents, printable, short

Frame = dict[str, Any]

KEPT_TRADES = 200  # of a market: more lines than any terminal has
KEPT_MESSAGES = 50
RATE_WINDOW_S = 10.0
MOVED_S = 15.0  # for so long a new rank is pointed at
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
    """A line of the standings; `up`: ranks won a moment ago, lost ones if negative."""

    rank: int
    user: str
    equity: str
    bot: bool
    up: int = 0


@dataclass(slots=True)
class Book:
    """The best levels, best first, as [price, size] texts."""

    bids: list[list[str]] = field(default_factory=list)
    asks: list[list[str]] = field(default_factory=list)


class Scene:
    """The state of one screen. `market` is the symbol whose book, chart and trades are shown."""

    def __init__(self) -> None:
        self.game = ""
        self.phase = ""
        self.halted = False
        self.symbols: list[str] = []
        self.house = False  # whether the house trades at the oracle's quotes
        self.mids: dict[str, str] = {}
        self.quotes: dict[str, tuple[str, str]] = {}  # the oracle's bid and ask
        self.books: dict[str, Book] = {}
        self.trends: dict[str, int] = {}  # 1: the last move of the mid was up; -1: down
        self.prices: dict[str, History] = {}
        self.trades: dict[str, deque[Trade]] = {}
        self.messages: deque[tuple[float, str]] = deque(maxlen=KEPT_MESSAGES)
        self.standings: list[Place] = []
        self.players = 0
        self._settled = False  # whether the standings are those of a round that has ended
        self.ts = 0.0  # of the last frame
        self._seq = 0  # of the last event
        self._turned = 0
        self._ranks: dict[str, int] = {}
        self._moved: dict[
            str, tuple[float, int]
        ] = {}  # when a user's rank changed, and by how many
        self._remaining: float | None = None
        self._remaining_ts = 0.0
        self._times: deque[float] = deque()  # of the last trades, for their rate

    @property
    def market(self) -> str:
        """The market that is looked at, in the beginning the first of the game."""
        return self.symbols[self._turned % len(self.symbols)] if self.symbols else ""

    def turn(self, by: int) -> None:
        """Look at another market: so many to the right."""
        self._turned = (self._turned + by) % max(1, len(self.symbols))

    @property
    def book(self) -> Book:
        """The book that is shown."""
        return self.books.get(self.market, Book())

    @property
    def history(self) -> History:
        """The prices that are shown."""
        return self.prices.get(self.market, History())

    @property
    def tape(self) -> list[Trade]:
        """The trades that are shown, newest first."""
        return list(reversed(self.trades.get(self.market, ())))

    def remaining(self, ts: float) -> float | None:
        """Seconds of play left at a time; None in an endless game."""
        if self._remaining is None:
            return None
        passed = ts - self._remaining_ts if self.phase == OPEN else 0.0
        return max(0.0, self._remaining - passed)

    def trades_per_s(self, ts: float) -> float:
        """Over the last ten seconds."""
        self._pass(ts)
        return len(self._times) / RATE_WINDOW_S

    def _pass(self, ts: float) -> None:
        """Forget the trades that no rate counts any more; nobody may ask for one."""
        while self._times and self._times[0] <= ts - RATE_WINDOW_S:
            self._times.popleft()

    def take(self, frame: Frame) -> str | None:
        """Follow a frame; returns what of it is worth a line in a log, if anything is."""
        ts = float(frame.get("ts", 0.0))
        seq = frame.get("seq", self._seq)
        is_earlier = seq < self._seq or ts < self.ts - RATE_WINDOW_S
        if frame.get("type") == "hello" and is_earlier:
            self._forget()  # a replay was wound back
            self.ts = ts
        self._seq, self.ts = seq, max(self.ts, ts)
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
            self._forget()
        self.symbols = [market["symbol"] for market in frame["markets"]]
        self.house = frame.get("house") is True
        return f"game {game}, {self.phase}: {', '.join(self.symbols)}"

    def _forget(self) -> None:
        """Another game begins: of the one before only what was said stays."""
        for known in (
            self.trades,
            self.books,
            self.mids,
            self.quotes,
            self.trends,
            self.prices,
            self._ranks,
            self._moved,
        ):
            known.clear()
        self._times.clear()
        self.standings, self.players, self._turned = [], 0, 0
        self._settled = False

    def _market(self, frame: Frame) -> str:
        if frame["symbol"] not in self.symbols:
            self.symbols.append(frame["symbol"])
        return f"new market: {frame['symbol']}"

    def _ticker(self, frame: Frame) -> None:
        symbol, mid = frame["symbol"], frame["mid"]
        before = self.mids.get(symbol)
        if before is not None and float(mid) != float(before):
            self.trends[symbol] = 1 if float(mid) > float(before) else -1
        self.mids[symbol] = mid
        self.quotes[symbol] = frame["bid"], frame["ask"]
        if not self._times:  # as long as nobody trades the oracle's price is the only one
            self._price(symbol, mid)

    def _book(self, frame: Frame) -> None:
        self.books[frame["symbol"]] = Book(frame["bids"], frame["asks"])

    def _match(self, frame: Frame) -> str:
        deal = frame["message"]
        trade = Trade(frame["ts"], frame["symbol"], frame["side"], deal["price"], deal["size"])
        self.trades.setdefault(trade.symbol, deque(maxlen=KEPT_TRADES)).append(trade)
        self._pass(trade.ts)
        self._times.append(trade.ts)
        self._price(trade.symbol, trade.price)
        return f"{trade.symbol} {trade.side} {short(trade.size)} at {trade.price}"

    def _price(self, symbol: str, price: str) -> None:
        self.prices.setdefault(symbol, History()).add(self.ts, float(price))

    def _present(self, frame: Frame) -> str | None:
        """Prices move on after the end of a round, but its standings are settled: those stay."""
        return None if self._settled else self._standings(frame)

    def _results(self, frame: Frame) -> str | None:
        self._settled = True
        return self._standings(frame)

    def _round(self, frame: Frame) -> str:
        self._settled = False
        return self._note(frame, f"Round {frame['round']} begins.")

    def _start(self, frame: Frame) -> str:
        self._settled = False
        return self._told(frame)

    def _standings(self, frame: Frame) -> str | None:
        rows = frame["standings"]
        self._compare(rows, frame["ts"])
        self.standings = [
            Place(
                r["rank"],
                printable(r["user"]),
                r["equity"],
                r["bot"],
                self._moved.get(r["user"], (0.0, 0))[1],
            )
            for r in rows
        ]
        self._ranks = {r["user"]: r["rank"] for r in rows}
        self.players = frame.get("players", len(rows))
        if not self.standings:
            return None
        leader = self.standings[0]
        return f"{leader.user} leads with {cents(leader.equity)}"

    def _compare(self, rows: list[Frame], ts: float) -> None:
        """Note whose rank is another than before; forget what is no news any more."""
        news = {
            r["user"]: (ts, self._ranks[r["user"]] - r["rank"])
            for r in rows
            if self._ranks.get(r["user"], r["rank"]) != r["rank"]
        }
        recent = {user: move for user, move in self._moved.items() if move[0] > ts - MOVED_S}
        self._moved = recent | news

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
    "standings": Scene._present,
    "results": Scene._results,
    "round": Scene._round,
    "bcast": Scene._said,
    "info": Scene._told,
    "start": Scene._start,
    "pause": Scene._told,
    "shutdown": Scene._told,
    "market": Scene._market,
    "reset": Scene._reset,
    "resync": Scene._resync,
}

"""What the client believes: open orders, balances, books, kept by all that comes by the socket.

A frame is judged by its number, then taken in. What the view cannot know is returned as doubts,
which somebody else looks into.
"""

from enum import StrEnum
from typing import NamedTuple

from cxgame.network import Arrival, SequenceTracker
from cxgame.simulator.balances import Balances
from cxgame.simulator.book import Book
from cxgame.simulator.frames import BOOKS, Frame, Unreadable, order_in, readable, stream_of
from cxgame.simulator.health import Health
from cxgame.simulator.orders import Orders
from cxgame.simulator.trades import Trades

Stream = tuple[str, str]


class About(StrEnum):
    """What a doubt may be about, beside a book."""

    ORDERS = "orders"
    BALANCES = "balances"


Doubtful = About | Stream
"""Orders, balances, or a stream that is followed."""


class Taken(NamedTuple):
    """What became of a frame."""

    is_news: bool  # whether whoever reads the socket's frames should see it
    doubts: tuple[Doubtful, ...] = ()


_NEWS, _OLD = Taken(is_news=True), Taken(is_news=False)


class View:
    """The client's own picture of its account and of the books that it follows."""

    def __init__(self, health: Health) -> None:
        self.orders = Orders()
        self.balances = Balances()
        self.books: dict[Stream, Book] = {}
        self.trades: dict[Stream, Trades] = {}
        self.followed: dict[Stream, None] = {}
        self._tracker: SequenceTracker[Stream] = SequenceTracker()
        self._health = health

    def everything(self) -> tuple[Doubtful, ...]:
        """All that may be doubted."""
        return (*About, *self.followed)

    def book(self, symbol: str) -> Book | None:
        """The book of a symbol, of the channel that shows more of it."""
        return self.books.get(("ORDERBOOK_L2", symbol)) or self.books.get(("ORDERBOOK", symbol))

    def follow(self, stream: Stream) -> None:
        """A stream is going to come."""
        channel, symbol = stream
        self.followed[stream] = None
        if channel in BOOKS:
            self.books.setdefault(stream, Book(symbol))
        elif channel == "TRADES":
            self.trades.setdefault(stream, Trades())

    def ignore(self, stream: Stream) -> None:
        """A stream is not followed any more."""
        self.followed.pop(stream, None)
        self.books.pop(stream, None)
        self.trades.pop(stream, None)
        self._tracker.forget(stream)

    def disconnected(self) -> None:
        """Numbers begin anew at the next connection, and nobody tells of changes until then."""
        self._tracker.forget_all()
        for book in self.books.values():
            book.lose()
        for trades in self.trades.values():
            trades.lose()

    def take(self, frame: Frame, *, is_awaited: bool = False) -> Taken:
        """Take a frame in. One that can't be read puts everything into doubt."""
        try:
            with readable():
                if frame["type"] == "SUBSCRIBED":
                    if is_awaited:
                        stream = str(frame["channel"]), str(frame["symbol"])
                        self._tracker.begin(stream, int(frame["sequence_id"]))
                    return _OLD
                stream_or_none = stream_of(frame)
                if stream_or_none is not None:
                    return self._numbered(frame, stream_or_none)
                return Taken(frame.get("request_id") is None, self._private(frame))
        except Unreadable:
            self._health.count("garbage")
            return Taken(is_news=False, doubts=self.everything())

    def _numbered(self, frame: Frame, stream: Stream) -> Taken:
        """A frame of a channel, where it belongs among those that have come."""
        arrival, missing = self._tracker.note(stream, frame["sequence_id"])
        match arrival:
            case Arrival.REPEAT:
                self._health.count("repeats")
            case Arrival.LATE:
                self._health.count("late")
            case Arrival.GAP:
                self._health.count("gaps")
                self._health.count("missing", missing)
        if stream in self.trades:
            return self._traded(frame, stream, arrival)
        if arrival in (Arrival.REPEAT, Arrival.LATE):
            return _OLD
        return self._changed(frame, stream, arrival) if stream in self.books else _NEWS

    def _traded(self, frame: Frame, stream: Stream, arrival: Arrival) -> Taken:
        """A trade counts whenever it comes, once."""
        trades = self.trades[stream]
        if arrival is Arrival.GAP:
            trades.lose()
        is_news = trades.take(frame)
        return Taken(is_news, (stream,) if arrival is Arrival.GAP else ())

    def _changed(self, frame: Frame, stream: Stream, arrival: Arrival) -> Taken:
        """A book's next frame; after a hole only a whole book is worth anything."""
        book = self.books[stream]
        if arrival is Arrival.GAP:
            book.lose()
        book.take(frame)
        return _NEWS if book.synced else Taken(is_news=True, doubts=(stream,))

    def _private(self, frame: Frame) -> tuple[Doubtful, ...]:
        """A frame about one's own account; what it leaves in doubt."""
        match frame["type"]:
            case "ORDER_ACK":
                self.orders.take(order_in(frame))
            case "ORDER_FILL":
                if not self.orders.fill(frame):
                    return (About.ORDERS,)
            case "ORDER_CANCEL":
                if not self.orders.cancel(frame["order_id"]):
                    return (About.ORDERS,)
            case "ORDER_REJECT" if frame.get("order_id") is not None:
                return (About.ORDERS,)
            case "BALANCE_UPDATE":
                self.balances.take(frame)
        return ()

"""The commands about the past: fills, closed orders, trades and candles.

They are answered from memory as far as it reaches, and beyond from the database. Both know only
what was applied; the reply is released with the batch of the state that it shows.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from cxgame.engine.orders import Order
from cxgame.history.candles import INTERVALS, KnownCandles, Window, with_trades, without_gaps
from cxgame.history.reading import HistoryReader, Reach
from cxgame.history.rows import MAX_ID, Bounds, ClosedOrder, Fill, PublicTrade
from cxgame.model.errors import Rejection
from cxgame.server.sessions.reads import id_of
from cxgame.wire import request_types as r
from cxgame.wire.money import MarketMoney
from cxgame.wire.params import CandlesParams, PastParams
from cxgame.wire.replies import done, json_list, refused
from cxgame.wire.rows import candle_row, fill_row, order_row, public_trade_row

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

DEFAULT_INTERVAL = "1m"

Answer: TypeAlias = bytes | Coroutine[Any, Any, bytes]


class PastRow(Protocol):
    """What every row of the past has."""

    @property
    def wall_ms(self) -> int: ...


Row = TypeVar("Row", bound=PastRow)
Key: TypeAlias = tuple[int, int]  # id, and what tells rows of one id apart


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A list of the past: where its rows are, and how one is told from others and written."""

    kept: Callable[[Bounds, int], list[Row]]  # in memory
    floor: float  # the id from which on memory has all
    older: Callable[[HistoryReader, Bounds, int], list[Row]]
    is_older_there: Callable[[Reach], bool]  # whether the database has all that memory has not
    key: Callable[[Row], Key]
    text: Callable[[Row], str]


def fills(session: "Session", request: r.Fills) -> Answer:
    """The account's fills."""
    account, host = session.account, session.host
    recent, money = host.shown.recent, host.money
    floor = recent.fills_floor(account)
    listing: Listing[Fill] = Listing(
        kept=lambda bounds, limit: recent.fills(account, bounds, limit),
        floor=floor,
        older=lambda reader, bounds, limit: reader.fills(account, bounds, limit),
        is_older_there=lambda reach: reach.trade + 1 >= floor,
        key=lambda fill: (fill.trade, fill.side),
        text=lambda fill: fill_row(fill, money[fill.market]),
    )
    return _answer(session, "fills", request, listing)


def completed(session: "Session", request: r.Completed) -> Answer:
    """The account's orders that have ended."""
    account, host = session.account, session.host
    recent, money, name = host.shown.recent, host.money, session.name
    ended_ms = recent.closed_before_ms(account)
    listing: Listing[Order | ClosedOrder] = Listing(
        kept=lambda bounds, limit: [*recent.closed(account, bounds, limit)],
        floor=recent.closed_floor(account),
        older=lambda reader, bounds, limit: [*reader.closed(account, bounds, limit)],
        is_older_there=lambda reach: reach.wall_ms >= ended_ms,
        key=lambda order: (order.id, 0),
        text=lambda order: order_row(order, money[order.market], name),
    )
    return _answer(session, "completed", request, listing)


def trades(session: "Session", request: r.Trades) -> Answer:
    """Everybody's trades in a market."""
    host = session.host
    money = host.money_of(request.params.symbol)
    if isinstance(money, Rejection):
        return refused("trades", money, request.id)
    recent, market = host.shown.recent, money.market.id
    floor = recent.trades_floor(market)
    listing: Listing[PublicTrade] = Listing(
        kept=lambda bounds, limit: recent.trades(market, bounds, limit),
        floor=floor,
        older=lambda reader, bounds, limit: reader.trades(market, bounds, limit),
        is_older_there=lambda reach: reach.trade + 1 >= floor,
        key=lambda trade: (trade.trade, 0),
        text=lambda trade: public_trade_row(trade, money),
    )
    return _answer(session, "trades", request, listing)


def candles(session: "Session", request: r.Candles) -> Answer:
    """What a market's trades come to, interval by interval; oldest first."""
    money = session.host.money_of(request.params.symbol)
    if isinstance(money, Rejection):
        return refused("candles", money, request.id)
    return _candles(session, request, money)


# Lists


def _answer(
    session: "Session",
    command: str,
    request: r.Fills | r.Completed | r.Trades,
    listing: Listing[Row],
) -> Answer:
    """A page from memory at once; one that reaches further back, once it was read."""
    bounds = _bounds(request.params)
    if isinstance(bounds, Rejection):
        return refused(command, bounds, request.id)
    page_size = session.host.limits.max_page
    limit = min(request.params.limit or page_size, page_size)
    wanted = limit + 2  # another of the last one's id, and one that shows that there is more
    kept = listing.kept(bounds, wanted)
    if not session.host.past.is_there or _reaches(listing, bounds, kept, wanted):
        return _page(command, request, listing, kept, limit)
    return _with_older(session, command, request, listing, bounds, kept, limit)


def _bounds(params: PastParams) -> Bounds | Rejection:
    """Which rows are asked for: the first after an id, or else the last."""
    before, after = id_of(params.before, "before"), id_of(params.after, "after")
    if isinstance(before, Rejection):
        return before
    if isinstance(after, Rejection):
        return after
    return Bounds(
        MAX_ID if before is None else min(before, MAX_ID),
        params.since or 0,
        MAX_ID if params.until is None else params.until,
        0 if after is None else min(after, MAX_ID - 1),
        oldest_first=after is not None,
    )


def _reaches(listing: Listing[Row], bounds: Bounds, kept: list[Row], wanted: int) -> bool:
    """Whether memory has all that is wanted: nothing below its floor can be among it."""
    floor, key = listing.floor, listing.key
    if floor <= bounds.after + 1:
        return True
    if not bounds.oldest_first and len(kept) == wanted and key(kept[-1])[0] >= floor:
        return True
    earlier = listing.kept(Bounds(until_ms=bounds.since_ms), 1)  # times rise with ids
    return bool(earlier) and key(earlier[0])[0] >= floor


async def _with_older(
    session: "Session",
    command: str,
    request: r.Fills | r.Completed | r.Trades,
    listing: Listing[Row],
    bounds: Bounds,
    kept: list[Row],
    limit: int,
) -> bytes:
    """A page with what the database has below the floor.

    Memory may have some of it too: what has just happened, and the writer is a moment behind. While
    it is so far behind that rows are in neither, the page ends there and says that there is more.
    """
    below = bounds._replace(before=int(min(bounds.before, listing.floor)))
    unread: tuple[Reach | None, list[Row]] = None, []

    def question(reader: HistoryReader) -> tuple[Reach | None, list[Row]]:
        return reader.reach(), listing.older(reader, below, limit + 2)

    reach, older = await session.host.past.ask(question, unread)
    if reach is None or not listing.is_older_there(reach):
        return _up_to_the_hole(command, request, listing, bounds, kept, limit)
    rows = {listing.key(row): row for row in (*older, *kept)}
    in_order = [rows[key] for key in sorted(rows, reverse=not bounds.oldest_first)]
    return _page(command, request, listing, in_order, limit)


def _up_to_the_hole(
    command: str,
    request: r.Fills | r.Completed | r.Trades,
    listing: Listing[Row],
    bounds: Bounds,
    kept: list[Row],
    limit: int,
) -> bytes:
    """What can be told before rows that are nowhere yet; to go on behind them would hide them."""
    rows = (
        [] if bounds.oldest_first else [row for row in kept if listing.key(row)[0] >= listing.floor]
    )
    return _page(command, request, listing, rows, limit, more=True)


def _page(
    command: str,
    request: r.Fills | r.Completed | r.Trades,
    listing: Listing[Row],
    in_order: list[Row],
    limit: int,
    *,
    more: bool = False,
) -> bytes:
    """The reply, and whether further rows were cut off.

    Rows of one id stay together (a trade with oneself is two fills), so that `before` or `after`
    the last one of a page skips none. Pages come in the order in which they are read on: newest
    first, or after an id oldest first; what is no page comes in the order in which it happened.
    """
    ids = [listing.key(row)[0] for row in in_order[: limit + 1]]
    if len(ids) > limit and ids[limit] == ids[limit - 1]:
        limit += 1
    rows = in_order[:limit]
    if not _is_paged(request.params):
        rows.reverse()
    data = json_list([listing.text(row) for row in rows])
    return done(command, data, request.id, more=more or len(in_order) > limit)


def _is_paged(params: PastParams) -> bool:
    return params.limit is not None or params.before is not None or params.after is not None


# Candles


async def _candles(session: "Session", request: r.Candles, money: MarketMoney) -> bytes:
    host, params, market = session.host, request.params, money.market.id
    now_ms = max(host.clock.wall_ms(), host.shown.engine.wall_ms)
    window = _window(params, now_ms, host.limits.max_page)
    recent = host.shown.recent
    entries, floor = recent.entries(market), recent.trades_floor(market)
    stored = await host.past.ask(lambda reader: reader.candles(market, window), KnownCandles([]))

    def rows() -> tuple[str, bool]:
        known = with_trades(stored, window, entries)
        shown = list(without_gaps(known, window))
        if entries and floor > stored.last_trade + 1:  # what came before these trades is not known
            first_ms = entries[0][1]
            shown = [candle for candle in shown if candle.start * 1000 > first_ms]
        texts = [
            candle_row(candle, money, (candle.start + window.interval) * 1000 <= now_ms)
            for candle in shown
        ]
        is_cut = known.last_close is not None and window.first > _first(params, window.interval)
        return json_list(texts), is_cut

    data, is_cut = await host.past.work(rows)
    return done("candles", data, request.id, more=is_cut)


def _window(params: CandlesParams, now_ms: int, page_size: int) -> Window:
    """The last intervals that begin within the bounds, up to the one that runs now."""
    interval = INTERVALS[params.interval or DEFAULT_INTERVAL]
    until_ms = now_ms + 1 if params.until is None else min(params.until, now_ms + 1)
    end = -(-until_ms // (interval * 1000)) * interval
    wanted = min(params.limit or page_size, page_size)
    first = max(_first(params, interval), end - wanted * interval)
    return Window(interval, first, max(first, end))


def _first(params: CandlesParams, interval: int) -> int:
    """The first interval that begins within the bounds."""
    return -(-(params.since or 0) // (interval * 1000)) * interval

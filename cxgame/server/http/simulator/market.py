"""`/api/v1/symbols`, `/ticker`, `/prices`, `/orderbook` and `/trades`: what everybody may see."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cxgame.engine.state import MarketState
from cxgame.history.reading import Reach
from cxgame.history.rows import Bounds, PublicTrade
from cxgame.model.enums import Liquidity, Side
from cxgame.server.http.rest.desk import Desk, desk_of
from cxgame.server.http.simulator import shapes
from cxgame.server.http.simulator.callers import count_visitor
from cxgame.server.http.simulator.openapi import described
from cxgame.server.http.simulator.routing import id_of, limit_of, router
from cxgame.server.http.simulator.symbols import place_of
from cxgame.server.http.simulator.times import time_of
from cxgame.server.sessions.reads import levels
from cxgame.wire.fields import MAX_DEPTH
from cxgame.wire.simulator_rows import (
    Watched,
    figures,
    iso_time,
    levels_row,
    price_row,
    ticker_row,
    trade_row,
)

MAX_PRICES, PRICES = 2_000, 100  # in one answer: at most, and unless the query says
MAX_TRADES, TRADES = 1_000, 100
DEPTH = 20

routes = router("Simulator: market data")


@routes.get("/symbols", **described(shapes.SYMBOLS, shapes.SYMBOLS_EXAMPLE, public=True))
async def symbols(request: Request) -> Response:
    """The markets."""
    desk = await _looked(request)
    names = [place.market.symbol for place in desk.engine.markets]
    return await desk.say(msgspec.json.encode({"symbols": names}))


@routes.get(
    "/ticker",
    **described(
        shapes.TICKER,
        shapes.TICKER_EXAMPLE,
        also=(400, 404),
        parameters=(shapes.SYMBOL,),
        public=True,
    ),
)
async def ticker(request: Request) -> Response:
    """A market's price, its best bid and ask, and its last 24 hours."""
    desk = await _looked(request)
    place = place_of(request, desk)
    await desk.host.market_watch.ready()
    watched = _with_players(desk, place, desk.host.market_watch.watched(place.market.id))
    return await desk.say(ticker_row(watched, figures(place.market)).encode())


@routes.get(
    "/prices",
    **described(
        shapes.PRICES,
        shapes.PRICES_EXAMPLE,
        also=(400, 404),
        parameters=shapes.PRICE_FILTERS,
        public=True,
    ),
)
async def prices(request: Request) -> Response:
    """The prices of the ticks, oldest first: from `start` on, or else the last ones."""
    desk = await _looked(request)
    market = place_of(request, desk).market
    start_ms, end_ms = time_of(request, "start"), time_of(request, "end")
    limit = limit_of(request, MAX_PRICES, PRICES)
    await desk.host.market_watch.ready()
    history = desk.host.market_watch.history(market.id)
    if end_ms is None:
        end_ms = Bounds().until_ms
    if start_ms is None:
        points = history.last(end_ms, limit)
    else:
        points = history.first(start_ms, end_ms, limit)
    shown = figures(market)
    rows = ",".join([price_row(point, shown) for point in points])
    return await desk.say(f'{{"symbol":{shown.symbol_json},"prices":[{rows}]}}'.encode())


@routes.get(
    "/orderbook",
    **described(
        shapes.ORDERBOOK,
        shapes.ORDERBOOK_EXAMPLE,
        also=(400, 404),
        parameters=shapes.BOOK_FILTERS,
        public=True,
    ),
)
async def orderbook(request: Request) -> Response:
    """The best levels of a market, best first; the house's are marked."""
    desk = await _looked(request)
    place = place_of(request, desk)
    depth = limit_of(request, MAX_DEPTH, DEPTH, name="depth")
    shown, engine = figures(place.market), desk.engine
    bids, asks = (levels_row(_levels(desk, place, side, depth), shown) for side in Side)
    body = (
        f'{{"symbol":{shown.symbol_json},"timestamp":"{iso_time(engine.wall_ms)}",'
        f'"seq":{engine.event_seq},"bids":{bids},"asks":{asks}}}'
    )
    return await desk.say(body.encode())


@routes.get(
    "/trades",
    **described(
        shapes.TRADES,
        shapes.TRADES_EXAMPLE,
        also=(400, 404),
        parameters=shapes.TRADE_FILTERS,
        public=True,
    ),
)
async def trades(request: Request) -> Response:
    """A market's trades, oldest first: those after an id, or else the last ones."""
    desk = await _looked(request)
    market = place_of(request, desk).market
    limit, after = limit_of(request, MAX_TRADES, TRADES), id_of(request, "after")
    bounds = Bounds() if after is None else Bounds(after=after, oldest_first=True)
    found = await _trades(desk, market.id, bounds, limit)
    shown = figures(market)
    rows = ",".join([trade_row(trade, shown) for trade in found])
    return await desk.say(f'{{"symbol":{shown.symbol_json},"trades":[{rows}]}}'.encode())


async def _looked(request: Request) -> Desk:
    desk = desk_of(request)
    count_visitor(request)
    await desk.look()
    return desk


async def _trades(desk: Desk, market: int, bounds: Bounds, limit: int) -> list[PublicTrade]:
    """Trades, oldest first: from memory, and from the database what lies further back.

    While its writer is so far behind that some are in neither, nothing is told from behind those:
    who asks for what comes after the last one that he has would never hear of them.
    """
    recent, past = desk.recent, desk.host.past
    found = recent.trades(market, bounds, limit)
    floor = recent.trades_floor(market)
    lacks = bounds.after + 1 < floor if bounds.oldest_first else len(found) < limit
    if lacks and floor > 0 and past.is_there:
        nothing: tuple[Reach, list[PublicTrade]] = Reach(), []
        reach, older = await past.ask(
            lambda reader: (reader.reach(), reader.trades(market, bounds, limit)), nothing
        )
        has_hole = reach.trade + 1 < floor
        if has_hole and bounds.oldest_first:
            found = older
        elif not has_hole:
            found = list({trade.trade: trade for trade in (*older, *found)}.values())
    found.sort(key=_trade_id)
    return found[:limit] if bounds.oldest_first else found[-limit:]


def _trade_id(trade: PublicTrade) -> int:
    return trade.trade


def _with_players(desk: Desk, place: MarketState, watched: Watched) -> Watched:
    """Best bid and ask of everybody: the house stands at the oracle's quote, where it trades."""
    quote = (watched.bid, watched.ask) if desk.engine.house_quotes else (0, 0)
    bids, asks = (quote[0], place.book.best_bid), (quote[1], place.book.best_ask)
    bid, ask = max(filter(None, bids), default=0), min(filter(None, asks), default=0)
    return watched._replace(bid=bid, ask=ask)


def _levels(
    desk: Desk, place: MarketState, side: Side, depth: int
) -> list[tuple[int, int | None, bool]]:
    with_house = desk.engine.known_rules.liquidity is Liquidity.HOUSE
    return levels(place, side, depth, with_house)

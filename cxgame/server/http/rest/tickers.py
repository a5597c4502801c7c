"""`/tickers`: which markets have a price, and what it is."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cxgame.server.http.rest.desk import Desk, desk_of
from cxgame.server.http.rest.jobs import jobs_of
from cxgame.server.http.rest.keys import who
from cxgame.server.http.rest.openapi import described, in_path
from cxgame.server.http.rest.routing import router
from cxgame.server.http.rest.rows import Row, has_quote, ticker_row
from cxgame.server.http.rest.shapes import (
    SYMBOLS,
    SYMBOLS_EXAMPLE,
    TICKERS,
    TICKERS_EXAMPLE,
)
from cxgame.server.http.rest.times import TickerTimes

routes = router("Market data")

_SYMBOL = in_path("symbol", "One symbol, or several with commas between them.", "BTC/USDT")


@routes.get("/tickers", **described(SYMBOLS, SYMBOLS_EXAMPLE))
async def list_tickers(request: Request) -> Response:
    """The symbols of all markets that have a price."""
    desk = await _looked(request)
    symbols = [place.market.symbol for place in desk.engine.markets if has_quote(place)]
    return await desk.say(msgspec.json.encode(symbols))


@routes.get(
    "/tickers/{symbol:path}",
    **described(TICKERS, TICKERS_EXAMPLE, parameters=(_SYMBOL,)),
)
async def show_tickers(request: Request) -> Response:
    """The tickers of one symbol, or of several with commas between them.

    Always 200: a symbol without a ticker has an `error` in its place.
    """
    desk = await _looked(request)
    times = jobs_of(request, desk.host).times
    names = [name.strip() for name in request.path_params["symbol"].split(",")]
    rows = {name: _row(desk, times, name) for name in names if name}
    return await desk.say(msgspec.json.encode(rows))


async def _looked(request: Request) -> Desk:
    caller = who(request)
    desk = desk_of(request)
    await desk.look(caller.account)
    return desk


def _row(desk: Desk, times: TickerTimes, name: str) -> Row:
    id = desk.engine.market_ids.get(name)
    place = None if id is None else desk.engine.markets[id]
    if place is None or not has_quote(place):
        return {"error": f"Ticker {name} not available"}
    return {**ticker_row(place, times.of(place)), "info": f"Quotes of {name}"}

"""The market that a query names."""

from starlette.requests import Request

from cxgame.engine.state import MarketState
from cxgame.model.errors import Code
from cxgame.model.market import Market
from cxgame.server.http.rest.desk import Desk
from cxgame.server.http.rest.errors import Refused
from cxgame.wire.diagnosis import shorten


def place_of(request: Request, desk: Desk) -> MarketState:
    """The market of `?symbol=`. Raises 400 without one, and 404 for one that is not there."""
    symbol = request.query_params.get("symbol")
    if not symbol:
        raise Refused(400, Code.PARAM_MISSING, "symbol parameter required")
    id = desk.engine.market_ids.get(symbol)
    if id is None:
        raise Refused(404, Code.FILTER_SYMBOL, f"Symbol {shorten(symbol)} not found")
    return desk.engine.markets[id]


def symbol_if_given(request: Request, desk: Desk) -> Market | None:
    """The same of a filter, which may be left out."""
    if request.query_params.get("symbol") is None:
        return None
    return place_of(request, desk).market

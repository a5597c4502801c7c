"""From the body of an order to the engine's command: symbols, sides, numbers, the wait, the cid."""

import msgspec
from starlette.requests import Request

from cxgame.draws import draw_uniform
from cxgame.model.commands import PlacePending
from cxgame.model.enums import OrderType, Side
from cxgame.model.errors import Code
from cxgame.model.fingerprints import fingerprint
from cxgame.model.market import Market
from cxgame.server.http.rest.bodies import (
    Members,
    number_in,
    optional_number_in,
    text_in,
    word_in,
)
from cxgame.server.http.rest.desk import Desk
from cxgame.server.http.rest.errors import Refused, misshapen, problem
from cxgame.server.http.rest.keys import Caller
from cxgame.server.http.rest.numbers import read_lots, read_price
from cxgame.wire.diagnosis import shorten
from cxgame.wire.fields import MAX_CID

DEFAULT_SYMBOL = "BTC/USDT"  # of an order that names none, where there is such a market
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TYPES = {"market": OrderType.MARKET, "limit": OrderType.LIMIT}

_LIMIT = OrderType.LIMIT  # a global is found faster than an enum's member
_MS = 1000


def command_of(
    request: Request, desk: Desk, caller: Caller, members: Members, kind: OrderType
) -> PlacePending:
    """The command that a body describes. Raises `Refused`."""
    side = word_in(members, "side", SIDES)
    market = market_of(desk, text_in(members, "symbol", _default_symbol(desk)))
    lots = read_lots(number_in(members, "amount"), ("body", "amount"), market)
    if lots <= 0:
        raise Refused(400, Code.FILTER_MIN_SIZE, "amount must be > 0")
    price = delay_ms = 0
    if kind is _LIMIT:
        price = _limit_price(members, market, side)
    else:
        delay_ms = _delay_ms(request, desk, caller)
    command = PlacePending(caller.account, market.id, side, kind, price, lots, delay_ms)
    return _named(command, members) if "cid" in members else command


def market_of(desk: Desk, symbol: str) -> Market:
    """The market of a symbol. Raises 404."""
    engine = desk.engine
    id = engine.market_ids.get(symbol)
    if id is None:
        raise Refused(404, Code.FILTER_SYMBOL, f"Ticker {shorten(symbol)} does not exist")
    return engine.markets[id].market


def _limit_price(members: Members, market: Market, side: Side) -> int:
    raw = optional_number_in(members, "limit_price")
    ticks = 0 if raw is None else read_price(raw, ("body", "limit_price"), market, side)
    if ticks <= 0:
        text = "limit_price must be > 0 for limit orders"
        raise Refused(400, Code.FILTER_MIN_PRICE, text)
    return ticks


def _delay_ms(request: Request, desk: Desk, caller: Caller) -> int:
    """How long a market order waits: drawn by the game's seed, for the order's number."""
    settings, engine = request.app.state.face.settings, desk.engine
    least_s, most_s = settings.min_answer_time, settings.max_answer_time
    if most_s <= 0:
        return 0
    drawn = draw_uniform(engine.known_rules.seed, f"rest/{caller.name}", engine.last_order_id + 1)
    return int((least_s + drawn * (max(most_s, least_s) - least_s)) * _MS)


def _named(command: PlacePending, members: Members) -> PlacePending:
    """The command with the client's own id: the same body under the same id is the same order."""
    if bytes(members["cid"]) == b"null":
        return command
    cid = text_in(members, "cid")
    if not 1 <= len(cid) <= MAX_CID:
        msg = f"String should have 1 to {MAX_CID} characters"
        raise misshapen(problem("string_too_long", ("body", "cid"), msg, shorten(cid)))
    named = msgspec.structs.replace(command, cid=cid, delay_ms=0)
    return msgspec.structs.replace(named, fingerprint=fingerprint(named), delay_ms=command.delay_ms)


def _default_symbol(desk: Desk) -> str:
    engine = desk.engine
    if DEFAULT_SYMBOL in engine.market_ids:
        return DEFAULT_SYMBOL
    return engine.markets[0].market.symbol

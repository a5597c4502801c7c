"""`/admin`: prices, balances and a clean slate by hand."""

from decimal import Decimal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cxgame.engine.ledger import HOUSE
from cxgame.game import Game
from cxgame.model.commands import ResetAccounts, SetBalance
from cxgame.model.errors import Code, reject, unknown_symbol
from cxgame.model.units import ONE, UNIT_PLACES, format_decimal
from cxgame.server.http.rest.balances import (
    DEFAULT_AMOUNT,
    give,
    known_asset,
    not_negative,
    positive,
    say_balance,
)
from cxgame.server.http.rest.bodies import (
    Members,
    members_of,
    number_in,
    optional_number_in,
    text_in,
)
from cxgame.server.http.rest.desk import desk_of
from cxgame.server.http.rest.errors import Refused, refusal
from cxgame.server.http.rest.keys import Caller, admin
from cxgame.server.http.rest.openapi import TEXT, described, in_path, query
from cxgame.server.http.rest.routing import router
from cxgame.server.http.rest.rows import ticker_row
from cxgame.server.http.rest.shapes import (
    ASSET,
    BALANCE,
    BALANCE_EXAMPLE,
    COLUMNS,
    COLUMNS_EXAMPLE,
    FUNDING,
    FUNDING_EXAMPLE,
    PRICE,
    PRICE_EXAMPLE,
    STATUS,
    TICKER,
    TICKER_EXAMPLE,
)
from cxgame.server.sessions.prices import Prices
from cxgame.wire.diagnosis import shorten

VOLUME_VALUE = 10**12  # in quote: what a price that is set by hand is good for, if not said

routes = router("Admin")

_AS_IT_IS = -1  # no amount is below zero
_RESET = described(
    STATUS,
    {"status": "ok"},
    parameters=(query("confirm", TEXT, "The game's name, where others play in it, too."),),
)


@routes.patch(
    "/admin/tickers/{symbol:path}/price",
    **described(
        TICKER,
        TICKER_EXAMPLE,
        also=(404,),
        body=PRICE,
        body_example=PRICE_EXAMPLE,
        parameters=(in_path("symbol", "A market.", "BTC/USDT"),),
    ),
)
async def set_price(request: Request) -> Response:
    """Quote a market by hand; the orders that this reaches are filled before the answer."""
    admin(request)
    desk = desk_of(request)
    members = await members_of(request)
    units = positive(number_in(members, "price"), "price", 0)
    volumes = [_volume(members, name, units) for name in ("bid_volume", "ask_volume")]
    symbol = request.path_params["symbol"]
    if symbol not in desk.game.engine.market_ids:
        raise refusal(unknown_symbol(shorten(symbol), desk.game.engine.market_ids))
    applied = await _prices(request).set_price(symbol, _decimal(units), *volumes)
    if applied.rejection is not None:
        raise refusal(applied.rejection)
    engine = desk.engine
    place = engine.markets[engine.market_ids[symbol]]
    return await desk.say(msgspec.json.encode(ticker_row(place, engine.wall_ms)))


@routes.patch(
    "/admin/balance/{asset}",
    **described(
        BALANCE,
        BALANCE_EXAMPLE,
        also=(404,),
        body=COLUMNS,
        body_example=COLUMNS_EXAMPLE,
        parameters=(ASSET,),
    ),
)
async def set_balance(request: Request) -> Response:
    """Put what the caller's account has of an asset where it is wanted."""
    caller, desk = admin(request), desk_of(request)
    members = await members_of(request)
    free = not_negative(members.get("free"), "free", ONE)
    used = not_negative(optional_number_in(members, "used"), "used", _AS_IT_IS)
    await desk.room()
    asset = known_asset(desk, request.path_params["asset"])
    held = None if used == _AS_IT_IS else str(used)
    desk.submit(SetBalance(caller.account, asset, str(free), held))
    return await say_balance(desk, caller.account, asset)


@routes.post(
    "/admin/fund",
    **described(BALANCE, BALANCE_EXAMPLE, also=(404,), body=FUNDING, body_example=FUNDING_EXAMPLE),
)
async def fund(request: Request) -> Response:
    """Give money from outside: to the caller's account, or to that of a `user`."""
    caller, desk = admin(request), desk_of(request)
    members = await members_of(request)
    units = positive(members.get("amount"), "amount", DEFAULT_AMOUNT)
    name = text_in(members, "user", caller.name)
    account = desk.host.account_of(name)
    if not account:  # nobody, or the house
        raise Refused(404, Code.AUTH_UNKNOWN_USER, f"{shorten(name)} is not in the game.")
    return await give(desk, account, text_in(members, "asset"), units)


@routes.delete("/admin/data", **_RESET)
async def wipe(request: Request) -> Response:
    """Cancel all orders, take all balances, forget all totals; prices stay.

    Where others play too, only with `confirm` and the name of the game.
    """
    return await _reset(request)


@routes.post("/admin/reset", **_RESET)
async def reset(request: Request) -> Response:
    """The same under its older name."""
    return await _reset(request)


async def _reset(request: Request) -> Response:
    caller, desk = admin(request), desk_of(request)
    await desk.room()
    game = desk.game
    _check_alone(game, caller, request.query_params.get("confirm"))
    accounts = tuple(account.id for account in game.engine.accounts if account.id != HOUSE)
    desk.submit(ResetAccounts(accounts))
    return await desk.say(b'{"status":"ok"}')


def _check_alone(game: Game, caller: Caller, confirmed: str | None) -> None:
    """Raises 409 for a game in which others play, unless that is meant."""
    alone = {HOUSE, caller.account}
    others = [each for each in game.engine.accounts if each.id not in alone and not each.bot]
    if others and confirmed != game.name:
        raise refusal(reject(Code.STATE_SHARED, got=str(len(others)), name=game.name))


def _prices(request: Request) -> Prices:
    prices: Prices | None = getattr(request.app.state, "prices", None)
    if prices is None:
        raise Refused(503, Code.STATE_HALTED, "The prices of this game are not up yet.")
    return prices


def _volume(members: Members, name: str, price_units: int) -> Decimal:
    enough = VOLUME_VALUE * ONE * ONE // price_units
    return _decimal(not_negative(optional_number_in(members, name), name, enough))


def _decimal(units: int) -> Decimal:
    return Decimal(format_decimal(units, UNIT_PLACES))

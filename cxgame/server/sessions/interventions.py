"""The organiser's hand in the game: a balance, a price."""

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cxgame.model.commands import SetBalance
from cxgame.model.errors import Code, Rejection, reject, unknown_symbol
from cxgame.model.events import Ticker
from cxgame.model.units import UNIT_PLACES, format_decimal
from cxgame.server.sessions.authority import Answer, as_organiser, notice, submit
from cxgame.server.sessions.owned import holdings
from cxgame.wire import organiser_requests as r
from cxgame.wire.diagnosis import shorten
from cxgame.wire.money import base_text, is_given, quote_text, read_amount
from cxgame.wire.organiser_params import AdjustParams
from cxgame.wire.replies import done, refused
from cxgame.wire.row_types import Adjusted, PriceSet

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session


def adjust(session: "Session", request: r.Adjust) -> Answer:
    """Set what a user has of an asset."""
    return as_organiser(session, request, "adjust", _adjust)


def set_price(session: "Session", request: r.SetPrice) -> Answer:
    """Quote a market by hand."""
    return as_organiser(session, request, "set_price", _set_price)


def _adjust(session: "Session", request: r.Adjust) -> bytes:
    host, params = session.host, request.params
    command = _balance(session, params)
    no = command if isinstance(command, Rejection) else submit(session, request, command)
    if no is not None:
        return refused("adjust", no, request.id)
    engine = host.game.engine
    account = engine.accounts[host.account_of(params.username) or 0]
    (owned,) = holdings(engine, account, [engine.ledger.column(params.asset)])
    write = quote_text if owned.is_quote else base_text
    free, held = write(owned.free), write(owned.held)
    text = f"{account.name} has {free} {params.asset} free and {held} held now."
    notice(session, request, "adjust", text)
    data = msgspec.json.encode(Adjusted(account.name, params.asset, free, held)).decode()
    return done("adjust", data, request.id)


def _balance(session: "Session", params: AdjustParams) -> SetBalance | Rejection:
    """What is asked, in units."""
    account = session.host.account_of(params.username)
    if not account:
        return reject(Code.AUTH_UNKNOWN_USER)
    assets = session.host.game.engine.ledger.assets
    if params.asset not in assets:
        return unknown_symbol(shorten(params.asset), assets)
    free = _units(params.free, "free")
    held = _units(params.held, "held") if is_given(params.held) else None
    if isinstance(free, Rejection):
        return free
    if isinstance(held, Rejection):
        return held
    return SetBalance(account, params.asset, str(free), None if held is None else str(held))


def _units(raw: msgspec.Raw, name: str) -> int | Rejection:
    units = read_amount(raw, name)
    if isinstance(units, int) and units < 0:
        return reject(Code.PARAM_NUMBER, name=name)
    return units


async def _set_price(session: "Session", request: r.SetPrice) -> bytes:
    host, symbol = session.host, request.params.symbol
    units = read_amount(request.params.price, "price")
    if isinstance(units, Rejection):
        return refused("set_price", units, request.id)
    if host.prices is None:
        return refused("set_price", reject(Code.STATE_HALTED), request.id)
    money = host.money_of(symbol)
    if isinstance(money, Rejection):
        return refused("set_price", money, request.id)
    applied = await host.prices.set_price(symbol, Decimal(format_decimal(units, UNIT_PLACES)))
    if applied.rejection is not None:
        return refused("set_price", applied.rejection, request.id)
    stands = host.game.engine.markets[money.market.id].bid
    # As it was set, if that was a change: the next tick may have come meanwhile.
    bid = next((event.bid for event in applied.events if type(event) is Ticker), stands)
    price = money.market.price_text(bid)
    notice(session, request, "set_price", f"{symbol} is quoted at {price} by the organiser.")
    data = msgspec.json.encode(PriceSet(symbol, price)).decode()
    return done("set_price", data, request.id)

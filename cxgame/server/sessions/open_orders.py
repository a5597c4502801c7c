"""The commands about orders that are open: changing one, taking back one or all."""

from typing import TYPE_CHECKING

from cxgame.model.commands import ALL_MARKETS, AmendOrder, CancelOrder
from cxgame.model.commands import CancelAll as CancelAllCommand
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.sessions import young
from cxgame.server.sessions.host import GATEWAY
from cxgame.server.sessions.orders import MAX_FILLS, SIDES
from cxgame.server.sessions.owned import expiry
from cxgame.wire.money import MarketMoney, is_given
from cxgame.wire.params import AmendParams, CancelParams
from cxgame.wire.replies import NULL, done, json_list, refused
from cxgame.wire.request_types import Amend, Cancel, CancelAll
from cxgame.wire.rows import fill_row, order_row

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

MAX_ID_DIGITS = 18


def amend(session: "Session", request: Amend) -> bytes:
    """Change price or quantity of one order."""
    params, game = request.params, session.host.game
    id = _order_of(session, params)
    if isinstance(id, Rejection):
        return refused("amend", id, request.id)
    order = game.engine.accounts[session.account].orders.get(id)
    # An order that is not there has no market to read numbers by; the engine says the rest.
    money = session.host.money[0 if order is None else order.market]
    numbers = _changes(params, money)
    if isinstance(numbers, Rejection):
        return refused("amend", numbers, request.id)
    too_young = young.refusal(session, id)
    if too_young is not None:
        return refused("amend", too_young, request.id)
    deadline_ms = 0 if params.deadline_ms is None else max(1, params.deadline_ms)
    command = AmendOrder(session.account, id, *numbers, params.post_only or False, deadline_ms)
    last_trade = game.engine.last_trade_id
    applied = game.submit(command, GATEWAY, session.id, request.id)
    if applied.rejection is not None:
        return refused("amend", applied.rejection, request.id)
    assert applied.order is not None
    # Those of the amended order, whether it took or was met by what it has set off.
    fills = [fill for fill in game.recent.fills_of(applied.order) if fill.trade > last_trade]
    rows = ",".join([fill_row(fill, money) for fill in fills[-MAX_FILLS:]])
    more = f'{expiry(game.engine, applied.order)},"fills":[{rows}]'
    return done("amend", order_row(applied.order, money, session.name, more), request.id)


def cancel(session: "Session", request: Cancel) -> bytes:
    """Cancel one order."""
    order = _order_of(session, request.params)
    if isinstance(order, Rejection):
        return refused("cancel", order, request.id)
    too_young = young.refusal(session, order)
    if too_young is not None:
        return refused("cancel", too_young, request.id)
    command = CancelOrder(session.account, order)
    applied = session.host.game.submit(command, GATEWAY, session.id, request.id)
    if applied.rejection is not None:
        return refused("cancel", applied.rejection, request.id)
    return done("cancel", NULL, request.id)


def cancel_all(session: "Session", request: CancelAll) -> bytes:
    """Cancel all orders, of one market or side if given."""
    params = request.params
    market = ALL_MARKETS
    if params.symbol is not None:
        money = session.host.money_of(params.symbol)
        if isinstance(money, Rejection):
            return refused("cancel_all", money, request.id)
        market = money.market.id
    side = None if params.side is None else SIDES[params.side]
    command = CancelAllCommand(session.account, market, side)
    applied = session.host.game.submit(command, GATEWAY, session.id, request.id)
    if applied.rejection is not None:
        return refused("cancel_all", applied.rejection, request.id)
    ids = json_list([f'"{id}"' for id in applied.cancelled])
    return done("cancel_all", f'{{"cancelled":{ids}}}', request.id)


def _changes(params: AmendParams, money: MarketMoney) -> tuple[int, int] | Rejection:
    """The new price in ticks and quantity in lots; 0 for what stays."""
    price: int | Rejection = 0
    quantity: int | Rejection = 0
    if is_given(params.price):
        price = money.ticks(params.price)
    if is_given(params.size):
        quantity = money.lots(params.size)
    if isinstance(price, Rejection):
        return price
    if isinstance(quantity, Rejection):
        return quantity
    return (price, quantity) if price or quantity else reject(Code.PARAM_MISSING, name="price")


def _order_of(session: "Session", params: CancelParams | AmendParams) -> int | Rejection:
    """The id of the order that is meant, by its id or by the account's own `cid`."""
    if params.cid is None:
        if params.order_id is None:
            return reject(Code.PARAM_MISSING, name="order_id")
        key = str(params.order_id)
        if not (key.isascii() and key.isdigit() and len(key) <= MAX_ID_DIGITS):
            return reject(Code.ORDER_NOT_FOUND, got=key)
        return int(key)
    if params.order_id is not None:
        return reject(Code.PARAM_UNKNOWN, name="cid")
    account = session.host.game.engine.accounts[session.account]
    known = account.cids.get(params.cid)
    if known is None or known[0] not in account.orders:
        return reject(Code.ORDER_NOT_FOUND, got=params.cid)
    return known[0]

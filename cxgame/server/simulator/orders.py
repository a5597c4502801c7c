"""PLACE_ORDER, CANCEL_ORDER, GET_ORDER and GET_ORDERS."""

from collections.abc import Coroutine
from itertools import islice
from typing import TYPE_CHECKING, Any

from cxgame.engine.orders import Order
from cxgame.history.rows import ClosedOrder
from cxgame.model.commands import CancelOrder as CancelOrderCommand
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.sessions import young
from cxgame.server.sessions.answers import Answer, Opening
from cxgame.server.sessions.old_orders import NOT_KNOWN_YET, old_order
from cxgame.server.sessions.open_orders import MAX_ID_DIGITS
from cxgame.server.sessions.sandbox import GATEWAY
from cxgame.wire import simulator_frames as frames
from cxgame.wire.simulator_orders import (
    NOT_FOUND,
    SIDES,
    TIMES_IN_FORCE,
    TYPES,
    order_command,
    said,
)
from cxgame.wire.simulator_rows import ack_members

if TYPE_CHECKING:
    from cxgame.server.simulator.session import DialectSession

_GTC = TIMES_IN_FORCE["GTC"]


def place_order(session: "DialectSession", frame: frames.PlaceOrder) -> Answer:
    """Place an order; a business no is an ORDER_REJECT."""
    host, hall = session.host, session.hall
    money = host.money_of(frame.symbol)
    if type(money) is Rejection:
        return _rejected(session, frame, money)
    word = frame.time_in_force
    command = order_command(
        session.account,
        money,
        SIDES[frame.side],
        TYPES[frame.order_type],
        frame.price,
        frame.quantity,
        TIMES_IN_FORCE[word] if word else _GTC,
        frame.client_order_id or "",
    )
    if type(command) is Rejection:
        return _rejected(session, frame, command)
    game, news = host.game, hall.accounts
    news.ask(session)
    applied = game.submit(command, GATEWAY, session.id, frame.request_id)
    held = news.asked()
    if applied.rejection is not None:
        return _rejected(session, frame, applied.rejection)
    order = applied.order
    if order is None:  # a repeat, of an order that ended long ago
        return _looked_up(session, frame.request_id, applied.order_id, replayed=True)
    members = ack_members(order, hall.figures(order.market))
    ack = frames.order_ack(
        frame.request_id, game.engine.wall_ms, members, replayed=applied.replayed
    )
    return Opening(ack, lambda: session.push(held)) if held else ack


def cancel_order(session: "DialectSession", frame: frames.CancelOrder) -> Answer:
    """Cancel an open order of the session's account."""
    game, news = session.host.game, session.hall.accounts
    id = _id_of(frame.order_id)
    order = game.engine.accounts[session.account].orders.get(id)
    if order is None:
        return _not_cancelled(session, frame, reject(Code.ORDER_NOT_FOUND, got=str(frame.order_id)))
    too_young = young.refusal(session, id)
    if too_young is not None:
        return _not_cancelled(session, frame, too_young)
    news.ask(session, id)
    command = CancelOrderCommand(session.account, id)
    applied = game.submit(command, GATEWAY, session.id, frame.request_id)
    held = news.asked()
    if applied.rejection is not None:
        return _not_cancelled(session, frame, applied.rejection)
    shown = session.hall.figures(order.market)
    answer = frames.order_cancel(frame.request_id, game.engine.wall_ms, id, shown)
    return Opening(answer, lambda: session.push(held)) if held else answer


def get_order(session: "DialectSession", frame: frames.GetOrder) -> Answer:
    """One order of the account's, open or over."""
    id = 0
    if frame.order_id is not None:
        id = _id_of(frame.order_id)
    elif frame.client_order_id is not None:
        account = session.host.shown.engine.accounts[session.account]
        id = account.cids.get(frame.client_order_id, (0, 0))[0]
    else:
        said_no = said(reject(Code.PARAM_MISSING, name="order_id"))
        return frames.error(frame.request_id, session.now_ms(), frames.INVALID_MESSAGE, said_no)
    return _looked_up(session, frame.request_id, id)


def get_orders(session: "DialectSession", frame: frames.GetOrders) -> Answer:
    """The account's open orders, newest first, a page at most."""
    host, hall = session.host, session.hall
    market = None
    if frame.symbol is not None:
        money = host.money_of(frame.symbol)
        if isinstance(money, Rejection):
            return session.no("GET_ORDERS", money, frame.request_id)
        market = money.market.id
    engine = host.shown.engine
    newest = reversed(engine.accounts[session.account].orders.values())
    wanted = (order for order in newest if market is None or order.market == market)
    page = list(islice(wanted, host.limits.max_page))
    is_cut = next(wanted, None) is not None
    rows = [ack_members(order, hall.figures(order.market)) for order in page]
    return frames.orders(frame.request_id, engine.wall_ms, rows, more=is_cut)


def _looked_up(
    session: "DialectSession", request_id: Any, id: int, *, replayed: bool = False
) -> bytes | Coroutine[Any, Any, bytes]:
    """An order as it stands: from memory, else from the history."""
    shown = session.host.shown
    account = shown.engine.accounts[session.account]
    order: Order | ClosedOrder | None = account.orders.get(id)
    if order is None:
        order = shown.recent.order(account.id, id)
    if order is None and session.host.past.is_there and 0 < id <= shown.engine.last_order_id:
        return _from_history(session, request_id, id, replayed=replayed)
    return _told(session, request_id, order, replayed=replayed)


async def _from_history(
    session: "DialectSession", request_id: Any, id: int, *, replayed: bool
) -> bytes:
    order = await old_order(session.host, session.account, id)
    if isinstance(order, Rejection):
        return frames.error(request_id, session.now_ms(), str(order.code), NOT_KNOWN_YET)
    return _told(session, request_id, order, replayed=replayed)


def _told(
    session: "DialectSession",
    request_id: Any,
    order: Order | ClosedOrder | None,
    *,
    replayed: bool,
) -> bytes:
    now_ms = session.now_ms()
    if order is None:
        return frames.error(request_id, now_ms, frames.ORDER_NOT_FOUND, NOT_FOUND)
    members = ack_members(order, session.hall.figures(order.market))
    return frames.order_ack(request_id, now_ms, members, replayed=replayed)


def _id_of(given: str | int) -> int:
    """The id that is meant; 0, which no order has, for what cannot be one."""
    key = str(given)
    return int(key) if key.isascii() and key.isdigit() and len(key) <= MAX_ID_DIGITS else 0


def _rejected(
    session: "DialectSession", frame: frames.PlaceOrder, rejection: Rejection
) -> frames.Refusal:
    """A frame that says no order is an ERROR; an order that may not be, a reject."""
    if rejection.code.startswith("PARAM_"):
        return frames.error(
            frame.request_id, session.now_ms(), frames.INVALID_MESSAGE, said(rejection)
        )
    return frames.order_reject(
        frame, session.now_ms(), rejection.code, said(rejection), rejection.facts
    )


def _not_cancelled(
    session: "DialectSession", frame: frames.CancelOrder, rejection: Rejection
) -> bytes:
    if rejection.code in (Code.STATE_HALTED, Code.LIMIT_RATE):
        return session.no("CANCEL_ORDER", rejection, frame.request_id)
    return frames.error(
        frame.request_id,
        session.now_ms(),
        frames.CANCEL_FAILED,
        said(rejection),
        {"code": rejection.code},
    )

"""`batch`: several requests about orders in one message, answered by one reply."""

from typing import TYPE_CHECKING, Any

from cxgame.limits import too_fast
from cxgame.model.errors import Code, reject
from cxgame.server.sessions import open_orders, orders
from cxgame.wire import request_types as r
from cxgame.wire.diagnosis import BadRequest
from cxgame.wire.replies import bad, done, json_list, refused
from cxgame.wire.requests import Asking, parse

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

HANDLERS: dict[type, Any] = {
    r.Buy: orders.buy,
    r.Sell: orders.sell,
    r.BuyMarket: orders.buy_market,
    r.SellMarket: orders.sell_market,
    r.PlaceOrder: orders.place_order,
    r.Amend: open_orders.amend,
    r.Cancel: open_orders.cancel,
    r.CancelAll: open_orders.cancel_all,
}
"""What a batch may hold: the commands about orders, which are all done at once."""


def batch(session: "Session", request: r.Batch) -> bytes:
    """Handle each request as if it had come by itself; data: their replies."""
    entries = request.params.requests
    wait_ns = session.charge(len(entries) - 1)
    if wait_ns:
        return refused("batch", too_fast(wait_ns), request.id)
    replies = [_reply_to(session, bytes(entry)).decode() for entry in entries]
    return done("batch", json_list(replies), request.id)


def _reply_to(session: "Session", raw: bytes) -> bytes:
    """The reply to one request of a batch, good or bad."""
    one = parse(raw)
    if isinstance(one, BadRequest):
        return bad(one)
    if isinstance(one, Asking):  # there is one reply, which carries it once
        name = "ts" if one.request.ts else "limits"
        return refused("", reject(Code.PARAM_UNKNOWN, name=name), one.id)
    handle = HANDLERS.get(type(one))
    if handle is None:
        command = type(one).__struct_config__.tag
        return refused("", reject(Code.PARAM_COMMAND, got=f'"{command}" in a batch'), one.id)
    reply: bytes = handle(session, one)
    return reply

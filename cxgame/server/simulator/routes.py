"""Every frame of the simulator's dialect: who handles it, and whether it only looks."""

from typing import Any

from cxgame.server.sessions.routes import Route
from cxgame.server.simulator import following, orders, reads
from cxgame.wire import simulator_frames as frames

_HANDLERS: dict[type[frames.Frame], tuple[Any, bool]] = {
    frames.PlaceOrder: (orders.place_order, False),
    frames.CancelOrder: (orders.cancel_order, False),
    frames.GetOrder: (orders.get_order, True),
    frames.GetOrders: (orders.get_orders, True),
    frames.GetBalance: (reads.get_balance, True),
    frames.GetPosition: (reads.get_position, True),
    frames.Subscribe: (following.subscribe, False),
    frames.Unsubscribe: (following.unsubscribe, False),
    frames.Ping: (reads.ping, False),
}

ROUTES: dict[type, Route] = {
    type_: Route(str(type_.__struct_config__.tag), handle, True, is_read)
    for type_, (handle, is_read) in _HANDLERS.items()
}
# These ask nothing of the game, or find out for themselves whether it is halted: an order that may
# not be is a reject like any other.
ANYTIME = frozenset(
    (frames.PlaceOrder, frames.CancelOrder, frames.Subscribe, frames.Unsubscribe, frames.Ping)
)

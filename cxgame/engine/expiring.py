"""Orders that are open for a while: each has an entry among the timers, for as long as it is open.

An order that ends earlier takes its entry along (`State.forget`), so that entries never pile up.
"""

from cxgame.engine import settling
from cxgame.engine.orders import Order
from cxgame.engine.state import NS_PER_MS, Applied, State
from cxgame.engine.timers import Due, Task
from cxgame.model.enums import Reason, TimeInForce


def begin(state: State, order: Order, lives_ms: int) -> None:
    """From now an order has so much game time to live, if it says so and rests or is armed."""
    stays = order.level is not None or order.trigger is not None
    if stays and lives_ms and order.time_in_force is TimeInForce.GTD:
        order.expires_ns = state.game_time_ns + lives_ms * NS_PER_MS
        due = Due(order.expires_ns, state.command_seq + 1, Task.EXPIRE, order.id)
        state.timers.add(due)


def expire(state: State, order_id: int, applied: Applied) -> None:
    """The time of an order is over."""
    settling.close(state, state.orders[order_id], Reason.EXPIRED, applied)

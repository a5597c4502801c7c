"""Young orders: to cancel or amend one costs more messages, where the organiser wants it so.

Bots that place orders only to take them back at once slow everybody's market data. How old an
order must be, and what a cancel costs until then, are settings.
"""

from typing import TYPE_CHECKING

from cxgame.engine.orders import Order
from cxgame.limits import too_fast
from cxgame.model.errors import Rejection

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host
    from cxgame.server.sessions.session import Session


def surcharge(host: "Host", order: Order | None) -> int:
    """Messages that a cancel or amend of an order counts as, beside the one that it is."""
    limits = host.limits
    if not limits.young_cancel_ms or order is None:
        return 0
    now_ms = max(host.clock.wall_ms(), host.game.engine.wall_ms)
    is_young = now_ms - order.wall_ms < limits.young_cancel_ms
    return limits.young_cancel_cost - 1 if is_young else 0


def refusal(session: "Session", order_id: int) -> Rejection | None:
    """Charge a cancel or amend of one of the session's orders: why it may not be yet, or None."""
    host = session.host
    if not host.limits.young_cancel_ms:
        return None
    more = surcharge(host, host.game.engine.accounts[session.account].orders.get(order_id))
    wait_ns = session.charge(more) if more else 0
    return too_fast(wait_ns) if wait_ns else None

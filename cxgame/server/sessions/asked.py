"""What a reply carries when its request asks for it: times, and the limits as a budget."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cxgame.wire.replies import NULL, timed, with_limits
from cxgame.wire.request_types import Request

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session


def dressing(session: "Session", request: Request) -> Callable[[bytes], bytes]:
    """What to do to the reply of a request that came just now."""
    ts_in = session.host.clock.wall_ms()

    def dress(reply: bytes) -> bytes:
        if request.limits:
            reply = with_limits(reply, _rate(session), _orders(session), _young_cancel(session))
        return timed(reply, ts_in) if request.ts else reply

    return dress


def _rate(session: "Session") -> str:
    """How many messages would be taken now, and how many come back each second."""
    left = session.messages_left()
    if left is None:
        return NULL
    return f'{{"remaining":{left},"per_s":{session.host.limits.rate_limit}}}'


def _orders(session: "Session") -> str:
    """How many orders of the account are open, and how many may be."""
    engine = session.host.shown.engine
    if not 0 < session.account < len(engine.accounts):  # nobody, or not yet in what is shown
        return NULL
    count = len(engine.accounts[session.account].orders)
    return f'{{"open":{count},"most":{engine.max_open_orders or NULL}}}'


def _young_cancel(session: "Session") -> str:
    """For how long an order is young, and how many messages it costs to cancel it then."""
    limits = session.host.limits
    if not limits.young_cancel_ms:
        return NULL
    return f'{{"ms":{limits.young_cancel_ms},"cost":{limits.young_cancel_cost}}}'

"""The commands by which a bot provides for the moment when it can't cancel itself."""

from typing import TYPE_CHECKING

from cxgame.wire.replies import NULL, done
from cxgame.wire.request_types import CancelAllAfter, CancelOnDisconnect
from cxgame.wire.rows import seconds

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session


def cancel_on_disconnect(session: "Session", request: CancelOnDisconnect) -> bytes:
    """Let the orders that are placed over this connection from now on go with it."""
    on = request.params.on
    session.host.safety.guard(session, on=on)
    return done("cancel_on_disconnect", f'{{"on":{"true" if on else "false"}}}', request.id)


def cancel_all_after(session: "Session", request: CancelAllAfter) -> bytes:
    """Let all orders of the account go unless this comes again in time."""
    host, ms = session.host, request.params.ms
    host.safety.switch(session.account, ms)
    at = seconds(host.clock.wall_ms() + ms) if ms else NULL
    return done("cancel_all_after", f'{{"cancel_at":{at}}}', request.id)

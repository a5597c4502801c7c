"""`GET /api/monitor`: how the server, its faults and its connections are, for who looks after them.

Anybody is told what the feed tells as well, and which faults are in force. With a player's token,
or the id of a sandbox session, there is that account and its connections besides; an admin is told
of all. To look opens no account and changes nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cxgame.limits import too_fast
from cxgame.model.errors import Code, Rejection
from cxgame.server.http.monitor_rows import account_row, connections, fault_rows, session_rows
from cxgame.server.http.rest.desk import JSON, Desk, desk_of
from cxgame.server.http.rest.errors import Refused, refusal
from cxgame.server.http.rest.keys import FORWARDING, HEADER, secret_in
from cxgame.server.http.rest.routing import router
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.rates import Rate
from cxgame.server.sessions.sandbox import account_name

PATH = "/api/monitor"
SESSION = "x-session-id"
FRESH_NS = 500_000_000
_BEARER = "Bearer "

routes = router("Monitor")


class Glance:
    """How much is asked, as it was a moment ago: many may look at once, and accounts are many.

    Found by the handler as `request.app.state.glance`.
    """

    def __init__(self) -> None:
        self._rates: dict[int, Rate] = {}
        self._at_ns: int | None = None

    def rates(self, host: Host) -> Mapping[int, Rate]:
        """By account."""
        now_ns = host.clock.monotonic_ns()
        if self._at_ns is None or now_ns - self._at_ns >= FRESH_NS:
            self._rates, self._at_ns = host.rates.look(now_ns), now_ns
        return self._rates


class Viewer(NamedTuple):
    """Who looks."""

    account: int = 0  # 0: nobody in the game
    is_admin: bool = False


@routes.get(PATH, include_in_schema=False)
async def monitor(request: Request) -> Response:
    """Everything at once: it is asked once a second."""
    desk = desk_of(request)
    viewer = await _viewer(request, desk.host)
    await desk.look(viewer.account)
    body = msgspec.json.encode(_body(request, desk, viewer))
    return Response(body, media_type=JSON, headers={"cache-control": "no-store"})


def _body(request: Request, desk: Desk, viewer: Viewer) -> dict[str, object]:
    host, engine = desk.host, desk.engine
    vitals = request.app.state.face.vitals
    rates = request.app.state.glance.rates(host)
    return {
        "game": f"{host.game.name}.{host.game.number}",
        "ts": host.clock.wall_ms() / 1000,
        "condition": vitals.condition.value,
        "phase": engine.phase.name.lower(),
        "sandbox": host.sandbox,
        "connections": connections(host.faults),
        "messages_per_s": round(sum(rate.messages_per_s for rate in rates.values()), 1),
        "refusals_per_min": sum(rate.refusals_per_min for rate in rates.values()),
        "totals": {
            "commands": engine.command_seq,
            "orders": engine.last_order_id,
            "trades": engine.last_trade_id,
            "requests": request.app.state.requests(),
        },
        "open_orders": len(engine.orders),
        "accounts": len(engine.accounts) - 1,
        "faults": fault_rows(host, viewer.account, viewer.is_admin),
        "is_admin": viewer.is_admin,
        "account": account_row(engine, viewer.account),
        "sessions": session_rows(host, engine, rates, None if viewer.is_admin else viewer.account),
    }


# Who looks


async def _viewer(request: Request, host: Host) -> Viewer:
    """Whose key, token or session was shown; none is needed. Raises 401, 403, 404 and 429."""
    shown = secret_in(request, "authorization") or ""
    key = secret_in(request, HEADER) or (
        shown.removeprefix(_BEARER) if shown.startswith(_BEARER) else ""
    )
    if key:
        return await _holder(request, host, key)
    _count(request, host)
    session = request.headers.get(SESSION)
    return Viewer() if not session else Viewer(_of_session(host, session))


async def _holder(request: Request, host: Host, key: str) -> Viewer:
    """Who has a key: an organiser the admin secret, a player his token, the owner the game's."""
    if host.users.is_known_admin_secret(key):
        return Viewer(is_admin=True)
    is_forwarded = any(header in request.headers for header in FORWARDING)
    try:
        caller = request.app.state.face.keys.caller(host, key, is_forwarded=is_forwarded)
    except Refused as no:
        if no.code != Code.AUTH_TOKEN or not await _is_admin_secret(request, host, key):
            raise
        return Viewer(is_admin=True)
    return Viewer(caller.account, caller.is_admin)


async def _is_admin_secret(request: Request, host: Host, secret: str) -> bool:
    """A guess costs what it costs on the admin page. Raises 429."""
    tries = request.app.state.admin_page.tries
    wait_ns = tries.take(_address(request), host.clock.monotonic_ns())
    if wait_ns:
        raise refusal(too_fast(wait_ns))
    return not isinstance(await host.users.check_admin_secret(secret), Rejection)


def _of_session(host: Host, session: str) -> int:
    """The account of a sandbox session that has begun. Raises 403 and 404."""
    name = account_name(session) if host.sandbox else None
    if name is None or host.users.find(name) is not None:
        text = "This session's account opens for a token alone."
        raise Refused(403, Code.AUTH_REQUIRED, text)
    account = host.account_of(name)
    if account is None:
        raise Refused(404, Code.AUTH_UNKNOWN_USER, "No session of this id has begun.")
    return account


def _count(request: Request, host: Host) -> None:
    wait_ns = request.app.state.visitors.take(_address(request), host.clock.monotonic_ns())
    if wait_ns:
        raise refusal(too_fast(wait_ns))


def _address(request: Request) -> str:
    return "" if request.client is None else request.client.host

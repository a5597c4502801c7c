"""The commands of admins: with the admin secret, or by the admin role of one's account."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from cxgame.model.commands import Close, Command, GrantRole, Pause, Start
from cxgame.model.enums import Phase
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.units import format_units
from cxgame.server.sessions.host import GATEWAY
from cxgame.wire import requests as r
from cxgame.wire.replies import NULL, done, done_saying, refused
from cxgame.wire.texts import WAITING

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

AdminRequest = r.Audit | r.Start | r.Pause | r.Shutdown | r.Grant
Answer = bytes | Coroutine[Any, Any, bytes]
Act = Callable[["Session", Any], Answer]


def start(session: "Session", request: r.Start) -> Answer:
    """Open the market, or resume."""
    return _as_admin(session, request, "start", _start)


def pause(session: "Session", request: r.Pause) -> Answer:
    """Stop matching."""
    return _as_admin(session, request, "pause", _pause)


def shutdown(session: "Session", request: r.Shutdown) -> Answer:
    """Close the game and end the server."""
    return _as_admin(session, request, "shutdown", _shutdown)


def grant(session: "Session", request: r.Grant) -> Answer:
    """Give a user the admin role."""
    return _as_admin(session, request, "grant", _grant)


def audit(session: "Session", request: r.Audit) -> Answer:
    """Check the game's invariants."""
    if request.params.secret is None and not session.host.is_admin(session.account):
        if not session.account:
            return refused("audit", reject(Code.AUTH_REQUIRED), request.id)
        return _audit(session, request)
    return _as_admin(session, request, "audit", _full_audit)


def _as_admin(session: "Session", request: AdminRequest, name: str, act: Act) -> Answer:
    """Act if the secret is right or, without one, if the account is an admin."""
    host, secret = session.host, request.params.secret
    if secret is None:
        if host.is_admin(session.account):
            return act(session, request)
        return refused(name, reject(Code.AUTH_SECRET_REQUIRED), request.id)
    if host.users.is_known_admin_secret(secret):
        return act(session, request)
    return _verified(session, request, name, act, secret)


async def _verified(
    session: "Session", request: AdminRequest, name: str, act: Act, secret: str
) -> bytes:
    refusal = await session.host.users.check_admin_secret(secret)
    if refusal is not None:
        return refused(name, refusal, request.id)
    answer = act(session, request)
    return answer if isinstance(answer, bytes) else await answer


def _start(session: "Session", request: r.Start) -> bytes:
    refusal = _submit(session, request, Start())
    if refusal is not None:
        return refused("start", refusal, request.id)
    host = session.host
    host.open_if_ready()
    if host.game.engine.phase is Phase.OPEN:
        return done("start", NULL, request.id)
    return done_saying(WAITING, NULL, request.id)


def _pause(session: "Session", request: r.Pause) -> bytes:
    refusal = _submit(session, request, Pause())
    if refusal is not None:
        return refused("pause", refusal, request.id)
    return done("pause", NULL, request.id)


def _shutdown(session: "Session", request: r.Shutdown) -> bytes:
    refusal = _submit(session, request, Close("shutdown"))
    if refusal is not None:
        return refused("shutdown", refusal, request.id)
    session.host.stop("shutdown")
    return done("shutdown", NULL, request.id)


def _grant(session: "Session", request: r.Grant) -> bytes:
    account = session.host.account_of(request.params.username)
    if not account:
        return refused("grant", reject(Code.AUTH_UNKNOWN_USER), request.id)
    refusal = _submit(session, request, GrantRole(account))
    if refusal is not None:
        return refused("grant", refusal, request.id)
    return done("grant", NULL, request.id)


async def _audit(session: "Session", request: r.Audit) -> bytes:
    return done("audit", _json(await session.host.auditor.violations()), request.id)


async def _full_audit(session: "Session", request: r.Audit) -> bytes:
    found = await session.host.auditor.violations()
    engine = session.host.game.engine
    totals = {asset: format_units(total, 1) for asset, total in engine.ledger.totals().items()}
    report = {
        "violations": found,
        "totals": totals,
        "state_hash": engine.state_hash().hex(),
    }
    return done("audit", _json(report), request.id)


def _submit(session: "Session", request: AdminRequest, command: Command) -> Rejection | None:
    return session.host.game.submit(command, GATEWAY, session.id, request.id).rejection


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

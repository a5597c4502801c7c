"""The organiser's commands about the course of a game: opening, pausing, the end; who helps him."""

from typing import TYPE_CHECKING, Any

import msgspec

from cxgame.model.commands import Close, GrantRole, Pause, Start
from cxgame.model.enums import Phase
from cxgame.model.errors import Code, reject
from cxgame.model.units import format_units
from cxgame.server.sessions.authority import Answer, as_organiser, is_organiser, notice, submit
from cxgame.wire import organiser_requests as r
from cxgame.wire.replies import NULL, done, done_saying, refused
from cxgame.wire.texts import WAITING

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session


def start(session: "Session", request: r.Start) -> Answer:
    """Open the market, or resume."""
    return as_organiser(session, request, "start", _start)


def pause(session: "Session", request: r.Pause) -> Answer:
    """Stop matching."""
    return as_organiser(session, request, "pause", _pause)


def shutdown(session: "Session", request: r.Shutdown) -> Answer:
    """Close the game and end the server."""
    return as_organiser(session, request, "shutdown", _shutdown)


def grant(session: "Session", request: r.Grant) -> Answer:
    """Give a user the admin role."""
    return as_organiser(session, request, "grant", _grant)


def audit(session: "Session", request: r.Audit) -> Answer:
    """Check the game's invariants."""
    if request.params.secret is None and not is_organiser(session):
        if not session.account:
            return refused("audit", reject(Code.AUTH_REQUIRED), request.id)
        return _audit(session, request)
    return as_organiser(session, request, "audit", _full_audit)


def _start(session: "Session", request: r.Start) -> bytes:
    refusal = submit(session, request, Start())
    if refusal is not None:
        return refused("start", refusal, request.id)
    host = session.host
    host.open_if_ready()
    if host.game.engine.phase is Phase.OPEN:
        return done("start", NULL, request.id)
    return done_saying(WAITING, NULL, request.id)


def _pause(session: "Session", request: r.Pause) -> bytes:
    refusal = submit(session, request, Pause())
    if refusal is not None:
        return refused("pause", refusal, request.id)
    return done("pause", NULL, request.id)


def _shutdown(session: "Session", request: r.Shutdown) -> bytes:
    refusal = submit(session, request, Close("shutdown"))
    if refusal is not None:
        return refused("shutdown", refusal, request.id)
    session.host.stop("shutdown")
    return done("shutdown", NULL, request.id)


def _grant(session: "Session", request: r.Grant) -> bytes:
    account = session.host.account_of(request.params.username)
    if not account:
        return refused("grant", reject(Code.AUTH_UNKNOWN_USER), request.id)
    was_admin = session.host.is_admin(account)
    refusal = submit(session, request, GrantRole(account))
    if refusal is not None:
        return refused("grant", refusal, request.id)
    if not was_admin:
        name = session.host.game.engine.accounts[account].name
        notice(session, request, "grant", f"{name} is an organiser now.")
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


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

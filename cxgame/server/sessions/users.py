"""The commands of users: who one is, and what one says."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from cxgame.auth import User, bad_name
from cxgame.limits import too_fast, too_many_registrations
from cxgame.model.commands import Broadcast
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.sessions.host import GATEWAY, REPLACED
from cxgame.wire.replies import NULL, done, refused
from cxgame.wire.request_types import Auth, Bcast, Register, Rotate

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session


def register(session: "Session", request: Register) -> bytes | Coroutine[Any, Any, bytes]:
    """Become a user, enter the game, log in."""
    host, params = session.host, request.params
    refusal = bad_name(params.username)
    if refusal is None and params.team is not None:
        refusal = bad_name(params.team, "team")
    if refusal is None and host.users.find(params.username) is None:
        # Who may not enter is none more: else he would use up what others of his address have.
        refusal = host.entry_refusal(params.username) or _one_registration_more(session)
    if refusal is not None:
        return refused("register", refusal, request.id)
    return _register(session, request)


def auth(session: "Session", request: Auth) -> bytes | Coroutine[Any, Any, bytes]:
    """Log in by token or password."""
    params = request.params
    if params.token is not None:
        user = session.host.users.check_token(params.username, params.token)
        return _authenticated(session, request, user)
    if params.password is not None:
        return _auth_by_password(session, request, params.password)
    return refused("auth", reject(Code.PARAM_MISSING, name="token"), request.id)


def rotate(session: "Session", request: Rotate) -> Coroutine[Any, Any, bytes]:
    """Replace the token; whoever holds the old one is out."""
    return _rotate(session, session.account, request)  # another rotation may log it out meanwhile


def broadcast(session: "Session", request: Bcast) -> bytes:
    """Say something to everyone."""
    host, message = session.host, request.params.message
    if len(message) > host.limits.max_bcast:
        limit = f"{host.limits.max_bcast} characters"
        refusal = reject(Code.LIMIT_MESSAGE, limit=limit, got=f"{len(message)} characters")
        return refused("bcast", refusal, request.id)
    wait_ns = host.broadcasts.take(session.account, host.clock.monotonic_ns())
    if wait_ns:
        return refused("bcast", too_fast(wait_ns), request.id)
    command = Broadcast(session.account, message)
    applied = host.game.submit(command, GATEWAY, session.id, request.id)
    if applied.rejection is not None:
        return refused("bcast", applied.rejection, request.id)
    return done("bcast", NULL, request.id)


def _one_registration_more(session: "Session") -> Rejection | None:
    """Count a new user of the connection's address."""
    host = session.host
    wait_ns = host.registrations.take(session.connection.address, host.clock.monotonic_ns())
    if not wait_ns:
        return None
    return too_many_registrations(host.limits.max_registrations_per_minute, wait_ns)


async def _register(session: "Session", request: Register) -> bytes:
    host, params = session.host, request.params
    registered = await host.register(params.username, params.token, params.password)
    if isinstance(registered, Rejection):
        return refused("register", registered, request.id)
    user, token = registered
    refusal = _enter(session, user, params.team or "", request)
    if refusal is not None:
        return refused("register", refusal, request.id)
    return done("register", f'"{token}"', request.id)


async def _rotate(session: "Session", account: int, request: Rotate) -> bytes:
    host = session.host
    token = await host.users.rotate(session.name, request.params.token)
    if isinstance(token, Rejection):
        return refused("rotate", token, request.id)
    host.close_all(account, REPLACED, but=session)
    return done("rotate", f'"{token}"', request.id)


async def _auth_by_password(session: "Session", request: Auth, password: str) -> bytes:
    user = await session.host.users.check_password(request.params.username, password)
    return _authenticated(session, request, user)


def _authenticated(session: "Session", request: Auth, user: User | Rejection) -> bytes:
    if isinstance(user, Rejection):
        return refused("auth", user, request.id)
    refusal = _enter(session, user, "", request)
    if refusal is not None:
        return refused("auth", refusal, request.id)
    session.host.notice(f"Authenticated: {user.name}")
    return done("auth", NULL, request.id)


def _enter(session: "Session", user: User, team: str, request: Register | Auth) -> Rejection | None:
    """Log the session in to the user's account, which is opened at the first entry."""
    account = session.host.enter(user, team, session.id, request.id)
    if isinstance(account, Rejection):
        return account
    return session.login(account)

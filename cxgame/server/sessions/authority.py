"""Who may act as an organiser, and what is written down of what he does.

An organiser has the admin secret, or an account with the admin role, or comes over a face that
has asked him for the secret before. What he does is in the journal: as a command of the engine,
or as a notice beside one, which the feed shows. Secrets are in neither.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from cxgame.model.commands import Command, Notice
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.sessions.host import GATEWAY
from cxgame.wire.replies import refused
from cxgame.wire.request_types import Request

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

Answer = bytes | Coroutine[Any, Any, bytes]
Act = Callable[["Session", Any], Answer]


def as_organiser(session: "Session", request: Any, name: str, act: Act) -> Answer:
    """Act if the secret is right or, without one, if the session is an organiser's."""
    secret = request.params.secret
    if secret is None:
        if is_organiser(session):
            return act(session, request)
        return refused(name, reject(Code.AUTH_SECRET_REQUIRED), request.id)
    if session.host.users.is_known_admin_secret(secret):
        return act(session, request)
    return _verified(session, request, name, act, secret)


def is_organiser(session: "Session") -> bool:
    """Whether a session may act without the admin secret."""
    return session.is_organiser or session.host.is_admin(session.account)


def submit(session: "Session", request: Request, command: Command) -> Rejection | None:
    """Hand a command to the game."""
    return session.host.game.submit(command, GATEWAY, session.id, request.id).rejection


def notice(session: "Session", request: Request, act: str, text: str) -> Rejection | None:
    """Write down what was done, and tell everyone."""
    account = session.account if session.host.is_admin(session.account) else 0
    return submit(session, request, Notice(act, text, account))


async def _verified(session: "Session", request: Any, name: str, act: Act, secret: str) -> bytes:
    refusal = await session.host.users.check_admin_secret(secret)
    if refusal is not None:
        return refused(name, refusal, request.id)
    answer = act(session, request)
    return answer if isinstance(answer, bytes) else await answer

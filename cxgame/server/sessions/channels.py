"""The commands by which a connection follows what happens, instead of asking again and again."""

from typing import TYPE_CHECKING

from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.sessions.answers import Answer, Opening
from cxgame.wire.executions import CHANNEL as EXECUTIONS
from cxgame.wire.replies import done, json_list, refused
from cxgame.wire.requests import Subscribe, Unsubscribe
from cxgame.wire.rows import text

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

CHANNELS = (EXECUTIONS,)


def subscribe(session: "Session", request: Subscribe) -> Answer:
    """Follow channels, beside those that are followed already."""
    names = set(request.params.channels)
    refusal = _refusal(session, names)
    if refusal is not None:
        return refused("subscribe", refusal, request.id)
    reply = done("subscribe", _channels({EXECUTIONS}), request.id)
    return Opening(reply, lambda: session.follow_account())


def unsubscribe(session: "Session", request: Unsubscribe) -> bytes:
    """Follow some channels no more, or none."""
    names = set(CHANNELS if request.params.channels is None else request.params.channels)
    refusal = _unknown(names)
    if refusal is not None:
        return refused("unsubscribe", refusal, request.id)
    if EXECUTIONS in names:
        session.host.executions.leave(session)
    left = {EXECUTIONS} if session.host.executions.follows(session) else set()
    return done("unsubscribe", _channels(left), request.id)


def _refusal(session: "Session", names: set[str]) -> Rejection | None:
    """Why a connection may not follow these."""
    unknown = _unknown(names)
    if unknown is None and EXECUTIONS in names and not session.account:
        return reject(Code.AUTH_REQUIRED)
    return unknown


def _unknown(names: set[str]) -> Rejection | None:
    if names <= set(CHANNELS):
        return None
    return reject(Code.PARAM_TYPE, name="channels", got=f"some of {', '.join(CHANNELS)}")


def _channels(names: set[str]) -> str:
    """What is followed now, as data."""
    rows = json_list([text(name) for name in CHANNELS if name in names])
    return f'{{"channels":{rows},"symbol":null}}'

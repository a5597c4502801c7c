"""The organiser's commands about rounds, and his word to everyone."""

import secrets
from typing import TYPE_CHECKING

from cxgame.model.commands import EndRound, StartRound
from cxgame.model.errors import Code, reject
from cxgame.server.sessions.authority import Answer, as_organiser, notice, submit
from cxgame.wire import organiser_requests as r
from cxgame.wire.replies import NULL, done, refused

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session


def end_round(session: "Session", request: r.EndRound) -> Answer:
    """Cancel all orders, settle the standings, pause."""
    return as_organiser(session, request, "end_round", _end_round)


def start_round(session: "Session", request: r.StartRound) -> Answer:
    """Set every account back to the grants."""
    return as_organiser(session, request, "start_round", _start_round)


def announce(session: "Session", request: r.Announce) -> Answer:
    """Say something to everyone."""
    return as_organiser(session, request, "announce", _announce)


def _end_round(session: "Session", request: r.EndRound) -> bytes:
    round_number = session.host.game.engine.round
    refusal = submit(session, request, EndRound())
    if refusal is not None:
        return refused("end_round", refusal, request.id)
    notice(session, request, "end_round", f"Round {round_number} is over.")
    return done("end_round", NULL, request.id)


def _start_round(session: "Session", request: r.StartRound) -> bytes:
    refusal = submit(session, request, StartRound(secrets.randbelow(2**63)))
    if refusal is not None:
        return refused("start_round", refusal, request.id)
    number = session.host.game.engine.round
    notice(session, request, "start_round", f"Round {number}: everybody has the grants again.")
    return done("start_round", NULL, request.id)


def _announce(session: "Session", request: r.Announce) -> bytes:
    message, most = request.params.message, session.host.limits.max_bcast
    if len(message) > most:
        got = f"{len(message)} characters"
        refusal = reject(Code.LIMIT_MESSAGE, limit=f"{most} characters", got=got)
        return refused("announce", refusal, request.id)
    no = notice(session, request, "announce", message)
    if no is not None:
        return refused("announce", no, request.id)
    return done("announce", NULL, request.id)

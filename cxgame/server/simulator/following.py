"""SUBSCRIBE and UNSUBSCRIBE."""

from typing import TYPE_CHECKING

from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.sessions.answers import Answer
from cxgame.server.simulator.joining import Joining, Leaving
from cxgame.wire import simulator_frames as frames
from cxgame.wire.simulator_orders import said

if TYPE_CHECKING:
    from cxgame.server.simulator.session import DialectSession


def subscribe(session: "DialectSession", frame: frames.Subscribe) -> Answer:
    """Follow a channel of a market; it begins behind the acknowledgement."""
    money = session.host.money_of(frame.symbol)
    if isinstance(money, Rejection):
        return _failed(session, frame, money)
    channels = session.hall.channels
    if session.host.game.halted and not channels.is_open:  # what could be shown may still vanish
        return session.no("SUBSCRIBE", reject(Code.STATE_HALTED), frame.request_id)
    if not channels.is_ready:
        return _once_ready(session, frame, money.market.id)
    return _joining(session, frame, money.market.id)


def unsubscribe(session: "DialectSession", frame: frames.Unsubscribe) -> bytes:
    """Follow it no longer, from the acknowledgement on; also right if it was not followed."""
    money = session.host.money_of(frame.symbol)
    if isinstance(money, Rejection):
        return _failed(session, frame, money)
    market = money.market.id
    shown = session.hall.figures(market)
    answer = frames.unsubscribed(frame.request_id, session.now_ms(), frame.channel, shown)
    return Leaving.of(answer, frame.channel, market)


async def _once_ready(session: "DialectSession", frame: frames.Subscribe, market: int) -> bytes:
    await session.hall.channels.ready()
    return _joining(session, frame, market)


def _joining(session: "DialectSession", frame: frames.Subscribe, market: int) -> Joining:
    opening = session.hall.channels.opening()
    return Joining.of(frame.channel, market, frame.request_id, opening)


def _failed(
    session: "DialectSession", frame: frames.Subscribe | frames.Unsubscribe, no: Rejection
) -> frames.Refusal:
    return frames.error(
        frame.request_id,
        session.now_ms(),
        frames.SUBSCRIBE_FAILED,
        said(no),
        {"code": no.code},
    )

"""The commands by which a connection follows what happens, instead of asking again and again."""

from typing import TYPE_CHECKING

from cxgame.limits import too_fast
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.sessions.answers import Answer, Opening, Ready
from cxgame.wire.executions import CHANNEL as EXECUTIONS
from cxgame.wire.feed import ALL_MARKETS, Subscription
from cxgame.wire.feed import CHANNELS as MARKET_DATA
from cxgame.wire.feed_core import SNAPSHOTS
from cxgame.wire.feed_requests import subscription_of
from cxgame.wire.replies import NULL, done, json_list, refused
from cxgame.wire.request_types import Resync, Subscribe, Unsubscribe
from cxgame.wire.rows import text

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

CHANNELS = (*MARKET_DATA, EXECUTIONS)


def subscribe(session: "Session", request: Subscribe) -> Answer:
    """Follow channels, beside those that are followed already."""
    names = set(request.params.channels)
    refusal = _unknown(names)
    if refusal is None and EXECUTIONS in names and not session.account:
        refusal = reject(Code.AUTH_REQUIRED)
    if refusal is not None:
        return refused("subscribe", refusal, request.id)
    if names == {EXECUTIONS}:
        return _followed(session, request, None)
    hub = session.host.market_data.hub
    return _begun(session, request) if hub is None else _subscribed(session, request, hub)


def unsubscribe(session: "Session", request: Unsubscribe) -> bytes:
    """Follow some channels no more, or none."""
    names = frozenset(CHANNELS if request.params.channels is None else request.params.channels)
    refusal = _unknown(names)
    if refusal is not None:
        return refused("unsubscribe", refusal, request.id)
    host = session.host
    if EXECUTIONS in names:
        host.executions.leave(session)
    host.market_data.unsubscribe(session, names)
    data = _data(session, host.market_data.wanted(session), host.executions.follows(session))
    return done("unsubscribe", data, request.id)


def resync(session: "Session", request: Resync) -> Ready:
    """Have whole books sent again, of one market or of all that are followed."""
    market_data, symbol = session.host.market_data, request.params.symbol
    refusal, market = None, ALL_MARKETS
    if symbol is not None:
        money = session.host.money_of(symbol)
        if isinstance(money, Rejection):
            return refused("resync", money, request.id)
        market = money.market.id
    followed = market_data.wanted(session)
    if not (followed.wants & SNAPSHOTS and _is_among(market, followed.market)):
        refusal = reject(Code.PARAM_TYPE, name="symbol", got="a book that is followed")
    refusal = refusal or _too_often(session)
    if refusal is not None:
        return refused("resync", refusal, request.id)
    reply = done("resync", NULL, request.id)
    return Opening(reply, lambda: market_data.resync(session, market))


async def _begun(session: "Session", request: Subscribe) -> Ready:
    """The first who asks waits until it is known where the game stands."""
    await session.host.market_data.begin()
    hub = session.host.market_data.hub
    if hub is None or session.is_closed:  # it ended, or the client did not wait
        return refused("subscribe", reject(Code.STATE_HALTED), request.id)
    return _subscribed(session, request, hub)


def _subscribed(session: "Session", request: Subscribe, hub: FeedHub) -> Ready:
    """Follow market data, and `executions` if that is named as well."""
    params, current = request.params, session.host.market_data.wanted(session)
    named = [channel for channel in params.channels if channel in MARKET_DATA]
    subscription = subscription_of(
        [*named, *current.channels],
        params.symbol,
        params.timeframe or current.timeframe or None,
        hub.core.state.frames.symbols,
    )
    refusal = subscription if isinstance(subscription, Rejection) else _too_often(session)
    if refusal is not None:
        return refused("subscribe", refusal, request.id)
    assert isinstance(subscription, Subscription)
    return _followed(session, request, subscription)


def _followed(session: "Session", request: Subscribe, subscription: Subscription | None) -> Opening:
    """The reply, and what it opens; `subscription` is None if no market data was named."""
    host, named = session.host, EXECUTIONS in request.params.channels

    def begin() -> None:
        if named:
            session.follow_account()
        if subscription is not None:
            session.follow_markets(subscription)

    wanted = subscription or host.market_data.wanted(session)
    data = _data(session, wanted, named or host.executions.follows(session))
    return Opening(done("subscribe", data, request.id), begin)


def _too_often(session: "Session") -> Rejection | None:
    """Count what shows how things stand, which costs more than a message."""
    host = session.host
    wait_ns = host.market_data.member(session).shown.take(host.clock.monotonic_ns())
    return too_fast(wait_ns) if wait_ns else None


def _unknown(names: "set[str] | frozenset[str]") -> Rejection | None:
    if names <= set(CHANNELS):
        return None
    return reject(Code.PARAM_TYPE, name="channels", got=f"some of {', '.join(CHANNELS)}")


def _is_among(market: int, markets: int) -> bool:
    return ALL_MARKETS in (market, markets) or market == markets


def _data(session: "Session", subscription: Subscription, with_executions: bool) -> str:
    """What is followed now."""
    names = [*subscription.channels, *([EXECUTIONS] if with_executions else [])]
    symbol, timeframe = NULL, ""
    if subscription.channels and subscription.market != ALL_MARKETS:
        symbol = session.host.money[subscription.market].symbol_json
    if subscription.timeframe:
        timeframe = f',"timeframe":"{subscription.timeframe}"'
    channels = json_list([text(name) for name in names])
    return f'{{"channels":{channels},"symbol":{symbol}{timeframe}}}'

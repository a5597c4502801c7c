"""GET_BALANCE, GET_POSITION and PING."""

from typing import TYPE_CHECKING

from cxgame.model.errors import Rejection
from cxgame.server.sessions.reads import shown_market
from cxgame.wire import simulator_frames as frames

if TYPE_CHECKING:
    from cxgame.server.simulator.session import DialectSession


def get_balance(session: "DialectSession", frame: frames.GetBalance) -> bytes:
    """Everything that the account owns."""
    engine = session.host.shown.engine
    account = engine.accounts[session.account]
    holdings = zip(engine.ledger.assets, account.free, account.held, strict=True)
    return frames.balance_update(frame.request_id, session.now_ms(), holdings)


def get_position(session: "DialectSession", frame: frames.GetPosition) -> bytes:
    """What the account owns of a market's base asset."""
    money = shown_market(session.host, frame.symbol)
    if isinstance(money, Rejection):
        return session.no("GET_POSITION", money, frame.request_id)
    account, base = session.host.shown.engine.accounts[session.account], money.market.base_asset
    shown = session.hall.figures(money.market.id)
    owned = account.free[base] + account.held[base]
    return frames.position_update(frame.request_id, session.now_ms(), shown, owned)


def ping(session: "DialectSession", frame: frames.Ping) -> bytes:
    """Here."""
    return frames.pong(frame.request_id, session.now_ms())

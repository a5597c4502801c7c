"""What an account is shown of its own: the rows of its open orders, and what it holds."""

from collections.abc import Iterable

from cxgame.engine.ledger import Account
from cxgame.engine.orders import Order
from cxgame.engine.state import NS_PER_MS, State
from cxgame.wire.money import MarketMoney
from cxgame.wire.row_states import Holding
from cxgame.wire.rows import order_row, seconds


def own_row(order: Order, engine: State, money: MarketMoney, user: str) -> str:
    """An order as its owner sees it."""
    return order_row(order, money, user, expiry(engine, order))


def expiry(engine: State, order: Order) -> str:
    """When an order expires, as a further member of its row: as things stand, in a pause later."""
    if not order.expires_ns:
        return ""
    return expiry_from(engine.wall_ms, (order.expires_ns - engine.game_time_ns) // NS_PER_MS)


def expiry_from(now_ms: int, left_ms: int) -> str:
    """The same of an order that has so long to live."""
    return f',"expires":{seconds(now_ms + left_ms)}'


def holdings(
    engine: State, account: Account, columns: Iterable[int] | None = None
) -> list[Holding]:
    """What an account has of each asset, or of those in some columns of the ledger."""
    quotes = {state.market.quote for state in engine.markets}
    assets = engine.ledger.assets
    chosen = range(len(assets)) if columns is None else columns
    return [
        Holding(
            assets[column], assets[column] in quotes, account.free[column], account.held[column]
        )
        for column in chosen
    ]

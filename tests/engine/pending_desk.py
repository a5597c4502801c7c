"""Orders that wait, and a house that quotes, in short words for unit tests.

A tick of 1 and a lot of 1; alice and bob have 10,000 USD and 100 BTC each; the mid is 100.
"""

from typing import Any

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.commands import (
    Advance,
    PlacePending,
    Tick,
)
from cxgame.model.enums import (
    Liquidity,
    OrderType,
    Side,
)
from cxgame.model.rules import MarketRules
from tests.engine.desk import ALICE, Desk, kinds

BUY, SELL = Side
CHARGED = MarketRules(
    "BTC/USD", "BTC", "USD", tick="1", lot="1", min_size="1", min_price="1", start_price="100",
    maker_fee="0.1", taker_fee="0.1",
)  # fmt: skip


def house_desk(*markets: MarketRules, **rules: Any) -> Desk:
    """The house quotes 99 to 101, without end."""
    desk = Desk(*markets, liquidity=Liquidity.HOUSE, **rules)
    desk.do(Tick(0, 1, 99, 101))
    return desk


def place(desk: Desk, side: Side, quantity: int, price: int = 0, **rest: Any) -> Applied:
    """Alice's order: a limit order if it has a price, else one that waits."""
    kind = OrderType.LIMIT if price else OrderType.MARKET
    return desk.do(PlacePending(ALICE, 0, side, kind, price, quantity, **rest))


def waiting(desk: Desk, side: Side, quantity: int, **rest: Any) -> Order:
    """An order that was accepted and waits."""
    order = place(desk, side, quantity, **rest).order
    assert order is not None
    assert order.due_ns
    assert order.level is None
    return order


def tick(desk: Desk, bid: int, ask: int, *volumes: int | None, draw: int = 0) -> list[str]:
    """New quotes; what follows."""
    bid_volume, ask_volume = volumes or (None, None)
    return kinds(desk.do(Tick(0, 2, bid, ask, bid_volume, ask_volume, draw=draw)).events)


def advance(desk: Desk, at_ms: int, draw: int = 0) -> list[str]:
    """Let time pass; what falls due."""
    events = kinds(desk.do(Advance(draw), at_ms).events)
    assert desk.engine.violations() == []
    return events

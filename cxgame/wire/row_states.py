"""What rows are made of: what is asked of an order, a fill, a trade, a candle and a holding.

The engine's orders fit, and so do those of the past, which are read from a store.
"""

from typing import NamedTuple, Protocol

from cxgame.model.enums import OrderStatus, OrderType, Role, Side, TimeInForce, Verb
from cxgame.wire.triggers import TriggerState


class OrderState(Protocol):
    """What is shown of an order; amounts in units, quantities in lots."""

    id: int
    verb: Verb
    side: Side
    type: OrderType
    price: int
    quantity: int
    left: int
    filled: int
    budget: int
    hold: int
    time_in_force: TimeInForce
    status: OrderStatus
    cid: str
    wall_ms: int

    @property
    def trigger(self) -> TriggerState | None:
        """What brings it to the market, or has brought it there."""
        ...

    @property
    def value(self) -> int:
        """Units of quote traded."""
        ...

    @property
    def fees(self) -> int:
        """Units of quote paid."""
        ...


class FillState(Protocol):
    """What is shown of a fill."""

    @property
    def trade(self) -> int: ...
    @property
    def order(self) -> int: ...
    @property
    def side(self) -> Side: ...
    @property
    def price(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def fee(self) -> int: ...
    @property
    def role(self) -> Role: ...
    @property
    def buy_order(self) -> int: ...
    @property
    def sell_order(self) -> int: ...
    @property
    def wall_ms(self) -> int: ...


class TradeState(Protocol):
    """What everybody is shown of a trade."""

    @property
    def trade(self) -> int: ...
    @property
    def price(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def taker_side(self) -> Side: ...
    @property
    def buy_order(self) -> int: ...
    @property
    def sell_order(self) -> int: ...
    @property
    def wall_ms(self) -> int: ...


class CandleState(Protocol):
    """What is shown of a candle; `start` in seconds."""

    @property
    def start(self) -> int: ...
    @property
    def open(self) -> int: ...
    @property
    def high(self) -> int: ...
    @property
    def low(self) -> int: ...
    @property
    def close(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def trades(self) -> int: ...


class Holding(NamedTuple):
    """What an account owns of an asset, in units; a quote asset shows cents at least."""

    asset: str
    is_quote: bool
    free: int
    held: int

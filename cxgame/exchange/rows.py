"""What an exchange answers: frozen rows, each a picture of the moment in which it was asked for.

The numbers that a strategy reads are `Decimal`, made when they are read. Beside them stand the
integers they come from (`price_ticks`, `quantity_lots`), for who needs speed more than comfort.
"""

from decimal import Decimal
from typing import Any, ClassVar

from msgspec import Struct

from cxgame.engine import orders as engine_orders
from cxgame.engine.triggers import Trigger
from cxgame.exchange.numbers import amount, base_amount
from cxgame.model import events
from cxgame.model.enums import Side
from cxgame.model.market import Market

_SIDES = ("buy", "sell")
_STATUSES = ("open", "filled", "cancel", "rejected")
_TYPES = ("limit", "market")
_TIMES_IN_FORCE = ("gtc", "ioc", "fok")
_TRIGGERS = ("stop", "take_profit", "trailing")


class Row(Struct, frozen=True):
    """Base of all rows: `columns` name what a row shows."""

    columns: ClassVar[tuple[str, ...]] = ()

    def as_dict(self) -> dict[str, Any]:
        """The columns by name, for a data frame or a CSV file."""
        return {name: getattr(self, name) for name in self.columns}

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.as_dict().items())
        return f"{type(self).__name__}({shown})"


class Order(Row, frozen=True):
    """An order. `price` is the limit; of a market order the mid when it came."""

    columns: ClassVar[tuple[str, ...]] = (
        "id",
        "account",
        "symbol",
        "side",
        "type",
        "price",
        "quantity",
        "filled",
        "left",
        "average_price",
        "value",
        "fee",
        "time_in_force",
        "status",
        "time_ms",
        "cid",
        "trigger",
        "trigger_price",
    )
    market: Market
    id: int
    account: str
    side: str
    type: str
    time_in_force: str
    status: str
    price_ticks: int
    quantity_lots: int  # 0 for an order by budget
    filled_lots: int
    left_lots: int
    value_units: int
    fee_units: int
    time_ms: int
    cid: str
    trigger: str = ""  # what it waits for, or has waited for: "stop", "take_profit", "trailing"
    trigger_ticks2: int = 0  # where that fires, or has fired; in half ticks
    armed: bool = False  # whether it waits still, or ended before it fired

    @property
    def symbol(self) -> str:
        """The market's name."""
        return self.market.symbol

    @property
    def is_open(self) -> bool:
        """Whether it rests in the book, or waits for its trigger."""
        return self.status == "open"

    @property
    def price(self) -> Decimal:
        """In quote per base, with the tick's decimals."""
        return Decimal(self.market.price_text(self.price_ticks))

    @property
    def trigger_price(self) -> Decimal | None:
        """Where its trigger fires as things are; None without one."""
        return Decimal(self.market.mid_text(self.trigger_ticks2)) if self.trigger else None

    @property
    def quantity(self) -> Decimal:
        """As it was placed, in base; 0 for an order by budget."""
        return base_amount(self.market, self.quantity_lots)

    @property
    def filled(self) -> Decimal:
        """How much of it has been traded."""
        return base_amount(self.market, self.filled_lots)

    @property
    def left(self) -> Decimal:
        """How much of it is still to go, or was not filled."""
        return base_amount(self.market, self.left_lots)

    @property
    def value(self) -> Decimal:
        """What was traded, in quote, fees not counted."""
        return amount(self.value_units)

    @property
    def fee(self) -> Decimal:
        """What was paid in fees, in quote."""
        return amount(self.fee_units)

    @property
    def average_price(self) -> Decimal | None:
        """At which it was traded, to 28 digits; None before the first fill."""
        return self.value / self.filled if self.filled_lots else None


class Trade(Row, frozen=True):
    """Two orders met, at the resting one's price. Order 0 is the house."""

    columns: ClassVar[tuple[str, ...]] = (
        "id",
        "symbol",
        "price",
        "quantity",
        "value",
        "taker_side",
        "buy_order",
        "sell_order",
        "time_ms",
    )
    market: Market
    event: events.Trade
    time_ms: int

    @property
    def id(self) -> int:
        """Counts all trades of the exchange."""
        return self.event.trade

    @property
    def symbol(self) -> str:
        """The market's name."""
        return self.market.symbol

    @property
    def price_ticks(self) -> int:
        """The price in ticks."""
        return self.event.price

    @property
    def quantity_lots(self) -> int:
        """The quantity in lots."""
        return self.event.quantity

    @property
    def price(self) -> Decimal:
        """In quote per base."""
        return Decimal(self.market.price_text(self.event.price))

    @property
    def quantity(self) -> Decimal:
        """In base."""
        return base_amount(self.market, self.event.quantity)

    @property
    def value(self) -> Decimal:
        """Price times quantity, in quote."""
        return amount(self.event.price * self.event.quantity * self.market.tick_lot_units)

    @property
    def taker_side(self) -> str:
        """Which side came to the other."""
        return _SIDES[self.event.taker_side]

    @property
    def buy_order(self) -> int:
        """The buyer's order."""
        return self.event.buy_order

    @property
    def sell_order(self) -> int:
        """The seller's order."""
        return self.event.sell_order


class Fill(Trade, frozen=True):
    """One account's side of a trade."""

    columns: ClassVar[tuple[str, ...]] = (
        "id",
        "order",
        "symbol",
        "side",
        "price",
        "quantity",
        "value",
        "fee",
        "role",
        "time_ms",
    )
    is_buy: bool

    @property
    def order(self) -> int:
        """The account's order."""
        return self.event.buy_order if self.is_buy else self.event.sell_order

    @property
    def side(self) -> str:
        """Which way the account traded."""
        return "buy" if self.is_buy else "sell"

    @property
    def role(self) -> str:
        """Whether the account's order rested, or came to another."""
        return "taker" if (self.event.taker_side is Side.BUY) is self.is_buy else "maker"

    @property
    def fee(self) -> Decimal:
        """What the account paid for it, in quote."""
        return amount(int(self.event.buy_fee if self.is_buy else self.event.sell_fee))


class Balance(Row, frozen=True):
    """What an account owns of an asset: free to use, and held for its open orders."""

    columns: ClassVar[tuple[str, ...]] = ("asset", "free", "held", "total")
    asset: str
    free_units: int
    held_units: int

    @property
    def free(self) -> Decimal:
        """What can be used."""
        return amount(self.free_units)

    @property
    def held(self) -> Decimal:
        """What open orders hold."""
        return amount(self.held_units)

    @property
    def total(self) -> Decimal:
        """Both."""
        return amount(self.free_units + self.held_units)


class Standing(Row, frozen=True):
    """An account's place; `equity` is what it owns at the mid, in the first market's quote."""

    columns: ClassVar[tuple[str, ...]] = ("rank", "account", "equity")
    rank: int
    account: str
    equity: Decimal


def order_row(order: engine_orders.Order, market: Market, account: str) -> Order:
    """An order of the engine as it stands now."""
    return Order(
        market,
        order.id,
        account,
        _SIDES[order.side],
        _TYPES[order.type],
        _TIMES_IN_FORCE[order.time_in_force],
        _STATUSES[order.status],
        order.price,
        order.quantity,
        order.filled,
        order.left,
        order.maker_value + order.taker_value,
        order.maker_fee + order.taker_fee,
        order.wall_ms,
        order.cid,
        *(_trigger(order.trigger) if order.trigger is not None else ()),
    )


def _trigger(trigger: Trigger) -> tuple[str, int, bool]:
    return _TRIGGERS[trigger.kind], trigger.trigger2, trigger.armed

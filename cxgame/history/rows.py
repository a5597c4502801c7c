"""The rows of the past, alike from memory and database, and which of them are asked for."""

from typing import NamedTuple

from msgspec import Struct

from cxgame.model.enums import (
    OrderStatus,
    OrderType,
    Reason,
    Role,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)

MAX_ID = 2**63 - 1  # ids and times end here, in SQLite and on the wire


class Bounds(NamedTuple):
    """Which rows: ids above `after` and below `before`, times from `since_ms` to `until_ms`.

    Of more rows than are wanted these are the newest, newest first; or, if said so, the oldest.
    """

    before: int = MAX_ID
    since_ms: int = 0
    until_ms: int = MAX_ID
    after: int = 0
    oldest_first: bool = False


ALL = Bounds()


class Fill(Struct, frozen=True, gc=False):
    """One account's side of a trade. Price in ticks, quantity in lots, fee in units of quote."""

    trade: int
    market: int
    order: int
    side: Side
    price: int
    quantity: int
    fee: int
    role: Role
    buy_order: int
    sell_order: int
    wall_ms: int


class PublicTrade(Struct, frozen=True, gc=False):
    """A trade as everybody may see it. Price in ticks, quantity in lots."""

    trade: int
    market: int
    price: int
    quantity: int
    taker_side: Side
    buy_order: int
    sell_order: int
    wall_ms: int


class OrderTrigger(Struct, frozen=True, array_like=True, gc=False):
    """What brought an order to the market, or would have; as `cxgame.engine.triggers.Trigger`."""

    kind: TriggerKind
    by: TriggerBy
    trigger2: int  # where it fired, or stood at the end, in half ticks
    trail: int  # ticks
    trail_rate: int  # millionths
    max_price: int  # ticks
    armed: bool  # whether it has never fired


class ClosedOrder(Struct, gc=False):
    """An order that is over; the members of `cxgame.engine.orders.Order` that are shown."""

    id: int
    account: int
    market: int
    verb: Verb
    side: Side
    type: OrderType
    price: int
    quantity: int
    left: int
    filled: int
    value: int
    fees: int
    budget: int
    time_in_force: TimeInForce
    status: OrderStatus
    cid: str
    wall_ms: int
    reason: Reason | None = None
    comment: str = ""
    ended_ms: int = 0
    trigger: OrderTrigger | None = None
    hold: int = 0

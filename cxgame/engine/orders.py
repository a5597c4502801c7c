"""An order in the engine: mutable, slotted, and linked into its price level while it rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderStatus, Reason, SelfTrade

if TYPE_CHECKING:
    from cxgame.engine.book import Level
    from cxgame.engine.triggers import Trigger


_OPEN = OrderStatus.OPEN  # a global is found faster than an enum's member


class Order:
    """One accepted order. Prices in ticks, quantities in lots, amounts in units."""

    __slots__ = (
        "account",
        "budget",
        "cid",
        "comment",
        "due_ns",
        "ended_ms",
        "expires_ns",
        "fee_hold",
        "filled",
        "fingerprint",
        "hold",
        "id",
        "left",
        "level",
        "maker_fee",
        "maker_value",
        "market",
        "next",
        "previous",
        "price",
        "quantity",
        "reason",
        "self_trade",
        "short",
        "side",
        "status",
        "taker_fee",
        "taker_value",
        "time_in_force",
        "trigger",
        "type",
        "verb",
        "wall_ms",
    )

    def __init__(
        self,
        id: int,
        command: PlaceOrder,
        price: int,
        budget: int,
        self_trade: SelfTrade,
        wall_ms: int,
    ) -> None:
        self.id = id
        self.account = command.account
        self.market = command.market
        self.verb = command.verb
        self.side = command.side
        self.type = command.type
        self.price = price  # a market order shows the mid when it came, rounded down
        self.quantity = command.quantity  # as placed or amended; 0 for a budget order
        self.left = command.quantity
        self.filled = 0
        self.budget = budget  # units of quote a market buy may spend; 0 if by quantity
        self.time_in_force = command.time_in_force
        self.self_trade = self_trade
        self.cid = command.cid
        self.fingerprint = command.fingerprint
        self.wall_ms = wall_ms  # when it was placed, for display
        self.status = _OPEN
        self.hold = 0  # units held for it now: quote for a buy, base for a sell
        self.maker_value = 0  # units of quote it has traded in each role, and paid in fees
        self.taker_value = 0
        self.maker_fee = 0
        self.taker_fee = 0
        self.due_ns = 0  # above 0: it waits on no level, at least until this game time
        self.expires_ns = 0  # above 0: it is closed at this game time
        self.fee_hold = 0  # units of quote held for a seller's fee
        self.trigger: Trigger | None = None  # what it waits for, or has waited for
        self.short = False  # an admin has cut its hold: it cannot be filled
        self.reason: Reason | None = None  # why it ended with something left
        self.comment = ""  # what its owner should know of that
        self.ended_ms = 0
        self.level: Level | None = None
        self.previous: Order | None = None
        self.next: Order | None = None

    @property
    def is_hidden(self) -> bool:
        """Of an open order: whether its trigger keeps it from the market, and from others' eyes."""
        return self.trigger is not None and self.level is None

    @property
    def value(self) -> int:
        """Units of quote traded so far, fees not counted."""
        return self.maker_value + self.taker_value

    @property
    def fees(self) -> int:
        """Units of quote paid in fees so far."""
        return self.maker_fee + self.taker_fee

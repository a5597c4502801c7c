"""An order of the history as far as it has come, from its first event on.

Its fields are those of a row of the table `orders`; who stores it and when is the writer's matter.
"""

from typing import Any, TypeAlias

from msgspec.structs import replace

from cxgame.history.rows import OrderTrigger
from cxgame.history.schema import stored, trigger_from, trigger_text
from cxgame.model.enums import OrderStatus, OrderType, Reason, TimeInForce, Verb
from cxgame.model.events import OrderPlaced, OrderRefused, TriggerPlaced

Row: TypeAlias = tuple[Any, ...]

# Globals are found faster than an enum's members.
_OPEN, _REJECTED = OrderStatus.OPEN, OrderStatus.REJECTED


class RunningOrder:
    """An order as far as it has come: a row of the table `orders`, its fields in that order."""

    __slots__ = (
        "account",
        "budget",
        "cid",
        "comment",
        "ended_ms",
        "fees",
        "filled",
        "id",
        "left",
        "market",
        "price",
        "quantity",
        "reason",
        "side",
        "status",
        "time_in_force",
        "trigger",
        "type",
        "value",
        "verb",
        "wall_ms",
    )

    def __init__(self, row: Row) -> None:
        (
            self.id,
            self.account,
            self.market,
            self.verb,
            self.side,
            self.type,
            self.price,
            self.quantity,
            self.left,
            filled,
            value,
            fees,
            self.budget,
            self.time_in_force,
            self.status,
            self.cid,
            self.wall_ms,
            self.reason,
            self.comment,
            self.ended_ms,
            self.trigger,  # as stored
        ) = row
        self.filled, self.value, self.fees = int(filled), int(value), int(fees)

    def row(self) -> Row:
        """The row as it stands now."""
        return (
            self.id,
            self.account,
            self.market,
            self.verb,
            self.side,
            self.type,
            self.price,
            self.quantity,
            self.left,
            stored(self.filled),
            stored(self.value),
            stored(self.fees),
            self.budget,
            self.time_in_force,
            self.status,
            self.cid,
            self.wall_ms,
            self.reason,
            self.comment,
            self.ended_ms,
            self.trigger,
        )

    def move_trigger(self, trigger2: int, *, armed: bool) -> None:
        """Its trigger has fired, or is over, and stands where it stands now."""
        trigger = replace(trigger_from(self.trigger), trigger2=trigger2, armed=armed)
        self.trigger = trigger_text(trigger)


def begun(
    event: OrderPlaced | TriggerPlaced, verb: Verb, wall_ms: int, trigger: str | None = None
) -> RunningOrder:
    """An order that was accepted, with its trigger as it is stored."""
    return RunningOrder(
        (
            event.order,
            event.account,
            event.market,
            verb,
            event.side,
            event.type,
            event.price,
            event.quantity,
            event.quantity,
            0,
            0,
            0,
            event.budget or 0,
            event.time_in_force,
            _OPEN,
            event.cid,
            wall_ms,
            None,
            "",
            0,
            trigger,
        )
    )


def trigger_of(event: TriggerPlaced) -> str:
    """The trigger of an order that was accepted, as it is stored."""
    max_price = event.price if event.type is OrderType.MARKET else 0
    return trigger_text(
        OrderTrigger(
            event.kind,
            event.by,
            event.trigger2,
            event.trail,
            event.trail_rate,
            max_price,
            armed=True,
        )
    )


def refused(event: OrderRefused, wall_ms: int) -> RunningOrder:
    """An order that was over as it came."""
    return RunningOrder(
        (
            event.order,
            event.account,
            event.market,
            Verb.ORDER,
            event.side,
            event.type,
            event.price,
            event.quantity,
            event.quantity,
            0,
            0,
            0,
            0,
            TimeInForce.GTC,
            _REJECTED,
            event.cid,
            wall_ms,
            Reason.REJECTED,
            event.comment,
            wall_ms,
            None,
        )
    )

"""Orders as JSON, in the words of this face: statuses, bookings, history.

Written by hand for speed, as in `cxgame.wire.rows`. Nothing here is stored: status and history
follow from the order, its fills and its end.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import msgspec

from cxgame.engine.fees import share
from cxgame.engine.orders import Order
from cxgame.history.rows import ClosedOrder, Fill
from cxgame.model.enums import OrderStatus, OrderType, Reason, Side
from cxgame.model.market import RATE_PLACES, Market
from cxgame.model.units import format_decimal
from cxgame.server.http.rest.numbers import figures, units_number

AnyOrder: TypeAlias = Order | ClosedOrder

OPEN_STATUSES = ("new", "partially_filled")
CLOSED_STATUSES = (
    "filled",
    "canceled",
    "partially_canceled",
    "expired",
    "partially_expired",
    "rejected",
    "partially_rejected",
)
_COMMENTS = {
    Reason.USER: "Order canceled by user",
    Reason.UNFILLED: "Order canceled: nothing more could be filled",
    Reason.SELF_TRADE: "Order canceled: it met an order of its own owner",
    Reason.CLOSED: "Order canceled: the game is over",
    Reason.EXPIRED: "Order expired due to inactivity",
    Reason.RESET: "Order canceled: the account was reset",
    Reason.REJECTED: "Order rejected",
    Reason.POST_ONLY: "Order canceled: post-only, and it would have traded at once",
}
_AT_FILL = "Insufficient"  # begins what the engine says of an order that cannot be paid any more
# Globals are found faster than an enum's members.
_OPEN, _FILLED, _REJECTED = OrderStatus.OPEN, OrderStatus.FILLED, OrderStatus.REJECTED
_BUY, _LIMIT = Side.BUY, OrderType.LIMIT


class OrderWriter:
    """Writes the orders of one market."""

    __slots__ = ("_begin", "_figures", "_holds_fee", "_middle", "_rate", "_step", "market")

    def __init__(self, market: Market, holds_fee: bool) -> None:
        """`holds_fee`: sellers set their fee aside, in quote."""
        self.market = market
        self._figures = figures(market)
        self._holds_fee = holds_fee
        self._rate = max(market.maker_rate, market.taker_rate)
        self._step = market.tick_lot_units
        self._begin = f'"symbol":{_text(market.symbol)},"side":'
        quote, rate = _text(market.quote), format_decimal(self._rate, RATE_PLACES, 1)
        self._middle = f',"notion_currency":{quote},"fee_currency":{quote},"fee_rate":{rate},'

    def accepted(self, order: Order) -> str:
        """An order as it was accepted, whatever has become of it since."""
        if is_refused(order):
            return self.row(order)
        return self._row(order, "new", (), self._booked(order), 0, "")

    def row(
        self, order: AnyOrder, fills: Sequence[Fill] = (), *, with_history: bool = False
    ) -> str:
        """An order as it is now, with all its fills, oldest first."""
        history = self._history(order, fills) if with_history else ""
        status, reserved = status_of(order), self._reserved(order)
        return self._row(order, status, fills, reserved, order.filled, history)

    def _history(self, order: AnyOrder, fills: Sequence[Fill]) -> str:
        """Every change of an order, the first one being that it was accepted or rejected."""
        placed_ms, amount = order.wall_ms, amount_of(order)
        if is_refused(order):
            entry = self._entry(placed_ms, "rejected", amount, "null", (0, 0), comment_of(order))
            return f',"history":{{"0":{entry}}}'
        entries = [self._entry(placed_ms, "new", amount, "null", self._booked(order))]
        left = order.filled + order.left  # less than the amount where some was cut off
        for fill in fills:
            left -= fill.quantity
            entries.append(self._fill_entry(order, fill, left))
        if order.status not in (_OPEN, _FILLED):
            end = (ended_of(order), status_of(order), order.left, "null", (0, 0))
            entries.append(self._entry(*end, comment_of(order)))
        numbered = ",".join([f'"{n}":{entry}' for n, entry in enumerate(entries)])
        return f',"history":{{{numbered}}}'

    def _row(
        self,
        order: AnyOrder,
        status: str,
        fills: Sequence[Fill],
        reserved: tuple[int, int],
        filled: int,
        history: str,
    ) -> str:
        lots = self._figures.lots
        notion, fee = self._booked(order)
        average, actual = "null", '"actual_notion":0.0,'
        paid = "0.0"
        if filled:
            average = self._figures.average(order.value, filled)
            actual = f'"actual_notion":{units_number(order.value)},'
            paid = units_number(order.fees)
        limit, kind = "null", "market"
        if order.type is _LIMIT:
            limit, kind = self._figures.ticks(order.price), "limit"
        changes, updated_ms, ended, comment = _course(order, status, fills)
        return (
            f'{{"id":"{order.id}",{self._begin}"{"buy" if order.side is _BUY else "sell"}",'
            f'"type":"{kind}","amount":{lots(amount_of(order))}{self._middle}'
            f'"actual_filled":{lots(filled)},"price":{average},"limit_price":{limit},'
            f'"status":"{status}","initial_booked_notion":{units_number(notion)},'
            f'"reserved_notion_left":{units_number(reserved[0])},{actual}'
            f'"initial_booked_fee":{units_number(fee)},'
            f'"reserved_fee_left":{units_number(reserved[1])},"actual_fee":{paid},'
            f'"ts_create":{order.wall_ms},"ts_update":{updated_ms},"ts_finish":{ended},'
            f'"comment":{comment},"history_count":{changes}{history}}}'
        )

    def _booked(self, order: AnyOrder) -> tuple[int, int]:
        """What was set aside at first: the value at the order's price, and the fee.

        What an order may spend in all covers its fee, too.
        """
        if order.budget:
            return order.budget, 0
        notion = order.price * order.quantity * self._step
        fee = share(self._rate, notion)
        if order.side is _BUY:
            return notion, fee
        if not self._holds_fee:
            return notion, 0
        held = order.fee_hold if type(order) is Order else 0
        return notion, max(fee, held + order.fees)  # the market stood above the order's price

    def _reserved(self, order: AnyOrder) -> tuple[int, int]:
        """What is still set aside."""
        if order.status is not _OPEN:
            return 0, 0
        if order.budget:
            return order.hold, 0
        rest = order.left * order.price * self._step
        if order.side is not _BUY:
            return rest, order.fee_hold if type(order) is Order else 0
        notion = min(order.hold, rest)
        return notion, min(order.hold - notion, share(self._rate, rest))

    def _fill_entry(self, order: AnyOrder, fill: Fill, left: int) -> str:
        value = fill.price * fill.quantity * self._step
        rest = left * order.price * self._step
        fee = share(self._rate, rest) if order.side is _BUY or self._holds_fee else 0
        actual = (
            f'{self._figures.lots(fill.quantity)},"actual_notion":{units_number(value)},'
            f'"actual_fee":{units_number(fill.fee)}'
        )
        status = "filled" if not left and order.status is _FILLED else "partially_filled"
        price = self._figures.ticks(fill.price)
        return self._entry(fill.wall_ms, status, left, price, (rest, fee), actual=actual)

    def _entry(
        self,
        wall_ms: int,
        status: str,
        left: int,
        price: str,
        reserved: tuple[int, int],
        comment: str = "",
        actual: str = 'null,"actual_notion":null,"actual_fee":null',
    ) -> str:
        return (
            f'{{"ts":{wall_ms},"status":"{status}","price":{price},'
            f'"amount_remain":{self._figures.lots(left)},"actual_filled":{actual},'
            f'"reserved_notion_left":{units_number(reserved[0])},'
            f'"reserved_fee_left":{units_number(reserved[1])},"comment":{_comment(comment)}}}'
        )


@lru_cache(4_096)
def writer(market: Market, holds_fee: bool) -> OrderWriter:
    """The writer of a market; the same one every time."""
    return OrderWriter(market, holds_fee)


def status_of(order: AnyOrder) -> str:
    """The word for where an order stands."""
    status = order.status
    if status is _OPEN:
        return "partially_filled" if order.filled else "new"
    if status is _FILLED:
        return "filled"
    word = "canceled"
    if status is _REJECTED:
        word = "rejected"
    elif order.reason is Reason.EXPIRED:
        word = "expired"
    return f"partially_{word}" if order.filled else word


def is_refused(order: AnyOrder) -> bool:
    """Whether an order was rejected when it was placed, and not when it would have been filled."""
    if order.status is not _REJECTED or order.filled or order.trigger is not None:
        return False
    return not order.comment.startswith(_AT_FILL)


def amount_of(order: AnyOrder) -> int:
    """How many lots were ordered; of an order that spends an amount of money, what it has got."""
    return order.quantity or order.filled


def ended_of(order: AnyOrder) -> int:
    """When an order that is over ended."""
    return order.ended_ms or order.wall_ms


def changed_of(order: AnyOrder, fills: Sequence[Fill]) -> int:
    """When an order changed last."""
    if order.status is not _OPEN:
        return ended_of(order)
    return fills[-1].wall_ms if fills else order.wall_ms


def comment_of(order: AnyOrder) -> str:
    """What its owner should know of an order's end; "" for one that is open or complete."""
    if order.comment:
        return order.comment
    return "" if order.reason is None else _COMMENTS[order.reason]


def _course(order: AnyOrder, status: str, fills: Sequence[Fill]) -> tuple[int, int, str, str]:
    """How many changes, when the last one; when it ended and why, as JSON."""
    if status == "new":
        return 1, order.wall_ms, "null", "null"
    if order.status is _OPEN:
        return 1 + len(fills), changed_of(order, fills), "null", "null"
    ended_ms = ended_of(order)
    ends_apart = order.status is not _FILLED and not is_refused(order)
    changes = 1 + len(fills) + ends_apart
    return changes, ended_ms, str(ended_ms), _comment(comment_of(order))


def _comment(comment: str) -> str:
    return _text(comment) if comment else "null"


@lru_cache(1_024)
def _text(value: str) -> str:
    return msgspec.json.encode(value).decode()

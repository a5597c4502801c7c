"""Events into rows: what the writer stores, worked out in memory.

Knows no database. New trades, changed orders and changed candles pile up until they are stored;
open orders and each market's latest candles stay, because what comes adds to them.
"""

from collections.abc import Iterable

from cxgame.history.candles import SPANS
from cxgame.history.running import Row, RunningOrder, begun, refused, trigger_of
from cxgame.history.schema import stored
from cxgame.model.candles import Candle, first_trade
from cxgame.model.enums import OrderStatus, Reason, Verb
from cxgame.model.events import (
    Event,
    MarketAdded,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    OrderRefused,
    OrderRejected,
    RulesSet,
    Trade,
    TriggerClosed,
    TriggerFired,
    TriggerPlaced,
)
from cxgame.model.market import build_market
from cxgame.model.rules import MarketRules

# Globals are found faster than an enum's members.
_FILLED, _CANCEL, _REJECTED = OrderStatus.FILLED, OrderStatus.CANCEL, OrderStatus.REJECTED


class Pending:
    """What has yet to be stored."""

    __slots__ = ("candles", "markets", "orders", "trades")

    def __init__(self) -> None:
        self.trades: list[Row] = []
        self.orders: dict[int, RunningOrder] = {}
        self.candles: dict[tuple[int, int, int], Candle] = {}  # by span, market, start
        self.markets: list[Row] = []


class Fold:
    """What the events so far have come to."""

    def __init__(
        self,
        value_units: dict[int, int],
        open_orders: Iterable[RunningOrder],
        candles: dict[tuple[int, int], Candle],
    ) -> None:
        """`value_units`: of a tick times a lot, by market; `candles`: the latest, by span, market.

        A fold that starts from the beginning gets nothing of either.
        """
        self._value_units = value_units
        self._open = {order.id: order for order in open_orders}
        self._latest = candles
        self.pending = Pending()

    def take(self, events: Iterable[Event], wall_ms: int) -> None:
        """Take in what one command did."""
        for event in events:
            kind = type(event)
            if kind is OrderPlaced:
                self._placed(event, wall_ms)  # type: ignore[arg-type]
            elif kind is Trade:
                self._traded(event, wall_ms)  # type: ignore[arg-type]
            elif kind is OrderFilled:
                self._ended(event.order, _FILLED, wall_ms)  # type: ignore[attr-defined]
            elif kind is OrderClosed:
                order = self._ended(event.order, _CANCEL, wall_ms)  # type: ignore[attr-defined]
                order.reason = event.reason  # type: ignore[attr-defined]
            else:
                self._take_rare(event, wall_ms)

    def stored(self) -> None:
        """What was pending has been stored."""
        self.pending = Pending()

    def _take_rare(self, event: Event, wall_ms: int) -> None:
        if isinstance(event, OrderReduced):
            self._reduced(event)
        elif isinstance(event, OrderAmended):
            self._amended(event)
        elif isinstance(event, OrderRefused):
            self._refused(event, wall_ms)
        elif isinstance(event, OrderRejected):
            self._rejected(event, wall_ms)
        elif isinstance(event, TriggerPlaced):
            self._begin(begun(event, Verb.ORDER, wall_ms, trigger_of(event)))
        elif isinstance(event, TriggerFired):
            self._fired(event)
        elif isinstance(event, TriggerClosed):
            self._disarmed(event, wall_ms)
        elif isinstance(event, RulesSet):
            for id, rules in enumerate(event.markets):
                self._market(id, rules)
        elif isinstance(event, MarketAdded):
            self._market(len(self._value_units), event.market)

    def _placed(self, event: OrderPlaced, wall_ms: int) -> None:
        order = self._open.get(event.order)
        if order is None:
            self._begin(begun(event, event.verb, wall_ms))
        else:  # its trigger has fired
            order.price = event.price
            self.pending.orders[order.id] = order

    def _begin(self, order: RunningOrder) -> None:
        self._open[order.id] = order
        self.pending.orders[order.id] = order

    def _fired(self, event: TriggerFired) -> None:
        order = self.pending.orders[event.order] = self._open[event.order]
        order.move_trigger(event.trigger2, armed=False)

    def _disarmed(self, event: TriggerClosed, wall_ms: int) -> None:
        order = self._ended(event.order, _CANCEL, wall_ms)
        order.reason = event.reason
        order.move_trigger(event.trigger2, armed=True)

    def _traded(self, event: Trade, wall_ms: int) -> None:
        market, price, lots = event.market, event.price, event.quantity
        self.pending.trades.append(
            (
                event.trade,
                market,
                wall_ms,
                price,
                stored(lots),
                event.taker_side,
                event.buy_order,
                event.sell_order,
                event.buy_account,
                event.sell_account,
                event.buy_fee,
                event.sell_fee,
            )
        )
        value = price * lots * self._value_units[market]
        if event.buy_order:
            self._filled(event.buy_order, lots, value, event.buy_fee, event.buy_left)
        if event.sell_order:
            self._filled(event.sell_order, lots, value, event.sell_fee, event.sell_left)
        self._candles(market, wall_ms // 1000, price, lots)

    def _filled(self, id: int, lots: int, value: int, fee: str, left: int) -> None:
        order = self.pending.orders[id] = self._open[id]
        order.filled += lots
        order.value += value
        if fee != "0":
            order.fees += int(fee)
        order.left = left

    def _candles(self, market: int, second: int, price: int, lots: int) -> None:
        latest, changed = self._latest, self.pending.candles
        for span in SPANS:
            start = second - second % span
            candle = latest.get((span, market))
            if candle is not None and candle.start == start:
                candle = candle.with_trade(price, lots)
            else:
                candle = first_trade(start, price, lots)
            latest[span, market] = changed[span, market, start] = candle

    def _reduced(self, event: OrderReduced) -> None:
        order = self.pending.orders[event.order] = self._open[event.order]
        order.left = event.left

    def _amended(self, event: OrderAmended) -> None:
        order = self.pending.orders[event.order] = self._open[event.order]
        order.price, order.quantity, order.left = event.price, event.quantity, event.left

    def _ended(self, id: int, status: OrderStatus, wall_ms: int) -> RunningOrder:
        order = self.pending.orders[id] = self._open.pop(id)
        order.status = status
        order.ended_ms = wall_ms
        return order

    def _rejected(self, event: OrderRejected, wall_ms: int) -> None:
        order = self._ended(event.order, _REJECTED, wall_ms)
        order.reason, order.comment = Reason.REJECTED, event.comment

    def _refused(self, event: OrderRefused, wall_ms: int) -> None:
        """It was over before anybody saw it: there is nothing to follow."""
        self.pending.orders[event.order] = refused(event, wall_ms)

    def _market(self, id: int, rules: MarketRules) -> None:
        units = build_market(id, rules, 0, 0).tick_lot_units
        self._value_units[id] = units
        self.pending.markets.append((id, rules.symbol, rules.tick, rules.lot, stored(units)))

"""What of a game can be exported as tables: trades, orders, book, standings.

Each table is told of every command and writes its rows. None of them knows a secret: what the feed
does not say of orders is only which were refused for lack of funds, and which had a trigger.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from cxgame.engine.engine import Engine
from cxgame.model.enums import OrderType, Reason, Side, TimeInForce, Verb
from cxgame.model.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
    OrderRejected,
    Results,
    Standing,
    Trade,
    TriggerClosed,
    TriggerFired,
    TriggerPlaced,
)
from cxgame.records.errors import RecordsError
from cxgame.records.files import ExportFiles
from cxgame.records.levels import Levels
from cxgame.wire.feed_words import REASONS, SIDES, TIMES, TYPES
from cxgame.wire.money import quote_text
from cxgame.wire.triggers import KIND_WORDS

HALVES = {Side.BUY: "bid", Side.SELL: "ask"}
_REJECTED = ("rejected", REASONS[Reason.REJECTED])  # status and reason


class Step(NamedTuple):
    """What one command did."""

    seq: int  # of its last public event
    wall_ms: int
    local_us: int  # as `wall_ms`, in microseconds, but another for each command
    events: Sequence[Event]
    engine: Engine  # after the batch of the command


class Table(Protocol):
    """Something that is exported."""

    def take(self, step: Step) -> None:
        """One command."""
        ...

    def end(self, engine: Engine) -> None:
        """The recording ends here."""
        ...


class Trades:
    """`trades.csv`: who traded what with whom."""

    def __init__(self, files: ExportFiles) -> None:
        columns = "seq time symbol trade price size taker_side buyer seller buy_order sell_order"
        self._row = files.begin("trades.csv", [*columns.split(), "buy_fee", "sell_fee"])

    def take(self, step: Step) -> None:
        """A row per trade."""
        first = step.seq - sum(event.public for event in step.events) + 1
        public = [event for event in step.events if event.public]
        for seq, event in enumerate(public, first):
            if isinstance(event, Trade):
                self._row(self._cells(seq, event, step))

    def end(self, engine: Engine) -> None:
        """Nothing is open."""

    def _cells(self, seq: int, trade: Trade, step: Step) -> list[object]:
        market, accounts = step.engine.markets[trade.market].market, step.engine.accounts
        return [
            *(seq, time_text(step.wall_ms), market.symbol, trade.trade),
            *(market.price_text(trade.price), market.size_text(trade.quantity)),
            SIDES[trade.taker_side],
            *(accounts[trade.buy_account].name, accounts[trade.sell_account].name),
            *(trade.buy_order, trade.sell_order),
            *(quote_text(int(trade.buy_fee)), quote_text(int(trade.sell_fee))),
        ]


class _Open:
    """An order that is not over, as placed or amended, and what it has done so far."""

    __slots__ = ("fee", "filled", "placed", "trigger", "trigger2", "value", "wall_ms")

    def __init__(self, placed: OrderPlaced, wall_ms: int, trigger: str = "") -> None:
        self.placed, self.wall_ms, self.trigger = placed, wall_ms, trigger
        self.trigger2 = 0  # half ticks
        self.filled = self.value = self.fee = 0


class Orders:
    """`orders.csv`: every order with what became of it; a row when it is over, or at the end."""

    def __init__(self, files: ExportFiles) -> None:
        columns = "order symbol user side type price size budget time_in_force placed ended status"
        self._row = files.begin(
            "orders.csv",
            [*columns.split(), *"reason filled value fee trigger trigger_price".split()],
        )
        self._open: dict[int, _Open] = {}

    def take(self, step: Step) -> None:
        """Follow the orders."""
        for event in step.events:
            if isinstance(event, OrderPlaced):
                self._placed(event, step)
            elif isinstance(event, Trade):
                value = event.price * event.quantity
                value *= step.engine.markets[event.market].market.tick_lot_units
                self._filled(event.buy_order, event.quantity, value, event.buy_fee)
                self._filled(event.sell_order, event.quantity, value, event.sell_fee)
            elif isinstance(event, OrderAmended):
                order = self._open[event.order]
                order.placed = replace(order.placed, price=event.price, quantity=event.quantity)
            elif isinstance(event, OrderFilled):
                self._over(event.order, "filled", "", step)
            elif isinstance(event, OrderClosed):
                self._over(event.order, "cancelled", REASONS[event.reason], step)
            elif isinstance(event, OrderRefused):
                self._open[event.order] = _Open(_as_placed(event, step.engine), step.wall_ms)
                self._over(event.order, *_REJECTED, step)
            elif isinstance(event, OrderRejected):
                self._over(event.order, *_REJECTED, step)
            elif isinstance(event, TriggerPlaced):
                kind, placed = KIND_WORDS[event.kind], _as_placed(event, step.engine)
                self._open[event.order] = _Open(placed, step.wall_ms, kind)
            elif isinstance(event, TriggerFired | TriggerClosed):
                self._open[event.order].trigger2 = event.trigger2
                if isinstance(event, TriggerClosed):
                    self._over(event.order, "cancelled", REASONS[event.reason], step)

    def end(self, engine: Engine) -> None:
        """What is open still is a row, too."""
        for id, order in self._open.items():
            trigger = engine.orders[id].trigger
            if trigger is not None:
                order.trigger2 = trigger.trigger2
            self._row(_order_cells(order, engine, "", "open", ""))

    def _placed(self, event: OrderPlaced, step: Step) -> None:
        order = self._open.get(event.order)
        if order is None:
            self._open[event.order] = _Open(event, step.wall_ms)
        else:  # its trigger has fired: it was placed before
            order.placed = event

    def _filled(self, order_id: int, lots: int, value: int, fee: str) -> None:
        order = self._open.get(order_id)
        if order is not None:  # else the house's
            order.filled += lots
            order.value += value
            order.fee += int(fee)

    def _over(self, order_id: int, status: str, reason: str, step: Step) -> None:
        order = self._open.pop(order_id)
        self._row(_order_cells(order, step.engine, time_text(step.wall_ms), status, reason))


def _as_placed(event: OrderRefused | TriggerPlaced, engine: Engine) -> OrderPlaced:
    """An order that did not come to the market, in the shape of one that did."""
    budget, time_in_force = "", TimeInForce.GTC
    if isinstance(event, TriggerPlaced):
        budget, time_in_force = event.budget, event.time_in_force
    return OrderPlaced(
        event.market,
        event.order,
        event.account,
        engine.accounts[event.account].name,
        Verb.ORDER,
        event.side,
        event.type,
        event.price,
        event.quantity,
        budget,
        time_in_force,
        event.cid,
    )


def _order_cells(
    order: _Open, engine: Engine, ended: str, status: str, reason: str
) -> list[object]:
    placed, market = order.placed, engine.markets[order.placed.market].market
    return [
        *(placed.order, market.symbol, placed.user, SIDES[placed.side], TYPES[placed.type]),
        market.price_text(placed.price) if placed.type is OrderType.LIMIT else "",
        market.size_text(placed.quantity) if placed.quantity else "",
        quote_text(int(placed.budget)) if placed.budget else "",
        *(TIMES[placed.time_in_force], time_text(order.wall_ms), ended, status, reason),
        *(market.size_text(order.filled), quote_text(order.value), quote_text(order.fee)),
        *(order.trigger, market.mid_text(order.trigger2) if order.trigger else ""),
    ]


class Book:
    """`book.csv`: what rests at a price after each command that changed it; 0 for nothing."""

    def __init__(self, files: ExportFiles) -> None:
        self._row = files.begin("book.csv", ["seq", "time", "symbol", "side", "price", "size"])
        self._levels = Levels()

    def take(self, step: Step) -> None:
        """A row per level."""
        for level in self._levels.fold(step.events):
            market = step.engine.markets[level.market].market
            self._row(
                [
                    *(step.seq, time_text(step.wall_ms), market.symbol, HALVES[level.side]),
                    *(market.price_text(level.price), market.size_text(level.lots)),
                ]
            )

    def end(self, engine: Engine) -> None:
        """The book stays as it is."""


class Standings:
    """`standings.csv`: the results of each round, and how things stand at the end."""

    def __init__(self, files: ExportFiles) -> None:
        columns = ["time", "round", "final", "rank", "user", "base", "quote", "equity", "bot"]
        self._row = files.begin("standings.csv", columns)
        self._settled = False  # whether the last command was a result

    def take(self, step: Step) -> None:
        """The rows of a result."""
        self._settled = False
        for event in step.events:
            if isinstance(event, Results):
                self._settled = True
                self._write(step.wall_ms, event.round, "true", event.standings)

    def end(self, engine: Engine) -> None:
        """How a game stands that is not over."""
        if not self._settled:
            self._write(engine.wall_ms, engine.round, "false", engine.standings())

    def _write(self, wall_ms: int, round_: int, final: str, rows: Sequence[Standing]) -> None:
        for row in rows:
            self._row(
                [
                    *(time_text(wall_ms), round_, final, row.rank, row.user),
                    *(row.base, row.quote, row.equity, "true" if row.bot else "false"),
                ]
            )


TABLES: dict[str, Callable[[ExportFiles], Table]] = {
    "trades": Trades,
    "orders": Orders,
    "book": Book,
    "standings": Standings,
}


def time_text(wall_ms: int) -> str:
    """A time in UTC with milliseconds: `2026-11-21T10:00:00.123Z`."""
    return f"{utc(wall_ms):%Y-%m-%dT%H:%M:%S}.{wall_ms % 1000:03d}Z"


def utc(wall_ms: int) -> datetime:
    """The second of a time; raises RecordsError for one that no calendar has."""
    try:
        return datetime.fromtimestamp(wall_ms // 1000, UTC)
    except (ValueError, OverflowError, OSError):  # a back-test that counts in nanoseconds
        raise RecordsError(
            f"the game says that it was played {wall_ms} ms after 1970, which is no date"
        ) from None

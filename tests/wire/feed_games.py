"""Random games for the feed's tests, and books of another make to compare with."""

import random
from collections.abc import Iterator
from typing import Any

from cxgame.engine.engine import Engine
from cxgame.model.commands import (
    AddMarket,
    AmendOrder,
    CancelAll,
    CancelOrder,
    Command,
    Continue,
    EndRound,
    Open,
    OpenAccount,
    PlaceOrder,
    PlaceTrigger,
    ResetAccounts,
    SetRules,
    Start,
    StartRound,
)
from cxgame.model.enums import OrderType, Phase, SelfTrade, Side, TimeInForce, TriggerKind, Verb
from cxgame.model.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderPlaced,
    OrderReduced,
    OrderRejected,
    Trade,
    is_public,
)
from cxgame.model.rules import MarketRules
from cxgame.server.broadcast.snapshot import snapshot_of
from cxgame.wire.feed_state import Snapshot
from tests.support.games import BTC_USD, rules
from tests.wire.feed_samples import ONE

ACCOUNTS = (1, 2, 3, 4)
POOR = 4  # who loses everything now and then
ETH_USD = MarketRules("ETH/USD", "ETH", "USD", start_price="20")
ETH_BTC = MarketRules("ETH/BTC", "ETH", "BTC", start_price="10")
GRANTS = {"USD": "10000000", "BTC": "1000", "ETH": "1000"}


class RandomGame:
    """An engine that does something at random: mostly orders and amendments, now and then all else.

    Its third market opens in the middle of play.
    """

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.engine = Engine()
        self.wall_ms = 1_700_000_000_000
        self._time_ns = 0
        self._commands = 0
        setup: list[Command] = [
            SetRules(rules(markets=(BTC_USD, ETH_USD), grants=GRANTS, max_open_orders=0)),
            *(OpenAccount(f"user{account}") for account in ACCOUNTS),
            Open(),
        ]
        for command in setup:
            self._do(command)

    def step(self) -> list[Event]:
        """One command; its public events."""
        return self._do(self._command())

    def snapshot(self) -> Snapshot:
        """Where it stands."""
        return snapshot_of(self.engine, "main", 1)

    def _do(self, command: Command) -> list[Event]:
        self._time_ns += self.draw.choice((1_000, 1_000_000))
        self.wall_ms += self.draw.choice((0, 1, 40))
        events = self.engine.apply(command, self._time_ns, self.wall_ms).events
        return [event for event in events if is_public(event)]

    def _command(self) -> Command:
        draw, engine = self.draw, self.engine
        self._commands += 1
        if self._commands == 100:
            return AddMarket(ETH_BTC)
        if engine.triggered:
            return Continue()
        if engine.phase is not Phase.OPEN:
            return draw.choice((Start(), Open(), StartRound(7)))
        if draw.random() < 0.02:
            account = draw.choice(ACCOUNTS)
            return draw.choice((EndRound(), ResetAccounts((POOR,)), CancelAll(account)))
        if engine.orders and draw.random() < 0.4:
            order = engine.orders[draw.choice(list(engine.orders))]
            if draw.random() < 0.3:
                return CancelOrder(order.account, order.id)
            price = draw.choice((0, 0, draw.randrange(990, 1010)))
            return AmendOrder(order.account, order.id, price, draw.randrange(1, 9) * ONE)
        order = self._order()
        if draw.random() < 0.25 and order.type is OrderType.LIMIT:
            return PlaceTrigger(order, TriggerKind.STOP, price=draw.randrange(980, 1020))
        return order

    def _order(self) -> PlaceOrder:
        draw = self.draw
        is_market = draw.random() < 0.1
        return PlaceOrder(
            draw.choice(ACCOUNTS),
            draw.randrange(len(self.engine.markets)),
            Verb.ORDER,
            draw.choice((Side.BUY, Side.SELL)),
            OrderType.MARKET if is_market else OrderType.LIMIT,
            0 if is_market else draw.randrange(990, 1010),
            draw.randrange(1, 9) * ONE,
            time_in_force=TimeInForce.IOC if draw.random() < 0.2 else TimeInForce.GTC,
            self_trade=draw.choice(list(SelfTrade)),
        )


class PlainBooks:
    """Every open order in one list, in the order in which they came to their price.

    Slow, plain, and nothing of the feed's own in it.
    """

    def __init__(self) -> None:
        self._orders: list[list[Any]] = []  # id, market, side, price, left

    def copy(self) -> "PlainBooks":
        twin = PlainBooks()
        twin._orders = [order[:] for order in self._orders]
        return twin

    def fold(self, event: Event) -> None:
        """Follow a public event."""
        if isinstance(event, OrderPlaced) and event.type is OrderType.LIMIT:
            row = [event.order, event.market, event.side, event.price, event.quantity]
            self._orders.append(row)
        elif isinstance(event, Trade):
            self._leave(event.buy_order, event.buy_left)
            self._leave(event.sell_order, event.sell_left)
        elif isinstance(event, OrderReduced):
            self._leave(event.order, event.left)
        elif isinstance(event, OrderClosed | OrderRejected):
            self._leave(event.order, 0)
        elif isinstance(event, OrderAmended):
            for order in [each for each in self._orders if each[0] == event.order]:
                order[3:] = [event.price, event.left]
                if not event.in_place:
                    self._orders.remove(order)
                    self._orders.append(order)

    def _leave(self, id: int, left: int) -> None:
        for order in [each for each in self._orders if each[0] == id]:
            order[4] = left
            if not left:
                self._orders.remove(order)

    def orders(self, market: int, side: Side) -> list[tuple[int, int, int]]:
        """(id, price, lots) of one side, best price first, then first come first."""
        found = [
            (id, price, left) for id, m, s, price, left in self._orders if (m, s) == (market, side)
        ]
        return sorted(found, key=lambda order: order[1], reverse=side is Side.BUY)

    def levels(self, market: int, side: Side) -> list[tuple[int, int]]:
        """(price, lots) of one side, best first."""
        levels: dict[int, int] = {}
        for _, price, left in self.orders(market, side):
            levels[price] = levels.get(price, 0) + left
        return list(levels.items())


def queues_of(engine: Engine, market: int) -> Iterator[list[tuple[int, int, int]]]:
    """The engine's own queues: bids, then asks, as `PlainBooks.orders` has them."""
    book = engine.markets[market].book
    for half in (book.bids, book.asks):
        yield [(order.id, order.price, order.left) for level in half for order in level]

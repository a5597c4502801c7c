"""Games for the tests of records: played by seed, with all that may happen to an order."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from cxgame.clock import SystemClock
from cxgame.engine.engine import Engine
from cxgame.game import Game
from cxgame.history import Recent
from cxgame.model.commands import (
    AmendOrder,
    Broadcast,
    CancelAll,
    CancelOrder,
    Command,
    Open,
    OpenAccount,
    PlaceOrder,
    PlaceTrigger,
    SetRules,
    Tick,
)
from cxgame.model.enums import (
    OrderType,
    SelfTrade,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)
from cxgame.model.rules import MarketRules
from cxgame.ports import Clock, Entry, Journal
from cxgame.records.source import Head
from cxgame.store.memory import MemoryJournal
from cxgame.store.opening import open_store
from tests.support.games import ManualClock, rules

COIN = 10**10
MARKETS = (
    MarketRules("BTC/USD", "BTC", "USD", maker_fee="0.001", taker_fee="0.002"),
    MarketRules("ETH/USD", "ETH", "USD"),
)
GRANTS = {"USD": "100000.00", "BTC": "100.0", "ETH": "100.0"}
PLAYERS = ("alice", "bob", "carol")


class Record:
    """A source in memory, whose entries a test may change."""

    name, number = "main", 1
    acknowledged: Head | None = None
    folder: Path | None = None

    def __init__(self, entries: Sequence[Entry], engine: Engine) -> None:
        self.list = list(entries)
        self.engine = engine  # as the game left it
        self.head = Head(self.list[-1].seq, self.list[-1].hash)

    async def entries(self, after: int = 0) -> AsyncIterator[Entry]:
        for entry in self.list[after:]:
            yield entry

    async def twice(self) -> AsyncIterator[tuple[Entry, Entry]]:
        nothing: tuple[tuple[Entry, Entry], ...] = ()
        for pair in nothing:
            yield pair

    async def users(self) -> dict[str, bytes]:
        return {"alice": b'{"name":"alice"}'}


class Hurrying(ManualClock):
    """A clock that moves on by ten minutes whenever somebody looks at it."""

    def wall_ms(self) -> int:
        self.pass_s(600)
        return self.now_ms


async def play(
    journal: Journal,
    seed: int,
    count: int,
    last: Command | None = None,
    clock: Clock | None = None,
    then: Iterable[Command] = (),
) -> Engine:
    """A game of `count` random commands; `then` and `last` come after them."""
    game = Game(journal, clock or SystemClock(), Engine(), Recent())
    game.start()
    game.submit(SetRules(rules(markets=MARKETS, grants=GRANTS)), "server", 0, None)
    for name in PLAYERS:
        game.submit(OpenAccount(name), "test", 1, None)
    game.submit(Open(), "test", 1, None)
    chance = random.Random(seed)
    for index in range(count):
        game.submit(_command(chance, game.engine, index), "test", 1, None)
        if index % 7 == 0:
            await game.settled()
    for command in then:
        game.submit(command, "test", 1, None)
        await asyncio.sleep(0)
    if last is not None:
        game.submit(last, "test", 1, None)
    await game.settled()
    await game.stop()
    assert game.fault is None
    return game.engine


def _command(chance: random.Random, engine: Engine, index: int) -> Command:
    account = chance.randrange(1, len(PLAYERS) + 1)
    kind = chance.random()
    if kind < 0.25 and engine.orders:
        order = chance.choice(list(engine.orders.values()))
        if kind < 0.08:
            price, quantity = 100_000 + chance.randrange(-30, 30), chance.randrange(1, 50)
            return AmendOrder(order.account, order.id, price, quantity * COIN // 100)
        return CancelOrder(order.account, order.id)
    if kind < 0.27:
        return CancelAll(account)
    if kind < 0.30:
        return Broadcast(account, f"message {index}")
    if kind < 0.35:
        bid = 100_000 + chance.randrange(-50, 50)
        return Tick(chance.randrange(2), index + 1, bid, bid + 2)
    order = _order(chance, account)
    return _with_trigger(chance, order) if kind > 0.85 else order


def _with_trigger(chance: random.Random, order: PlaceOrder) -> Command:
    """The order behind a trigger near the market, of any kind; some are refused."""
    kind, price, trail = chance.choice(list(TriggerKind)), 0, 0
    if kind is TriggerKind.TRAILING:
        trail = chance.randrange(1, 40)
    else:
        price = 100_000 + chance.randrange(-30, 30)
    capped = order.type is OrderType.MARKET and order.side is Side.BUY
    by = chance.choice(list(TriggerBy))
    return PlaceTrigger(order, kind, by, price, trail, max_price=110_000 if capped else 0)


def _order(chance: random.Random, account: int) -> PlaceOrder:
    side, market = chance.choice(list(Side)), chance.randrange(2)
    if chance.random() < 0.1:
        quantity = chance.randrange(1, 50) * COIN // 100
        return PlaceOrder(account, market, Verb.ORDER, side, OrderType.MARKET, quantity=quantity)
    return PlaceOrder(
        account,
        market,
        Verb.ORDER,
        side,
        OrderType.LIMIT,
        price=100_000 + chance.randrange(-30, 30),
        quantity=chance.randrange(1, 50) * COIN // 100,
        time_in_force=chance.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC]),
        self_trade=chance.choice(list(SelfTrade)),
    )


async def record(
    seed: int = 1,
    count: int = 300,
    last: Command | None = None,
    clock: Clock | None = None,
    then: Iterable[Command] = (),
) -> Record:
    """The record of such a game, kept in memory."""
    journal = MemoryJournal()
    engine = await play(journal, seed, count, last, clock, then)
    return Record(journal.log.entries, engine)


async def keep(data_dir: Path, seed: int = 1, count: int = 300, name: str = "main") -> bytes:
    """Such a game in a data directory that nobody serves; returns its state's hash."""
    store = await open_store(memory=False, valkey_url=None, data_dir=data_dir)
    try:
        await store.users.create("alice", b'{"name":"alice","token_sha256":"00"}')
        kept = await store.open_game(name)
        return (await play(kept.journal, seed, count)).state_hash()
    finally:
        await store.close()

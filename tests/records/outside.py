"""A random game of the second family: money from outside, orders that wait, markets that join.

The house quotes, as much as each tick says; accounts begin empty, and an admin has his hand in.
"""

import asyncio
from random import Random

from cxgame.engine.engine import Engine
from cxgame.game import Game
from cxgame.history import Recent
from cxgame.model.commands import (
    AddMarket,
    Broadcast,
    CancelAll,
    CancelOrder,
    Command,
    Deposit,
    Open,
    OpenAccount,
    PlaceOrder,
    PlacePending,
    ResetAccounts,
    SetBalance,
    SetRules,
    Tick,
    Withdraw,
)
from cxgame.model.enums import Liquidity, OrderType, SelfTrade, SellFee, Side, TimeInForce, Verb
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from cxgame.ports import Journal
from cxgame.store.memory import MemoryJournal
from tests.records.played import Record
from tests.support.games import ManualClock, rules

COIN = 10**10
FEE = "0.001"
BTC = MarketRules("BTC/USD", "BTC", "USD", maker_fee=FEE, taker_fee=FEE)
JOINING = [
    MarketRules(f"{asset}/USD", asset, "USD", maker_fee=FEE, taker_fee=FEE)
    for asset in ("ETH", "SOL")
]
ASSETS = ("USD", "BTC", "ETH", "EUR")  # there is no market of the last
PLAYERS = ("alice", "bob", "carol")
RULES = rules(
    markets=(BTC,),
    grants={},
    liquidity=Liquidity.HOUSE,
    self_trade=SelfTrade.NONE,
    sell_fee=SellFee.HOLD,
    fill_sigma="0.7",
    cash_asset="USD",
)


class Outside:
    """The game, and what may happen in it next."""

    def __init__(self, journal: Journal, seed: int) -> None:
        self.clock = ManualClock()
        self.game = Game(journal, self.clock, Engine(), Recent())
        self.random = Random(seed)
        self.ticks = 0

    async def play(self, count: int) -> None:
        """So many commands, some in one batch; each of the joining markets comes in on the way."""
        game, chance = self.game, self.random
        game.start()
        self.do(SetRules(RULES))
        for name in PLAYERS:
            self.do(OpenAccount(name))
        self.do(Open())
        joins = {(number + 1) * count // 4: each for number, each in enumerate(JOINING)}
        for index in range(count):
            if index in joins:
                self.do(AddMarket(joins[index]))
            self.do(self._command())
            if chance.random() < 0.5:
                await game.settled()
                self.clock.pass_s(chance.choice((0.001, 0.01, 0.2)))
        self.clock.pass_s(1)
        self.do(Broadcast(1, "so far"))  # with it goes what waited to be shown
        await game.settled()
        await game.stop()
        assert game.fault is None
        assert not game.engine.violations()

    def do(self, command: Command) -> None:
        """Submit one command."""
        self.game.submit(command, "test", 1, None)

    def _command(self) -> Command:
        chance, engine = self.random, self.game.engine
        account = chance.randrange(1, len(PLAYERS) + 1)
        market = chance.randrange(len(engine.markets))
        kind = chance.random()
        if kind < 0.25:
            return self._tick(market)
        if kind < 0.35:
            amount = chance.choice((5, 300)) * ONE
            return Deposit(account, chance.choice(ASSETS), str(amount))
        if kind < 0.38:
            return Withdraw(account, chance.choice(ASSETS), str(chance.randrange(50) * ONE))
        if kind < 0.42:
            return self._balance(account)
        if kind < 0.43:
            return ResetAccounts((account,))
        if kind < 0.50 and engine.orders:
            order = chance.choice(list(engine.orders.values()))
            return CancelOrder(order.account, order.id, expired=chance.random() < 0.5)
        if kind < 0.51:
            return CancelAll(account)
        if kind < 0.60:
            return self._plain(account, market)
        return self._pending(account, market)

    def _tick(self, market: int) -> Tick:
        self.ticks += 1
        bid = 1_000 + self.random.randrange(-20, 20)
        bids, asks = (self.random.choice((None, COIN // 10, COIN)) for _ in Side)
        draw = self.random.getrandbits(64)
        return Tick(market, self.ticks, bid, bid + 2, bids, asks, draw=draw)

    def _balance(self, account: int) -> SetBalance:
        free = str(self.random.choice((20, 1_000)) * ONE)
        held = self.random.choice((None, None, "0", str(ONE), str(50 * ONE)))
        return SetBalance(account, self.random.choice(ASSETS), free, held)

    def _plain(self, account: int, market: int) -> PlaceOrder:
        return PlaceOrder(
            account,
            market,
            Verb.ORDER,
            self.random.choice(list(Side)),
            OrderType.LIMIT,
            1_000 + self.random.randrange(-15, 15),
            self.random.randrange(1, 40) * COIN // 10,
            time_in_force=self.random.choice((TimeInForce.GTC, TimeInForce.IOC)),
        )

    def _pending(self, account: int, market: int) -> PlacePending:
        side, kind = self.random.choice(list(Side)), self.random.choice(list(OrderType))
        price = 1_000 + self.random.randrange(-15, 15) if kind is OrderType.LIMIT else 0
        return PlacePending(
            account,
            market,
            side,
            kind,
            price,
            self.random.choice((1, 10, 300)) * COIN // 10,
            delay_ms=self.random.choice((0, 5, 50)),
        )


async def outside(seed: int, count: int = 600) -> tuple[Record, Game, MemoryJournal]:
    """Such a game as it was recorded, as it was played, and where it was kept."""
    journal = MemoryJournal()
    played = Outside(journal, seed)
    async with asyncio.timeout(60):
        await played.play(count)
    return Record(journal.log.entries, played.game.engine), played.game, journal

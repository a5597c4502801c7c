"""Games for tests: a journal under control, a clock by hand, a sink that remembers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from cxgame.engine.engine import Engine
from cxgame.engine.state import Applied
from cxgame.game import Game
from cxgame.history import Recent
from cxgame.model.batch import RequestId
from cxgame.model.commands import Command, Open, OpenAccount, PlaceOrder, SetRules
from cxgame.model.enums import OrderType, Side, Verb
from cxgame.model.rules import MarketRules, Rules
from cxgame.ports import Batch, Entry, Events
from tests.support.waiting import until

BTC_USD = MarketRules("BTC/USD", "BTC", "USD")


def rules(**changes: Any) -> Rules:
    """The rules of a plain game, with changes."""
    settings: dict[str, Any] = {
        "version": 1,
        "markets": (BTC_USD,),
        "grants": {"USD": "10000.00", "BTC": "10.0"},
        "seed": 1,
        **changes,
    }
    return Rules(**settings)


def limit(account: int, side: Side, price: int, quantity: int, **rest: Any) -> PlaceOrder:
    """A limit order of the full verb; price in ticks, quantity in lots."""
    return PlaceOrder(account, 0, Verb.ORDER, side, OrderType.LIMIT, price, quantity, **rest)


class ManualClock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now_ns = 5_000_000_000
        self.now_ms = 1_700_000_000_000

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ms(self) -> int:
        return self.now_ms

    def pass_s(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)
        self.now_ms += int(seconds * 1e3)


class HeldJournal:
    """A journal in memory whose commits wait while `hold` is set."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way = 0
        self.most_under_way = 0
        self.refusal: Exception | None = None

    async def commit(self, batch: Batch) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.gate.wait()
        if self.refusal is not None:
            raise self.refusal
        self.batches.append(batch)
        self.under_way -= 1

    async def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        for batch in self.batches[after:]:
            yield Entry(batch.seq, batch.hash, batch.record)

    async def events(self, after: int) -> AsyncIterator[Events]:
        for batch in self.batches:
            if batch.public and batch.last_event > after:
                yield Events(batch.first_event, batch.last_event, batch.public)


class Mailbox:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.deliveries: list[list[bytes]] = []
        self.doubts: list[RequestId] = []

    @property
    def received(self) -> list[bytes]:
        return [payload for delivery in self.deliveries for payload in delivery]

    def deliver(self, payloads: list[bytes]) -> None:
        self.deliveries.append(payloads)

    def in_doubt(self, requests: list[RequestId]) -> None:
        self.doubts.extend(requests)


class Bench:
    """A started game with its journal and clock."""

    def __init__(self, **changes: Any) -> None:
        self.journal = HeldJournal()
        self.clock = ManualClock()
        self.game = Game(
            self.journal,
            self.clock,
            Engine(),
            Recent(),
            commit_timeout_s=changes.pop("timeout", 5.0),
            keep_evidence=changes.pop("keep_evidence", None),
        )
        self.submit(SetRules(rules(**changes)))

    def submit(self, command: Command, request: RequestId = None) -> Applied:
        return self.game.submit(command, "test", 1, request)

    async def until_halted(self) -> None:
        """Wait until the game has noticed that its journal does not answer."""
        await until(lambda: self.game.halted)

    async def open_with(self, *names: str) -> list[int]:
        """Enter players and open the market; returns their account ids."""
        self.game.start()
        accounts = [self.submit(OpenAccount(name)).account for name in names]
        self.submit(Open())
        await self.game.settled()
        return [account.id for account in accounts if account is not None]

"""A simulator in the test's own loop, a session on it, and who knows the truth."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from cxgame.faults.board import Board
from cxgame.faults.reading import read_fault
from cxgame.simulator import Config, ExchangeClient, ExchangeServer
from cxgame.simulator.book import Level
from cxgame.simulator.terms import Terms

SYMBOL = "BTC/USD"
EAGER = Terms(rest_per_s=200, rest_burst=50)  # of who is not on trial
WITHIN_S = 60.0  # a bound, not an expectation
LOOK_S = 0.05

_TOLD = ("order_id", "symbol", "side", "type", "status", "price", "quantity", "filled_quantity")


def config(tick_s: float) -> Config:
    """A simulator on a free port whose line is good."""
    made = Config()
    made.server.port = 0
    made.failures.enabled = False
    made.exchange.tick_interval = tick_s
    return made


@asynccontextmanager
async def simulator(
    seed: int = 1, tick_s: float = 0.025, **settings: Any
) -> AsyncIterator[ExchangeServer]:
    """A simulator that is up, and whose line is good."""
    async with ExchangeServer(config(tick_s), seed=seed, **settings) as server:
        yield server


def board_of(server: ExchangeServer) -> Board:
    """Where its faults are set."""
    play = server.server.exchange.play
    assert play is not None
    return play.host.faults


def set_faults(server: ExchangeServer, *tables: dict[str, Any]) -> None:
    """Put faults in force on both ways of the dialect."""
    for table in tables:
        board_of(server).set(read_fault({"faces": ["simulator"], **table}))


async def in_the_end(check: Callable[[], Awaitable[None]]) -> float:
    """After how many seconds a check holds; raises what it said last if it never does."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    while True:
        try:
            await check()
        except AssertionError:
            if clock() - begun > WITHIN_S:
                raise
        else:
            return clock() - begun
        await asyncio.sleep(LOOK_S)


class Auditor:
    """The same session by another client, which no fault concerns any more."""

    def __init__(self, auditing: ExchangeClient) -> None:
        self._auditing = auditing

    async def comes_right(self, client: ExchangeClient) -> float:
        """Return when what the client believes is what the server says: after how many seconds.

        Nobody trades meanwhile; only prices move, and with them the house's part of the book.
        """

        async def orders() -> None:
            told = await self._open_orders()
            assert {id: _told(row) for id, row in client.open_orders.items()} == told

        async def balances() -> None:
            assert client.balances == await self._auditing.get_balance()

        async def book() -> None:
            told, known = await self._auditing.get_orderbook(SYMBOL, 1_000), client.book(SYMBOL)
            assert known is not None
            assert known.synced
            assert _levels(known.bids) == _levels(told["bids"])
            assert _levels(known.asks) == _levels(told["asks"])

        return sum([await in_the_end(check) for check in (orders, balances, book)])

    async def _open_orders(self) -> dict[str, tuple[Any, ...]]:
        return {
            row["order_id"]: _told(row)
            for status in ("OPEN", "PARTIALLY_FILLED")
            for row in await self._auditing.get_orders(status=status)
        }

    async def no_order_is_doubled_or_lost(self, placed: dict[str, str], asked: set[str]) -> None:
        """One order for each id of one's own, and the one that was acknowledged."""
        rows = await self._auditing.get_orders()
        ids = Counter(row.get("client_order_id") for row in rows)
        assert not [id for id, count in ids.items() if count > 1]
        assert ids.keys() <= asked
        known = {row["client_order_id"]: row["order_id"] for row in rows}
        assert {id: known.get(id) for id in placed} == placed


def _told(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in _TOLD)


def _levels(rows: list[Level]) -> list[tuple[Decimal, str | None, bool]]:
    return [(Decimal(row["price"]), row["quantity"], bool(row.get("house"))) for row in rows]

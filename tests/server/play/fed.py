"""Games for tests whose prices come from a real Valkey, in which another client writes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from cxgame.engine.state import MarketState
from cxgame.model.batch import unseal
from cxgame.model.commands import Command
from cxgame.model.enums import Liquidity
from cxgame.model.rules import MarketRules
from cxgame.server.play.prices import build_oracle
from cxgame.server.play.ticking import Ticking
from cxgame.store.endpoint import Endpoint
from cxgame.store.link import Link
from cxgame.store.tickers import Tickers
from tests.store.embedded_fixture import ValkeyThread
from tests.support.games import Bench
from tests.support.serving import WITHIN_S

FOLLOWED = MarketRules("BTC/USD", "BTC", "USD", taker_fee="0.001", oracle="valkey")
INTERVAL_MS = 20

T = TypeVar("T", bound=Command)


@pytest.fixture
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyThread]:
    """An embedded Valkey without any ticker."""
    thread = ValkeyThread(tmp_path_factory.mktemp("valkey"))
    yield thread
    thread.stop()


class Fed:
    """A game, its ticking, and another client of its Valkey."""

    def __init__(self, bench: Bench, ticking: Ticking, link: Link) -> None:
        self.bench = bench
        self.ticking = ticking
        self.link = link
        self.accounts: list[int] = []

    def place(self, symbol: str = "BTC/USD") -> MarketState:
        """A market as it is now."""
        engine = self.bench.game.engine
        return engine.markets[engine.market_ids[symbol]]

    @property
    def symbols(self) -> set[str]:
        """Of all markets."""
        return set(self.bench.game.engine.market_ids)

    async def write(self, symbol: str, prefix: str = "tickers:", **fields: str) -> None:
        """What a program does that feeds prices."""
        parts = (part for pair in fields.items() for part in pair)
        await self.link.call("HSET", f"{prefix}{symbol}", *parts)

    async def read(self, symbol: str) -> dict[str, str]:
        """What any program sees of a ticker."""
        flat = [part.decode() for part in await self.link.call("HGETALL", f"tickers:{symbol}")]
        return dict(zip(flat[::2], flat[1::2], strict=True))

    async def journaled(self, kind: type[T]) -> list[T]:
        """The commands of a kind that are in the journal."""
        await self.bench.game.settled()
        bodies = (unseal(batch.record)[0] for batch in self.bench.journal.batches)
        commands = [stamped.command for body in bodies for stamped in body.commands]
        return [command for command in commands if isinstance(command, kind)]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once it holds."""
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def fed(
    valkey: ValkeyThread | None,
    *markets: MarketRules,
    max_age_s: float | None = None,
    interval_ms: int = INTERVAL_MS,
    **options: Any,
) -> AsyncIterator[Fed]:
    """An open game with one player, ticking by the Valkey; without one, by its models alone."""
    bench = Bench(
        markets=markets or (FOLLOWED,),
        grants={"USD": "1000000.00"},
        liquidity=Liquidity.HOUSE,
        tick_interval_ms=interval_ms,
    )
    engine = bench.game.engine
    oracle = build_oracle(engine.known_rules, engine.markets, "main", max_age_s)
    tickers = None if valkey is None else Tickers(valkey.endpoint)
    link = Link(Endpoint.unix("/nonexistent") if valkey is None else valkey.endpoint)
    game = Fed(bench, Ticking(bench.game, oracle, tickers, **options), link)
    game.accounts = await bench.open_with("alice")
    task = game.ticking.start()
    try:
        yield game
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bench.game.stop()
        if tickers is not None:
            await tickers.close()
        await game.link.close()

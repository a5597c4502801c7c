"""A game in which two have traded for some minutes, as memory and database may hold its past."""

from pathlib import Path
from random import Random

import pytest

from cxgame.history import recent
from cxgame.history.writing import HistoryWriter
from cxgame.limits import Limits
from cxgame.model.rules import MarketRules
from cxgame.ports import Entry
from cxgame.recovery import Replay
from cxgame.server.sessions.past_reader import PastReader
from tests.server.rig import UNLIMITED, Player, Rig
from tests.support.games import BTC_USD

_ETH_USD = MarketRules("ETH/USD", "ETH", "USD", taker_fee="0.001")


class PlayedRig(Rig):
    """A game in which alice and bob have traded, also with themselves, for some minutes."""

    def __init__(self, limits: Limits = UNLIMITED) -> None:
        super().__init__(
            limits,
            markets=(BTC_USD, _ETH_USD),
            grants={"USD": "100000.00", "BTC": "100", "ETH": "100"},
        )
        self.alice: Player
        self.bob: Player

    async def play(self, orders: int = 120) -> "PlayedRig":
        """Let them trade."""
        await self.start()
        self.alice, self.bob = await self.player("alice"), await self.player("bob")
        random = Random(7)
        for _ in range(orders):
            self.bench.clock.pass_s(random.choice((0, 0.4, 3, 70)))
            player = random.choice((self.alice, self.bob))
            symbol = "ETH/USD" if random.random() < 0.25 else "BTC/USD"
            price, size = str(random.randint(995, 1005)), f"0.{random.randint(1, 9)}"
            side = random.choice(("buy", "sell"))
            await player.done(
                "order", side=side, type="limit", price=price, size=size, symbol=symbol, stp="none"
            )
        for player in (self.alice, self.bob):
            await player.done("cancel_all", side="buy")
        for player in (self.alice, self.bob) * 8:  # so that the newest orders are over, too
            self.bench.clock.pass_s(0.2)
            await player.done(
                "order", side="sell", type="limit", price="2000", size="1", time_in_force="ioc"
            )
        await self.game.settled()
        return self

    def remember_little(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Go on as if memory had only ever held the last few."""
        monkeypatch.setattr(recent, "KEPT", 6)
        monkeypatch.setattr(recent, "KEPT_TRADES", 6)
        self.game.recent = self.replayed(len(self.bench.journal.batches)).recent

    def start_from_snapshot(self, batches: int, *, tells_order: bool) -> None:
        """Go on as if memory had begun after some batches, with nothing of what was before."""
        replay = self.replayed(batches)
        state = replay.engine
        first_order = state.last_order_id + 1 if tells_order else None
        self.game.recent = replay.recent = recent.Recent(state.last_trade_id + 1, first_order)
        for batch in self.bench.journal.batches[batches:]:
            replay.take(Entry(batch.seq, batch.hash, batch.record))

    def replayed(self, batches: int, writer: HistoryWriter | None = None) -> Replay:
        """The journal as a keeper follows it."""
        replay = Replay()
        for batch in self.bench.journal.batches[:batches]:
            effects = replay.take(Entry(batch.seq, batch.hash, batch.record))
            if writer is not None:
                writer.take(batch.seq, replay.engine.wall_ms, effects)
        return replay

    def keep(self, path: Path, behind: int = 0) -> None:
        """Let there be a database, which may be some batches behind."""
        writer = HistoryWriter(path)
        self.replayed(len(self.bench.journal.batches) - behind, writer)
        writer.commit()
        writer.close()
        self.host.past = PastReader(path)

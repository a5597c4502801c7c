"""Whether an exchange elsewhere plays, as its Valkey tells of it, and what a feed shows of that."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cxgame.model.commands import Advance, Pause, SetRules
from cxgame.server.broadcast import presence as module
from cxgame.server.broadcast.delayed import DelayedHub
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.broadcast.presence import AWAY, Presence
from cxgame.server.broadcast.snapshot import snapshot_of
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreUnavailable
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from cxgame.wire.feed_state import Now
from cxgame.wire.feed_tape import Stretch
from tests.store.embedded_fixture import ValkeyThread, shared_valkey
from tests.support.games import Bench, rules
from tests.support.waiting import until

__all__ = ["shared_valkey"]

KEYS = GameKeys("present", 1)
LIMIT_MS = 600_000
LATER_MS = 86_400_000  # on the feed's clock: by then a clock that runs has come to its end


class Away:
    """An open game of ten minutes, its Valkey, and what a feed knows of it."""

    def __init__(self, bench: Bench, link: Link, endpoint: Endpoint) -> None:
        self.bench = bench
        self.link = link
        self.endpoint: Endpoint | None = endpoint
        self.hub = FeedHub()
        self.hub.begin(snapshot_of(bench.game.engine, "present", 1))
        self.presence = Presence(KEYS, self._locate, bench.game.engine)
        self._stored = 0

    async def store(self, *, lease_ms: int = LATER_MS) -> None:
        """Let the Valkey have what has happened, and a lease that ends then."""
        batches = self.bench.journal.batches
        for batch in batches[self._stored :]:
            fields = ("hash", batch.hash, "record", batch.record)
            await self.link.call("XADD", KEYS.journal, f"{batch.seq}-0", *fields)
        self._stored = len(batches)
        seconds, _ = await self.link.call("TIME")
        expires = int(seconds) * 1000 + lease_ms
        await self.link.call("HSET", KEYS.meta, "seq", len(batches), "expires", expires)

    async def look(self) -> tuple[bool, float | None]:
        """Whether it is away, and what is left a day later if it is."""
        await self.presence.look()
        self.presence.show(self.hub)
        later = Now(0.0, self.bench.clock.wall_ms() + LATER_MS)
        beat = self.hub.core.state.heartbeat(1, later)
        return beat.halted, beat.remaining

    async def pass_s(self, seconds: float) -> None:
        """Play on."""
        self.bench.clock.pass_s(seconds)
        self.bench.submit(Advance())
        await self.bench.game.settled()

    def _locate(self) -> Endpoint:
        if self.endpoint is None:
            raise StoreUnavailable("not there")
        return self.endpoint


@pytest.fixture
async def away(shared_valkey: ValkeyThread) -> AsyncIterator[Away]:
    """An open game that has been played for ten seconds."""
    bench = Bench(time_limit_ms=LIMIT_MS)
    await bench.open_with("alice")
    link = Link(shared_valkey.endpoint)
    one = Away(bench, link, shared_valkey.endpoint)
    await one.pass_s(10)
    await one.store()
    yield one
    await link.call("DEL", KEYS.journal, KEYS.meta)
    await one.presence.close()
    await link.close()
    await bench.game.stop()


async def test_who_gives_up_his_lease_is_away(away: Away) -> None:
    """Then the clock stands where the last batch has left it, until he plays on."""
    assert (await away.look())[0] is False
    await away.store(lease_ms=-1000)
    assert await away.look() == (True, 590.0)
    await away.pass_s(5)
    await away.store()
    assert (await away.look())[0] is False
    await away.store(lease_ms=-1000)
    assert await away.look() == (True, 585.0)


async def test_who_adds_nothing_to_an_open_game_is_away(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though his lease has not ended, or another's has begun who still looks what there is."""
    monkeypatch.setattr(module, "QUIET_S", 0.0)
    assert await away.look() == (True, 590.0)
    monkeypatch.setattr(module, "QUIET_S", 1000.0)
    await away.pass_s(1)
    await away.store()
    assert (await away.look())[0] is False


async def test_a_paused_game_is_quiet(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is journaled then, and nobody is away."""
    monkeypatch.setattr(module, "QUIET_S", 0.0)
    paused = away.bench.submit(Pause())
    away.presence.take(Stretch(away.bench.game.engine.event_seq, 0, paused.events))
    await away.bench.game.settled()
    await away.store()
    assert (await away.look())[0] is False
    await away.store(lease_ms=-1000)
    assert await away.look() == (True, 590.0)


async def test_a_valkey_that_is_away_tells_the_same(away: Away) -> None:
    """Without its journal, the clock stands where it was seen last."""
    await away.look()
    endpoint, away.endpoint = away.endpoint, None
    await away.presence.close()
    assert await away.look() == (True, 590.0)
    away.endpoint = endpoint
    assert (await away.look())[0] is False


async def test_other_rules_may_give_more_time(away: Away) -> None:
    """The game then ends at another time; or never."""
    for limit_ms, left in ((900_000, 890.0), (None, None)):
        changed = away.bench.submit(SetRules(rules(time_limit_ms=limit_ms)))
        assert changed.rejection is None
        away.presence.take(Stretch(away.bench.game.engine.event_seq, 0, changed.events))
        assert away.presence.has_new_rules
        away.presence.know_rules(away.bench.game.engine)
        await away.bench.game.settled()
        await away.store(lease_ms=-1000)
        assert await away.look() == (True, left)


async def test_it_says_so_once_and_a_delayed_feed_later(away: Away) -> None:
    """As everything that a delayed feed tells."""
    told: list[Any] = []
    hub = DelayedHub(0.01)
    hub.begin(snapshot_of(away.bench.game.engine, "present", 1))
    await until(hub.begun.is_set)
    await away.store(lease_ms=-1000)
    hub.core.notice = lambda text, now: told.append(text)  # type: ignore[method-assign]
    await away.presence.look()
    away.presence.show(hub)
    assert (told, hub.core.state.halted) == ([], False)
    await away.presence.look()
    away.presence.show(hub)
    await hub.told()
    later = Now(0.0, away.bench.clock.wall_ms() + LATER_MS)
    assert told == [AWAY]
    assert hub.core.state.heartbeat(1, later).remaining == 590.0
    hub.finish()

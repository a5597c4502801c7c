"""What is written to whom, and when: the hub with spectators that are no sockets."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from cxgame.model.candles import Candle
from cxgame.model.enums import Phase
from cxgame.model.events import PhaseChanged
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.broadcast.spectator import Spectator
from cxgame.server.broadcast.writing import SLICE
from cxgame.wire.feed import DEFAULT, Resume, Resync, Subscribe, Subscription, Unsubscribe
from cxgame.wire.feed_candles import Known
from cxgame.wire.feed_tape import Stretch
from tests.wire.feed_samples import WALL_MS, frames, placed, said, snapshot

WAIT_S = 20.0  # a bound, never a measure
FULL = Subscription(("full",))
BOOKS = Subscription(("depth", "orders"), 0)


class Watcher:
    """The shape of a `Spectator`, without a connection."""

    def __init__(self, *, reads: bool = True) -> None:
        self.subscription = DEFAULT
        self.owed = b""
        self.gone = False
        self.unread_bytes = 0
        self.written: list[bytes] = []
        self._reads = reads

    def pay(self) -> bool:
        owed, self.owed = self.owed, b""
        return not owed or self._write(owed)

    def send(self, data: bytes) -> bool:
        owed, self.owed = self.owed, b""
        return self._write(owed + data)

    def _write(self, data: bytes) -> bool:
        self.written.append(data)
        return self._reads

    def numbered(self) -> list[tuple[int, int]]:
        """seq and prev_seq of all it got."""
        got = [frame for data in self.written for frame in frames(data)]
        return [(frame["seq"], frame["prev_seq"]) for frame in got if "prev_seq" in frame]


def kinds(watcher: Watcher, *, keep: bool = False) -> list[str]:
    """The types of all it got since the last time."""
    found = [frame["type"] for data in watcher.written for frame in frames(data)]
    if not keep:
        watcher.written.clear()
    return found


def as_spectator(watcher: Watcher) -> Spectator:
    return cast(Spectator, watcher)


async def welcomed(hub: FeedHub, count: int = 1, **options: Any) -> list[Watcher]:
    """Watchers of the full channel, who have read what greeted them."""
    watchers = [Watcher(**options) for _ in range(count)]
    for watcher in watchers:
        hub.welcome(as_spectator(watcher))
        await hub.request(as_spectator(watcher), Subscribe(FULL, None, 1))
        watcher.written.clear()
    return watchers


def begun() -> FeedHub:
    """A hub of an open game after event 10."""
    hub = FeedHub()
    hub.begin(snapshot())
    return hub


def batch(first: int, *texts: str) -> Stretch:
    return Stretch(first, WALL_MS, [said(text) for text in texts])


async def until(done: Any) -> None:
    """Let the loop go round until something is so."""
    async with asyncio.timeout(WAIT_S):
        while not done():
            await asyncio.sleep(0)


async def test_events_of_a_moment_leave_in_one_write() -> None:
    """The first at once, those that come right after it together."""
    hub = begun()
    (watcher,) = await welcomed(hub)
    hub.release(batch(11, "first"))
    await until(lambda: watcher.written)
    for number in range(12, 22):
        hub.release(batch(number, str(number)))
    await until(lambda: len(watcher.written) == 2)
    assert watcher.numbered() == [(seq, seq - 1) for seq in range(11, 22)]


async def test_spectators_are_written_to_in_slices() -> None:
    """Others on the loop have their turn in between; a second round waits for the first."""
    hub = begun()
    watchers = await welcomed(hub, 2 * SLICE + 1)
    hub.release(batch(11, "a"))
    await until(lambda: watchers[0].written or watchers[-1].written)
    served = sum(bool(watcher.written) for watcher in watchers)
    assert served in (SLICE, 2 * SLICE)
    hub.release(batch(12, "b"))
    await until(lambda: all(len(watcher.written) == 2 for watcher in watchers))
    assert all(watcher.numbered() == [(11, 10), (12, 11)] for watcher in watchers)


async def test_a_reply_comes_after_what_is_owed() -> None:
    """Also when it is asked for in the middle of a round."""
    hub = begun()
    watchers = await welcomed(hub, 2 * SLICE + 1)
    hub.release(batch(11, "a"))
    await until(lambda: any(watcher.written for watcher in watchers))
    waiting = next(watcher for watcher in watchers if watcher.owed)
    await hub.request(as_spectator(waiting), Resume(10))
    await until(lambda: all(watcher.written for watcher in watchers))
    assert waiting.numbered()[0] == (11, 10)
    hub.release(batch(12, "b"))
    await until(lambda: waiting.numbered()[-1] == (12, 11))


async def test_who_does_not_read_leaves() -> None:
    """After a round or a reply; the others stay."""
    hub = begun()
    (slow,) = await welcomed(hub, reads=False)
    (quick,) = await welcomed(hub)
    assert len(hub.core.lanes) == 2
    hub.release(batch(11, "a"))
    await until(lambda: len(hub.core.lanes) == 1)
    hub.release(batch(12, "b"))
    await until(lambda: len(quick.numbered()) == 2)
    assert slow.numbered() == [(11, 10)]


async def test_catching_up_waits_for_the_reader() -> None:
    """What was missed is sent as fast as it is read; what happens meanwhile comes after it."""
    hub = begun()
    hub.release(batch(11, *map(str, range(1_000))))
    await asyncio.sleep(0)
    hub.finish()
    hub.release(batch(1_011, *map(str, range(1_000))))
    hub.finish()
    (watcher,) = await welcomed(hub)
    watcher.unread_bytes = 10**6
    resuming = asyncio.create_task(hub.request(as_spectator(watcher), Resume(10)))
    await until(lambda: watcher.written)
    await asyncio.sleep(0.05)
    assert len(watcher.written) == 1
    hub.release(batch(2_011, "meanwhile"))
    watcher.unread_bytes = 0
    await asyncio.wait_for(resuming, WAIT_S)
    await until(lambda: watcher.numbered()[-1][0] == 2_011)
    assert watcher.numbered() == [(seq, seq - 1) for seq in range(11, 2_012)]


async def test_a_book_that_changed_while_catching_up_is_shown() -> None:
    """It is told when it changes and never again: who was just not there would keep the old one."""
    hub = begun()
    for first in (11, 1_011):
        hub.release(batch(first, *map(str, range(1_000))))
        hub.finish()
    (watcher,) = await welcomed(hub)
    await hub.request(as_spectator(watcher), Subscribe(Subscription(("book",)), None, 1))
    watcher.unread_bytes = 10**6
    resuming = asyncio.create_task(hub.request(as_spectator(watcher), Resume(10)))
    await asyncio.sleep(0)
    hub.release(Stretch(2_011, WALL_MS, [placed(1)]))
    hub.finish()
    hub.core.show(hub.now())
    watcher.unread_bytes = 0
    await asyncio.wait_for(resuming, WAIT_S)
    got = [frame for data in watcher.written for frame in frames(data)]
    books = [frame for frame in got if frame["type"] == "book" and frame["symbol"] == "BTC/USD"]
    assert len(books[-1]["bids"] + books[-1]["asks"]) == 1


async def test_who_leaves_while_catching_up_is_forgotten() -> None:
    """Nobody is put on a lane who is not there any more, or costs any more of everybody's time."""
    hub = begun()
    for first in (11, 1_011):
        hub.release(batch(first, *map(str, range(1_000))))
        hub.finish()
    (watcher,) = await welcomed(hub)
    watcher.unread_bytes = 10**6
    resuming = asyncio.create_task(hub.request(as_spectator(watcher), Resume(10)))
    await until(lambda: watcher.written)
    watcher.gone = True
    await asyncio.wait_for(resuming, WAIT_S)
    assert [seq for seq, _ in watcher.numbered()] == list(range(11, 1_011))
    assert len(hub.core.lanes) == 0


@pytest.mark.parametrize(("kept_from", "whole"), [(3, True), (6, False)])
async def test_older_events_come_from_the_store_if_it_has_them(kept_from: int, whole: bool) -> None:
    """All of them or a resync: never a part."""
    hub = begun()

    async def history(seq: int) -> AsyncIterator[Stretch]:
        for first in range(kept_from, 15):
            yield batch(first, str(first))

    hub.history = history
    hub.release(batch(11, "a", "b"))
    hub.finish()
    (watcher,) = await welcomed(hub)
    await hub.request(as_spectator(watcher), Resume(2))
    if whole:
        assert watcher.numbered() == [(seq, seq - 1) for seq in range(3, 13)]
    else:
        (resync,) = frames(watcher.written[-1])
        assert (resync["type"], resync["seq"], resync["first"]) == ("resync", 12, 11)
    hub.release(batch(13, "c"))
    await until(lambda: watcher.numbered() and watcher.numbered()[-1] == (13, 12))


async def test_a_hole_in_the_same_game_ends_what_was_missed() -> None:
    """After another snapshot old numbers are out of reach, and the next `prev_seq` tells."""
    hub = begun()
    (watcher,) = await welcomed(hub)
    hub.release(batch(11, "a"))
    assert not hub.release(batch(20, "too late"))
    hub.begin(snapshot(seq=30))
    assert watcher.numbered() == [(11, 10)]
    hub.release(batch(31, "b"))
    await until(lambda: watcher.numbered()[-1] == (31, 30))
    await hub.request(as_spectator(watcher), Resume(11))
    assert frames(watcher.written[-1])[0]["first"] == 31


async def test_a_book_is_whole_again_after_a_resume() -> None:
    """By level always; order by order only if what was missed is out of reach."""
    hub = begun()
    (watcher,) = await welcomed(hub)
    await hub.request(as_spectator(watcher), Subscribe(BOOKS, "BTC/USD", 1))
    assert kinds(watcher) == ["subscribed", "depth_snapshot", "orders_snapshot"]
    hub.release(Stretch(11, WALL_MS, [placed(1), placed(2)]))
    hub.finish()
    assert kinds(watcher) == ["buy", "buy", "depth"]
    await hub.request(as_spectator(watcher), Resume(11))
    assert kinds(watcher) == ["buy", "depth_snapshot"]
    await hub.request(as_spectator(watcher), Resume(5))
    assert kinds(watcher) == ["resync", "depth_snapshot", "orders_snapshot"]
    hub.release(Stretch(13, WALL_MS, [placed(3)]))
    hub.finish()
    assert watcher.numbered()[-2:] == [(13, 12), (13, 12)]


async def test_resync_shows_what_is_followed_and_refuses_what_is_not() -> None:
    """Of the market that is named, or of all."""
    hub = begun()
    (watcher,) = await welcomed(hub)
    await hub.request(as_spectator(watcher), Resync())
    assert kinds(watcher) == ["error"]
    await hub.request(as_spectator(watcher), Subscribe(BOOKS, "BTC/USD", 1))
    watcher.written.clear()
    await hub.request(as_spectator(watcher), Resync(1, "a"))
    (refused,) = frames(watcher.written.pop())
    assert (refused["code"], refused["id"]) == ("PARAM_TYPE", "a")
    await hub.request(as_spectator(watcher), Resync(0))
    assert kinds(watcher) == ["depth_snapshot", "orders_snapshot"]


async def test_unsubscribe_leaves_the_other_channels() -> None:
    """Nothing that they carry is told twice or left out."""
    hub = begun()
    (watcher,) = await welcomed(hub)
    await hub.request(as_spectator(watcher), Subscribe(BOOKS, "BTC/USD", 1))
    watcher.written.clear()
    hub.release(Stretch(11, WALL_MS, [placed(1)]))
    await hub.request(as_spectator(watcher), Unsubscribe(frozenset({"depth"}), 2))
    (confirmed,) = frames(watcher.written.pop())
    assert confirmed == {
        "type": "subscribed",
        "channels": ["orders"],
        "symbol": "BTC/USD",
        "id": 2,
        "ts": confirmed["ts"],
    }
    hub.finish()
    assert kinds(watcher) == ["buy"]


async def test_the_past_of_candles_is_asked_for_once() -> None:
    """When somebody wants them who is the first; of another game meanwhile it is not taken."""
    hub = begun()
    asked: list[tuple[str, int]] = []
    answer = asyncio.Event()

    async def past(key: tuple[str, int]) -> Known:
        asked.append(key)
        await answer.wait()
        return Known(Candle(0, 95, 95, 95, 95), last_trade=0)

    hub.past = past
    running = asyncio.create_task(hub.run())
    (watcher,) = await welcomed(hub)
    minute = Subscription(("candles",), 0, "1m")
    await hub.request(as_spectator(watcher), Subscribe(minute, "BTC/USD", 1))
    await until(lambda: asked)
    hub.begin(snapshot(number=2, seq=0))
    answer.set()
    await until(lambda: len(asked) == 2)
    await until(lambda: "candle" in kinds(watcher, keep=True))
    assert kinds(watcher) == ["subscribed", "hello", "candle"]
    assert asked == [("1m", 0), ("1m", 0)]
    running.cancel()


async def test_the_next_game_is_greeted() -> None:
    """On the same connection, with numbers of its own; the old one's end was told before."""
    hub = begun()
    (watcher,) = await welcomed(hub)
    hub.release(batch(11, "last words"))
    hub.begin(snapshot(number=2, seq=0))
    hub.release(batch(1, "first words"))
    await until(lambda: len(watcher.numbered()) == 2)
    kinds = [frame["type"] for data in watcher.written for frame in frames(data)]
    assert kinds == ["bcast", "hello", "bcast"]
    assert watcher.numbered() == [(11, 10), (1, 0)]


async def test_an_end_before_our_eyes_is_noted() -> None:
    """One that was there before is not: that game's successor is waited for."""
    hub = begun()
    hub.release(Stretch(11, WALL_MS, [PhaseChanged(Phase.CLOSED, None, "shutdown")]))
    await asyncio.wait_for(hub.closed.wait(), WAIT_S)
    late = FeedHub()
    late.begin(snapshot(phase=Phase.CLOSED))
    late.notice("hello")
    await asyncio.sleep(0.05)
    assert not late.closed.is_set()

"""A feed of its own beside an exchange: it reads what the embedded Valkey keeps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from cxgame.game import Game
from cxgame.history.schema import history_file
from cxgame.keeper.keeper import Keeper
from cxgame.model.commands import (
    AddMarket,
    Broadcast,
    Close,
    Deposit,
    OpenAccount,
    ResetAccounts,
    Tick,
)
from cxgame.model.enums import Side
from cxgame.model.rules import MarketRules
from cxgame.server.broadcast.hub import FeedHub
from cxgame.server.broadcast.store import Follower, StoreSource
from cxgame.server.exchange import CxExchange
from cxgame.server.feed import CxFeed
from cxgame.store.embedded import EmbeddedValkey, find_embedded
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError
from cxgame.store.keeping import KeeperAccess, KeeperTask
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from tests.server.feed_watchers import WAIT_S, Exchange, Spectator, broadcast, spectator
from tests.support.games import limit

COIN = 10**10


@asynccontextmanager
async def exchange_of(data_dir: Path, **settings: Any) -> AsyncIterator[Game]:
    """An exchange that plays, and is suspended at the end of the block."""
    exchange = CxExchange(
        port=0,
        bind="127.0.0.1",
        data_dir=str(data_dir),
        tick_interval=3600,
        accept_loss=True,  # the accounts below have no users
        **settings,
    )
    serving = asyncio.create_task(exchange.serve())
    try:
        async with asyncio.timeout(WAIT_S):
            while not exchange.ready.is_set():
                assert not serving.done(), serving.exception()
                await asyncio.sleep(0.01)
        assert exchange.game is not None
        yield exchange.game
    finally:
        exchange.stop()
        await asyncio.wait_for(serving, WAIT_S)


@asynccontextmanager
async def feed_of(data_dir: Path) -> AsyncIterator[CxFeed]:
    """A feed that reads the exchange's store."""
    feed = CxFeed(port=0, bind="127.0.0.1", data_dir=data_dir)
    await feed.open()
    try:
        yield feed
    finally:
        await feed.close(1001, "The test is over.")


def account(game: Game, name: str) -> int:
    """Enter a player."""
    opened = game.submit(OpenAccount(name), "test", 0, None).account
    assert opened is not None
    return opened.id


def say(game: Game, player: int, *texts: str) -> None:
    for text in texts:
        game.submit(Broadcast(player, text), "test", 0, None)


async def heard(watcher: Spectator, text: str) -> list[dict[str, Any]]:
    """Numbered frames up to a message."""
    frames = await watcher.until(lambda frame: frame.get("message") == text)
    return [frame for frame in frames if "prev_seq" in frame]


@pytest.mark.ci
async def test_it_follows_an_exchange_through_its_restarts(tmp_path: Path) -> None:
    """Started first, it waits; at a restart it waits again and goes on with the same numbers."""
    async with feed_of(tmp_path) as feed, spectator(feed) as watcher:
        async with exchange_of(tmp_path) as game:
            alice = account(game, "alice")
            hello = await watcher.frame()
            assert hello["game"] == "main"
            await watcher.subscribe("full", "standings")
            await watcher.ask("resume", seq=hello["seq"])
            say(game, alice, "one", "two")
            game.submit(limit(alice, Side.BUY, 90_000, COIN), "test", 0, None)
            say(game, alice, "three")
            frames = await heard(watcher, "three")
            (standings, *_) = [
                frame
                for frame in await watcher.until(lambda f: f["type"] == "standings")
                if frame["type"] == "standings"
            ]
            assert standings["standings"][0]["user"] == "alice"
        async with asyncio.timeout(WAIT_S):
            await watcher.until(lambda frame: frame.get("halted", False))
        async with exchange_of(tmp_path) as game:
            say(game, alice, "four")
            frames += await heard(watcher, "four")
        seqs = [hello["seq"], *(frame["seq"] for frame in frames)]
        assert [frame["prev_seq"] for frame in frames] == seqs[:-1]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


async def test_its_clock_stands_while_the_exchange_is_away(tmp_path: Path) -> None:
    """Though the Valkey, which is elsewhere, is there all the time."""
    valkey = await EmbeddedValkey.start(tmp_path / "valkey")
    url = f"unix://{valkey.endpoint.name}"
    plays = partial(exchange_of, tmp_path / "games", valkey_url=url, time_limit=3_000)
    try:
        async with plays() as game:
            feed = CxFeed(port=0, bind="127.0.0.1", data_dir=tmp_path / "none", valkey_url=url)
            await feed.open()
        assert game.engine.remaining_ms is not None
        left = game.engine.remaining_ms / 1000
        async with spectator(feed) as watcher:
            for _ in range(2):
                beats = await watcher.until(lambda frame: frame.get("halted", False))
                assert beats[-1]["remaining"] == left
            async with plays() as game:
                say(game, account(game, "alice"), "on")
                beats = await watcher.until(lambda frame: frame.get("halted") is False)
                assert 0 < beats[-1]["remaining"] <= left
        async with spectator(feed) as late:  # who comes while nobody plays is told no other time
            beats = await late.until(lambda frame: frame.get("halted", False))
            assert beats[-1]["remaining"] == game.engine.remaining_ms / 1000
        again = CxFeed(port=0, bind="127.0.0.1", data_dir=tmp_path / "none", valkey_url=url)
        await again.open()
        async with spectator(again) as watcher:
            assert (await watcher.frame())["remaining"] == game.engine.remaining_ms / 1000
        await again.close(1001, "The test is over.")
    finally:
        await feed.close(1001, "The test is over.")
        await valkey.stop()


async def test_it_begins_though_the_journal_does_not(tmp_path: Path) -> None:
    """What was trimmed is in a snapshot, and while it is followed, in the archive."""
    async with exchange_of(tmp_path) as game:
        alice = account(game, "alice")
        for number in range(150):
            say(game, alice, f"{number}")
            await game.settled()
        keeper = await keeper_of(tmp_path, game)
        follower = Follower(GameKeys("main", 1), lambda: located(tmp_path), tmp_path)
        elsewhere = Follower(GameKeys("main", 1), lambda: located(tmp_path), tmp_path / "none")
        begun = (await follower.catch_up()).event_seq
        for number in range(150):
            say(game, alice, f"{number}")
            await game.settled()
        await keeper.finish()
        await keeper.close()
        assert (await follower.catch_up()).event_seq == begun + 150 == game.engine.event_seq
        with pytest.raises(StoreError, match="data directory"):
            await elsewhere.catch_up()
        async with feed_of(tmp_path) as feed, spectator(feed) as watcher:
            assert (await watcher.frame())["seq"] == game.engine.event_seq


def located(data_dir: Path) -> Endpoint:
    """The Valkey of a data directory in which an exchange plays."""
    endpoint = find_embedded(data_dir)
    assert endpoint is not None
    return endpoint


async def keeper_of(data_dir: Path, game: Game) -> Keeper:
    """A keeper in this process, which has trimmed the journal once."""
    access = KeeperAccess(located(data_dir), GameKeys("main", game.number), 1)
    keeper = Keeper(KeeperTask(access, data_dir, 1e9, 10**9, "info", None))
    await keeper.begin()
    await keeper.finish()
    return keeper


async def test_it_begins_in_the_middle_of_a_game(tmp_path: Path) -> None:
    """Phase, book and numbers are those of the game; what came before can be had by resume."""
    async with exchange_of(tmp_path) as game:
        alice = account(game, "alice")
        game.submit(limit(alice, Side.BUY, 90_000, COIN), "test", 0, None)
        await game.settled()
        async with feed_of(tmp_path) as feed, spectator(feed) as watcher:
            hello = await watcher.frame()
            assert (hello["phase"], hello["seq"]) == ("open", game.engine.event_seq)
            await watcher.subscribe("full", "book")
            book = (await watcher.until(lambda frame: frame["type"] == "book"))[-1]
            assert book["bids"] == [["900.00", "1.0000000000"]]
            await watcher.ask("resume", seq=0)
            say(game, alice, "now")
            frames = await heard(watcher, "now")
            assert [frame["seq"] for frame in frames] == list(range(1, hello["seq"] + 2))
            assert [frame["type"] for frame in frames][:2] == ["rules", "start"]


async def test_candles_begin_with_what_the_keeper_has_stored(tmp_path: Path) -> None:
    """Trades from before the feed are in them: of a feed of its own, and of one in the process."""
    async with exchange_of(tmp_path) as game:
        alice, bob = account(game, "alice"), account(game, "bob")
        for side, player in ((Side.BUY, alice), (Side.SELL, bob)):
            game.submit(limit(player, side, 90_000, COIN), "test", 0, None)
        await game.settled()
        keeper = await keeper_of(tmp_path, game)
        await keeper.close()
        here = Exchange()
        here.game, here.history = game, history_file(tmp_path, f"main.{game.number}")
        for feeding in (feed_of(tmp_path), broadcast(here)):
            async with feeding as feed, spectator(feed) as watcher:
                await watcher.ask("subscribe", channels=["candles"], timeframe="1d")
                (*_, candle) = await watcher.until(lambda frame: frame["type"] == "candle")
                shown = candle["open"], candle["volume"], candle["trades"]
                assert shown == ("900.00", "1.0000000000", 1)


async def test_a_market_that_joins_is_followed(tmp_path: Path) -> None:
    """In a process that reads the stream alone, and by one that comes later."""
    async with exchange_of(tmp_path) as game:
        alice = account(game, "alice")
        await game.settled()
        async with feed_of(tmp_path) as feed, spectator(feed) as watcher:
            assert len((await watcher.frame())["markets"]) == 1
            game.submit(AddMarket(MarketRules("ETH/USD", "ETH", "USD")), "test", 0, None)
            game.submit(Tick(1, 1, 5_000, 5_002), "test", 0, None)
            game.submit(Deposit(alice, "ETH", str(10**24)), "test", 0, None)
            game.submit(ResetAccounts((alice,)), "test", 0, None)
            reset = await watcher.until(lambda frame: frame["type"] == "reset")
            assert reset[-1]["users"] == ["alice"]
            assert [frame["symbol"] for frame in reset if frame["type"] == "market"] == ["ETH/USD"]
            shown = await watcher.subscribe("ticker", symbol="ETH/USD")
            assert shown["type"] == "subscribed"
            ticker = (await watcher.until(lambda frame: frame["type"] == "ticker"))[-1]
            assert (ticker["symbol"], ticker["mid"]) == ("ETH/USD", "50.01")
        async with feed_of(tmp_path) as feed, spectator(feed) as watcher:
            assert len((await watcher.frame())["markets"]) == 2


async def test_it_ends_with_the_game(tmp_path: Path) -> None:
    """Once it has told the results."""
    feed = CxFeed(port=0, bind="127.0.0.1", data_dir=tmp_path)
    serving = asyncio.create_task(feed.serve())
    while not feed.port:
        await asyncio.sleep(0.01)
    async with exchange_of(tmp_path) as game, spectator(feed) as watcher:
        await watcher.frame()
        game.submit(Close("shutdown"), "test", 0, None)
        frames = await watcher.until(lambda frame: frame["type"] == "csv")
        # The feed may have been there before the market opened.
        told = [frame["type"] for frame in frames if frame["type"] != "heartbeat"]
        assert told[-4:] == ["phase", "shutdown", "results", "csv"]
        with pytest.raises(ConnectionClosed) as closed:
            await watcher.frame()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason == "The game is over."
    await asyncio.wait_for(serving, WAIT_S)


async def test_it_waits_for_the_next_game_if_the_last_one_is_over(tmp_path: Path) -> None:
    """A closed game on disk is shown until another one begins under its name."""
    async with exchange_of(tmp_path) as game:
        game.submit(Close("shutdown"), "test", 0, None)
        await game.settled()
    async with feed_of(tmp_path) as feed, exchange_of(tmp_path) as game, spectator(feed) as watcher:
        frames = await watcher.until(
            lambda frame: frame["type"] == "hello" and frame["number"] == 2
        )
        assert frames[-1]["phase"] in ("registration", "open")
        say(game, account(game, "alice"), "on")
        await heard(watcher, "on")


async def test_a_bad_address_is_told_and_not_waited_for() -> None:
    """What waiting does not heal ends the feed."""
    source = StoreSource(Path("unused"), "http://somewhere", "main", FeedHub())
    with pytest.raises(StoreError):
        await asyncio.wait_for(source.run(), WAIT_S)


async def test_damaged_events_end_a_resume_and_nothing_else(tmp_path: Path) -> None:
    """A bit that flipped in the stream is not shown; who resumes is told, and hears what is new."""
    async with exchange_of(tmp_path) as game:
        alice = account(game, "alice")
        say(game, alice, "one")
        await game.settled()
        await flip_in_last_events(tmp_path)
        async with feed_of(tmp_path) as feed, spectator(feed) as watcher:
            hello = await watcher.frame()
            await watcher.subscribe("full")
            await watcher.ask("resume", seq=0)
            frames = await watcher.until(lambda frame: frame["type"] == "resync")
            assert "one" not in [frame.get("message") for frame in frames]
            say(game, alice, "two")
            assert (await heard(watcher, "two"))[-1]["seq"] == hello["seq"] + 1


async def flip_in_last_events(data_dir: Path) -> None:
    """Write the events stream anew with one bit of its last entry flipped."""
    endpoint = find_embedded(data_dir)
    assert endpoint is not None
    link, keys = Link(endpoint), GameKeys("main", 1)
    entries = await link.call("XRANGE", keys.events, "-", "+")
    await link.call("DEL", keys.events)
    for number, (id, fields) in enumerate(entries, 1):
        blob = bytearray(fields[3])
        blob[-6] ^= number == len(entries)
        await link.call("XADD", keys.events, id, "first", fields[1], "events", bytes(blob))
    await link.close()

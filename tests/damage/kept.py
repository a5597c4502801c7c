"""A game that was played and stopped: what damage is done to, and what must come of it."""

import asyncio
import random
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cxgame.auth import Users
from cxgame.config import from_keywords
from cxgame.engine.snapshot import state_hash
from cxgame.game import Game
from cxgame.model.commands import Open, OpenAccount, PlaceOrder
from cxgame.model.enums import OrderType, Side, Verb
from cxgame.ports import Entry
from cxgame.recovery import Replay
from cxgame.server.errors import StartError
from cxgame.server.play import play as playing
from cxgame.server.play.play import Play, open_play
from cxgame.store.embedded import find_embedded
from cxgame.store.link import Link

PLAYERS = ("alice", "bob", "carol")
ORDERS = 60
NEW = b""  # the state hash of a game that has no rules yet
WITHIN_S = 60  # a bound, not an expectation


class Kept(NamedTuple):
    """A stopped game; `hashes` has the state's after each batch."""

    data_dir: Path
    entries: list[Entry]
    hashes: dict[int, bytes]
    users: dict[str, bytes]

    @property
    def acknowledged(self) -> int:
        """The last batch of which players were told."""
        return len(self.entries)


class Outcome(NamedTuple):
    """What a start led to: a refusal, or a game at some batch."""

    refusal: str | None
    seq: int = 0
    hash: bytes = b""


async def make_kept(data_dir: Path) -> Kept:
    """Play for a moment, with Valkey's files rewritten in the middle, and stop."""
    play = await _opened(data_dir=data_dir)
    try:
        await _begin(play)
        await _trade(play.game, random.Random(1), ORDERS // 2)
        await _rewrite(data_dir)
        await _trade(play.game, random.Random(2), ORDERS - ORDERS // 2)
        entries = [entry async for entry in play.journal.replay()]
        users = await play.store.users.load()
    finally:
        await play.close()
    run = Replay()
    hashes = {0: NEW}
    for entry in entries:
        run.take(entry)
        hashes[entry.seq] = state_hash(run.engine)
    return Kept(data_dir, entries, hashes, users)


async def start(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Outcome:
    """Start a server's game as far as players would be let in next, and stop it again."""
    found: list[tuple[int, bytes]] = []

    def build(*arguments: Any, **options: Any) -> Game:
        engine = arguments[2]
        hashed = NEW if engine.rules is None else state_hash(engine)
        found.append((options["batch_seq"], hashed))
        return Game(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(playing, "Game", build)
        try:
            play = await _opened(**settings)
        except StartError as error:
            return Outcome(str(error))
        await play.close()
    return Outcome(None, *found[0])


async def _opened(**settings: Any) -> Play:
    loaded = from_keywords(tick_interval=3600, **settings)
    return await asyncio.wait_for(open_play(loaded, lambda seconds: None), WITHIN_S)


async def _begin(play: Play) -> None:
    users = Users(play.store.users)
    await users.load()
    for name in PLAYERS:
        await users.register(name, None, None, 1)
        play.game.submit(OpenAccount(name), "test", 1, None)
    play.game.submit(Open(), "test", 1, None)
    await play.game.settled()


async def _trade(game: Game, random_: random.Random, orders: int) -> None:
    for number in range(orders):
        account = random_.randint(1, len(PLAYERS))
        side = random_.choice([Side.BUY, Side.SELL])
        price, quantity = random_.randint(99_990, 100_010), random_.randint(1, 1000) * 1_000_000
        order = PlaceOrder(account, 0, Verb.ORDER, side, OrderType.LIMIT, price, quantity)
        applied = game.submit(order, "test", 1, number)
        assert applied.rejection is None, applied.rejection
        await game.settled()


async def _rewrite(data_dir: Path) -> None:
    """Have Valkey write its base file anew, so that it holds half of the game."""
    endpoint = find_embedded(data_dir)
    assert endpoint is not None
    link = Link(endpoint)
    await link.call("BGREWRITEAOF")
    async with asyncio.timeout(WITHIN_S):
        while not _is_rewritten(data_dir):
            await asyncio.sleep(0.02)
    await link.close()


def _is_rewritten(data_dir: Path) -> bool:
    manifest = data_dir / "valkey" / "appendonlydir" / "appendonly.aof.manifest"
    return "aof.2.base" in manifest.read_text()


def copied(kept: Kept, to: Path) -> Path:
    """The data directory once more, to be damaged."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(kept.data_dir, to)
    return to

"""Users and accounts must belong together when a game goes on."""

import logging

import pytest

from cxgame.auth import Users
from cxgame.model.commands import OpenAccount
from cxgame.server.errors import JOURNAL_FAULT, StartError
from cxgame.server.play.people import load_users
from cxgame.store.memory import MemoryUsers
from tests.support.games import Bench


async def played_by(*names: str) -> tuple[Bench, MemoryUsers]:
    """A game with these accounts, and the users they belong to."""
    bench, store = Bench(), MemoryUsers()
    await bench.open_with(*names)
    await bench.game.stop()
    users = Users(store)
    for name in names:
        await users.register(name, None, None, 1)
    return bench, store


async def only(store: MemoryUsers, *names: str) -> MemoryUsers:
    """What is left when the store has lost all others."""
    left, records = MemoryUsers(), await store.load()
    for name in names:
        await left.create(name, records[name])
    return left


async def test_every_account_has_its_user() -> None:
    """Names are compared as at a login, without case."""
    bench, store = await played_by("Alice", "bob")
    assert len(await load_users(store, bench.game.engine, accept_loss=False)) == 2


async def test_the_account_of_the_games_key_needs_no_user() -> None:
    """Nobody else can register its name."""
    bench, store = await played_by("alice")
    bench.submit(OpenAccount("mockx"))
    assert len(await load_users(store, bench.game.engine, accept_loss=False)) == 1


async def test_the_account_of_a_session_has_no_user() -> None:
    """It was opened in a sandbox, where whoever names it may use it."""
    bench, store = await played_by("alice")
    bench.submit(OpenAccount("mine", sandbox=True))
    assert len(await load_users(store, bench.game.engine, accept_loss=False)) == 1


async def test_an_account_without_its_user_is_refused() -> None:
    """Whoever registered the name next would own what is in it."""
    bench, store = await played_by(*"abcdefgh")
    store = await only(store, "a")
    with pytest.raises(StartError, match=r"lost 7 of the game's users: b, c, d, e, f …;") as caught:
        await load_users(store, bench.game.engine, accept_loss=False)
    assert caught.value.status == JOURNAL_FAULT


async def test_the_loss_can_be_accepted(caplog: pytest.LogCaptureFixture) -> None:
    """Then it is in the log."""
    bench, store = await played_by("alice", "bob")
    store = await only(store, "bob")
    caplog.set_level(logging.CRITICAL, "cxgame.server")
    assert len(await load_users(store, bench.game.engine, accept_loss=True)) == 1
    assert "accepted with --accept-loss: the store has lost 1 of the game's users: alice" in (
        caplog.text
    )


async def test_a_damaged_record_is_refused() -> None:
    """In one line that does not show it."""
    bench, store = await played_by("alice")
    await store.put("alice", b'{"name":"alice","token_sha256":')
    with pytest.raises(StartError, match=r"the users are damaged: .*; restore a backup") as caught:
        await load_users(store, bench.game.engine, accept_loss=True)
    assert caught.value.status == JOURNAL_FAULT
    assert "token_sha256" not in str(caught.value)

"""Work that a session waits for, as the check of a secret: its turn, its end, its failure."""

import asyncio
import logging

import pytest

from cxgame.server.sessions.routes import ROUTES, Route
from cxgame.server.sessions.session import INTERNAL
from cxgame.wire.request_types import Wallets
from tests.server.rig import Rig, message
from tests.support.waiting import turns, until


def hung_store(rig: Rig) -> asyncio.Event:
    """Let nobody be registered until the event is set."""
    gate, create = asyncio.Event(), rig.store.create

    async def hanging(key: str, record: bytes) -> bytes | None:
        await gate.wait()
        return await create(key, record)

    rig.store.create = hanging  # type: ignore[method-assign]
    return gate


async def test_later_messages_wait_while_a_secret_is_checked(rig: Rig) -> None:
    """The connection reads no further; others are served meanwhile."""
    alice = await rig.player("alice", password="correct horse")
    again, other = rig.connect(), await rig.player("bob")
    again.session.receive(message("auth", username="alice", password="correct horse"))
    assert not again.wire.reading
    assert (await other("wallets"))["status"]
    assert again.wire.received == []
    await until(lambda: again.wire.reading)
    assert again.wire.received[-1]["message"] == "Authenticated"
    assert await again.done("wallets") == await alice.done("wallets")


async def test_a_check_that_takes_too_long_is_told_as_open(rig: Rig) -> None:
    """The store may be away; the session goes on."""
    gate = hung_store(rig)
    rig.host.answer_within_s = 0.01
    alice = rig.connect()
    reply = await alice("register", username="alice", token="ab" * 32)
    assert reply["code"] == "STATE_UNKNOWN"
    gate.set()
    await turns()
    rig.host.answer_within_s = 10
    assert await alice.done("register", username="alice", token="ab" * 32) == "ab" * 32


async def test_what_ends_late_in_a_halted_game_is_told_as_open(rig: Rig) -> None:
    """The user may be written and the account not; asked again, it is done."""
    gate = hung_store(rig)
    alice = rig.connect()
    alice.session.receive(message("register", username="alice", token="ab" * 32))
    await rig.halt()
    gate.set()
    await until(lambda: alice.wire.reading)
    assert [reply["code"] for reply in alice.wire.received] == ["STATE_UNKNOWN"]
    await rig.resume()
    assert await alice.done("register", username="alice", token="ab" * 32) == "ab" * 32
    assert await alice.done("orders") == {"maker": [], "market": []}


async def test_what_never_ends_in_a_halted_game_is_told_as_open(rig: Rig) -> None:
    """Users lie in the same store as the journal, which does not answer."""
    rig.store.create = _never  # type: ignore[method-assign]
    rig.host.answer_within_s = 0.05
    alice = rig.connect()
    alice.session.receive(message("register", username="alice"))
    await rig.halt()
    await until(lambda: alice.wire.reading)
    assert [reply["code"] for reply in alice.wire.received] == ["STATE_UNKNOWN"]


async def _never(key: str, record: bytes) -> bytes | None:
    await asyncio.Event().wait()
    return None


async def test_a_bug_in_waiting_work_ends_its_connection_only(
    rig: Rig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged, and the client learns nothing of the inside."""

    async def broken(session: object, request: object) -> bytes:
        raise RuntimeError("inside")

    monkeypatch.setitem(ROUTES, Wallets, Route("wallets", broken, True))
    alice, bob = await rig.player("alice"), await rig.player("bob")
    with caplog.at_level(logging.ERROR, logger="cxgame"):
        alice.session.receive(message("wallets"))
        await turns()
    assert alice.wire.closing == (INTERNAL, "The server failed on this message.")
    assert "inside" in caplog.text
    assert await bob.done("price") == "1000.00"
    assert bob.wire.closing is None


async def test_waiting_work_ends_with_the_server(rig: Rig) -> None:
    """Nothing is left running."""
    rig.store.create = _never  # type: ignore[method-assign]
    alice = rig.connect()
    alice.session.receive(message("register", username="alice"))
    await turns()
    await rig.host.close()
    assert alice.wire.received == []
    assert rig.host.sessions_of(1) == set()


async def test_who_leaves_while_registering_is_not_connected(rig: Rig) -> None:
    """The account is there all the same, for whoever holds the token."""
    alice = rig.connect()
    alice.session.receive(message("register", username="alice", token="ab" * 32))
    alice.session.closed()
    await turns()
    await rig.game.settled()
    account = rig.host.account_of("alice")
    assert account is not None
    assert rig.host.sessions_of(account) == set()
    assert (await rig.connect()("auth", username="alice", token="ab" * 32))["status"]

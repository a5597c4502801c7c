"""Admin commands: who may give them, and what they do."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from cxgame.engine import invariants
from cxgame.engine.engine import Engine
from cxgame.engine.snapshot import dump
from cxgame.model.enums import Phase
from cxgame.recovery import replay
from cxgame.server.sessions import host
from tests.server.rig import SECRET, WAIT_S, Rig, message

COMMANDS = ["start", "pause", "shutdown", "grant"]


def params(command: str) -> dict[str, str]:
    """What the command needs."""
    return {"username": "alice"} if command == "grant" else {}


def standing(rig: Rig) -> dict[str, Any]:
    """The whole state but the time, which passes while secrets are checked."""
    engine = rig.game.engine
    passing = ("game_time_ns", "wall_ms", "counters")
    state = {name: part for name, part in dump(engine).items() if name not in passing}
    return {**state, "events": engine.event_seq}


@pytest.mark.parametrize("command", COMMANDS)
async def test_without_right_an_admin_command_changes_nothing(rig: Rig, command: str) -> None:
    """Neither without a secret nor with a wrong one, logged in or not."""
    alice, stranger = await rig.player("alice"), rig.connect()
    before = standing(rig)
    for client in (alice, stranger):
        reply = await client(command, **params(command))
        assert (reply["code"], reply["message"]) == (
            "AUTH_SECRET_REQUIRED",
            "Admin secret required.",
        )
        for wrong in ("wrong", SECRET.upper(), SECRET + " "):
            reply = await client(command, **params(command), secret=wrong)
            assert (reply["code"], reply["message"]) == ("AUTH_SECRET", "Invalid admin secret.")
    assert standing(rig) == before
    assert rig.stops == []


async def test_the_secret_needs_no_user(rig: Rig) -> None:
    """Organisers need not be players; the second time it is quick."""
    organiser = rig.connect()
    reply = await organiser("pause", secret=SECRET)
    assert reply["message"] == "Command accepted. Server is paused."
    assert rig.game.engine.phase is Phase.PAUSED
    organiser.session.receive(b'{"cmd":"start","params":{"secret":"%s"}}' % SECRET.encode())
    assert organiser.wire.reading, "no thread is asked again"
    await rig.game.settled()
    assert organiser.wire.received[-1]["message"] == "Command accepted. Open for business."
    assert rig.game.engine.phase is Phase.OPEN


async def test_a_wrong_secret_stays_wrong_after_a_right_one(rig: Rig) -> None:
    """Also for an admin."""
    alice = await rig.player("alice")
    await alice.done("grant", username="alice", secret=SECRET)
    assert await alice.refused("pause", secret="wrong") == "AUTH_SECRET"


async def test_an_admin_needs_no_secret(rig: Rig) -> None:
    """The role belongs to the account, whatever the connection."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    reply = await rig.connect()("grant", username="ALICE", secret=SECRET)
    assert reply["message"] == "Admin role granted."
    assert (await alice("pause"))["status"]
    assert (await alice("start"))["status"]
    assert await bob.refused("pause") == "AUTH_SECRET_REQUIRED"
    assert (await alice("grant", username="bob"))["status"]
    assert (await bob("pause"))["status"]
    assert (await alice("shutdown"))["status"]


@pytest.mark.parametrize("name", ["nobody", "house", "admin", ""])
async def test_only_users_of_the_game_become_admins(rig: Rig, name: str) -> None:
    """Not the house, either."""
    reply = await rig.connect()("grant", username=name, secret=SECRET)
    assert (reply["code"], reply["message"]) == ("AUTH_UNKNOWN_USER", "User is not registered.")


async def test_admin_commands_may_be_repeated(rig: Rig) -> None:
    """What is so already is answered the same."""
    alice = await rig.player("alice")
    await alice.done("grant", username="alice", secret=SECRET)
    for command in ("grant", "pause", "pause", "start", "start"):
        assert (await alice(command, **params(command)))["status"], command
    assert rig.game.engine.phase is Phase.OPEN


async def test_a_game_that_is_over_stays_over(rig: Rig) -> None:
    """It can't be started, paused or ended again."""
    organiser = rig.connect()
    await organiser.done("shutdown", secret=SECRET)
    assert await organiser.refused("start", secret=SECRET) == "STATE_CLOSED"
    assert await organiser.refused("pause", secret=SECRET) == "STATE_CLOSED"
    assert await organiser.refused("shutdown", secret=SECRET) == "STATE_CLOSED"
    assert rig.stops == ["shutdown"]
    await rig.game.settled()
    assert rig.game.closed.is_set()


async def test_shutdown_closes_the_game_and_stops_the_server(rig: Rig) -> None:
    """All orders are cancelled, and who runs the server is told."""
    alice = await rig.player("alice")
    await alice.done("buy", price="900", size="1")
    reply = await alice("shutdown", secret=SECRET)
    assert reply["message"] == "Command accepted. Shutting down."
    assert rig.stops == ["shutdown"]
    assert (await alice.done("wallets"))["usd"] == "10000.00"


async def test_start_says_when_it_still_waits() -> None:
    """Play begins when all listed users are connected."""
    rig = await Rig(started=False, whitelist={"": ("alice",)}).start()
    organiser = rig.connect()
    reply = await organiser("start", secret=SECRET)
    assert reply == {
        "status": True,
        "message": "Command accepted. The game opens when all listed users are connected.",
        "data": None,
    }
    await rig.player("alice")
    assert rig.game.engine.phase is Phase.OPEN
    await rig.stop()


async def test_pause_before_the_opening_takes_the_start_back() -> None:
    """Nobody's login opens the game then."""
    rig = await Rig(whitelist={"": ("alice",)}).start()
    organiser = rig.connect()
    await organiser.done("pause", secret=SECRET)
    await rig.player("alice")
    assert rig.game.engine.phase is Phase.REGISTRATION
    await organiser.done("start", secret=SECRET)
    assert rig.game.engine.phase is Phase.OPEN
    await rig.stop()


async def test_a_game_that_could_not_open_while_halted_opens_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All are connected already, so nothing else would remind it."""
    monkeypatch.setattr(host, "RETRY_OPEN_S", 0.01)
    rig = await Rig(started=False).start()
    rig.game.engine.start_requested = True
    await rig.halt()
    rig.host.open_if_ready()
    assert rig.game.engine.phase is Phase.REGISTRATION
    await rig.resume()
    async with asyncio.timeout(WAIT_S):
        while rig.game.engine.phase is not Phase.OPEN:
            await asyncio.sleep(0.01)
    await rig.stop()


async def test_a_halted_exchange_refuses_admin_commands_too() -> None:
    """Nothing was changed; they may be sent again."""
    rig = await Rig().start()
    alice = await rig.player("alice")
    await alice.done("grant", username="alice", secret=SECRET)
    await rig.halt()
    for command in ("pause", "start", "shutdown", "grant"):
        assert await alice.refused(command, **params(command)) == "STATE_HALTED"
    assert await alice.refused("bcast", message="x") == "STATE_HALTED"
    assert await alice.refused("cancel_all") == "STATE_HALTED"
    assert rig.stops == []
    stranger = rig.connect()
    assert await stranger.refused("register", username="bob") == "STATE_HALTED"
    await rig.resume()
    await rig.stop()


async def test_everyone_may_ask_whether_the_sums_are_right(rig: Rig) -> None:
    """An empty list: nothing is wrong."""
    alice = await rig.player("alice")
    assert await alice("audit") == {"status": True, "message": "Audit done.", "data": []}
    rig.game.engine.accounts[1].free[0] += 1
    assert len(await alice.done("audit")) == 1
    rig.game.engine.accounts[1].free[0] -= 1


async def test_an_admin_is_shown_totals_and_the_state_hash(rig: Rig) -> None:
    """By role or by secret."""
    alice, organiser = await rig.player("alice"), rig.connect()
    await alice.done("buy", price="900", size="1")
    report = await organiser.done("audit", secret=SECRET)
    assert report == {
        "violations": [],
        "totals": {"BTC": "0.0", "USD": "0.0"},
        "state_hash": rig.game.engine.state_hash().hex(),
    }
    await organiser.done("grant", username="alice", secret=SECRET)
    assert set(await alice.done("audit")) == set(report)
    assert await organiser.refused("audit") == "AUTH_REQUIRED"
    assert await organiser.refused("audit", secret="wrong") == "AUTH_SECRET"


async def test_an_audit_lets_others_have_their_turn(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders are placed and answered while the books are looked at, which stay right."""
    monkeypatch.setattr(invariants, "SLICE", 1)
    alice, bob = await rig.player("alice"), await rig.player("bob")
    for number in range(20):
        await alice.done("buy", price=str(900 + number), size="0.1")
    alice.session.receive(message("audit"))
    answered = len(alice.wire.received)
    for number in range(10):
        await bob.done("sell", price=str(1000 + number), size="0.1")
    assert len(alice.wire.received) == answered, "it goes on"
    async with asyncio.timeout(WAIT_S):
        while len(alice.wire.received) == answered:
            await asyncio.sleep(0)
    assert alice.wire.received[-1]["data"] == []


async def test_audits_that_are_asked_for_at_once_are_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many ask; the next one is a new one."""
    audits = []
    audit = Engine.audit

    def counted(engine: Engine) -> Iterator[list[str]]:
        audits.append(engine)
        return audit(engine)

    monkeypatch.setattr(Engine, "audit", counted)
    monkeypatch.setattr(invariants, "SLICE", 1)
    players = [await rig.player(name) for name in ("alice", "bob", "carol")]
    replies = await asyncio.gather(*(player("audit") for player in players))
    assert [reply["data"] for reply in replies] == [[], [], []]
    assert len(audits) == 1
    await players[0].done("audit")
    assert len(audits) == 2


async def test_an_engine_that_was_replaced_is_audited_anew(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found in the one that failed does not count."""
    monkeypatch.setattr(invariants, "SLICE", 1)
    alice = await rig.player("alice")
    sound, failed = rig.game.engine, (await replay(rig.bench.journal)).engine
    failed.accounts[1].free[0] += 1
    rig.game.engine = failed
    alice.session.receive(message("audit"))
    for _ in range(5):
        await asyncio.sleep(0)
    rig.game.engine = sound
    async with asyncio.timeout(WAIT_S):
        while not alice.wire.reading:
            await asyncio.sleep(0)
    await rig.game.settled()
    assert alice.wire.received[-1]["data"] == []


async def test_an_audit_that_ends_while_halted_is_told_as_open(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has seen may still vanish."""
    monkeypatch.setattr(rig.host.auditor, "violations", gate := Gate())
    alice = await rig.player("alice")
    alice.session.receive(message("audit"))
    await rig.halt()
    gate.opened.set()
    async with asyncio.timeout(WAIT_S):
        while not alice.wire.reading:
            await asyncio.sleep(0.005)
    assert alice.wire.received[-1]["code"] == "STATE_UNKNOWN"
    await rig.resume()


class Gate:
    """An audit that ends when told."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def __call__(self) -> list[str]:
        await self.opened.wait()
        return []


async def test_a_broken_book_is_logged(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever asked, it concerns the organiser."""
    alice = await rig.player("alice")
    rig.game.engine.accounts[1].free[0] += 1
    with caplog.at_level(logging.CRITICAL, logger="cxgame"):
        found = await alice.done("audit")
    assert found == ["BTC sums to 1"]
    assert "BTC sums to 1" in caplog.text
    rig.game.engine.accounts[1].free[0] -= 1

"""What a reply carries because its request has asked for it."""

import json
from typing import Any

import pytest

from cxgame.limits import Limits
from tests.server.rig import Player, Rig

NOW_MS = 1_700_000_000_000


async def asked(player: Player, command: str, params: Any = None, **members: Any) -> dict[str, Any]:
    """A reply to a message with further members."""
    return await player.ask(
        json.dumps({"cmd": command, "params": params or {}, **members}).encode()
    )


async def test_times_are_told_to_who_asks(rig: Rig) -> None:
    """When the request came, and when its reply left: after it was durable."""
    alice = await rig.player("alice")
    rig.bench.journal.gate.clear()
    order = {"price": "900", "size": "1"}
    alice.session.receive(json.dumps({"cmd": "buy", "params": order, "id": 7, "ts": True}).encode())
    rig.bench.clock.pass_s(0.25)
    rig.bench.journal.gate.set()
    await rig.game.settled()
    reply = alice.wire.received[-1]
    assert (reply["ts_in"], reply["ts_out"]) == (NOW_MS, NOW_MS + 250)
    assert (reply["id"], reply["status"]) == (7, True)


async def test_who_does_not_ask_is_told_nothing(rig: Rig) -> None:
    """Neither before nor after he has asked once."""
    alice = await rig.player("alice")
    plain = await alice("time")
    assert set(plain) == {"status", "message", "data"}
    assert {**plain, "ts_in": NOW_MS, "ts_out": NOW_MS} == await asked(alice, "time", ts=True)
    assert await asked(alice, "time", ts=False, limits=None) == await alice("time") == plain


@pytest.mark.parametrize(
    ("command", "params"), [("cancel", {"order_id": "9"}), ("register", {"username": "alice"})]
)
async def test_a_refusal_has_its_times(rig: Rig, command: str, params: Any) -> None:
    """Also one that took longer to find."""
    await rig.player("alice")
    bob = await rig.player("bob")
    reply = await asked(bob, command, params, ts=True, id="x")
    assert reply["status"] is False
    assert (reply["ts_in"], reply["ts_out"], reply["id"]) == (NOW_MS, NOW_MS, "x")


async def test_a_stranger_may_ask_too(rig: Rig) -> None:
    """He has a rate, but no orders."""
    reply = await asked(rig.connect(), "wallets", limits=True)
    assert reply["code"] == "AUTH_REQUIRED"
    assert reply["limits"] == {"rate": None, "orders": None, "young_cancel": None}


async def test_the_limits_are_told_as_what_is_left() -> None:
    """After this message and what it did."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=20), max_open_orders=5).start()
    alice = await rig.player("alice")
    first = await asked(alice, "buy", {"price": "900", "size": "1"}, limits=True)
    assert first["limits"] == {
        "rate": {"remaining": 18, "per_s": 10},
        "orders": {"open": 1, "most": 5},
        "young_cancel": None,
    }
    rig.bench.clock.pass_s(0.1)
    second = await asked(alice, "cancel_all", limits=True, ts=True)
    assert second["limits"] == {
        "rate": {"remaining": 18, "per_s": 10},
        "orders": {"open": 0, "most": 5},
        "young_cancel": None,
    }
    assert second["ts_in"] == second["ts_out"] == NOW_MS + 100
    await rig.stop()


async def test_a_halted_game_answers_in_time(rig: Rig) -> None:
    """What it shows of its past has the times of now."""
    alice = await rig.player("alice")
    await rig.halt()
    reply = await asked(alice, "book", ts=True, limits=True)
    assert reply["halted"] is True
    assert reply["ts_in"] == reply["ts_out"] == rig.bench.clock.wall_ms()
    assert reply["limits"]["orders"] == {"open": 0, "most": 200}
    await rig.resume()


async def test_what_takes_longer_is_dressed_when_it_is_done(rig: Rig) -> None:
    """A password is checked on a thread."""
    await rig.player("alice", password="correct horse")
    reply = await asked(
        rig.connect(), "auth", {"username": "alice", "password": "correct horse"}, ts=True
    )
    assert (reply["status"], reply["ts_in"]) == (True, NOW_MS)

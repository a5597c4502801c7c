"""What a session takes: so many messages a second, so long, over so many connections."""

from typing import Any

import pytest

from cxgame.limits import Limits
from cxgame.server.sessions.session import POLICY
from tests.server.rig import Player, Rig, message
from tests.support.waiting import turns


async def test_reading_pauses_while_the_batch_is_full(rig: Rig) -> None:
    """And goes on by itself when it was sent."""
    alice = await rig.player("alice")
    sent = 0
    while alice.wire.reading:
        alice.session.receive(message("bcast", message="hello"))
        sent += 1
        assert sent <= 2_000, "reading should have paused"
    assert rig.game.full
    await rig.game.settled()
    assert alice.wire.reading
    assert len(alice.wire.received) == sent + 1
    assert all(reply["status"] for reply in alice.wire.received)


async def test_reading_stays_paused_when_a_late_answer_meets_a_full_batch(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The game says when there is room, not the answer."""
    alice = rig.connect()
    calls: list[Any] = []
    always = property(lambda _: True, lambda _, value: None)
    monkeypatch.setattr(type(rig.game), "full", always, raising=False)
    monkeypatch.setattr(rig.game, "when_room", calls.append)
    alice.session.receive(message("register", username="alice"))
    await turns()
    await rig.game.settled()
    assert alice.wire.received[-1]["message"] == "Registered"
    assert not alice.wire.reading
    (call,) = calls
    call()
    assert alice.wire.reading


async def test_messages_beyond_the_rate_are_refused_with_the_wait() -> None:
    """n pass and n + 1 does not; after the wait it does."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=5)).start()
    stranger = rig.connect()
    for id in range(6):
        stranger.session.receive(message("time", id))
    await turns()
    *good, refused = stranger.wire.received
    assert [reply["status"] for reply in good] == [True] * 5
    assert (refused["code"], refused["id"]) == ("LIMIT_RATE", 5)
    assert refused["data"] == {"wait_ms": 100}
    assert refused["message"] == "Too many messages; wait 100 ms."
    rig.bench.clock.pass_s(0.1)
    assert (await stranger("time"))["status"]
    assert stranger.wire.closing is None
    await rig.stop()


async def test_binary_messages_count_as_messages() -> None:
    """A flood of them is a flood."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=1)).start()
    stranger = rig.connect()
    stranger.session.binary()
    stranger.session.binary()
    await turns()
    assert [reply["code"] for reply in stranger.wire.received] == ["PARAM_JSON", "LIMIT_RATE"]
    await rig.stop()


async def test_who_does_not_listen_is_closed_and_others_are_not() -> None:
    """At five times the rate."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=10)).start()
    hasty, patient = rig.connect(), rig.connect()
    for number in range(1_000):
        rig.bench.clock.pass_s(0.001)
        hasty.session.receive(message("time"))
        if hasty.wire.closing:
            break
        assert number < 500
    assert hasty.wire.closing is not None
    assert hasty.wire.closing[0] == POLICY
    assert (await patient("time"))["status"]
    assert patient.wire.closing is None
    await rig.stop()


async def test_a_message_that_is_too_long_is_refused(rig: Rig) -> None:
    """The transport closes the connection; the reason is told before."""
    alice = await rig.player("alice")
    alice.session.too_long(1_000_000)
    await turns()
    refused = alice.wire.received[-1]
    assert refused["code"] == "LIMIT_MESSAGE"
    assert refused["data"] == {"limit": "65536 bytes", "got": "1000000 bytes"}
    assert refused["message"] == "Message too long: at most 65536 bytes."


async def test_several_connections_share_an_account_up_to_the_limit() -> None:
    """n are let in and n + 1 is not, until one leaves."""
    rig = await Rig(Limits(rate_limit=0, max_connections_per_account=2)).start()
    alice = await rig.player("alice")

    async def again() -> tuple[Player, dict[str, Any]]:
        player = rig.connect()
        return player, await player("auth", username="alice", token=alice.token)

    second, reply = await again()
    assert reply["status"]
    third, reply = await again()
    assert reply["code"] == "LIMIT_CONNECTIONS"
    assert reply["data"] == {"limit": "2", "got": "3"}
    assert await third.refused("wallets") == "AUTH_REQUIRED"
    assert (await second("auth", username="alice", token=alice.token))["status"], "it is in already"
    second.session.closed()
    assert (await third("auth", username="alice", token=alice.token))["status"]
    await rig.stop()

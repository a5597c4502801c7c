"""A session: one reply for each message, in order, at the right time, and no more."""

import json
from typing import Any

import pytest

from cxgame.model.batch import RequestId
from cxgame.model.commands import Command
from tests.server.rig import SECRET, Rig, message
from tests.support.waiting import turns


async def test_replies_come_in_order_and_in_one_write(rig: Rig) -> None:
    """However many messages of one turn, reads and writes, good and bad."""
    alice = await rig.player("alice")
    alice.wire.writes = 0
    for id, raw in enumerate(
        [
            message("buy", 0, price="900", size="1"),
            message("wallets", 1),
            message("nonsense", 2),
            message("cancel", 3, order_id="1"),
            message("orders", 4),
        ]
    ):
        assert json.loads(raw)["id"] == id
        alice.session.receive(raw)
    alice.session.binary()
    await rig.game.settled()
    replies = alice.wire.received[1:]
    assert [reply.get("id") for reply in replies] == [0, 1, 2, 3, 4, None]
    assert [reply["status"] for reply in replies] == [True, True, False, True, True, False]
    assert replies[1]["data"]["usd"] == "9100.00"
    assert replies[4]["data"] == {"maker": [], "market": []}
    assert alice.wire.writes == 1


async def test_nothing_is_told_before_it_is_durable(rig: Rig) -> None:
    """Neither the order nor what reads it."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    rig.bench.journal.gate.clear()
    alice.session.receive(message("buy", price="900", size="1"))
    bob.session.receive(message("book"))
    await turns()
    assert len(alice.wire.received) == len(bob.wire.received) == 1
    rig.bench.journal.gate.set()
    await rig.game.settled()
    assert alice.wire.received[-1]["data"]["id"] == "1"
    assert bob.wire.received[-1]["data"]["bids"] == [["900.00", "1.0000000000"]]


async def test_a_connection_may_change_its_user(rig: Rig) -> None:
    """The last login counts."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900", size="1")
    await alice.done("auth", username="bob", token=bob.token)
    assert await alice.done("wallets") == await bob.done("wallets")
    account = rig.host.account_of("alice")
    assert account is not None
    assert rig.host.sessions_of(account) == set()


async def test_connections_and_logins_are_noticed_without_addresses(rig: Rig) -> None:
    """Registrations are events of the game and not repeated here."""
    alice = await rig.player("alice")
    await rig.connect().done("auth", username="alice", token=alice.token)
    assert rig.notices == ["New connection", "New connection", "Authenticated: alice"]


async def test_the_journal_says_where_a_command_came_from(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gateway, session and request id."""
    origins: list[tuple[str, str, int, RequestId]] = []
    submit = rig.game.submit

    def recording(command: Command, gateway: str, session: int, request: RequestId) -> Any:
        origins.append((type(command).__name__, gateway, session, request))
        return submit(command, gateway, session, request)

    monkeypatch.setattr(rig.game, "submit", recording)
    alice = await rig.player("alice")
    await alice.ask(message("buy", "mine", price="900", size="1"))
    await alice.ask(message("pause", 7, secret=SECRET))
    id = alice.session.id
    assert origins == [
        ("OpenAccount", "ws", id, None),
        ("PlaceOrder", "ws", id, "mine"),
        ("Pause", "ws", id, 7),
    ]

"""Orders that are cancelled for a bot that can't do it itself any more."""

import asyncio
from typing import Any

import pytest

from cxgame.engine.state import Applied
from cxgame.model.commands import CancelAll, CancelOrder, Close
from cxgame.model.errors import Code, reject
from cxgame.server.sessions import safety
from cxgame.server.sessions.safety import KEPT, Guard
from tests.server.rig import SECRET, UNLIMITED, WAIT_S, Player, Rig


async def buy(player: Player, price: str = "900", **rest: Any) -> str:
    """The id of an order that rests."""
    return str((await player.done("buy", price=price, size="0.1", **rest))["id"])


def open_ids(rig: Rig) -> list[int]:
    """The ids of all open orders."""
    return sorted(rig.game.engine.orders)


async def until_open(rig: Rig, ids: list[int]) -> None:
    """Wait until just these orders are open."""
    async with asyncio.timeout(WAIT_S):
        while open_ids(rig) != ids:
            await asyncio.sleep(0.001)


# Cancel on disconnect


async def test_a_lost_connection_takes_its_orders_along(rig: Rig) -> None:
    """Those placed over it since it asked for that; nobody else's, and not of the account."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    other = rig.connect()
    await other.done("auth", username="alice", token=alice.token)
    await buy(alice)
    assert await alice.done("cancel_on_disconnect", on=True) == {"on": True}
    await buy(alice)
    gone = await buy(alice)
    await alice.done("cancel", order_id=gone)
    await buy(other)
    await buy(bob)
    alice.session.closed()
    await rig.game.settled()
    assert open_ids(rig) == [1, 4, 5]
    assert rig.game.engine.violations() == []


async def test_a_goodbye_leaves_the_orders(rig: Rig) -> None:
    """Who closes properly means it."""
    alice = await rig.player("alice")
    await alice.done("cancel_on_disconnect", on=True)
    await buy(alice)
    alice.session.closed(clean=True)
    await rig.game.settled()
    assert open_ids(rig) == [1]


async def test_it_is_off_until_asked_for_and_can_be_switched_off(rig: Rig) -> None:
    """A connection's own matter."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await buy(alice)
    await bob.done("cancel_on_disconnect", on=True)
    await buy(bob)
    assert await bob.done("cancel_on_disconnect", on=False) == {"on": False}
    alice.session.closed()
    bob.session.closed()
    await rig.game.settled()
    assert open_ids(rig) == [1, 2]


async def test_asking_twice_changes_nothing(rig: Rig) -> None:
    """The orders in between stay guarded."""
    alice = await rig.player("alice")
    await alice.done("cancel_on_disconnect", on=True)
    await buy(alice)
    await alice.done("cancel_on_disconnect", on=True)
    alice.session.closed()
    assert open_ids(rig) == []


async def test_an_order_that_is_repeated_is_guarded(rig: Rig) -> None:
    """The bot that comes back and says what it holds, holds it over this connection."""
    alice, again = await rig.player("alice"), rig.connect()
    await buy(alice, cid="a")
    alice.session.closed()
    await again.done("auth", username="alice", token=alice.token)
    await again.done("cancel_on_disconnect", on=True)
    await buy(again, cid="a")
    again.session.closed()
    assert open_ids(rig) == []


async def test_a_replaced_token_is_a_lost_connection(rig: Rig) -> None:
    """The bot that is thrown out can't cancel."""
    alice, owner = await rig.player("alice"), rig.connect()
    await owner.done("auth", username="alice", token=alice.token)
    await alice.done("cancel_on_disconnect", on=True)
    await buy(alice)
    await owner.done("rotate")
    assert alice.wire.closing is not None
    alice.session.closed()
    assert open_ids(rig) == []


async def test_a_login_that_is_refused_leaves_it_on() -> None:
    """What was refused has changed nothing."""
    rig = await Rig(UNLIMITED._replace(max_connections_per_account=1)).start()
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("cancel_on_disconnect", on=True)
    await buy(alice)
    refused = await alice.refused("auth", username="bob", token=bob.token)
    assert refused == "LIMIT_CONNECTIONS"
    alice.session.closed()
    assert open_ids(rig) == []
    await rig.stop()


async def test_becoming_another_user_ends_it(rig: Rig) -> None:
    """The same user again does not."""
    alice = await rig.player("alice")
    await alice.done("cancel_on_disconnect", on=True)
    await buy(alice)
    await alice.done("auth", username="alice", token=alice.token)
    assert alice.session.guard is not None
    await alice.done("register", username="bob")
    assert alice.session.guard is None
    alice.session.closed()
    assert open_ids(rig) == [1]


async def test_a_pause_ends_both(rig: Rig) -> None:
    """Nobody's orders go while he can't act, nor when play goes on."""
    alice = await rig.player("alice")
    await alice.done("cancel_on_disconnect", on=True)
    await alice.done("cancel_all_after", ms=3_600_000)
    await buy(alice)
    await alice.done("pause", secret=SECRET)
    await alice.done("start", secret=SECRET)
    assert alice.session.guard is None
    assert not rig.host.safety._switches
    alice.session.closed()
    assert open_ids(rig) == [1]


async def test_the_end_of_the_game_ends_both(rig: Rig) -> None:
    """There is nothing left to cancel."""
    alice = await rig.player("alice")
    await alice.done("cancel_on_disconnect", on=True)
    await alice.done("cancel_all_after", ms=3_600_000)
    rig.bench.submit(Close("over"))
    await rig.game.settled()
    assert alice.session.guard is None
    assert not rig.host.safety._switches


async def guarded(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Player:
    """Alice, whose two orders go with her connection; what fails is soon tried again."""
    monkeypatch.setattr(safety, "RETRY_S", 0.001)
    alice = await rig.player("alice")
    await alice.done("cancel_on_disconnect", on=True)
    await buy(alice)
    await buy(alice)
    return alice


async def test_what_is_lost_while_the_game_is_halted_is_cancelled_afterwards(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as the journal answers again."""
    alice = await guarded(rig, monkeypatch)
    await rig.halt()
    alice.session.closed()
    await asyncio.sleep(0.01)
    assert open_ids(rig) == [1, 2]
    await rig.resume()
    await until_open(rig, [])


async def test_an_order_of_which_the_game_was_halted_is_cancelled_afterwards(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What falls due before a command may fail the engine, and then it was not applied."""
    alice = await guarded(rig, monkeypatch)
    submit, halted = rig.game.submit, Applied()
    halted.rejection = reject(Code.STATE_HALTED)
    answers = iter([halted])
    monkeypatch.setattr(rig.game, "submit", lambda *args: next(answers, None) or submit(*args))
    alice.session.closed()
    await until_open(rig, [])


def test_orders_that_are_over_are_forgotten_in_time() -> None:
    """A connection that lasts for weeks does not grow."""
    guard = Guard(1)
    for id in range(10 * KEPT):
        guard.add(id, {id: None})
        assert len(guard.orders) <= KEPT + 3
    assert 10 * KEPT - 1 in guard.orders


# The switch


async def test_the_switch_cancels_all_orders_of_the_account(rig: Rig) -> None:
    """By an ordinary command, once."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await buy(alice)
    await buy(alice, "901")
    await buy(bob)
    told = await alice.done("cancel_all_after", ms=1)
    assert told == {"cancel_at": 1_700_000_000.001}
    await until_open(rig, [3])
    await buy(alice)
    await rig.game.settled()
    assert not rig.host.safety._switches
    assert open_ids(rig) == [3, 4]


async def test_the_switch_is_renewed_and_cleared(rig: Rig) -> None:
    """There is one of an account, whoever of its connections sets it."""
    alice, other = await rig.player("alice"), rig.connect()
    await other.done("auth", username="alice", token=alice.token)
    await buy(alice)
    await alice.done("cancel_all_after", ms=3_600_000)
    (first,) = rig.host.safety._switches.values()
    await other.done("cancel_all_after", ms=1_000_000)
    (second,) = rig.host.safety._switches.values()
    assert first.cancelled()
    assert not second.cancelled()
    assert await alice.done("cancel_all_after", ms=0) == {"cancel_at": None}
    assert second.cancelled()
    assert open_ids(rig) == [1]


async def test_the_switch_outlives_its_connection(rig: Rig) -> None:
    """That is what it is for."""
    alice = await rig.player("alice")
    await buy(alice)
    await alice.done("cancel_all_after", ms=1)
    alice.session.closed(clean=True)
    await until_open(rig, [])


async def test_a_halted_game_cancels_when_it_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A switch that has fired is not forgotten."""
    monkeypatch.setattr(safety, "RETRY_S", 0.001)
    alice = await rig.player("alice")
    await buy(alice)
    await alice.done("cancel_all_after", ms=1)
    await rig.halt()
    await asyncio.sleep(0.01)
    await rig.resume()
    await until_open(rig, [])


async def test_what_they_do_is_in_the_journal(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay comes to the same state."""
    submitted: list[object] = []
    submit = rig.game.submit

    def noted(command: Any, *origin: Any) -> Any:
        submitted.append((type(command), origin[0]))
        return submit(command, *origin)

    monkeypatch.setattr(rig.game, "submit", noted)
    alice = await rig.player("alice")
    await alice.done("cancel_on_disconnect", on=True)
    await buy(alice)
    alice.session.closed()
    rig.host.safety._fire(1)
    await rig.game.settled()
    assert submitted[-2:] == [(CancelOrder, "safety"), (CancelAll, "safety")]


async def test_a_server_that_ends_lets_go_of_its_timers(rig: Rig) -> None:
    """Nothing fires afterwards."""
    alice = await rig.player("alice")
    await alice.done("cancel_all_after", ms=3_600_000)
    (switch,) = rig.host.safety._switches.values()
    await rig.halt()
    rig.host.safety._fire(1)
    (retry,) = rig.host.safety._retries
    await alice.refused("cancel_all_after", ms=1)
    await rig.host.close()
    assert retry.cancelled()
    assert not rig.host.safety._retries
    assert switch.cancelled() or switch.when() > 0
    await rig.resume()

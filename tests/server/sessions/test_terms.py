"""Orders with a time of their own, and orders that are only tried."""

from typing import Any

import pytest
from msgspec.structs import replace

from cxgame.model.commands import EndRound
from tests.server.rig import SECRET, Player, Rig
from tests.support.games import BTC_USD

NOW_S = 1_700_000_000
NOW_MS = NOW_S * 1_000
TERMS = {"side": "buy", "type": "limit", "price": "900", "size": "1"}


async def order(player: Player, **rest: Any) -> dict[str, Any]:
    """An order of the full verb."""
    return dict(await player.done("order", **{**TERMS, **rest}))


async def open_orders(player: Player) -> list[dict[str, Any]]:
    """One's open orders, newest first."""
    return list((await player.done("orders"))["maker"])


@pytest.mark.parametrize(
    ("expires", "seconds"),
    [
        ("+500ms", 0.5),
        ("+30s", 30),
        ("+2m", 120),
        ("+2h", 7200),
        ("+366d", 366 * 86400),
        (NOW_S + 60, 60),
        (NOW_S + 0.25, 0.25),
    ],
)
async def test_an_order_lives_until_its_time(rig: Rig, expires: Any, seconds: float) -> None:
    """A distance, or a time; the lists tell when, and in the end that it has expired."""
    alice = await rig.player("alice")
    placed = await order(alice, time_in_force="gtd", expires=expires)
    assert (placed["time_in_force"], placed["status"]) == ("gtd", "open")
    assert placed["expires"] == NOW_S + seconds
    (listed,) = await open_orders(alice)
    assert listed["expires"] == NOW_S + seconds
    rig.bench.clock.pass_s(seconds - 0.001)
    rig.tick(100_000)
    assert len(await open_orders(alice)) == 1
    rig.bench.clock.pass_s(0.001)
    rig.tick(100_000)
    assert await open_orders(alice) == []
    (ended,) = await alice.done("completed")
    assert (ended["status"], ended["time_in_force"]) == ("cancel", "gtd")
    assert rig.game.engine.violations() == []


async def test_others_are_not_told_when_an_order_expires(rig: Rig) -> None:
    """It may tell a strategy, like the cid."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await order(alice, time_in_force="gtd", expires="+30s", cid="mine")
    (seen,) = (await bob.done("all_orders"))["maker"]
    assert "expires" not in seen
    (own,) = (await alice.done("all_orders"))["maker"]
    assert own["expires"] == NOW_S + 30


async def test_an_order_for_the_day_ends_with_the_round(rig: Rig) -> None:
    """Until then it rests."""
    alice = await rig.player("alice")
    placed = await order(alice, time_in_force="day")
    assert (placed["time_in_force"], "expires" in placed) == ("day", False)
    rig.bench.clock.pass_s(86_400)
    rig.tick(100_000)
    assert (await open_orders(alice))[0]["time_in_force"] == "day"
    rig.bench.submit(EndRound())
    assert await open_orders(alice) == []
    assert (await alice.done("completed"))[0]["time_in_force"] == "day"


async def test_what_comes_after_its_deadline_is_refused(rig: Rig) -> None:
    """To the millisecond, and with both times."""
    alice = await rig.player("alice")
    await order(alice, deadline_ms=NOW_MS)
    reply = await alice("order", **TERMS, deadline_ms=NOW_MS - 1)
    assert reply["code"] == "STATE_DEADLINE"
    assert reply["data"] == {"limit": str(NOW_MS - 1), "got": str(NOW_MS)}
    assert await alice.refused("order", **TERMS, deadline_ms=0) == "STATE_DEADLINE"
    late = {"time_in_force": "gtd", "expires": NOW_S - 1}
    assert await alice.refused("order", **TERMS, **late) == "STATE_DEADLINE"
    assert await alice.refused("order", **TERMS, **(late | {"expires": 0})) == "STATE_DEADLINE"
    soon = {"time_in_force": "gtd", "expires": NOW_S + 60, "deadline_ms": NOW_MS - 1}
    assert await alice.refused("order", **TERMS, **soon) == "STATE_DEADLINE"
    assert len(await open_orders(alice)) == 1


@pytest.mark.parametrize("expires", ["+30s", NOW_S + 30])
async def test_a_repeat_is_the_same_order_at_whatever_time_it_comes(rig: Rig, expires: Any) -> None:
    """Also when its time is over; another time under its cid is another order."""
    alice = await rig.player("alice")
    terms = {"time_in_force": "gtd", "cid": "a", "deadline_ms": NOW_MS + 5_000}
    first = await order(alice, **terms, expires=expires)
    rig.bench.clock.pass_s(10)
    rig.tick(100_000)
    again = await order(alice, **terms, expires=expires)
    assert again == {**first, "replayed": True}
    for other in ("+31s", NOW_S + 31):
        code = await alice.refused("order", **TERMS, **terms, expires=other)
        assert code == "ORDER_CID_REUSED"
    rig.bench.clock.pass_s(100)
    rig.tick(100_000)
    over = await order(alice, **terms, expires=expires)
    assert (over["id"], over["status"], over["replayed"]) == (first["id"], "cancel", True)


# Trials


async def test_a_trial_answers_as_the_order_would_and_changes_nothing(rig: Rig) -> None:
    """But for the id, which it has none."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await bob.done("sell", price="1000", size="0.4")
    before = rig.game.engine.state_hash(), rig.game.batch_seq
    taking: dict[str, Any] = {**TERMS, "price": "1000", "cid": "t"}
    reply = await alice("order", **taking, validate=True)
    assert reply["message"] == "Order valid; nothing was placed."
    tried = reply["data"]
    assert (rig.game.engine.state_hash(), rig.game.batch_seq) == before
    placed = await alice.done("order", **taking)
    assert placed.pop("fills")[0]["filled_size"] == "0.4000000000"
    assert tried.pop("validated") is True
    assert tried.pop("id") == "0"
    placed.pop("id")
    for name in ("status", "filled_size", "average_price", "fee", "size", "price", "cid"):
        assert tried[name] == placed[name]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"size": "999"}, "FUNDS_QUOTE"),
        ({"time_in_force": "fok"}, "ORDER_FOK"),
        ({"price": "900.001"}, "FILTER_TICK"),
        ({"deadline_ms": 1}, "STATE_DEADLINE"),
        ({"time_in_force": "gtd"}, "PARAM_MISSING"),
        ({"symbol": "x"}, "FILTER_SYMBOL"),
    ],
)
async def test_a_trial_is_refused_as_the_order_would_be(rig: Rig, terms: Any, code: str) -> None:
    """With the same reply."""
    alice = await rig.player("alice")
    tried = await alice("order", **{**TERMS, **terms}, validate=True)
    assert tried["code"] == code
    assert await alice("order", **{**TERMS, **terms}) == tried


async def test_a_trial_under_a_known_cid_shows_its_order(rig: Rig) -> None:
    """As the repeat that it would be."""
    alice = await rig.player("alice")
    placed = await order(alice, cid="a")
    tried = await order(alice, cid="a", validate=True)
    assert tried["id"] == placed["id"]
    assert (tried["replayed"], tried["validated"]) == (True, True)
    code = await alice.refused("order", **{**TERMS, "size": "2"}, cid="a", validate=True)
    assert code == "ORDER_CID_REUSED"
    await alice.done("cancel", cid="a")
    over = await order(alice, cid="a", validate=True)
    assert over == {"id": placed["id"], "replayed": True, "validated": True}


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"price": "1000"},
        {"price": "1000", "size": "0.4"},
        {"price": "1020", "trigger": "stop", "trigger_price": "1010"},
        {"side": "sell", "price": "1001"},
    ],
)
async def test_a_trial_shows_the_row_that_the_order_would_have(terms: dict[str, Any]) -> None:
    """To the fee and what would be held, whether it rests, takes, does both, or is armed."""
    rig = await Rig(markets=(replace(BTC_USD, maker_fee="0.001", taker_fee="0.002"),)).start()
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await bob.done("sell", price="1000", size="0.4")
    tried = await order(alice, **terms, validate=True)
    placed = await order(alice, **terms)
    assert placed.pop("fills") is not None
    assert tried == {**placed, "id": "0", "validated": True}
    await rig.stop()


@pytest.mark.parametrize("expires", ["+30s", NOW_S + 30])
async def test_a_trial_tells_when_the_order_would_expire(rig: Rig, expires: Any) -> None:
    """Also the repeat of one that is there; not if it would be over at once."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    terms = {"time_in_force": "gtd", "expires": expires, "cid": "a"}
    assert (await order(alice, **terms, validate=True))["expires"] == NOW_S + 30
    placed = await order(alice, **terms)
    assert placed["expires"] == NOW_S + 30
    assert (await order(alice, **terms, validate=True))["expires"] == NOW_S + 30
    tried = await order(bob, **(terms | {"side": "sell"}), validate=True)
    assert (tried["status"], "expires" in tried) == ("filled", False)


async def test_false_is_no_trial(rig: Rig) -> None:
    """And null neither."""
    alice = await rig.player("alice")
    await order(alice, validate=False)
    await order(alice, validate=None)
    assert len(await open_orders(alice)) == 2


async def test_a_trial_in_a_pause_says_so(rig: Rig) -> None:
    """Placing would be refused."""
    alice = await rig.player("alice")
    await alice.done("pause", secret=SECRET)
    assert await alice.refused("order", **TERMS, validate=True) == "STATE_PAUSED"

"""What holds for each way to order: repeats under one `cid`, and the phases of a game."""

from typing import Any

import pytest

from tests.server.rig import Rig

ORDERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("buy", {"price": "900", "size": "1"}, {"price": "901"}),
    ("sell", {"price": "1100", "size": "1"}, {"size": "2"}),
    ("buy_market", {"amount": "50"}, {"amount": "51"}),
    ("sell_market", {"amount": "0.05"}, {"amount": "0.06"}),
    (
        "order",
        {"side": "buy", "type": "limit", "price": "900", "size": "1"},
        {"time_in_force": "ioc"},
    ),
]


@pytest.mark.parametrize(("command", "params", "change"), ORDERS)
async def test_a_repeated_cid_is_the_same_order(
    rig: Rig, command: str, params: dict[str, Any], change: dict[str, Any]
) -> None:
    """However the numbers are written; nothing happens twice; another body is refused."""
    maker, alice = await rig.player("maker"), await rig.player("alice")
    await maker.placed("sell", "1000", "0.1")
    await maker.placed("buy", "950", "0.1")
    first = await alice.done(command, **params, cid="mine")
    before = rig.game.engine.state_hash()
    other_spelling = {
        name: f"{value}.00" if name in ("price", "size", "amount") and "." not in value else value
        for name, value in params.items()
    }
    again = await alice.done(command, **other_spelling, cid="mine")
    assert again == {**first, "replayed": True}
    assert first["cid"] == "mine"
    reply = await alice(command, **{**params, **change}, cid="mine")
    assert reply["code"] == "ORDER_CID_REUSED"
    assert reply["message"] == "This cid belongs to another order: mine."
    assert rig.game.engine.state_hash() == before
    assert (await maker(command, **params, cid="mine")).get("code") != "ORDER_CID_REUSED"


async def test_a_replay_shows_the_order_as_it_is_now(rig: Rig) -> None:
    """Open, filled or cancelled meanwhile, with its fills."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.placed("sell", "1000", "0.3", cid="x")
    await bob.placed("buy", "1000", "0.1")
    again = await alice.placed("sell", "1000", "0.3", cid="x")
    assert (again["status"], again["filled_size"]) == ("open", "0.1000000000")
    assert [fill["role"] for fill in again["fills"]] == ["maker"]
    await alice.done("cancel", order_id=again["id"])
    again = await alice.placed("sell", "1000", "0.3", cid="x")
    assert (again["status"], again["replayed"]) == ("cancel", True)


async def test_a_replay_of_an_order_long_past_has_its_id(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cid may be remembered longer than its details."""
    alice = await rig.player("alice")
    first = await alice.done("buy", price="900", size="1", cid="x")
    await alice.done("cancel", order_id=first["id"])
    monkeypatch.setattr(rig.game.recent, "order", lambda *_: None)
    again = await alice.done("buy", price="900", size="1", cid="x")
    assert again == {"id": first["id"], "replayed": True}


async def test_a_refused_cid_is_free(rig: Rig) -> None:
    """It named no order."""
    alice = await rig.player("alice")
    assert await alice.refused("buy", price="900", size="100", cid="x") == "FUNDS_QUOTE"
    assert "replayed" not in await alice.done("buy", price="900", size="1", cid="x")


async def test_phases_decide_what_is_accepted(rig: Rig) -> None:
    """Paused, what would trade is refused; closed, all that changes anything."""
    alice = await rig.player("alice")
    first = await alice.done("buy", price="900", size="1")
    second = await alice.done("buy", price="901", size="1")
    await alice.done("pause", secret="open sesame")
    trades = [(command, params) for command, params, _ in ORDERS]
    for command, params in trades:
        assert await alice.refused(command, **params) == "STATE_PAUSED"
    await alice.done("cancel", order_id=first["id"])
    await alice.done("bcast", message="hello")
    await alice.done("cancel_all")
    await alice.done("shutdown", secret="open sesame")
    for command, params in trades:
        assert await alice.refused(command, **params) == "STATE_CLOSED"
    assert await alice.refused("cancel", order_id=second["id"]) == "STATE_CLOSED"
    assert await alice.refused("cancel_all") == "STATE_CLOSED"
    assert await alice.refused("bcast", message="hello") == "STATE_CLOSED"
    assert len(await alice.done("completed")) == 2

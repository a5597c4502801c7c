"""Changing open orders, and taking them back by the name that their owner gave them."""

from typing import Any

from cxgame.model.commands import AddMarket
from cxgame.model.rules import MarketRules
from tests.server.rig import SECRET, Player, Rig

NOW_MS = 1_700_000_000_000
DOGE = MarketRules("DOGE/USD", "DOGE", "USD", tick="0.0001", start_price="0.1", min_price="0.01")


async def bids(player: Player) -> Any:
    """The buying half of the book."""
    return (await player.done("book"))["bids"]


async def test_less_of_an_order_keeps_its_place(rig: Rig) -> None:
    """The first in the queue is still the first to be filled."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900", size="1")
    await bob.done("buy", price="900", size="1")
    reply = await alice("amend", order_id="1", size="0.5")
    assert reply["message"] == "Order amended."
    order = reply["data"]
    assert (order["id"], order["quantity"], order["size"]) == ("1", "0.5000000000", "0.5000000000")
    assert (order["status"], order["usd_used"], order["fills"]) == ("open", "450.00", [])
    await bob.done("sell_market", amount="0.5")
    assert (await alice.done("completed"))[0]["status"] == "filled"


async def test_a_price_that_meets_somebody_trades(rig: Rig) -> None:
    """The reply has the fills, and the order as it is afterwards."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    terms = {"side": "buy", "type": "limit", "price": "900", "size": "1", "cid": "mine"}
    await alice.done("order", **terms)
    await bob.done("sell", price="1000", size="0.4")
    rig.bench.clock.pass_s(5)
    assert await alice.refused("amend", cid="mine", price="1000", post_only=True) == (
        "ORDER_POST_ONLY"
    )
    order = await alice.done("amend", cid="mine", price="1000")
    assert (order["price"], order["filled_size"]) == ("1000.00", "0.4000000000")
    (fill,) = order["fills"]
    assert (fill["role"], fill["order_id"], fill["filled_size"]) == ("taker", "1", "0.4000000000")
    assert fill == (await alice.done("fills"))[0]
    assert await bids(bob) == [["1000.00", "0.6000000000"]]
    over = await alice.done("amend", cid="mine", size="0.4")
    assert over["status"] == "cancel"
    assert await alice.refused("amend", cid="mine", size="1") == "ORDER_NOT_FOUND"
    assert rig.game.engine.violations() == []


async def test_an_order_that_expires_goes_on_to_do_so(rig: Rig) -> None:
    """Amending does not give it another life."""
    alice = await rig.player("alice")
    terms = {"side": "buy", "type": "limit", "price": "900", "size": "1"}
    await alice.done("order", **terms, time_in_force="gtd", expires="+30s")
    order = await alice.done("amend", order_id="1", price="901", size="2")
    assert (order["expires"], order["time_in_force"]) == (NOW_MS // 1000 + 30, "gtd")


async def test_numbers_are_read_by_the_orders_market(rig: Rig) -> None:
    """Whichever it is."""
    alice = await rig.player("alice")
    rig.bench.submit(AddMarket(DOGE))
    await alice.done("buy", price="0.05", size="1000", symbol="DOGE/USD")
    order = await alice.done("amend", order_id="1", price="0.0501")
    assert (order["price"], order["symbol"]) == ("0.0501", "DOGE/USD")


async def test_an_amendment_may_come_too_late(rig: Rig) -> None:
    """Then the order is as it was; so it is while the game is paused."""
    alice = await rig.player("alice")
    await alice.done("buy", price="900", size="1")
    late = {"order_id": "1", "size": "2", "deadline_ms": NOW_MS - 1}
    assert await alice.refused("amend", **late) == "STATE_DEADLINE"
    assert await alice.refused("amend", **(late | {"deadline_ms": 0})) == "STATE_DEADLINE"
    assert (await alice.done("amend", **(late | {"deadline_ms": NOW_MS})))["size"] == "2.0000000000"
    await alice.done("pause", secret=SECRET)
    assert await alice.refused("amend", order_id="1", size="1") == "STATE_PAUSED"
    assert await bids(alice) == [["900.00", "2.0000000000"]]


async def test_a_cid_stands_for_its_order(rig: Rig) -> None:
    """The account's own; others may use the same text."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900", size="1", cid="x")
    await bob.done("buy", price="901", size="1", cid="x")
    reply = await alice("cancel", cid="x")
    assert (reply["status"], reply["message"]) == (True, "Order cancelled and removed.")
    assert await bids(bob) == [["901.00", "1.0000000000"]]
    again = await alice("cancel", cid="x")
    assert (again["code"], again["message"]) == ("ORDER_NOT_FOUND", "Order not found: x")
    assert await bids(bob) == [["901.00", "1.0000000000"]]


async def test_a_batch_amends(rig: Rig) -> None:
    """What it has placed itself, too."""
    alice = await rig.player("alice")
    requests: list[dict[str, Any]] = [
        {"cmd": "buy", "params": {"price": "900", "size": "1", "cid": "x"}},
        {"cmd": "amend", "params": {"cid": "x", "price": "901"}},
    ]
    replies = await alice.done("batch", requests=requests)
    assert [reply["status"] for reply in replies] == [True, True]
    assert await bids(alice) == [["901.00", "1.0000000000"]]

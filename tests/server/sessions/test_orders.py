"""Placing and cancelling orders through a session, as a client sees it."""

import pytest

from tests.server.rig import Rig

SHAPE = {
    "timestamp",
    "id",
    "size",
    "price",
    "side",
    "status",
    "filled_size",
    "user",
    "symbol",
    "quantity",
    "type",
    "time_in_force",
    "average_price",
    "fee",
}


async def test_a_buy_rests_below_the_market_price(rig: Rig) -> None:
    """Its money is held."""
    alice = await rig.player("alice")
    reply = await alice("buy", price="900.00", size="0.5")
    assert reply["message"] == "Buy order placed."
    order = reply["data"]
    assert set(order) == SHAPE | {"usd_used"}
    assert (order["status"], order["size"], order["usd_used"]) == ("open", "0.5000000000", "450.00")
    wallets = await alice.done("wallets")
    assert (wallets["usd"], wallets["held"]["usd"]) == ("9550.00", "450.00")


async def test_a_sell_rests_at_or_above_the_market_price(rig: Rig) -> None:
    """Its coins are held."""
    alice = await rig.player("alice")
    reply = await alice("sell", price=1000, size=0.25)
    assert reply["message"] == "Sell order placed."
    assert set(reply["data"]) == SHAPE
    wallets = await alice.done("wallets")
    assert (wallets["crypto"], wallets["held"]["crypto"]) == ("9.75", "0.25")


async def test_a_market_buy_is_filled_before_its_reply(rig: Rig) -> None:
    """Best price first, any number of resting orders; both sides find their fills."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("sell", price="1100", size="0.1")
    await alice.done("sell", price="1050", size="0.1")
    reply = await bob("buy_market", amount="160.00")
    assert reply["message"] == "Market buy order placed."
    order = reply["data"]
    assert (order["side"], order["status"], order["amount"]) == ("buy_market", "filled", "160.00")
    assert order["price"] == "1000.00"
    assert order["filled_size"] == "0.1500000000"
    assert order["average_price"] == "1066.6666666666"
    (fill, other) = await bob.done("fills")
    assert (fill["price"], fill["filled_size"]) == ("1050.00", "0.1000000000")
    assert (other["price"], other["filled_size"]) == ("1100.00", "0.0500000000")
    assert (other["buy_id"], other["sell_id"], other["role"]) == (order["id"], "1", "taker")
    assert [fill["role"] for fill in await alice.done("fills")] == ["maker", "maker"]


async def test_a_market_sell_is_filled_before_its_reply(rig: Rig) -> None:
    """What nobody bids for is given back at once."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900", size="0.1")
    reply = await bob("sell_market", amount="0.3")
    assert reply["message"] == "Market sell order placed."
    order = reply["data"]
    assert (order["side"], order["status"], order["amount"]) == (
        "sell_market",
        "cancel",
        "0.3000000000",
    )
    assert (order["quantity"], order["filled_size"]) == ("0.3000000000", "0.1000000000")
    wallets = await bob.done("wallets")
    assert (wallets["usd"], wallets["crypto"], wallets["held"]["crypto"]) == (
        "10090.00",
        "9.9",
        "0.0",
    )


async def test_the_full_verb_answers_with_its_fills(rig: Rig) -> None:
    """A limit order that takes, and rests with what is left."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("sell", price="1000", size="0.1")
    order = await bob.placed("buy", "1100", "0.3")
    assert set(order) == SHAPE | {"usd_used", "fills"}
    assert (order["status"], order["size"]) == ("open", "0.2000000000")
    assert (order["filled_size"], order["average_price"]) == ("0.1000000000", "1000.00")
    assert order["usd_used"] == "320.00"
    (fill,) = order["fills"]
    assert fill == (await bob.done("fills"))[0]
    assert (await alice.placed("sell", "1200", "1"))["fills"] == []


@pytest.mark.parametrize("params", [{"size": "0.1"}, {"amount": "100"}])
async def test_a_market_order_of_the_full_verb(rig: Rig, params: dict[str, str]) -> None:
    """A buy may give a quantity or a budget."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("sell", price="1000", size="1")
    order = await bob.done("order", side="buy", type="market", post_only=False, **params)
    assert (order["type"], order["side"], order["status"]) == ("market", "buy", "filled")
    assert order["filled_size"] == "0.1000000000"
    assert len(order["fills"]) == 1


async def test_every_time_in_force(rig: Rig) -> None:
    """gtc rests, ioc ends, fok is all or nothing."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.placed("sell", "1000", "0.1")
    order = {"side": "buy", "type": "limit", "price": "1000", "size": "0.3"}
    refused = await bob("order", **order, time_in_force="fok")
    assert refused["code"] == "ORDER_FOK"
    assert refused["data"] == {"limit": "0.1000000000"}
    ended = await bob.done("order", **order, time_in_force="ioc")
    assert (ended["status"], ended["filled_size"]) == ("cancel", "0.1000000000")
    assert ended["time_in_force"] == "ioc"
    assert (await bob.done("order", **order, time_in_force="gtc"))["status"] == "open"


async def test_post_only_never_takes(rig: Rig) -> None:
    """It would cross: refused."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.placed("sell", "1000", "0.1")
    order = {"side": "buy", "type": "limit", "size": "0.1", "post_only": True}
    assert await bob.refused("order", **order, price="1000") == "ORDER_POST_ONLY"
    assert (await bob.done("order", **order, price="999.99"))["status"] == "open"


async def test_the_self_trade_mode_is_the_takers(rig: Rig) -> None:
    """With `none` one may trade with oneself."""
    alice = await rig.player("alice")
    await alice.placed("sell", "1000", "0.1")
    assert (await alice.placed("buy", "1000", "0.1"))["status"] == "cancel"
    assert (await alice.placed("buy", "1000", "0.1", stp="none"))["status"] == "filled"
    assert len(await alice.done("fills")) == 2


async def test_an_order_is_cancelled_by_its_owner_only(rig: Rig) -> None:
    """Who asks for another's order does not learn that there is one."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    order = await alice.done("buy", price="900", size="1")
    reply = await bob("cancel", order_id=order["id"])
    assert (reply["code"], reply["message"]) == ("ORDER_NOT_FOUND", "Order not found.")
    reply = await alice("cancel", order_id=order["id"])
    assert (reply["message"], reply["data"]) == ("Order cancelled and removed.", None)
    assert await alice.refused("cancel", order_id=order["id"]) == "ORDER_NOT_FOUND"
    assert (await alice.done("wallets"))["usd"] == "10000.00"


async def test_all_orders_are_cancelled_or_those_of_a_side(rig: Rig) -> None:
    """In order of id."""
    alice = await rig.player("alice")
    for price in ("900", "901"):
        await alice.done("buy", price=price, size="1")
    await alice.done("sell", price="1100", size="1")
    await alice.done("buy", price="902", size="1")
    reply = await alice("cancel_all", side="buy", symbol="BTC/USD")
    assert reply["message"] == "Orders cancelled."
    assert reply["data"] == {"cancelled": ["1", "2", "4"]}
    assert await alice.done("cancel_all") == {"cancelled": ["3"]}
    assert await alice.done("cancel_all") == {"cancelled": []}

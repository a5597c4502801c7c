"""Placing and cancelling orders through a session, as a client sees it."""

from typing import Any

import pytest

from tests.server.rig import Player, Rig

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


async def placed(player: Player, side: str, price: str, size: str, **rest: Any) -> dict[str, Any]:
    """An order of the full verb."""
    order = {"side": side, "type": "limit", "price": price, "size": size, **rest}
    return dict(await player.done("order", **order))


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


@pytest.mark.parametrize(
    ("command", "params", "code", "message"),
    [
        (
            "buy",
            {"price": "1000.00", "size": "1"},
            "ORDER_NOT_MAKER",
            "Price must be < market price (1000.00).",
        ),
        (
            "sell",
            {"price": "999.99", "size": "1"},
            "ORDER_NOT_MAKER",
            "Price must be >= market price (1000.00).",
        ),
        ("buy", {"price": "999.99", "size": "11"}, "FUNDS_QUOTE", "Not enough USD."),
        ("sell", {"price": "1000", "size": "10.1"}, "FUNDS_BASE", "Size is > available."),
        (
            "buy",
            {"price": "0.09", "size": "1"},
            "FILTER_MIN_PRICE",
            "Price must be greater than or equal to 0.1",
        ),
        (
            "sell",
            {"price": "1000", "size": "0.000000009"},
            "FILTER_MIN_SIZE",
            "Size must be greater than or equal to 0.00000001",
        ),
        (
            "buy",
            {"price": "900.001", "size": "1"},
            "FILTER_TICK",
            "Price 900.001 is not a multiple of the tick 0.01.",
        ),
        (
            "buy",
            {"price": "900", "size": "1e-11"},
            "PARAM_NUMBER",
            'Invalid "size": not a decimal number of at most 40 characters.',
        ),
        (
            "buy",
            {"price": "900", "size": "0.00000000001"},
            "FILTER_LOT",
            "Size 0.00000000001 is not a multiple of the lot 0.0000000001.",
        ),
        (
            "buy",
            {"price": "900", "size": "1", "symbol": "ETH/USD"},
            "FILTER_SYMBOL",
            "Unknown symbol: ETH/USD.",
        ),
        (
            "buy_market",
            {"amount": "9.99"},
            "FILTER_MIN_AMOUNT",
            "Amount must be greater than or equal to 10.00",
        ),
        ("buy_market", {"amount": "10000.01"}, "FUNDS_QUOTE", "Not enough USD to buy."),
        (
            "buy_market",
            {"amount": "10"},
            "ORDER_NO_MATCH",
            "No available sell orders to match.",
        ),
        ("buy_market", {"amount": "10", "symbol": "x"}, "FILTER_SYMBOL", "Unknown symbol: x."),
        (
            "sell_market",
            {"amount": "0.000000009"},
            "FILTER_MIN_SIZE",
            "Amount must be greater than or equal to 0.00000001",
        ),
        (
            "sell_market",
            {"amount": "11"},
            "FUNDS_BASE",
            "Not enough crypto to sell. 11.0 > 10.0",
        ),
        (
            "sell_market",
            {"amount": "1"},
            "ORDER_NO_MATCH",
            "No available buy orders to match.",
        ),
        ("sell_market", {"amount": "1", "symbol": "x"}, "FILTER_SYMBOL", "Unknown symbol: x."),
        ("cancel_all", {"symbol": "x"}, "FILTER_SYMBOL", "Unknown symbol: x."),
        (
            "order",
            {"side": "buy", "type": "limit", "price": "1", "size": "1", "symbol": "x"},
            "FILTER_SYMBOL",
            "Unknown symbol: x.",
        ),
        (
            "order",
            {"side": "buy", "type": "limit", "price": "x", "size": "1"},
            "PARAM_NUMBER",
            'Invalid "price": not a decimal number of at most 40 characters.',
        ),
        (
            "order",
            {"side": "buy", "type": "limit", "price": "1", "size": True},
            "PARAM_TYPE",
            'Invalid "size": a number as text expected.',
        ),
        (
            "order",
            {"side": "buy", "type": "market", "amount": "1"},
            "FILTER_MIN_AMOUNT",
            "Amount must be greater than or equal to 10.00",
        ),
        (
            "order",
            {"side": "buy", "type": "limit", "size": "1"},
            "PARAM_MISSING",
            'Missing "price" in params.',
        ),
        (
            "order",
            {"side": "buy", "type": "limit", "price": None, "size": "1"},
            "PARAM_MISSING",
            'Missing "price" in params.',
        ),
        ("order", {"side": "buy", "type": "market"}, "PARAM_MISSING", 'Missing "size" in params.'),
        (
            "order",
            {"side": "buy", "type": "limit", "price": "1", "size": "1", "amount": "1"},
            "PARAM_UNKNOWN",
            'Unknown "amount" in params.',
        ),
        (
            "order",
            {"side": "sell", "type": "market", "size": "1", "amount": "10"},
            "PARAM_UNKNOWN",
            'Unknown "amount" in params.',
        ),
        (
            "order",
            {"side": "buy", "type": "market", "size": "1", "amount": "10"},
            "PARAM_UNKNOWN",
            'Unknown "size" in params.',
        ),
        (
            "order",
            {"side": "buy", "type": "market", "size": "1", "price": "1"},
            "PARAM_UNKNOWN",
            'Unknown "price" in params.',
        ),
        (
            "order",
            {"side": "buy", "type": "market", "size": "1", "post_only": True},
            "PARAM_UNKNOWN",
            'Unknown "post_only" in params.',
        ),
        (
            "order",
            {"side": "sell", "type": "market", "size": "1"},
            "ORDER_NO_MATCH",
            "No available orders to match.",
        ),
        ("cancel", {"order_id": "7"}, "ORDER_NOT_FOUND", "Order not found: 7"),
        ("cancel", {"order_id": 7}, "ORDER_NOT_FOUND", "Order not found: 7"),
        ("cancel", {"order_id": "x"}, "ORDER_NOT_FOUND", "Order not found: x"),
        ("cancel", {"order_id": ""}, "ORDER_NOT_FOUND", "Order not found: "),
        ("cancel", {"order_id": "\u0661"}, "ORDER_NOT_FOUND", "Order not found: \u0661"),
        ("cancel", {"order_id": "9" * 40}, "ORDER_NOT_FOUND", "Order not found: " + "9" * 40),
    ],
)
async def test_a_refused_order_has_its_code_and_sentence_and_changes_nothing(
    rig: Rig, command: str, params: dict[str, Any], code: str, message: str
) -> None:
    """The first thing that is wrong is named."""
    alice = await rig.player("alice")
    before = rig.game.engine.state_hash()
    reply = await alice(command, **params)
    assert (reply["code"], reply["message"]) == (code, message)
    assert rig.game.engine.state_hash() == before


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
    order = await placed(bob, "buy", "1100", "0.3")
    assert set(order) == SHAPE | {"usd_used", "fills"}
    assert (order["status"], order["size"]) == ("open", "0.2000000000")
    assert (order["filled_size"], order["average_price"]) == ("0.1000000000", "1000.00")
    assert order["usd_used"] == "320.00"
    (fill,) = order["fills"]
    assert fill == (await bob.done("fills"))[0]
    assert (await placed(alice, "sell", "1200", "1"))["fills"] == []


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
    await placed(alice, "sell", "1000", "0.1")
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
    await placed(alice, "sell", "1000", "0.1")
    order = {"side": "buy", "type": "limit", "size": "0.1", "post_only": True}
    assert await bob.refused("order", **order, price="1000") == "ORDER_POST_ONLY"
    assert (await bob.done("order", **order, price="999.99"))["status"] == "open"


async def test_the_self_trade_mode_is_the_takers(rig: Rig) -> None:
    """With `none` one may trade with oneself."""
    alice = await rig.player("alice")
    await placed(alice, "sell", "1000", "0.1")
    assert (await placed(alice, "buy", "1000", "0.1"))["status"] == "cancel"
    assert (await placed(alice, "buy", "1000", "0.1", stp="none"))["status"] == "filled"
    assert len(await alice.done("fills")) == 2


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
    await placed(maker, "sell", "1000", "0.1")
    await placed(maker, "buy", "950", "0.1")
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
    await placed(alice, "sell", "1000", "0.3", cid="x")
    await placed(bob, "buy", "1000", "0.1")
    again = await placed(alice, "sell", "1000", "0.3", cid="x")
    assert (again["status"], again["filled_size"]) == ("open", "0.1000000000")
    assert [fill["role"] for fill in again["fills"]] == ["maker"]
    await alice.done("cancel", order_id=again["id"])
    again = await placed(alice, "sell", "1000", "0.3", cid="x")
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


async def test_an_order_is_cancelled_by_its_owner_only(rig: Rig) -> None:
    """The sentence for another's order is the seed's."""
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

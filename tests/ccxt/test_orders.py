"""Orders by ccxt, from placing to their end, with the money looked at each time."""

from decimal import Decimal
from typing import Any

import ccxt
import pytest

D = Decimal
SYMBOL, OTHER = "BTC/USDT", "ETH/USDT"


def owns(exchange: Any, code: str) -> tuple[Decimal, Decimal, Decimal]:
    """Free, used and total of an asset; they add up."""
    row = exchange.fetch_balance()[code]
    assert row["free"] + row["used"] == row["total"]
    return row["free"], row["used"], row["total"]


def test_a_life(venue: Any) -> None:
    """Placed, partly filled, canceled: order, trades and funds agree to the last digit."""
    maker, taker = venue.player(), venue.player()
    order = maker.create_order(SYMBOL, "limit", "buy", D("0.3"), D("1000.01"))
    assert (order["status"], order["filled"], order["remaining"]) == ("open", 0, D("0.3"))
    held = D("0.3") * D("1000.01") * D("1.001")  # with the fee, should it take
    assert owns(maker, "USDT") == (10_000 - held, held, 10_000)

    sold = taker.create_order(SYMBOL, "market", "sell", D("0.1"))
    value = D("0.1") * D("1000.01")
    assert (sold["status"], sold["filled"], sold["cost"]) == ("closed", D("0.1"), value)
    assert sold["fee"] == {"cost": value * D("0.001"), "currency": "USDT"}
    assert owns(taker, "USDT")[2] == 10_000 + value * D("0.999")
    assert owns(taker, "BTC") == (D("9.9"), 0, D("9.9"))
    assert owns(maker, "BTC") == (D("10.1"), 0, D("10.1"))
    assert owns(maker, "USDT")[2] == 10_000 - value * D("1.0005")

    now = maker.fetch_order(order["id"], SYMBOL)
    assert (now["status"], now["filled"], now["remaining"]) == ("open", D("0.1"), D("0.2"))
    assert maker.fetch_open_orders(SYMBOL) == [now]
    (trade,) = maker.fetch_my_trades(SYMBOL)
    assert (trade["order"], trade["takerOrMaker"]) == (order["id"], "maker")
    assert (trade["amount"], trade["price"], trade["cost"]) == (D("0.1"), D("1000.01"), value)
    assert trade["fee"] == {"cost": value * D("0.0005"), "currency": "USDT"}

    assert maker.cancel_order(order["id"], SYMBOL)["status"] == "canceled"
    ended = maker.fetch_order(order["id"], SYMBOL)
    assert (ended["status"], ended["filled"]) == ("canceled", D("0.1"))
    assert maker.fetch_open_orders() == []
    assert maker.fetch_closed_orders(SYMBOL) == maker.fetch_orders() == [ended]
    assert owns(maker, "USDT") == (total := 10_000 - value * D("1.0005"), 0, total)
    with pytest.raises(ccxt.OrderNotFound):
        maker.cancel_order(order["id"], SYMBOL)


def test_the_same_order_twice_is_one(venue: Any) -> None:
    """By its clientOrderId; another order under it is refused."""
    player = venue.player()
    placing = (SYMBOL, "limit", "buy", D("0.1"), D(900), {"clientOrderId": "mine"})
    first, again = player.create_order(*placing), player.create_order(*placing)
    assert first["id"] == again["id"]
    assert first["clientOrderId"] == "mine"
    assert len(player.fetch_open_orders()) == 1
    with pytest.raises(ccxt.DuplicateOrderId):
        player.create_order(SYMBOL, "limit", "buy", D("0.2"), D(900), {"clientOrderId": "mine"})


def test_an_order_is_found_and_canceled_by_its_client_order_id(venue: Any) -> None:
    """As open and as ended."""
    player = venue.player()
    player.create_order(SYMBOL, "limit", "buy", D("0.1"), D(900), {"clientOrderId": "it"})
    assert player.fetch_order(None, SYMBOL, {"clientOrderId": "it"})["status"] == "open"
    player.cancel_order(None, SYMBOL, {"clientOrderId": "it"})
    assert player.fetch_order(None, SYMBOL, {"clientOrderId": "it"})["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        player.cancel_order(None, SYMBOL, {"clientOrderId": "it"})
    assert player.fetch_order_with_client_order_id("it", SYMBOL)["clientOrderId"] == "it"


def test_an_order_is_edited_in_place(venue: Any) -> None:
    """It stays the same order; funds follow, and what it trades at once is told."""
    player, other = venue.player(), venue.player()
    order = player.create_order(SYMBOL, "limit", "buy", D("0.3"), D(900))
    less = player.edit_order(order["id"], SYMBOL, "limit", "buy", D("0.2"))
    assert (less["id"], less["amount"], less["price"]) == (order["id"], D("0.2"), 900)
    assert owns(player, "USDT")[1] == D("0.2") * 900 * D("1.001")
    other.create_order(SYMBOL, "market", "sell", D("0.05"))
    other.create_order(SYMBOL, "limit", "sell", D("0.1"), D(950))
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        player.edit_order(order["id"], SYMBOL, "limit", "buy", None, D(950), {"postOnly": True})
    more = player.edit_order(order["id"], SYMBOL, "limit", "buy", D("0.4"), D(950))
    assert (more["status"], more["filled"], more["remaining"]) == ("open", D("0.15"), D("0.25"))
    assert [trade["price"] for trade in more["trades"]] == [950]
    # Of all its fills, which this reply does not have: so of the average, which is rounded.
    assert abs(more["cost"] - (D("0.05") * 900 + D("0.1") * 950)) < D("1e-10")
    with pytest.raises(ccxt.OrderNotFound):
        other.edit_order(order["id"], SYMBOL, "limit", "buy", D("0.1"))


def test_a_switch_cancels_everything(venue: Any) -> None:
    """Unless it is set again in time."""
    player = venue.player()
    player.create_order(SYMBOL, "limit", "buy", D("0.1"), D(900))
    player.cancel_all_orders_after(60_000)
    player.cancel_all_orders_after(0)
    assert len(player.fetch_open_orders()) == 1
    player.cancel_all_orders_after(1)
    for _ in range(500):
        if not player.fetch_open_orders():
            break
    assert player.fetch_open_orders() == []


def test_an_order_may_expire_or_be_tried(venue: Any) -> None:
    """The exchange's own params go through."""
    player = venue.player()
    until = {"timeInForce": "GTD", "expires": "+60s"}
    order = player.create_order(SYMBOL, "limit", "buy", D("0.1"), D(900), until)
    assert (order["status"], order["timeInForce"]) == ("open", "GTD")
    tried = player.create_order(SYMBOL, "limit", "buy", D("0.1"), D(900), {"validate": True})
    assert tried["id"] == "0"
    assert len(player.fetch_open_orders()) == 1


def test_cancel_all_cancels_a_market_or_everything(venue: Any) -> None:
    """And gives every hold back."""
    player = venue.player()
    for symbol in (SYMBOL, OTHER):
        for price in (900, 901):
            player.create_order(symbol, "limit", "buy", D("0.1"), D(price))
    assert {order["symbol"] for order in player.cancel_all_orders(SYMBOL)} == {SYMBOL}
    assert {order["symbol"] for order in player.fetch_open_orders()} == {OTHER}
    assert len(player.cancel_all_orders()) == 2
    assert owns(player, "USDT") == (10_000, 0, 10_000)


def test_time_in_force(venue: Any) -> None:
    """IOC takes what there is, FOK all or nothing, PO never takes."""
    maker, taker = venue.player(), venue.player()
    maker.create_order(SYMBOL, "limit", "sell", D("0.1"), D(1000))
    with pytest.raises(ccxt.OrderNotFillable):
        taker.create_order(SYMBOL, "limit", "buy", D("0.2"), D(1000), {"timeInForce": "FOK"})
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        taker.create_order(SYMBOL, "limit", "buy", D("0.2"), D(1000), {"postOnly": True})
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        taker.create_order(SYMBOL, "limit", "buy", D("0.2"), D(1000), {"timeInForce": "PO"})
    took = taker.create_order(SYMBOL, "limit", "buy", D("0.2"), D(1000), {"timeInForce": "IOC"})
    assert (took["status"], took["filled"], took["timeInForce"]) == ("canceled", D("0.1"), "IOC")
    rests = taker.create_order(SYMBOL, "limit", "buy", D("0.2"), D(999), {"postOnly": True})
    assert (rests["status"], rests["postOnly"]) == ("open", True)
    with pytest.raises(ccxt.OrderNotFillable):
        maker.create_order(OTHER, "market", "buy", D("0.1"), None, {"timeInForce": "IOC"})


def test_a_market_buy_spends_a_cost_or_buys_an_amount(venue: Any) -> None:
    """Whichever is given."""
    maker, taker = venue.player(), venue.player()
    maker.create_order(SYMBOL, "limit", "sell", D(1), D(1000))
    spent = taker.create_market_buy_order_with_cost(SYMBOL, D("50.05"))
    assert (spent["status"], spent["filled"], spent["amount"]) == ("closed", D("0.05"), D("0.05"))
    assert owns(taker, "USDT")[2] == D("9949.95")
    bought = taker.create_order(SYMBOL, "market", "buy", D("0.02"))
    assert (bought["amount"], bought["filled"]) == (D("0.02"), D("0.02"))


def test_lists_know_since_and_limit(venue: Any) -> None:
    """The latest without `since`, the first from there on with it; oldest first."""
    player = venue.player()
    orders = []
    for price in (901, 902, 903):
        orders.append(player.create_order(SYMBOL, "limit", "buy", D("0.1"), D(price)))
        player.sleep(3)
    player.create_order(OTHER, "limit", "buy", D("0.1"), D(900))
    ids = [order["id"] for order in orders]
    assert [o["id"] for o in player.fetch_open_orders(SYMBOL)] == ids
    assert [o["id"] for o in player.fetch_open_orders(SYMBOL, None, 2)] == ids[1:]
    since = orders[1]["timestamp"]
    assert [o["id"] for o in player.fetch_orders(SYMBOL, since, 1)] == ids[1:2]
    player.cancel_all_orders()
    assert [o["id"] for o in player.fetch_closed_orders(SYMBOL, since)] == ids[1:]


def test_more_orders_than_one_page_are_all_found(venue: Any) -> None:
    """Page by page, of one market among others."""
    player = venue.player(rateLimit=0)
    first = player.create_order(OTHER, "limit", "buy", D("0.1"), D(900))
    player.cancel_order(first["id"])
    for number in range(6):
        order = player.create_order(SYMBOL, "limit", "buy", D("0.1"), D(900 + number))
        player.cancel_order(order["id"])
    pages = {"limit": 2}
    (found,) = player.fetch_closed_orders(OTHER, None, None, pages)
    assert found["id"] == first["id"]
    assert len(player.fetch_closed_orders(SYMBOL, first["timestamp"], None, pages)) == 6


def test_an_id_that_is_none_is_not_found(venue: Any) -> None:
    """Nor is somebody else's order."""
    player, other = venue.player(), venue.player()
    theirs = other.create_order(SYMBOL, "limit", "buy", D("0.1"), D(900))
    for id in ("none", "999999999", theirs["id"]):
        with pytest.raises(ccxt.OrderNotFound):
            player.fetch_order(id, SYMBOL)


def test_the_first_trades_from_a_time_on_are_found(venue: Any, monkeypatch: Any) -> None:
    """However many there are and however long ago it is, without reading all of them."""
    monkeypatch.setattr("cxgame.ccxt.lists.MAX_ROWS", 4)
    maker, taker = venue.player(), venue.player(fetchHistoryCacheSize=50)
    maker.create_order(OTHER, "limit", "sell", D(1), D(100))
    for _ in range(12):
        taker.create_order(OTHER, "market", "buy", D("0.01"))
        taker.sleep(3)
    everything = taker.fetch_my_trades(OTHER, 1)
    assert len(everything) == 12
    assert taker.fetch_my_trades(OTHER, 1, 5) == everything[:5]
    assert taker.fetch_my_trades(OTHER, everything[4]["timestamp"], 3) == everything[4:7]
    assert taker.fetch_my_trades(OTHER, None, 3) == everything[-3:]
    assert taker.fetch_my_trades(OTHER, taker.milliseconds() + 1, 3) == []
    ids = [trade["id"] for trade in everything]
    since = everything[0]["timestamp"]
    assert [trade["id"] for trade in taker.fetch_trades(OTHER, since, 12)] == ids
    after = {"after": ids[6]}
    assert [trade["id"] for trade in taker.fetch_my_trades(OTHER, None, 3, after)] == ids[7:10]
    assert [trade["id"] for trade in taker.fetch_trades(OTHER, None, None, after)] == ids[7:]
    until = {"until": everything[4]["timestamp"]}
    assert taker.fetch_my_trades(OTHER, since, 12, until) == everything[:4]

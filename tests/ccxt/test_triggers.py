"""Orders with a trigger by ccxt, from placing to their end, with the money to the last digit."""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any

import ccxt
import pytest

D = Decimal
SYMBOL = "ETH/USDT"
LOT = D("0.0000000001")
TAKER = D("0.001")


@pytest.fixture
def trade_at(venue: Any) -> Callable[[int], None]:
    """Makes the last price what is wanted, by a trade of two strangers."""
    seller, buyer = venue.player(), venue.player()
    # A market knows its last price from its first order with a trigger on.
    first = seller.create_order(SYMBOL, "market", "sell", D("0.1"), None, {"stopLossPrice": D(1)})
    seller.cancel_order(first["id"])

    def trade(price: int) -> None:
        offer = seller.create_order(SYMBOL, "limit", "sell", D("0.001"), D(price))
        buyer.create_order(SYMBOL, "limit", "buy", D("0.001"), D(price), {"timeInForce": "IOC"})
        assert seller.fetch_order(offer["id"])["status"] == "closed"

    return trade


def owns(exchange: Any, code: str) -> tuple[Decimal, Decimal]:
    """Free and used of an asset."""
    row = exchange.fetch_balance()[code]
    assert row["free"] + row["used"] == row["total"]
    return row["free"], row["used"]


def test_a_stop_loss_sells_when_the_price_falls(venue: Any, trade_at: Any) -> None:
    """Armed it holds what it sells; fired it takes, and pays the taker's fee."""
    player, other = venue.player(), venue.player()
    trade_at(100)
    stop = player.create_order(SYMBOL, "market", "sell", D("0.3"), None, {"stopLossPrice": D(99)})
    assert (stop["status"], stop["triggerPrice"], stop["stopLossPrice"]) == ("open", 99, 99)
    assert (stop["amount"], stop["filled"], stop["price"]) == (D("0.3"), 0, None)
    assert player.fetch_open_orders(SYMBOL) == [player.fetch_order(stop["id"])]
    assert owns(player, "ETH") == (D("9.7"), D("0.3"))
    other.create_order(SYMBOL, "limit", "buy", D("0.5"), D("98.57"))
    trade_at(99)
    sold = player.fetch_order(stop["id"])
    assert (sold["status"], sold["filled"], sold["average"]) == ("closed", D("0.3"), D("98.57"))
    assert (sold["triggerPrice"], sold["info"]["trigger"]["armed"]) == (99, False)
    value = D("0.3") * D("98.57")
    (trade,) = player.fetch_my_trades(SYMBOL)
    assert (trade["order"], trade["takerOrMaker"], trade["cost"]) == (stop["id"], "taker", value)
    assert trade["fee"]["cost"] == value * TAKER
    assert owns(player, "ETH") == (D("9.7"), 0)
    assert owns(player, "USDT") == (10_000 + value - value * TAKER, 0)
    assert player.fetch_open_orders() == []


def test_a_take_profit_rests_at_its_price_once_fired(venue: Any, trade_at: Any) -> None:
    """A limit order as any other from then on, which can be edited and canceled."""
    player = venue.player()
    trade_at(100)
    armed = player.create_take_profit_order(SYMBOL, "limit", "sell", D("0.2"), D(105), D(103))
    assert (armed["takeProfitPrice"], armed["price"]) == (103, 105)
    with pytest.raises(ccxt.InvalidOrder, match="ORDER_NOT_AMENDABLE"):
        player.edit_order(armed["id"], SYMBOL, "limit", "sell", D("0.1"))
    assert player.fetch_order_book(SYMBOL)["asks"] == []
    trade_at(104)
    assert player.fetch_order_book(SYMBOL)["asks"] == [[105, D("0.2")]]
    edited = player.edit_order(armed["id"], SYMBOL, "limit", "sell", D("0.1"), D(106))
    assert (edited["status"], edited["amount"], edited["price"]) == ("open", D("0.1"), 106)
    assert owns(player, "ETH") == (D("9.9"), D("0.1"))
    assert player.cancel_order(armed["id"])["status"] == "canceled"
    assert owns(player, "ETH") == (10, 0)


def test_a_stop_buy_holds_what_it_may_cost(venue: Any, trade_at: Any) -> None:
    """By an amount up to its highest price, by a cost the cost; what is not spent comes back."""
    player, other = venue.player(), venue.player()
    trade_at(100)
    by_amount = player.create_order(
        SYMBOL, "market", "buy", D("0.4"), None, {"triggerPrice": D(102), "maxPrice": D(110)}
    )
    held = D("0.4") * 110 * (1 + TAKER)
    assert owns(player, "USDT") == (10_000 - held, held)
    by_cost = player.create_market_buy_order_with_cost(SYMBOL, D(50), {"triggerPrice": D(103)})
    assert owns(player, "USDT") == (10_000 - held - 50, held + 50)
    assert (by_cost["amount"], by_cost["status"]) == (None, "open")
    other.create_order(SYMBOL, "limit", "sell", D(5), D("104.5"))
    trade_at(103)
    price = D("104.5")
    bought = (50 / (price * (1 + TAKER))).quantize(LOT, rounding=ROUND_DOWN)
    amounts = [player.fetch_order(each["id"])["filled"] for each in (by_amount, by_cost)]
    assert amounts == [D("0.4"), bought]
    value = (D("0.4") + bought) * price
    assert owns(player, "USDT") == (10_000 - value - value * TAKER, 0)
    assert owns(player, "ETH") == (10 + D("0.4") + bought, 0)
    with pytest.raises(ccxt.ArgumentsRequired):
        player.create_order(SYMBOL, "market", "buy", D("0.4"), None, {"triggerPrice": D(120)})


@pytest.mark.parametrize(
    ("params", "fires_at"),
    [({"trailingAmount": D(4)}, D(106)), ({"trailingPercent": D(10)}, D(99))],
    ids=["amount", "percent"],
)
def test_a_trailing_stop_follows_the_price(
    venue: Any, trade_at: Any, params: Any, fires_at: Any
) -> None:
    """Up with it, never down; it fires when the price comes back so far."""
    player, other = venue.player(), venue.player()
    trade_at(100)
    order = player.create_order(SYMBOL, "market", "sell", D("0.1"), None, params)
    for price in (110, 108):
        trade_at(price)
    armed = player.fetch_order(order["id"])
    assert (armed["status"], armed["triggerPrice"]) == ("open", fires_at)
    other.create_order(SYMBOL, "limit", "buy", D(1), D(90))
    trade_at(int(fires_at))
    sold = player.fetch_order(order["id"])
    assert (sold["status"], sold["average"], sold["triggerPrice"]) == ("closed", 90, fires_at)
    assert owns(player, "USDT") == (10_000 + 9 - 9 * TAKER, 0)


def test_a_cancel_gives_back_what_was_held(venue: Any, trade_at: Any) -> None:
    """Of one by its clientOrderId, and of all."""
    player = venue.player()
    trade_at(100)
    for number, price in enumerate((95, 96, 97)):
        words = {"triggerPrice": D(price), "clientOrderId": f"stop{number}"}
        player.create_order(SYMBOL, "limit", "sell", D("1.5"), D(90), words)
    assert owns(player, "ETH") == (D("5.5"), D("4.5"))
    again = {"triggerPrice": D(95), "clientOrderId": "stop0"}
    player.create_order(SYMBOL, "limit", "sell", D("1.5"), D(90), again)
    assert owns(player, "ETH") == (D("5.5"), D("4.5"))
    player.cancel_order(None, SYMBOL, {"clientOrderId": "stop0", "trigger": True})
    assert owns(player, "ETH") == (7, 3)
    assert len(player.cancel_all_orders(SYMBOL)) == 2
    assert owns(player, "ETH") == (10, 0)
    ended = player.fetch_closed_orders(SYMBOL, None, None, {"trigger": True})
    assert [(order["status"], order["triggerPrice"]) for order in ended] == [
        ("canceled", 95),
        ("canceled", 96),
        ("canceled", 97),
    ]


def test_a_trigger_that_has_been_reached_is_refused(venue: Any, trade_at: Any) -> None:
    """By the last price or, if the order says so, by the mid."""
    player = venue.player()
    trade_at(100)
    place = (SYMBOL, "market", "sell", D("0.1"), None)
    for price in (100, 101):
        with pytest.raises(ccxt.OrderImmediatelyFillable, match="ORDER_WOULD_TRIGGER"):
            player.create_order(*place, {"triggerPrice": D(price)})
    by_mid = {"triggerPriceType": "mid"}  # which is 1000 in this game
    with pytest.raises(ccxt.OrderImmediatelyFillable, match="ORDER_WOULD_TRIGGER"):
        player.create_order(*place, {"triggerPrice": D(1000), **by_mid})
    order = player.create_order(*place, {"triggerPrice": D(999), **by_mid})
    assert (order["status"], order["info"]["trigger"]["by"]) == ("open", "mid")
    with pytest.raises(ccxt.BadRequest, match="trigger_by"):
        player.create_order(*place, {"triggerPrice": D(50), "triggerPriceType": "mark"})


def test_a_kind_can_be_asked_for(venue: Any, trade_at: Any) -> None:
    """Among the open orders, which show them all."""
    player = venue.player()
    trade_at(100)
    player.create_order(SYMBOL, "limit", "buy", D(1), D(50))
    player.create_stop_limit_order(SYMBOL, "buy", D(1), D(112), D(111))
    player.create_trailing_percent_order(SYMBOL, "market", "sell", D(1), None, D(5))
    for params, count in (({}, 3), ({"trigger": True}, 2), ({"trailing": True}, 1)):
        assert len(player.fetch_open_orders(SYMBOL, None, None, params)) == count

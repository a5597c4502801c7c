"""What an account may do: every kind of order, cancels, and looking at what is its own."""

from decimal import Decimal
from typing import Any

import pytest

from cxgame.exchange import Account, Exchange, OrderRefused, Side, TimeInForce

D = Decimal


@pytest.fixture
def exchange() -> Exchange:
    """Two accounts; bob sells 1 BTC at 1000 and 2 at 1001. Takers pay a hundredth."""
    exchange = Exchange(taker_fee="0.01")
    exchange.account("ann")
    bob = exchange.account("bob")
    bob.sell(1, 1000)
    bob.sell(2, 1001)
    return exchange


@pytest.fixture
def ann(exchange: Exchange) -> Account:
    """The taker."""
    return exchange.account("ann")


def code_of(account: Account, *order: object, **options: object) -> str:
    """The code with which an order is refused; the state must be as before."""
    exchange = account._exchange
    before = exchange.state_hash()
    with pytest.raises(OrderRefused) as refused:
        account.place(*order, **options)  # type: ignore[arg-type]
    assert exchange.state_hash() == before
    return refused.value.code


# Placing


def test_a_limit_order_rests(ann: Account) -> None:
    """With its hold, fee included, until it is cancelled."""
    order = ann.buy("0.5", "900.00")
    assert (order.status, order.type, order.side) == ("open", "limit", "buy")
    assert (order.quantity, order.left, order.filled) == (D("0.5"), D("0.5"), D(0))
    assert order.average_price is None
    assert ann.balance("USD").held == D("454.5")
    assert ann.orders() == [order]
    assert ann.cancel(order).status == "cancel"
    assert ann.orders() == []
    assert ann.balance("USD").held == 0


def test_a_limit_order_takes_what_is_better(ann: Account) -> None:
    """At the resting orders' prices, and rests with the remainder."""
    order = ann.buy(4, 1001)
    assert (order.filled, order.left, order.value, order.fee) == (D(3), D(1), D(3002), D("30.02"))
    assert order.average_price == D(3002) / 3
    assert order.is_open


def test_a_market_order_takes_a_quantity(ann: Account) -> None:
    """And its fills say at which price each part was."""
    order = ann.buy("1.5")
    assert (order.type, order.status, order.value) == ("market", "filled", D("1500.5"))
    assert [(fill.price, fill.quantity, fill.fee) for fill in ann.fills()] == [
        (D(1000), D(1), D(10)),
        (D(1001), D("0.5"), D("5.005")),
    ]


def test_a_budget_pays_for_fees_too(ann: Account) -> None:
    """A buy for 505 dollars gets half a coin."""
    order = ann.buy(budget=505)
    assert (order.filled, order.fee, order.quantity) == (D("0.5"), D(5), D(0))
    assert ann.balance("USD").total == D(9495)


def test_immediate_or_cancel(ann: Account) -> None:
    """What does not trade at once is cancelled."""
    order = ann.place("buy", 2, 1000, time_in_force="ioc")
    assert (order.filled, order.left, order.status) == (D(1), D(1), "cancel")


def test_fill_or_kill(ann: Account) -> None:
    """All of it or nothing."""
    assert code_of(ann, "buy", 4, 1001, time_in_force="fok") == "ORDER_FOK"
    assert ann.place("buy", 3, 1001, time_in_force="fok").status == "filled"


def test_post_only(ann: Account) -> None:
    """Refused rather than traded on arrival."""
    assert code_of(ann, "buy", 1, 1000, post_only=True) == "ORDER_POST_ONLY"
    assert ann.place("buy", 1, "999.99", post_only=True).is_open


def test_the_taker_chooses_what_a_meeting_with_oneself_does(exchange: Exchange) -> None:
    """Here they trade: two fills, of one trade."""
    bob = exchange.account("bob")
    assert bob.buy("0.25", stp="none").status == "filled"
    assert [(fill.id, fill.side, fill.role) for fill in bob.fills()] == [
        (1, "buy", "taker"),
        (1, "sell", "maker"),
    ]


def test_a_repeated_cid_finds_its_order(ann: Account) -> None:
    """Open or over; with another body it is refused."""
    order = ann.buy(1, 900, cid="one")
    assert ann.buy(1, 900, cid="one") == order
    ann.cancel(order)
    assert ann.buy(1, 900, cid="one").status == "cancel"
    assert code_of(ann, "buy", 2, 900, cid="one") == "ORDER_CID_REUSED"


def test_a_cid_whose_order_is_not_kept_says_so() -> None:
    """Who keeps nothing cannot be shown it again."""
    ann = Exchange(keep=0).account("ann")
    ann.cancel(ann.buy(1, 900, cid="one"))
    with pytest.raises(LookupError, match="one"):
        ann.buy(1, 900, cid="one")


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (("buy", 1, "900.001"), "FILTER_TICK"),
        (("buy", "0.00000000001", 900), "FILTER_LOT"),
        (("buy", "0.000000001", 900), "FILTER_MIN_SIZE"),
        (("buy", 0, 900), "FILTER_MIN_SIZE"),
        (("buy", -1, 900), "FILTER_MIN_SIZE"),
        (("buy", 1, 0), "FILTER_MIN_PRICE"),
        (("buy", 1, "1e15"), "FILTER_MAX"),
        (("buy", 1, float("nan")), "PARAM_NUMBER"),
        (("buy", True, 900), "PARAM_NUMBER"),
        (("buy", "1_000", 900), "PARAM_NUMBER"),
        (("buy", D("1e5000000"), 900), "PARAM_NUMBER"),
        (("buy", 100, 900), "FUNDS_QUOTE"),
        (("sell", 11), "FUNDS_BASE"),
        (("sell", 1), "ORDER_NO_MATCH"),
    ],
)
def test_a_refusal_has_its_code(ann: Account, order: tuple[object, ...], code: str) -> None:
    """That of the server's reply, and nothing is changed."""
    assert code_of(ann, *order) == code


@pytest.mark.parametrize("budget", ["9.99", 0, -5, "x", "1e-30"])
def test_a_budget_has_a_minimum(ann: Account, budget: object) -> None:
    """And must be a number."""
    expected = "PARAM_NUMBER" if budget in ("x", "1e-30") else "FILTER_MIN_AMOUNT"
    assert code_of(ann, "buy", budget=budget) == expected


@pytest.mark.parametrize(
    "order",
    [
        {"side": "buy"},
        {"side": "sell", "budget": 50},
        {"side": "buy", "budget": 50, "quantity": 1},
        {"side": "buy", "budget": 50, "price": 1},
        {"side": "BUY", "quantity": 1},
        {"side": "buy", "quantity": 1, "time_in_force": "gtd"},
        {"side": "buy", "quantity": 1, "stp": "maybe"},
    ],
)
def test_what_makes_no_order_is_a_mistake(ann: Account, order: dict[str, object]) -> None:
    """ValueError, not a refusal: the program is wrong, not the market."""
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        ann.place(**order)  # type: ignore[arg-type]


# The quick way


def test_lots_and_ticks_place_the_same_orders() -> None:
    """Limit, market, and the options: the same state as in decimals."""
    slow, quick = Exchange(lot="0.01"), Exchange(lot="0.01")
    ann, bob = slow.account("ann"), slow.account("bob")
    ann.sell("1.5", "1000.01")
    ann.place("sell", 1, 1100, post_only=True)
    bob.buy("0.5")
    bob.place("buy", "3", "1000.50", time_in_force="ioc")
    cat, dan = quick.account("ann"), quick.account("bob")
    ids = [
        cat.place_lots(Side.SELL, 150, 100_001),
        cat.place_lots(Side.SELL, 100, 110_000, post_only=True),
        dan.place_lots(Side.BUY, 50),
        dan.place_lots(Side.BUY, 300, 100_050, time_in_force=TimeInForce.IOC),
    ]
    assert ids == [1, 2, 3, 4]
    assert quick.state_hash() == slow.state_hash()


@pytest.mark.parametrize(("lots", "ticks"), [(1.0, 5), (1, 5.0), ("1", 5), (True, 5)])
def test_the_quick_way_takes_whole_numbers_only(ann: Account, lots: object, ticks: object) -> None:
    """A float must not reach the engine."""
    with pytest.raises(TypeError, match="whole numbers"):
        ann.place_lots(Side.BUY, lots, ticks)  # type: ignore[arg-type]


def test_the_quick_way_refuses_as_well(ann: Account) -> None:
    """Nothing, less than nothing, and too much."""
    for lots, ticks in ((0, 90_000), (-1, 90_000), (10**10, 0), (10**13, 90_000)):
        with pytest.raises(OrderRefused):
            ann.place_lots(Side.BUY, lots, ticks)


@pytest.mark.parametrize("wrong", [{"side": "buy"}, {"side": 7}, {"time_in_force": "ioc"}])
def test_the_quick_way_takes_no_words(ann: Account, wrong: dict[str, Any]) -> None:
    """A side that is none would be a sell; and nothing is left of what was refused."""
    before = ann.balances(), ann.orders()
    with pytest.raises(TypeError, match="not words"):
        ann.place_lots(**{"side": Side.BUY, "lots": 10**9, "ticks": 90_000, **wrong})
    assert (ann.balances(), ann.orders()) == before


@pytest.mark.parametrize("kind", [TimeInForce.DAY, TimeInForce.GTD])
def test_an_order_that_nothing_would_end_is_refused(ann: Account, kind: TimeInForce) -> None:
    """Here are no rounds and no times."""
    with pytest.raises(ValueError, match=kind.name):
        ann.place_lots(Side.BUY, 10**9, 90_000, time_in_force=kind)
    assert ann.orders() == []


def test_a_cid_is_text(ann: Account) -> None:
    """A number could be written down in a record, and not be read again."""
    with pytest.raises(TypeError, match="cid"):
        ann.buy(1, 900, cid=5)  # type: ignore[typeddict-item]


# Cancelling, looking


def test_only_ones_own_orders_can_be_cancelled(exchange: Exchange, ann: Account) -> None:
    """By the order or its id, once."""
    theirs = exchange.account("bob").orders()[0]
    mine = ann.buy(1, 900)
    for order in (theirs, theirs.id, 99):
        with pytest.raises(OrderRefused, match="ORDER_NOT_FOUND"):
            ann.cancel(order)
    ann.cancel(mine.id)
    with pytest.raises(OrderRefused, match="ORDER_NOT_FOUND"):
        ann.cancel(mine)


def test_many_orders_are_cancelled_at_once() -> None:
    """All, those of a market, or of a side."""
    exchange = Exchange(["BTC/USD", "ETH/USD"])
    ann = exchange.account("ann")
    for symbol in exchange.symbols:
        ann.buy(1, 900, symbol=symbol)
        ann.sell(1, 1100, symbol=symbol)
    assert [order.id for order in ann.orders("ETH/USD")] == [3, 4]
    assert ann.cancel_all("BTC/USD", "sell") == (2,)
    assert ann.cancel_all("ETH/USD") == (3, 4)
    assert ann.cancel_all() == (1,)
    assert ann.cancel_all() == ()


def test_fills_can_be_asked_for_by_market() -> None:
    """And show who rested."""
    exchange = Exchange(["BTC/USD", "ETH/USD"], maker_fee="0.001", taker_fee="0.002")
    ann, bob = exchange.account("ann"), exchange.account("bob")
    for symbol in exchange.symbols:
        ann.sell(1, 1000, symbol=symbol)
        bob.buy(1, symbol=symbol)
    (maker,), (taker,) = ann.fills("ETH/USD"), bob.fills("ETH/USD")
    assert (maker.role, maker.side, maker.fee) == ("maker", "sell", D(1))
    assert (taker.role, taker.side, taker.fee) == ("taker", "buy", D(2))
    assert (maker.order, taker.order, maker.symbol) == (3, 4, "ETH/USD")
    assert (len(ann.fills()), repr(ann)) == (2, "Account(ann)")


def test_an_asset_that_is_not_traded_is_a_mistake(ann: Account) -> None:
    """ValueError."""
    with pytest.raises(ValueError, match="DOGE"):
        ann.balance("DOGE")

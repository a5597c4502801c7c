"""What is refused before the book is looked at: each check at its bound, in its order."""

from typing import Any

import pytest
from msgspec.structs import replace

from cxgame.engine.checking import amount_needed, check, enough, may_rest
from cxgame.engine.orders import Order
from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderType, SelfTrade, Side, TimeInForce, Verb
from cxgame.model.errors import Rejection
from cxgame.model.units import MAX_LOTS, MAX_TICKS, ONE
from tests.engine.desk import ALICE, BTC, MARKET, USD, Desk

STRICT = replace(MARKET, min_price="10", min_size="5", min_amount="100", tick="0.5", lot="0.1")


def order(desk: Desk, side: Side = Side.BUY, **fields: Any) -> Order:
    """An order of alice's, not placed yet: 50 lots at 100 ticks, or a budget in coins."""
    budget = fields.pop("budget", 0) * ONE
    command = PlaceOrder(
        ALICE,
        0,
        fields.get("verb", Verb.ORDER),
        side,
        fields.get("type", OrderType.LIMIT),
        fields.get("price", 100),
        0 if budget else fields.get("quantity", 50),
        str(budget) if budget else "",
        fields.get("time_in_force", TimeInForce.GTC),
    )
    return Order(1, command, command.price, budget, SelfTrade.NONE, 0)


def verdict(desk: Desk, candidate: Order, max_open_orders: int = 0) -> Rejection | None:
    """What `check` says of an order."""
    place, account = desk.engine.markets[0], desk.engine.accounts[ALICE]
    amount = amount_needed(place.market, candidate)
    return check(place, account, candidate, amount, max_open_orders)


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"price": 20}, None),
        ({"price": 19}, ("FILTER_MIN_PRICE", "10", "9.5")),
        ({"quantity": 50}, None),
        ({"quantity": 49}, ("FILTER_MIN_SIZE", "5", "4.9")),
        ({"price": MAX_TICKS}, ("FUNDS_QUOTE", "10000.00", "2500000000000000.00")),
        ({"price": MAX_TICKS + 1}, ("FILTER_MAX", "500000000000000.0", "500000000000000.5")),
        ({"quantity": MAX_LOTS}, ("FUNDS_QUOTE", "10000.00", "5000000000000000000.00")),
        (
            {"quantity": MAX_LOTS + 1},
            ("FILTER_MAX", "100000000000000000.0", "100000000000000000.1"),
        ),
        ({"type": OrderType.MARKET, "price": 1, "budget": 100}, None),
        ({"type": OrderType.MARKET, "budget": 99}, ("FILTER_MIN_AMOUNT", "100", "99.00")),
        ({"type": OrderType.MARKET, "budget": 10_000}, None),
        ({"type": OrderType.MARKET, "budget": 10_001}, ("FUNDS_QUOTE", "10000.00", "10001.00")),
    ],
)
def test_a_bound_is_kept_to_the_tick_and_the_lot(
    fields: dict[str, Any], refused: tuple[str, str, str] | None
) -> None:
    """The last value within passes; the first beyond is refused with the bound and what was got."""
    desk = Desk(STRICT)
    rejection = verdict(desk, order(desk, **fields))
    facts = rejection and (rejection.code, rejection.facts["limit"], rejection.facts["got"])
    assert facts == refused


@pytest.mark.parametrize(
    ("verb", "side", "price", "refused"),
    [
        (Verb.BUY, Side.BUY, 100, None),  # 50.00, the mid is 50.25
        (Verb.BUY, Side.BUY, 101, "Price must be < market price (50.25)."),
        (Verb.SELL, Side.SELL, 101, None),
        (Verb.SELL, Side.SELL, 100, "Price must be >= market price (50.25)."),
        (Verb.ORDER, Side.BUY, 101, None),
    ],
)
def test_the_verbs_buy_and_sell_are_for_makers(
    verb: Verb, side: Side, price: int, refused: str | None
) -> None:
    """Half a tick counts; the full verb may take."""
    desk = Desk(STRICT)
    desk.engine.markets[0].mid2 = 201
    rejection = verdict(desk, order(desk, side, verb=verb, price=price))
    assert (rejection and rejection.text) == refused


def test_open_orders_are_counted_only_for_what_may_rest() -> None:
    """n may rest, n + 1 may not; what never rests always may come. 0 is no limit."""
    desk = Desk()
    desk.buy(ALICE, 1, 90)
    resting, passing = order(desk), order(desk, time_in_force=TimeInForce.IOC)
    assert verdict(desk, resting, 2) is None
    refusal = verdict(desk, resting, 1)
    assert refusal is not None
    assert (refusal.code, refusal.facts) == ("LIMIT_ORDERS", {"limit": "1", "got": "1"})
    assert verdict(desk, passing, 1) is None
    assert verdict(desk, resting, 0) is None
    assert may_rest(resting)
    assert not may_rest(passing)
    assert not may_rest(order(desk, type=OrderType.MARKET))


def test_what_an_order_needs() -> None:
    """A sell its lots, a limit buy its value and the fee, a budget itself, the rest a plan."""
    desk = Desk(replace(MARKET, taker_fee="0.01"))
    market = desk.engine.markets[0].market
    assert amount_needed(market, order(desk, Side.SELL)) == 50 * ONE
    assert amount_needed(market, order(desk)) == 5_050 * ONE
    assert amount_needed(market, order(desk, type=OrderType.MARKET, budget=7)) == 7 * ONE
    assert amount_needed(market, order(desk, type=OrderType.MARKET)) == 0


def test_all_that_is_free_is_enough() -> None:
    """And not a unit more; the refusal names the asset."""
    desk = Desk()
    market, account = desk.engine.markets[0].market, desk.engine.accounts[ALICE]
    for side, column, code, asset in (
        (Side.BUY, USD, "FUNDS_QUOTE", "USD"),
        (Side.SELL, BTC, "FUNDS_BASE", "BTC"),
    ):
        assert enough(market, account, side, account.free[column]) is None
        refusal = enough(market, account, side, account.free[column] + 1)
        assert refusal is not None
        assert (refusal.code, refusal.facts["asset"]) == (code, asset)

"""Money from outside: deposits, withdrawals, an admin's hand.

alice and bob have 10,000 USD and 100 BTC each; the mid is 100.
"""

from typing import Any

import pytest

from cxgame.engine.funds import worth
from cxgame.model.commands import (
    Deposit,
    Pause,
    PlacePending,
    ResetAccounts,
    SetBalance,
    StartRound,
    Tick,
    Withdraw,
)
from cxgame.model.enums import OrderStatus, OrderType, Reason, SellFee
from cxgame.model.events import BalanceSet, Deposited, Withdrawn
from cxgame.model.units import MAX_UNITS, ONE
from tests.engine.desk import ALICE, BOB, BTC, USD, Desk, kinds
from tests.engine.funds_desk import done, flows, holds, refused, set_balance, units
from tests.engine.pending_desk import BUY, CHARGED, SELL
from tests.engine.test_snapshot_load import reloaded


def test_a_deposit_comes_from_the_house_and_is_remembered_with_its_value() -> None:
    """In the cash asset at the mid of the time."""
    desk = Desk(cash_asset="USD")
    (event,) = done(desk, Deposit(ALICE, "BTC", units(3))).events
    assert event == Deposited(ALICE, "BTC", units(3), units(300))
    desk.do(Tick(0, 1, 104, 106))
    done(desk, Deposit(ALICE, "BTC", units(1)))
    done(desk, Deposit(ALICE, "USD", units(7)))
    assert desk.owns(ALICE) == {"BTC": (104, 0), "USD": (10_007, 0)}
    assert flows(desk, "deposits") == {"BTC": (4, 405), "USD": (7, 7)}
    assert flows(desk, "withdrawals") == {}


def test_only_what_is_free_can_be_withdrawn() -> None:
    """To the last unit; what orders hold stays."""
    desk = Desk(cash_asset="USD")
    desk.buy(ALICE, 10, 90)
    too_much = Withdraw(ALICE, "USD", str(9_100 * ONE + 1))
    assert refused(desk, too_much) == (
        "FUNDS_WITHDRAWAL",
        {"asset": "USD", "limit": "9100.0", "got": "9100." + "0" * 23 + "1"},
    )
    (event,) = done(desk, Withdraw(ALICE, "USD", units(9_100))).events
    assert event == Withdrawn(ALICE, "USD", units(9_100), units(9_100))
    assert desk.owns(ALICE)["USD"] == (0, 900)
    assert flows(desk, "withdrawals") == {"USD": (9_100, 9_100)}


@pytest.mark.parametrize("amount", [0, ONE])
def test_an_asset_that_nobody_knows_cannot_be_withdrawn(amount: int) -> None:
    """Not even nothing of it."""
    code, facts = refused(Desk(), Withdraw(ALICE, "GOLD", str(amount)))
    assert code == "FUNDS_WITHDRAWAL"
    assert facts == {"asset": "GOLD", "limit": "0.0", "got": f"{amount // ONE}.0"}


def test_an_asset_without_a_market_can_be_given_and_taken() -> None:
    """It is worth nothing that is known; every account has a place for it from then on."""
    desk = Desk(cash_asset="USD")
    (event,) = done(desk, Deposit(ALICE, "GOLD", units(5))).events
    assert event == Deposited(ALICE, "GOLD", units(5), "0")
    desk.engine = reloaded(desk.engine)
    assert refused(desk, Withdraw(BOB, "GOLD", "1"))[0] == "FUNDS_WITHDRAWAL"
    done(desk, Withdraw(ALICE, "GOLD", units(5)))
    assert desk.owns(ALICE)["GOLD"] == (0, 0)


def test_amounts_at_the_bounds() -> None:
    """Nothing, one unit, and the largest amount again and again; the house alone is in debt."""
    desk = Desk(cash_asset="USD")
    for amount in (0, 1, MAX_UNITS, MAX_UNITS):
        done(desk, Deposit(ALICE, "BTC", str(amount)))
    account, house = desk.engine.accounts[ALICE], desk.engine.house
    assert account.free[BTC] == 100 * ONE + 2 * MAX_UNITS + 1
    assert house.free[BTC] == -200 * ONE - 2 * MAX_UNITS - 1
    assert account.deposits["BTC"].value == 200 * MAX_UNITS + 100
    done(desk, Withdraw(ALICE, "BTC", str(account.free[BTC])))
    assert account.free[BTC] == 0
    assert refused(desk, Withdraw(ALICE, "BTC", "1"))[0] == "FUNDS_WITHDRAWAL"
    done(desk, SetBalance(ALICE, "BTC", str(MAX_UNITS), str(MAX_UNITS)))
    assert (account.free[BTC], account.held[BTC]) == (MAX_UNITS, MAX_UNITS)
    done(desk, SetBalance(ALICE, "BTC", "0", "0"))


@pytest.mark.parametrize("kind", [Deposit, Withdraw, SetBalance])
def test_a_negative_amount_is_a_bug_of_the_caller(kind: Any) -> None:
    """And no business no: nobody but a face that does not check can ask for it."""
    with pytest.raises(ArithmeticError):
        Desk().do(kind(ALICE, "USD", "-1"))


def test_what_an_amount_is_worth_is_rounded_down() -> None:
    """At a mid between two ticks; in the cash asset itself it is what it is."""
    desk = Desk(cash_asset="USD")
    desk.do(Tick(0, 1, 100, 101))
    assert worth(desk.engine, "BTC", 2) == 201
    assert worth(desk.engine, "BTC", 3) == 301
    assert worth(desk.engine, "USD", 3) == 3
    assert worth(Desk().engine, "BTC", 3) == 300, "in the first market's quote"


# An admin's hand


def test_set_balance_puts_free_where_it_is_wanted_and_leaves_held() -> None:
    """The house gives or takes the difference."""
    desk = Desk()
    desk.buy(ALICE, 10, 90)
    for free in (20_000, 0):
        (event,) = set_balance(desk, "USD", free).events
        assert event == BalanceSet(ALICE, "USD", units(free), units(900))
        assert desk.owns(ALICE)["USD"] == (free, 900)
    assert desk.engine.house.free[USD] == (-10_000 - 900) * ONE


def test_held_above_what_orders_hold_is_an_admins_hold() -> None:
    """It belongs to no order, stays when they end, and is part of what the account owns."""
    desk = Desk()
    order = desk.buy(ALICE, 10, 90)
    set_balance(desk, "USD", 50, 1_000)
    account = desk.engine.accounts[ALICE]
    assert account.admin_held == {"USD": 100 * ONE}
    assert holds([order]) == [(900, False)]
    desk.do(Tick(0, 1, 80, 81))
    desk.sell(BOB, 10, 90)
    assert desk.owns(ALICE)["USD"] == (50, 100)
    assert refused(desk, Withdraw(ALICE, "USD", units(51)))[0] == "FUNDS_WITHDRAWAL"
    desk.engine = reloaded(desk.engine)
    assert desk.engine.accounts[ALICE].admin_held == {"USD": 100 * ONE}
    set_balance(desk, "USD", 50, 0)
    assert desk.engine.accounts[ALICE].admin_held == {}
    assert desk.owns(ALICE)["USD"] == (50, 0)


def test_held_below_what_orders_hold_cuts_the_newest_first() -> None:
    """As far as each one's hold goes; what lies further back is left alone."""
    desk = Desk()
    orders = [desk.buy(ALICE, 10, price) for price in (90, 80, 70)]
    orders.append(desk.sell(ALICE, 10, 110))
    set_balance(desk, "USD", 0, 1_200)
    assert holds(orders) == [(900, False), (300, True), (0, True), (10, False)]
    set_balance(desk, "USD", 0, 1_200)
    assert holds(orders) == [(900, False), (300, True), (0, True), (10, False)]
    set_balance(desk, "USD", 0, 0)
    assert holds(orders) == [(0, True), (0, True), (0, True), (10, False)]
    set_balance(desk, "USD", 0, 5)
    assert desk.engine.accounts[ALICE].admin_held == {"USD": 5 * ONE}


def test_a_cut_reaches_orders_that_wait_and_fees_that_are_held() -> None:
    """A seller's fee is quote as a buyer's hold is."""
    desk = Desk(CHARGED, sell_fee=SellFee.HOLD)
    buy = desk.do(PlacePending(ALICE, 0, BUY, OrderType.MARKET, 0, 1, 50)).order
    sell = desk.do(PlacePending(ALICE, 0, SELL, OrderType.MARKET, 0, 2, 50)).order
    assert buy is not None
    assert sell is not None
    assert (buy.hold, sell.hold, sell.fee_hold) == (110 * ONE, 2 * ONE, 20 * ONE)
    set_balance(desk, "USD", 0, 100)
    assert (buy.hold, sell.hold, sell.fee_hold) == (100 * ONE, 2 * ONE, 0)
    assert (buy.short, sell.short) == (True, True)
    desk.engine = reloaded(desk.engine)
    assert [order.short for order in desk.engine.orders.values()] == [True, True]


def test_an_order_that_was_cut_is_rejected_by_whoever_meets_it() -> None:
    """And the one behind it trades; what is left of its hold is released."""
    desk = Desk()
    cut, behind = desk.sell(ALICE, 5, 100), desk.sell(BOB, 5, 100)
    set_balance(desk, "BTC", 0, 4)
    applied = desk.place(BOB, BUY, 1, 99)
    assert cut.status is OrderStatus.OPEN, "not before it is met"
    done(desk, ResetAccounts((BOB,)))
    assert behind.status is OrderStatus.CANCEL
    set_up = done(desk, SetBalance(BOB, "USD", units(1_000)))
    assert kinds(set_up.events) == ["BalanceSet"]
    applied = desk.place(BOB, BUY, 2, 100)
    assert kinds(applied.events) == ["OrderPlaced", "OrderRejected"]
    assert (cut.status, cut.reason) == (OrderStatus.REJECTED, Reason.REJECTED)
    assert cut.comment == "Insufficient BTC reserved for sell (need 5.00000000, have 4.00000000)"
    assert desk.owns(ALICE)["BTC"] == (4, 0)
    assert applied.order is not None
    assert applied.order.level is not None
    assert applied.ended == [cut]


def test_a_cut_order_of_the_own_team_is_rejected_too() -> None:
    """It cannot be filled, whatever the self-trade mode would do with it."""
    desk = Desk()
    cut = desk.sell(ALICE, 5, 100)
    set_balance(desk, "BTC", 0, 4)
    assert kinds(desk.place(ALICE, BUY, 2, 100).events) == ["OrderPlaced", "OrderRejected"]
    assert cut.status is OrderStatus.REJECTED


def test_balances_of_an_asset_that_is_new() -> None:
    """It is made, as with a deposit."""
    desk = Desk()
    set_balance(desk, "GOLD", 5, 3)
    assert desk.owns(ALICE)["GOLD"] == (5, 3)
    desk.do(Pause())
    done(desk, StartRound(1))
    assert desk.owns(ALICE)["GOLD"] == (0, 0)
    assert desk.engine.accounts[ALICE].admin_held == {}

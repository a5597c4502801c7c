"""A clean slate, what an account has traded in all, and markets that join.

alice and bob have 10,000 USD and 100 BTC each; the mid is 100.
"""

import pytest

from cxgame.model.commands import (
    AddMarket,
    Advance,
    Deposit,
    PlacePending,
    ResetAccounts,
    Withdraw,
)
from cxgame.model.enums import OrderStatus, OrderType, Reason
from cxgame.model.events import AccountsReset, Deposited, MarketAdded
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, MARKET, Desk, kinds
from tests.engine.funds_desk import done, set_balance, units
from tests.engine.pending_desk import BUY, CHARGED, SELL
from tests.engine.test_snapshot_load import reloaded


def played() -> Desk:
    """Alice has traded, got, given, an admin's hold, and orders that rest and wait."""
    desk = Desk(cash_asset="USD")
    desk.sell(BOB, 2, 100)
    desk.buy(ALICE, 2, 100, cid="first")
    done(desk, Deposit(ALICE, "BTC", units(1)))
    done(desk, Withdraw(ALICE, "USD", units(1)))
    set_balance(desk, "USD", 1_000, 50)
    desk.buy(ALICE, 1, 90)
    desk.do(PlacePending(ALICE, 0, SELL, OrderType.MARKET, 0, 1, 500))
    return desk


def test_a_reset_wipes_what_an_account_owns_and_did() -> None:
    """Its orders end in order of id; others keep what they have."""
    desk = played()
    account, bob = desk.engine.accounts[ALICE], desk.owns(BOB)
    assert account.totals[0, BUY].count == 1
    applied = done(desk, ResetAccounts((ALICE,)))
    assert kinds(applied.events) == ["OrderClosed", "OrderClosed", "AccountsReset"]
    assert applied.events[-1] == AccountsReset((ALICE,))
    assert [(order.id, order.reason) for order in applied.ended] == [
        (3, Reason.RESET),
        (4, Reason.RESET),
    ]
    assert desk.owns(ALICE) == {"BTC": (0, 0), "USD": (0, 0)}
    for kept in (account.admin_held, account.deposits, account.withdrawals, account.totals):
        assert kept == {}
    assert desk.owns(BOB) == bob
    assert desk.engine.accounts[BOB].totals[0, SELL].count == 1
    assert account.first_order == 5
    assert kinds(desk.do(Advance(), 500).events) == ["TimePassed"]


def test_ids_never_repeat_after_a_reset() -> None:
    """Nor do those of trades; and a cid from before still names its order."""
    desk = played()
    done(desk, ResetAccounts((ALICE, BOB)))
    assert desk.engine.accounts[BOB].first_order == 5
    for account in (ALICE, BOB):
        done(desk, Deposit(account, "USD", units(1_000)))
        done(desk, Deposit(account, "BTC", units(10)))
    assert desk.sell(BOB, 1, 100).id == 5
    applied = desk.place(ALICE, BUY, 1, 100)
    assert applied.order_id == 6
    assert desk.engine.last_trade_id == 2
    again = desk.place(ALICE, BUY, 2, 100, cid="first")
    assert (again.replayed, again.order_id) == (True, 2)


def test_totals_are_kept_by_market_and_side_where_there_is_a_cash_asset() -> None:
    """Count, quantity, value and fees; the house has none."""
    desk = Desk(CHARGED, cash_asset="USD")
    desk.sell(BOB, 3, 100)
    for quantity in (1, 2):
        desk.buy(ALICE, quantity, 100)
    shown = [
        (account.id, market, side, total.count, total.lots, total.value // ONE, total.fee // ONE)
        for account in desk.engine.accounts
        for (market, side), total in account.totals.items()
    ]
    assert shown == [(ALICE, 0, BUY, 2, 3, 300, 30), (BOB, 0, SELL, 2, 3, 300, 30)]
    plain = Desk()
    plain.sell(BOB, 3, 100)
    plain.buy(ALICE, 3, 100)
    assert plain.engine.accounts[ALICE].totals == {}


# Markets that join


def test_a_market_joins_with_assets_new_or_known() -> None:
    """It trades at once; a symbol that is there already is nothing."""
    desk = Desk(cash_asset="USD")
    gold = MarketRules("GOLD/USD", "GOLD", "USD", tick="1", lot="1", min_size="1", min_price="1")
    assert done(desk, AddMarket(gold)).events == [MarketAdded(gold)]
    assert done(desk, AddMarket(gold)).events == []
    assert done(desk, AddMarket(MARKET)).events == []
    assert desk.engine.known_rules.markets == (MARKET, gold)
    (event,) = done(desk, Deposit(BOB, "GOLD", units(2))).events
    assert event == Deposited(BOB, "GOLD", units(2), units(2_000)), "the mid of the rules"
    desk.engine = reloaded(desk.engine)
    desk.sell(BOB, 2, 500, market=1)
    assert desk.buy(ALICE, 2, 500, market=1).status is OrderStatus.FILLED
    assert desk.owns(ALICE) == {"BTC": (100, 0), "USD": (9_000, 0), "GOLD": (2, 0)}


def test_a_market_whose_numbers_do_not_fit_is_a_bug_of_the_caller() -> None:
    """Whoever asks for it has looked at tick and lot."""
    with pytest.raises(ValueError, match="finer"):
        Desk().do(AddMarket(MarketRules("A/B", "A", "B", tick="0." + "0" * 19 + "1")))

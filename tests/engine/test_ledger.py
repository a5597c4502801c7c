"""The ledger."""

import pytest

from cxgame.engine.ledger import Ledger


def ledger() -> Ledger:
    """Two assets and two accounts that own nothing."""
    book = Ledger()
    book.add_asset("BTC")
    book.add_asset("USD")
    book.open_account("alice", "", False)
    book.open_account("bob", "", False)
    return book


def test_a_transfer_leaves_every_sum_at_zero() -> None:
    """What one column loses another gains."""
    book = ledger()
    alice, bob = book.accounts[1:]
    book.transfer(book.house_free, alice.free, 1, 100)
    book.transfer(alice.free, bob.held, 1, 30)
    assert (alice.free, bob.held, book.house_free) == ([0, 70], [0, 30], [0, -100])
    assert book.totals() == {"BTC": 0, "USD": 0}


def test_a_new_account_has_nothing_and_has_done_nothing() -> None:
    """Apart from its name."""
    account = ledger().open_account("carol", "red", True)
    assert (account.id, account.name, account.team, account.bot) == (3, "carol", "red", True)
    assert (account.free, account.held, account.closed_orders) == ([0, 0], [0, 0], 0)


@pytest.mark.parametrize("amount", [101, -1])
def test_nobody_but_the_house_can_go_below_zero(amount: int) -> None:
    """An impossible transfer is a bug and moves nothing."""
    book = ledger()
    alice, bob = book.accounts[1:]
    book.transfer(book.house_free, alice.free, 1, 100)
    with pytest.raises(ArithmeticError):
        book.transfer(alice.free, bob.free, 1, amount)
    assert (alice.free, bob.free) == ([0, 100], [0, 0])


def test_a_new_asset_starts_at_nothing_for_everyone() -> None:
    """Assets can join a running game; a known one keeps its column."""
    book = ledger()
    assert book.add_asset("ETH") == 2
    assert book.add_asset("BTC") == 0
    assert all(account.free == [0, 0, 0] for account in book.accounts)
    with pytest.raises(ValueError, match="XRP"):
        book.column("XRP")


def test_teams_are_one_only_by_name() -> None:
    """Accounts without a team are not each other's team."""
    book = ledger()
    alice, bob = book.accounts[1:]
    assert alice.same_team(alice)
    assert not alice.same_team(bob)
    alice.team = bob.team = "red"
    assert alice.same_team(bob)

"""The account that frames of the executions channel keep."""

from decimal import Decimal
from typing import Any

from cxgame.client import Account, Wallet
from tests.client.fake_streams import order_row

USD = {"free": "10000.00", "held": "0.00", "total": "10000.00"}


def snapshot(*rows: dict[str, Any]) -> dict[str, Any]:
    frame = {"type": "executions_snapshot", "ts": 1.0, "seq": 0, "orders": list(rows)}
    return {**frame, "wallets": {"USD": USD}}


def execution(seq: int, event: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"type": "execution", "ts": 2.0, "seq": seq, "event": event, "order": row}


def wallets(seq: int, **funds: tuple[str, str, str]) -> dict[str, Any]:
    names = ("free", "held", "total")
    rows = {asset: dict(zip(names, row, strict=True)) for asset, row in funds.items()}
    return {"type": "wallets", "ts": 2.0, "seq": seq, "wallets": rows}


def an_account(*rows: dict[str, Any]) -> Account:
    account = Account()
    assert account.apply(snapshot(*rows))
    return account


def test_a_snapshot_is_the_account() -> None:
    """Open orders by id, oldest first, and wallets as decimals."""
    account = an_account(order_row("12"), order_row("9", side="sell"))
    assert list(account.orders) == ["9", "12"]
    assert account.wallets == {"USD": Wallet(Decimal(10000), Decimal(0), Decimal(10000))}
    assert account.free("USD") == account.total("USD") == 10_000
    assert account.free("DOGE") == account.total("DOGE") == 0
    assert (account.synced, account.seq, account.ts) == (True, 0, 1.0)


def test_orders_come_change_and_go() -> None:
    """A row that is not open any more is none of the open orders."""
    account = an_account()
    assert account.apply(execution(1, "accepted", order_row("1")))
    assert account.apply(execution(2, "accepted", order_row("2", side="sell", symbol="ETH/USD")))
    assert account.apply(execution(3, "filled", order_row("1", filled_size="0.5")))
    assert account.orders["1"]["filled_size"] == "0.5"
    assert [row["id"] for row in account.open_orders("ETH/USD")] == ["2"]
    assert [row["id"] for row in account.open_orders(side="buy")] == ["1"]
    assert account.apply(execution(4, "filled", order_row("1", "filled")))
    assert account.apply(execution(5, "cancelled", order_row("2", "cancel")))
    assert account.orders == {}


def test_orders_are_found_by_id_and_cid() -> None:
    """And are None when they are not open."""
    account = an_account(order_row("1"))
    assert account.order("1") == account.order(cid="cid-1") == account.orders["1"]
    assert account.order("2") is None
    assert account.order(cid="cid-2") is None


def test_wallets_that_changed_are_replaced() -> None:
    """The others stay."""
    account = an_account()
    assert account.apply(wallets(1, BTC=("1.5", "0.5", "2.0")))
    assert account.wallets["BTC"] == Wallet(Decimal("1.5"), Decimal("0.5"), Decimal("2.0"))
    assert account.total("USD") == 10000


def test_a_frame_that_is_known_changes_nothing() -> None:
    """One that comes twice."""
    account = an_account()
    account.apply(execution(1, "accepted", order_row("1")))
    assert account.apply(execution(1, "accepted", order_row("7")))
    assert list(account.orders) == ["1"]


def test_a_missing_number_is_told_once_and_empties_the_account() -> None:
    """Until a snapshot comes, nothing is shown."""
    account = an_account(order_row("1"))
    assert not account.apply(execution(2, "accepted", order_row("2")))
    assert (account.synced, account.orders, account.wallets) == (False, {}, {})
    assert account.apply(execution(3, "accepted", order_row("3"))), "asking once is enough"
    assert account.orders == {}
    account.apply(snapshot(order_row("5")))
    assert list(account.orders) == ["5"]
    assert account.apply(wallets(1))


def test_after_a_break_the_account_waits_for_its_snapshot() -> None:
    """It need not ask."""
    account = an_account(order_row("1"))
    assert account.apply({"type": "gap"})
    assert (account.synced, account.orders) == (False, {})


def test_a_damaged_frame_is_a_loss() -> None:
    """Whatever makes no sense empties the account, and only a snapshot fills it again."""
    account = an_account(order_row("1"))
    damaged: list[dict[str, Any]] = [
        wallets(1, USD=("1x0", "0", "10")),
        {**wallets(1), "wallets": []},
        {"type": "execution", "seq": "1"},
        {"type": "execution", "seq": 1, "order": {"id": "1"}},
        {**snapshot(), "orders": [{"id": "x"}]},
        {"type": "executions_snapshot", "seq": 0},
    ]
    for frame in damaged:
        assert not account.apply(frame)
        assert (account.synced, account.orders, account.wallets) == (False, {}, {})
        assert account.apply(snapshot(order_row("1")))
        assert account.synced

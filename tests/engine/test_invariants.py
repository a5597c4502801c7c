"""Invariants: found when broken, in slices that are short, while a game goes on in between."""

import random
from collections.abc import Callable

import pytest

from cxgame.engine import invariants
from cxgame.engine.book import Level
from cxgame.engine.engine import Engine
from cxgame.engine.invariants import SLICE, Violation
from cxgame.engine.timers import Due, Task
from cxgame.model.commands import AmendOrder, CancelOrder, OpenAccount, PlacePending
from cxgame.model.enums import OrderStatus, OrderType, Side, TimeInForce
from tests.engine.desk import ALICE, BOB, BTC, USD, Desk


def small() -> Engine:
    """Alice bids 2 at 90 (order 1) and 3 at 90 (order 2); bob asks 4 at 110 (order 3)."""
    desk = Desk()
    desk.buy(ALICE, 2, 90)
    desk.buy(ALICE, 3, 90)
    desk.sell(BOB, 4, 110)
    return desk.engine


def _mint(engine: Engine) -> None:
    engine.accounts[BOB].free[USD] += 1


def _owe(engine: Engine) -> None:
    engine.ledger.transfer(engine.accounts[BOB].free, engine.house.free, USD, 10**28)
    engine.accounts[BOB].free[USD] -= 1
    engine.house.free[USD] += 1


def _hold(engine: Engine) -> None:
    account = engine.accounts[BOB]
    engine.ledger.transfer(account.free, account.held, USD, 5)


def _order_hold(engine: Engine) -> None:
    engine.orders[3].hold -= 1


def _status(engine: Engine) -> None:
    engine.orders[3].status = OrderStatus.FILLED


def _give(engine: Engine) -> None:
    """Bob's order among alice's."""
    engine.accounts[ALICE].orders[3] = engine.accounts[BOB].orders.pop(3)


def _forget(engine: Engine) -> None:
    """The first of its level."""
    del engine.orders[3]


def _forget_next(engine: Engine) -> None:
    """The second of its level."""
    del engine.orders[2]


def _dead(engine: Engine) -> None:
    """An order that is known and in no queue."""
    engine.markets[0].book.bids.levels[90].first = engine.orders[2]
    engine.orders[2].previous = None
    engine.markets[0].book.bids.levels[90].lots -= 2


def _lots(engine: Engine) -> None:
    engine.markets[0].book.bids.levels[90].lots += 1


def _empty(engine: Engine) -> None:
    bids = engine.markets[0].book.bids
    bids.levels[91] = Level(bids, 91)
    bids.keys.append(91)


def _end(engine: Engine) -> None:
    level = engine.markets[0].book.bids.levels[90]
    level.last = level.first


def _keys(engine: Engine) -> None:
    engine.markets[0].book.bids.keys.append(95)


def _misplaced(engine: Engine) -> None:
    """An order that names another price than that of its level."""
    engine.orders[3].price = 111


def _name(engine: Engine) -> None:
    del engine.account_ids["bob"]


DAMAGE: list[tuple[Callable[[Engine], None], list[str]]] = [
    (_mint, ["USD sums to 1"]),
    (_owe, ["bob has -1 USD free"]),
    (_hold, ["bob's held USD is not what orders and admin hold"]),
    (_order_hold, ["bob's held BTC is not what orders and admin hold", "order 3 holds"]),
    (_status, ["order 3 is in the book but not open"]),
    (
        _give,
        [
            "alice's held BTC is not what orders and admin hold",
            "bob's held BTC is not what orders and admin hold",
            "order 3 is not among its account's",
        ],
    ),
    (_forget, ["the accounts have 3 orders, 2 are known", "order 3 rests but is not known"]),
    (_forget_next, ["the accounts have 3 orders, 2 are known", "order 2 rests but is not known"]),
    (_dead, ["order 1 is not in the book"]),
    (_lots, ["level 90 does not sum to its lots"]),
    (_empty, ["level 91 has loose ends"]),
    (_end, ["order 2 is not in the book", "level 90 has loose ends"]),
    (_keys, ["price keys and levels differ"]),
    (_misplaced, ["order 3 is not in the book"]),
    (_name, ["bob is not found by name"]),
]


@pytest.mark.parametrize(("damage", "expected"), DAMAGE)
def test_what_is_broken_is_found_and_named(
    damage: Callable[[Engine], None], expected: list[str]
) -> None:
    """Each planted problem is told in words, and no other."""
    engine = small()
    assert engine.violations() == []
    damage(engine)
    found = engine.violations()
    assert len(found) == len(expected), found
    for text, beginning in zip(found, expected, strict=True):
        assert text.startswith(beginning)


def _wait_unlisted(engine: Engine) -> None:
    del engine.markets[0].waiting[1]


def _wait_filled(engine: Engine) -> None:
    engine.orders[1].left = 0


def _wait_rich(engine: Engine) -> None:
    """It holds more than it was booked at."""
    account = engine.accounts[ALICE]
    engine.ledger.transfer(account.free, account.held, BTC, 1)
    engine.orders[1].hold += 1


def _wait_fee(engine: Engine) -> None:
    """Less than nothing is held for the fee, and that much more by the admin."""
    account = engine.accounts[ALICE]
    account.admin_held["USD"] = engine.orders[1].fee_hold + 1
    engine.orders[1].fee_hold = -1


def _rest_fee(engine: Engine) -> None:
    engine.accounts[ALICE].admin_held["USD"] = 1
    engine.orders[2].fee_hold = -1


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (_wait_unlisted, "order 1 is not among those that wait"),
        (_wait_filled, "order 1 waits but is not open"),
        (_wait_rich, "order 1 holds 2000000000000000000000001 and waits"),
        (_wait_fee, "order 1 holds 2000000000000000000000000 and waits"),
        (_rest_fee, "order 2 holds a fee of -1"),
    ],
)
def test_what_is_wrong_with_an_order_that_waits_is_found(
    damage: Callable[[Engine], None], expected: str
) -> None:
    """Or with a fee that is held; alice sells 2 at the market (order 1) and asks 1 at 110."""
    desk = Desk()
    desk.do(PlacePending(ALICE, 0, Side.SELL, OrderType.MARKET, 0, 2, 50))
    desk.sell(ALICE, 1, 110)
    assert desk.engine.violations() == []
    damage(desk.engine)
    assert desk.engine.violations() == [expected]


def _lose_expiry(engine: Engine) -> None:
    engine.timers.heap.clear()


def _move_expiry(engine: Engine) -> None:
    engine.orders[1].expires_ns += 1


def _keep_expiry(engine: Engine) -> None:
    engine.timers.add(Due(5, 1, Task.EXPIRE, 99))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (_lose_expiry, ["order 1 never expires"]),
        (_move_expiry, ["order 1 does not expire at 1000000000", "order 1 never expires"]),
        (_keep_expiry, ["order 99 does not expire at 5"]),
    ],
)
def test_an_order_and_its_expiry_belong_together(
    damage: Callable[[Engine], None], expected: list[str]
) -> None:
    """Alice's order lives for a second."""
    desk = Desk(time_limit_ms=None)
    desk.buy(ALICE, 1, 90, time_in_force=TimeInForce.GTD, lives_ms=1_000)
    assert desk.engine.violations() == []
    damage(desk.engine)
    assert desk.engine.violations() == expected


def test_an_amendment_that_leaves_a_wrong_hold_is_a_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though nothing else happens with it."""
    desk = Desk()
    order = desk.sell(ALICE, 2, 110)
    monkeypatch.setattr("cxgame.engine.amending.settling.lower_hold", lambda *_: None)
    with pytest.raises(Violation, match="order 1 holds"):
        desk.do(AmendOrder(ALICE, order.id, quantity=1))


def test_a_command_that_leaves_a_wrong_hold_is_a_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a command touched is checked at once, in play too."""
    desk = Desk()
    desk.sell(ALICE, 2, 110)
    monkeypatch.setattr("cxgame.engine.placing.settling.lower_hold", lambda *_: None)
    with pytest.raises(Violation, match="order 2 holds"):
        desk.buy(BOB, 3, 120)


def test_an_order_that_ends_and_stays_known_is_a_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An ended order is out of every look-up."""
    desk = Desk()
    order = desk.buy(ALICE, 2, 90)
    monkeypatch.setattr(Engine, "forget", lambda *_: None)
    with pytest.raises(Violation, match="order 1 has not ended cleanly"):
        desk.do(CancelOrder(ALICE, order.id))


# Slices


def crowd(accounts: int, orders: int) -> Desk:
    """A book of that many accounts with that many open orders each, on some hundred levels."""
    desk = Desk(grants={"USD": "100000000", "BTC": "1000000"}, max_open_orders=0)
    for number in range(accounts - 2):
        desk.do(OpenAccount(f"player{number}"))
    for number in range(orders):
        for account in range(1, accounts + 1):
            side = Side(account % 2)
            price = 1_000 - number if side is Side.BUY else 1_001 + number
            desk.order(account, side, 1 + number % 3, price)
    return desk


class Counting:
    """How many orders, accounts and levels each slice of an audit has looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
        self.slices: list[int] = []
        looked_at = 0
        original = invariants._pieces

        def counted(state: Engine) -> object:
            nonlocal looked_at
            for count, problems in original(state):
                looked_at += count
                yield count, problems

        monkeypatch.setattr(invariants, "_pieces", counted)
        self.found: list[str] = []
        for found in engine.audit():
            self.slices.append(looked_at)
            looked_at = 0
            self.found += found


def test_no_slice_of_an_audit_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """20,000 open orders of 100 players, whatever they look like, in slices of some hundred."""
    engine = crowd(accounts=100, orders=200).engine
    assert len(engine.orders) == 20_000
    counting = Counting(monkeypatch, engine)
    assert counting.found == []
    assert max(counting.slices) < SLICE + 201, "a slice may end with a whole account"
    assert sum(counting.slices) > 3 * 20_000, "by account, by order, by level"


def test_a_small_game_is_one_slice() -> None:
    """Whoever asks for it is answered at once."""
    assert list(small().audit()) == [[]]


@pytest.mark.parametrize("seed", range(3))
def test_an_audit_is_right_while_orders_come_and_go(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trades, new orders, cancels and new players between any two looks raise no alarm."""
    monkeypatch.setattr(invariants, "SLICE", 1)
    draw = random.Random(seed)
    desk = crowd(accounts=6, orders=20)
    engine = desk.engine
    slices = 0
    for found in engine.audit():
        assert found == []
        slices += 1
        account = draw.randrange(1, len(engine.accounts))
        kind = draw.random()
        if kind < 0.4 and engine.orders:
            order = engine.orders[draw.choice(list(engine.orders))]
            desk.do(CancelOrder(order.account, order.id))
        elif kind < 0.9:
            desk.order(
                account,
                Side(draw.randrange(2)),
                draw.randrange(1, 9),
                1_000 + draw.randrange(-9, 9),
            )
        else:
            desk.do(OpenAccount(f"late{slices}"))
    assert slices > 100
    assert engine.last_trade_id > 10
    assert engine.violations() == []


def test_an_audit_finds_what_breaks_ahead_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it has begun already."""
    monkeypatch.setattr(invariants, "SLICE", 1)
    engine = crowd(accounts=6, orders=20).engine
    audit = engine.audit()
    assert next(audit) == []
    last = next(reversed(engine.orders.values()))
    last.hold += 1
    found = [problem for slice in audit for problem in slice]
    assert f"order {last.id} holds {last.hold}" in found

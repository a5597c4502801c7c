"""Invariants of orders with a trigger: found when broken, and only then."""

from collections.abc import Callable

import pytest

from cxgame.engine import invariants
from cxgame.engine.engine import Engine
from cxgame.engine.triggers import Trigger
from cxgame.model.commands import Continue
from cxgame.model.enums import OrderStatus
from tests.engine.desk import ALICE, BTC, Desk
from tests.engine.trigger_desk import BUY, SELL, STOP, TRAILING, arm, command, move


def queued() -> Engine:
    """Alice buys at 90 from 110 on (order 1), sells 5 behind the mid (2); order 3 has fired."""
    desk = Desk()
    arm(desk, BUY, STOP, 110, price=90)
    arm(desk, SELL, TRAILING, trail=5)
    arm(desk, BUY, STOP, 105, price=80)
    assert move(desk, 210) == [3]
    return desk.engine


def trigger_of(engine: Engine, id: int) -> Trigger:
    """What an order waits for."""
    trigger = engine.orders[id].trigger
    assert trigger is not None
    return trigger


def _end(engine: Engine) -> None:
    engine.orders[1].status = OrderStatus.FILLED


def _rich(engine: Engine) -> None:
    account = engine.accounts[ALICE]
    engine.ledger.transfer(account.free, account.held, BTC, 1)
    engine.orders[2].hold += 1


def _lose_from_queue(engine: Engine) -> None:
    engine.triggered.clear()


def _queue_armed(engine: Engine) -> None:
    engine.triggered.append(engine.orders[1])


def _queue_unknown(engine: Engine) -> None:
    del engine.orders[3], engine.accounts[ALICE].orders[3]


def _move_trigger(engine: Engine) -> None:
    trigger_of(engine, 1).trigger2 += 1


def _another_kind(engine: Engine) -> None:
    trigger_of(engine, 2).kind = STOP


def _lose_trail(engine: Engine) -> None:
    engine.markets[0].armed.mid[1].trailing.clear()


def _disarm(engine: Engine) -> None:
    trigger_of(engine, 1).armed = False


def _lose_count(engine: Engine) -> None:
    engine.markets[0].armed.counts[ALICE] += 1


def _narrow(engine: Engine) -> None:
    engine.markets[0].armed.mid[1].fires_at += 1


def _unsorted(engine: Engine) -> None:
    fixed = engine.markets[0].armed.mid[0].fixed
    fixed.append((200, 0, engine.orders[1]))


def _forget_trigger(engine: Engine) -> None:
    engine.orders[1].trigger = None


def _reach(engine: Engine) -> None:
    engine.markets[0].mid2 = 220


HOLDS = "alice's held USD is not what orders and admin hold"
DAMAGE: list[tuple[Callable[[Engine], None], list[str]]] = [
    (_end, ["order 1 has a trigger but is not open"]),
    (_rich, ["order 2 holds"]),
    (_lose_from_queue, ["order 3 has fired but is not in the queue"]),
    (_queue_armed, ["order 1 is in the queue but does not come to the market"]),
    (_queue_unknown, [HOLDS, "order 3 is in the queue but does not come to the market"]),
    (_move_trigger, ["order 1 is armed but waits for no price"]),
    (_another_kind, ["order 2 is armed but waits for no price"]),
    (
        _lose_trail,
        ["order 2 is armed but waits for no price", "armed orders are not counted right"],
    ),
    (
        _disarm,
        [
            "order 1 has fired but is not in the queue",
            "order 1 waits for a price but is not armed",
        ],
    ),
    (_lose_count, ["armed orders are not counted right"]),
    (_narrow, ["triggers are not where they are looked for"]),
    (
        _unsorted,
        [
            "order 1 is armed but waits for no price",
            "armed orders are not counted right",
            "triggers are not where they are looked for",
        ],
    ),
    (
        _forget_trigger,
        [
            "order 1 is in the book but not open",
            "order 1 is not in the book",
            "order 1 waits for a price but is not armed",
        ],
    ),
    (_reach, ["a trigger was reached but has not fired"]),
]


@pytest.mark.parametrize(("damage", "expected"), DAMAGE)
def test_what_is_broken_is_found_and_named(
    damage: Callable[[Engine], None], expected: list[str]
) -> None:
    """Each planted problem is told in words, and no other."""
    engine = queued()
    assert engine.violations() == []
    damage(engine)
    found = engine.violations()
    assert len(found) == len(expected), found
    for text, beginning in zip(found, expected, strict=True):
        assert text.startswith(beginning)


def test_an_audit_is_right_while_triggers_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    """New ones, a moving price and the queue between any two looks raise no alarm."""
    monkeypatch.setattr(invariants, "SLICE", 1)
    desk, slices = Desk(max_open_orders=0), 0
    for at in range(110, 150):
        arm(desk, BUY, STOP, at, price=1, quantity=1)
    for found in desk.engine.audit():
        assert found == []
        slices += 1
        if desk.engine.triggered:
            desk.do(Continue())
        elif slices % 3:
            move(desk, 200 + slices)
        else:
            desk.do(command(BUY, TRAILING, trail=1 + slices % 7, price=1, quantity=1))
    assert slices > 40
    assert desk.engine.violations() == []


@pytest.mark.parametrize("after", range(12))
def test_an_audit_is_right_when_the_queue_is_emptied_within_it(
    monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Between whichever two looks."""
    monkeypatch.setattr(invariants, "SLICE", 1)
    desk = Desk()
    for at in (110, 111):
        arm(desk, BUY, STOP, at, price=1, quantity=1)
    assert move(desk, 230) == [1, 2]
    for slices, found in enumerate(desk.engine.audit()):
        assert found == []
        if slices == after:
            desk.do(Continue())
    assert desk.engine.violations() == []

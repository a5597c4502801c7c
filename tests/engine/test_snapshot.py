"""The state's hash: the same for the same state, another for any other."""

from collections.abc import Callable

import pytest

from cxgame.engine.engine import Engine
from cxgame.engine.snapshot import dump
from cxgame.model.commands import CancelOrder, GrantRole, OpenAccount, Pause, StartRound, Tick
from cxgame.model.enums import Side
from tests.engine.desk import ALICE, BOB, Desk


def played() -> Desk:
    """A game with a trade, two orders in a queue, remembered cids and a time limit."""
    desk = Desk(time_limit_ms=60_000, whitelist=None)
    desk.sell(BOB, 5, 100, cid="a")
    desk.buy(ALICE, 2, 100, cid="b")
    desk.buy(ALICE, 1, 90)
    desk.buy(BOB, 1, 90)
    desk.do(Tick(0, 1, 99, 101, 3, None, carry="x"))
    return desk


def test_the_same_commands_lead_to_the_same_hash() -> None:
    """16 bytes, whenever and wherever they are made."""
    assert played().engine.state_hash() == played().engine.state_hash()
    assert len(played().engine.state_hash()) == 16


CHANGES: list[Callable[[Desk], object]] = [
    lambda desk: desk.do(Pause()),
    lambda desk: desk.do(OpenAccount("carol")),
    lambda desk: desk.do(GrantRole(ALICE)),
    lambda desk: desk.do(CancelOrder(ALICE, 3)),
    lambda desk: desk.do(Tick(0, 2, 99, 101, 3, 4, carry="x")),
    lambda desk: (desk.do(Pause()), desk.do(StartRound(1))),
    lambda desk: setattr(desk, "engine", _advanced(desk.engine)),
]


def _advanced(engine: Engine) -> Engine:
    engine.timers.heap[0] = engine.timers.heap[0]._replace(due_ns=1)
    return engine


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_happens_changes_the_hash(change: Callable[[Desk], object]) -> None:
    """Each part of the state counts."""
    desk = played()
    before = desk.engine.state_hash()
    change(desk)
    assert desk.engine.state_hash() != before


FIELDS = "left filled price quantity hold cid fingerprint wall_ms taker_fee maker_fee".split()


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_an_order_counts(field: str) -> None:
    """Also what no reply shows."""
    desk = played()
    order = desk.engine.orders[1]
    before = desk.engine.state_hash()
    value = getattr(order, field)
    setattr(order, field, value + type(value)(1))
    assert desk.engine.state_hash() != before


def test_the_place_in_the_queue_counts() -> None:
    """Two orders of one price, the other way round, are another state."""
    desk = played()
    before = desk.engine.state_hash()
    bids, first = desk.engine.markets[0].book.bids, desk.engine.orders[3]
    bids.remove(first)
    bids.add(first)
    assert desk.engine.state_hash() != before


def test_the_dump_is_plain() -> None:
    """Texts, integers, lists: rules, balances, orders and timers, readable as JSON."""
    shown = dump(played().engine)
    assert shown["accounts"][ALICE][0] == "alice"
    assert shown["timers"] == [[60_000_000_000, 1, "end"]]
    orders = shown["markets"][0][-1]
    assert [order[:2] for order in orders] == [[3, ALICE], [4, BOB], [1, BOB]]
    assert orders[-1][3] == int(Side.SELL)
    assert shown["rules"][2] == {"USD": "10000", "BTC": "100"}

"""A game that was dumped and loaded goes on as if nothing had been."""

import json
from random import Random
from typing import Any

import pytest

from cxgame.engine import snapshot
from cxgame.engine.engine import Engine
from cxgame.engine.ledger import Account, Ledger
from cxgame.engine.orders import Order
from cxgame.engine.restoring import UnknownSchema, load
from cxgame.engine.snapshot import dump
from cxgame.engine.state import MarketState, State
from cxgame.engine.timers import Due, Timers
from cxgame.engine.triggers import Trigger
from cxgame.model.commands import Command, SetRules
from cxgame.model.rules import MarketRules, Rules
from tests.engine.desk import ALICE, BOB, Desk
from tests.engine.reference_games import RULES, draw, opening, random_command
from tests.engine.reference_pair import Pair


def reloaded(engine: Engine) -> Engine:
    """What is left of an engine after a way through text."""
    return load(json.loads(json.dumps(dump(engine))))


class Twins(Pair):
    """An engine that is dumped and loaded before each command, and one that never is."""

    def __init__(self) -> None:
        super().__init__()
        self.twin = Engine()

    def step(self, command: Command) -> list[str]:
        if self.engine.rules is not None:
            self.engine = reloaded(self.engine)
        try:
            return super().step(command)
        finally:
            self.twin.apply(command, self.now_ns, self.wall_ms)


@pytest.mark.parametrize("seed", range(12))
def test_a_loaded_game_goes_on_like_the_other(seed: int) -> None:
    """Through a random game: the same answers, events and states, and the same hash."""
    random, twins = Random(f"load {seed}"), Twins()
    for command in opening(draw(random, RULES)):
        assert twins.do(command) == []
    for _ in range(150):
        twins.wait(random.choice((0, 1, 400)))
        assert twins.do(random_command(random, twins.reference)) == []
        assert twins.engine.state_hash() == twins.twin.state_hash()
    assert twins.engine.last_order_id > 10


def test_queue_positions_cids_and_timers_come_back() -> None:
    """The first in a queue trades first, a cid finds its order, the game still ends in time."""
    desk = Desk(time_limit_ms=60_000)
    first, second = desk.sell(BOB, 5, 100, cid="a"), desk.sell(BOB, 5, 100)
    closed = desk.buy(ALICE, 1, 100, cid="b", fingerprint=7)
    desk.engine = reloaded(desk.engine)
    assert [order.id for level in desk.engine.markets[0].book.asks for order in level] == [1, 2]
    assert desk.engine.orders[first.id].left == 4
    assert desk.engine.accounts[BOB].orders.keys() == {first.id, second.id}
    again = desk.place(ALICE, closed.side, 1, 100, cid="b", fingerprint=7)
    assert (again.replayed, again.order_id) == (True, closed.id)
    assert desk.engine.next_due_ns == 60_000 * 10**6
    assert desk.engine.violations() == []


def test_amounts_beyond_64_bits_come_back() -> None:
    """The house owes more than fits into a machine's integer."""
    desk = Desk(grants={"USD": "1000000000", "BTC": "1"})
    assert reloaded(desk.engine).house.free == desk.engine.house.free
    assert min(desk.engine.house.free) < -(2**64)


def test_rules_that_came_later_have_their_defaults() -> None:
    """A dump of a program that knew fewer settings can be read."""
    desk = Desk(whitelist={"red": ("alice", "bob")})
    shown: dict[str, Any] = json.loads(json.dumps(dump(desk.engine)))
    del shown["rules"][-1]
    assert load(shown).known_rules == desk.engine.known_rules


def test_a_dump_of_another_schema_is_refused() -> None:
    """By its number, before anything is read."""
    with pytest.raises(UnknownSchema, match="99"):
        load({"schema": 99})


# Where each attribute of the state goes. One that is new must be dumped, or follow from what is.
STATE = {
    "rules",
    "ledger",
    "accounts",
    "markets",
    "timers",
    "phase",
    "start_requested",
    "round",
    "game_time_ns",
    "wall_ms",
    "triggered",
    *snapshot.COUNTERS,
}
FOLLOWS_FROM_RULES = set(
    "self_trade max_open_orders mid_by_book house_quotes sell_fee fill_sigma has_totals".split()
)
LOOK_UPS = {"market_ids", "house", "account_ids", "orders", "followed"}


@pytest.mark.parametrize(
    ("attributes", "known"),
    [
        (vars(State()), STATE | FOLLOWS_FROM_RULES | LOOK_UPS),
        (vars(Engine()), vars(State())),
        (
            Account.__slots__,
            {*snapshot.ACCOUNT, *snapshot.ACCOUNT_EXTRAS, "id", "orders", "cids", "closed_cids"},
        ),
        (
            MarketState.__slots__,
            {*snapshot.MARKET, "market", "book", "waiting", "armed", "follows", "last"},
        ),
        (
            Order.__slots__,
            {
                *snapshot.ORDER,
                *snapshot.ORDER_EXTRAS,
                *("market", "status", "level", "previous", "next"),
                *("reason", "comment", "ended_ms"),  # of orders that are over
            },
        ),
        (Trigger.__slots__, set(snapshot.TRIGGER)),
        (Ledger.__slots__, {"accounts", "assets", "house_free"}),
        (Timers.__slots__, {"heap"}),
        (Due._fields, {"due_ns", "seq", "task", "order"}),
    ],
)
def test_no_attribute_is_forgotten(attributes: Any, known: Any) -> None:
    """Each class has the attributes that a dump knows, and no other."""
    assert set(attributes) == set(known)


def test_no_field_of_the_rules_is_forgotten() -> None:
    """Rules and markets are read back from their fields in order, enums and tuples restored."""
    desk = Desk(
        MarketRules("A/B", "A", "B", oracle="x", maker_fee="0.1"),
        whitelist={"": ("x", "alice"), "red": ("bob",)},
        grants={"A": "1"},
        time_limit_ms=5,
    )
    rules = reloaded(desk.engine).known_rules
    assert rules == desk.engine.known_rules
    for name in Rules.__struct_fields__:
        assert type(getattr(rules, name)) is type(getattr(desk.engine.known_rules, name))
    desk.engine = reloaded(desk.engine)
    assert not desk.do(SetRules(rules)).rejection

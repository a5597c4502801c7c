"""Random play with the real engine, kept as the history sees it and as the engine saw it."""

from collections.abc import Sequence
from functools import cache
from itertools import count, filterfalse, islice
from random import Random
from typing import Any, NamedTuple

from cxgame.engine.engine import Engine
from cxgame.engine.state import Applied
from cxgame.history.rows import OrderTrigger
from cxgame.model.batch import Origin
from cxgame.model.commands import Command
from cxgame.model.enums import OrderStatus
from cxgame.model.events import Event, Trade
from tests.engine.reference_games import RULES, draw, opening, random_command
from tests.engine.reference_pair import Pair

LIVELY = range(5)
"""Numbers of the games in which much happens; in others the market hardly opens."""

ORIGIN = Origin("test", 1, None)
ORDER_FIELDS = (
    "id account market verb side type price quantity left filled value fees budget "
    "time_in_force status cid wall_ms reason comment ended_ms trigger"
).split()
TRIGGER_FIELDS = OrderTrigger.__struct_fields__

Effects = Sequence[tuple[Origin, Sequence[Event]]]


class PlayedBatch(NamedTuple):
    """One batch, as the keeper hands it to the writer."""

    seq: int
    wall_ms: int
    effects: Effects


class PlayedGame(NamedTuple):
    """A game that was played, and what the engine itself says of it."""

    batches: list[PlayedBatch]
    trades: list[tuple[Trade, int]]  # with wall_ms, by id
    closed: dict[int, tuple[Any, ...]]  # ORDER_FIELDS of orders that ended, by id
    open: dict[int, tuple[Any, ...]]  # of those that did not


class _Recording(Engine):
    """An engine that keeps what it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[tuple[int, Applied]] = []

    def apply(self, command: Command, game_time_ns: int, wall_ms: int) -> Applied:
        """As the engine does it."""
        applied = super().apply(command, game_time_ns, wall_ms)
        self.recorded.append((wall_ms, applied))
        return applied


@cache
def played(number: int) -> PlayedGame:
    """The so-many-th random game that is lively, of a few more seeds than games."""
    return next(islice(filterfalse(_is_dull, map(_played, count())), number, None))


def _is_dull(game: PlayedGame) -> bool:
    statuses = {row[ORDER_FIELDS.index("status")] for row in game.closed.values()}
    return len(game.trades) < 30 or not statuses >= {OrderStatus.FILLED, OrderStatus.CANCEL}


@cache
def _played(seed: int, length: int = 400) -> PlayedGame:
    """A random game of two markets with fees, the house, teams, rounds and time that passes."""
    random = Random(seed)
    pair = Pair()
    pair.engine = engine = _Recording()
    for command in opening(draw(random, RULES)):
        pair.do(command)
    for _ in range(length):
        pair.wait(random.choice((0, 1, 400, 9_000, 700_000)))
        pair.do(random_command(random, pair.reference))
    return _as_played(engine, random)


def order_row(order: Any) -> tuple[Any, ...]:
    """An order's fields, the trigger as the history keeps it."""
    *fields, trigger = (getattr(order, name) for name in ORDER_FIELDS)
    if trigger is not None:
        trigger = OrderTrigger(*(getattr(trigger, name) for name in TRIGGER_FIELDS))
    return (*fields, trigger)


def _as_played(engine: _Recording, random: Random) -> PlayedGame:
    batches: list[PlayedBatch] = []
    trades: list[tuple[Trade, int]] = []
    closed: dict[int, tuple[Any, ...]] = {}
    for wall_ms, applied in engine.recorded:
        effects: Effects = [(ORIGIN, applied.events)]
        if batches and batches[-1].wall_ms == wall_ms and random.random() < 0.5:
            last = batches.pop()
            effects = [*last.effects, *effects]
        batches.append(PlayedBatch(len(batches) + 1, wall_ms, effects))
        trades += [(event, wall_ms) for event in applied.events if isinstance(event, Trade)]
        closed |= {order.id: order_row(order) for order in applied.ended}
    still_open = {order.id: order_row(order) for order in engine.orders.values()}
    return PlayedGame(batches, trades, closed, still_open)

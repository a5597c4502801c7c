"""The comparison with the reference has teeth: it finds faults that are put into the engine."""

import pytest

from cxgame.engine import book, fees, matching, settling
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, State
from cxgame.model.enums import Reason
from cxgame.model.market import RATE_ONE
from tests.engine.reference_games import random_game

GAMES = 30
LENGTH = 150


def first_difference() -> list[str]:
    """What differs in the first of some fixed games in which something does."""
    for seed in range(GAMES):
        _, problems = random_game(seed, LENGTH)
        if problems:
            return problems
    return []


def test_a_sound_engine_shows_no_difference() -> None:
    """Without a fault the same games go by without a difference."""
    assert first_difference() == []


def test_a_wrong_queue_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new order that goes to the front of its level trades too early."""
    sound = book.BookSide.add

    def add_in_front(half: book.BookSide, order: Order) -> None:
        sound(half, order)
        level = order.level
        assert level is not None
        last_but_one = order.previous
        if last_but_one is not None and level.first is not None:
            last_but_one.next, level.last = None, last_but_one
            order.previous, order.next = None, level.first
            level.first.previous, level.first = order, order

    monkeypatch.setattr(book.BookSide, "add", add_in_front)
    assert any(problem.startswith("events:") for problem in first_difference())


def test_a_fee_rounded_down_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fee rounded down in place of up makes a trade or a hold a unit too cheap."""

    def floor_share(rate: int, value: int) -> int:
        return rate * value // RATE_ONE

    for module in (fees, matching, settling):
        monkeypatch.setattr(module, "share", floor_share)
    assert any(problem.startswith("balances:") for problem in first_difference())


def test_a_hold_that_is_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancelled order whose hold is forgotten leaves its owner poorer."""
    sound = settling.close

    def close_and_keep(state: State, order: Order, reason: Reason, applied: Applied) -> None:
        order.hold = 0  # forgotten, not given back
        sound(state, order, reason, applied)

    monkeypatch.setattr(settling, "close", close_and_keep)
    assert any(problem.startswith("balances:") for problem in first_difference())


def test_a_cid_that_is_known_for_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that ended more than a day ago answers to its cid."""
    monkeypatch.setattr(settling, "remembers", lambda *_: True)
    assert any(problem.startswith("answer:") for problem in first_difference())

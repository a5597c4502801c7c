"""The comparison with the reference has teeth: it finds faults that are put into the engine."""

from typing import Any

import pytest

from cxgame.engine import amending, book, expiring, fees, funds, house, matching, pending, settling
from cxgame.engine.ledger import Account
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.model.enums import Reason
from cxgame.model.errors import Rejection
from cxgame.model.market import RATE_ONE, Market
from tests.engine.reference_games import random_game

GAMES = 100  # at most; most faults show in the first ones
SOUND_GAMES = 25
LENGTH = 150


def first_difference(*often: str, games: int = GAMES) -> list[str]:
    """What differs in the first of some fixed games, of these commands, in which something does."""
    for seed in range(games):
        _, problems = random_game(seed, LENGTH, often=often)
        if problems:
            return problems
    return []


def test_a_sound_engine_shows_no_difference() -> None:
    """Without a fault the same games go by without a difference."""
    assert first_difference(games=SOUND_GAMES) == []


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
    signs = ("events:", "a restart")  # which puts the orders in front once more
    assert any(problem.startswith(signs) for problem in first_difference())


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


def test_a_waiting_orders_hold_that_is_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that is cancelled while it waits gives back what was set aside for it."""
    sound = settling.close

    def close_and_keep(state: State, order: Order, reason: Reason, applied: Applied) -> None:
        if order.due_ns:
            order.hold = 0
        sound(state, order, reason, applied)

    monkeypatch.setattr(settling, "close", close_and_keep)
    assert any(problem.startswith("balances:") for problem in first_difference())


def test_a_fee_hold_released_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time it is what another order holds."""
    sound = settling._release_fee

    def release_twice(state: State, market: Market, order: Order, amount: int) -> None:
        account = state.accounts[order.account]
        again = min(amount, account.held[market.quote_asset] - amount)
        sound(state, market, order, amount)
        state.ledger.transfer(account.held, account.free, market.quote_asset, again)

    monkeypatch.setattr(settling, "_release_fee", release_twice)
    assert first_difference() != []


def test_a_share_that_is_ignored_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each order takes as much of the house's volume as it wants."""
    monkeypatch.setattr(pending, "share_of", lambda lots, *_: lots)
    assert any(problem.startswith("events:") for problem in first_difference())


def test_a_share_that_is_the_same_for_all_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one order gets says nothing of what another one gets."""
    sound = pending.share_of

    def share_of_the_first(lots: int | None, sigma: int, draw: int, _: int) -> int | None:
        return sound(lots, sigma, draw, 1)

    monkeypatch.setattr(pending, "share_of", share_of_the_first)
    assert any(problem.startswith("events:") for problem in first_difference())


def test_a_top_up_from_another_orders_hold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an order needs more than it holds is free, or it is rejected."""
    sound = settling.hold

    def draw_on_others(
        state: State, market: Market, account: Account, order: Order, amount: int
    ) -> None:
        if order.due_ns:
            order.hold += amount
        else:
            sound(state, market, account, order, amount)

    monkeypatch.setattr(settling, "hold", draw_on_others)
    assert first_difference() != []


def test_an_order_that_goes_on_before_it_is_due_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick carries out what still has to wait."""

    def go_on_with_all(state: State, place: MarketState, draw: int, applied: Applied) -> None:
        for order in list(place.waiting.values()):
            pending._execute(state, place, order, draw, applied)

    monkeypatch.setattr(house.pending, "go_on", go_on_with_all)
    assert any(problem.startswith("events:") for problem in first_difference())


def test_a_cut_of_the_oldest_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An admin who lowers what is held cuts the newest orders first."""
    monkeypatch.setattr(funds, "sorted", lambda rows, **_: sorted(rows), raising=False)
    assert any(problem.startswith("holds:") for problem in first_difference("balance", "limit"))


def test_an_amended_order_that_keeps_its_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes to have more stands behind those that came before the change."""
    sound = amending._requeue

    def keep_place(
        state: State, place: MarketState, order: Order, changed: Order, *rest: Any
    ) -> Rejection | None:
        following = order.next
        refusal = sound(state, place, order, changed, *rest)
        level = order.level
        if following is not None and level is not None and level is following.level:
            later = [
                other for other in level if other.id != order.id and _is_behind(following, other)
            ]
            for other in later:
                level.half.remove(other)
            for other in later:
                level.half.add(other)
        return refusal

    monkeypatch.setattr(amending, "_requeue", keep_place)
    assert any(problem.startswith("events:") for problem in first_difference("amend", "limit"))


def _is_behind(first: Order, other: Order) -> bool:
    """Whether an order stands in a queue at or after another one."""
    while first is not other and first.next is not None:
        first = first.next
    return first is other


def test_an_amended_order_that_loses_its_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes to have less at its price stays where it is."""
    sound = amending._shrink

    def go_to_the_end(state: State, order: Order, changed: Order, applied: Applied) -> None:
        sound(state, order, changed, applied)
        level = order.level
        assert level is not None
        level.half.remove(order)
        level.half.add(order)

    monkeypatch.setattr(amending, "_shrink", go_to_the_end)
    assert any(problem.startswith("events:") for problem in first_difference("amend"))


def test_an_amended_order_that_holds_what_it_held_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it needs less is free at once."""
    sound = settling.release

    def keep(state: State, order: Order, amount: int) -> None:
        if order.level is not None or order.id not in state.orders:
            sound(state, order, amount)

    monkeypatch.setattr(settling, "release", keep)
    assert first_difference("amend") != []


def test_an_order_that_expires_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be met, or is cancelled by its owner, after its time."""
    sound = expiring.begin

    def begin_late(state: State, order: Order, lives_ms: int) -> None:
        sound(state, order, lives_ms + 100)

    monkeypatch.setattr(expiring, "begin", begin_late)
    assert any(problem.startswith("holds:") for problem in first_difference())


def test_a_lost_deposit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came in is remembered in all, whatever the balance says."""
    monkeypatch.setattr(funds, "_flow", lambda *_: None)
    assert any(problem.startswith("past:") for problem in first_difference())

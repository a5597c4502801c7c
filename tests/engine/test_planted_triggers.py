"""The generated games find faults that are put into the engine's orders with a trigger."""

from typing import Any

import pytest

from cxgame.engine import expiring, restoring, settling, triggering
from cxgame.engine.matching import Plan, make_plan
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.engine.triggers import TRAIL_ONE, Armed, Trigger, Watchers
from cxgame.model.enums import OrderType, Phase, Reason, TriggerBy
from cxgame.model.events import Trade
from tests.engine.reference_games import random_game
from tests.engine.test_planted_faults import first_difference

CROWDED_LENGTH = 30


def first_in_a_crowd() -> list[str]:
    """What differs where more orders fire than one `Continue` takes."""
    return random_game(0, CROWDED_LENGTH, crowded=True)[1]


def test_the_newest_first_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """At one trigger the older fires first."""
    sound = Armed.fire

    def fire_newest_first(armed: Armed, price2: int, *prices: TriggerBy) -> list[Order]:
        fired = sound(armed, price2, *prices)
        return sorted(fired, key=lambda order: (_key(order), -order.id))

    monkeypatch.setattr(Armed, "fire", fire_newest_first)
    assert any(problem.startswith("events:") for problem in first_in_a_crowd())


def test_the_farthest_first_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trigger that the price came to first fires first."""
    sound = Armed.fire

    def fire_farthest_first(armed: Armed, price2: int, *prices: TriggerBy) -> list[Order]:
        fired = sound(armed, price2, *prices)
        return sorted(fired, key=lambda order: (-_key(order), order.id))

    monkeypatch.setattr(Armed, "fire", fire_farthest_first)
    assert any(problem.startswith("events:") for problem in first_in_a_crowd())


def _key(order: Order) -> int:
    assert order.trigger is not None
    return order.trigger.trigger2


def test_a_trigger_that_must_be_passed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A price at the trigger is enough."""
    sound = Watchers.reached
    monkeypatch.setattr(Watchers, "reached", lambda all_, price2: sound(all_, price2 - all_.sign))
    assert first_difference("trigger", "limit") != []


def test_a_trigger_without_a_hold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an armed order will need cannot be spent meanwhile."""
    sound = triggering.hold_before_market
    monkeypatch.setattr(
        triggering,
        "hold_before_market",
        lambda market, order: 0 if order.type is OrderType.MARKET else sound(market, order),
    )
    assert any(problem.startswith("balances:") for problem in first_difference("trigger", "limit"))


def test_a_hold_that_is_kept_when_it_is_disarmed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that is cancelled before it fires gives back what it holds."""
    sound = settling.close

    def close_and_keep(state: State, order: Order, reason: Reason, applied: Applied) -> None:
        if order.trigger is not None and order.trigger.armed:
            order.hold = 0
        sound(state, order, reason, applied)

    monkeypatch.setattr(settling, "close", close_and_keep)
    assert any(problem.startswith("balances:") for problem in first_difference("trigger", "limit"))


def test_a_rate_rounded_towards_the_price_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trail of a part of the price is never nearer than that part."""

    def follow_nearer(trigger: Trigger, sign: int, price2: int) -> None:
        trigger.best2 = price2
        away = sign * price2 * trigger.trail_rate // TRAIL_ONE if sign > 0 else 0
        if sign < 0:
            away = -(price2 * trigger.trail_rate // TRAIL_ONE)
        trigger.trigger2 = price2 + (2 * sign * trigger.trail if trigger.trail else away)

    monkeypatch.setattr(Trigger, "follow", follow_nearer)
    signs = ("events:", "triggers:")
    assert any(problem.startswith(signs) for problem in first_difference("trigger", "limit"))


def test_a_trail_that_does_not_follow_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes with the best price."""
    monkeypatch.setattr(Watchers, "_follow", lambda *_: None)
    assert first_difference("trigger", "limit") != []


def test_a_trail_that_goes_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not go with a worse price."""
    sound = Trigger.follow
    reached = Watchers.reached

    def follow_both_ways(all_: Watchers, price2: int) -> list[Any]:
        fired = reached(all_, price2)
        for order in all_.trailing.values():
            assert order.trigger is not None
            sound(order.trigger, all_.sign, price2)
        return fired

    monkeypatch.setattr(Watchers, "reached", follow_both_ways)
    assert first_difference("trigger", "limit") != []


def test_one_armed_order_too_many_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account has fifty in a market."""
    monkeypatch.setattr(triggering, "MAX_ARMED", triggering.MAX_ARMED + 1)
    assert any(problem.startswith("answer:") for problem in first_in_a_crowd())


def test_one_order_too_many_at_once_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `Continue` takes a hundred."""
    monkeypatch.setattr(triggering, "MAX_CARRIED_OUT", triggering.MAX_CARRIED_OUT + 1)
    assert any(problem.startswith("events:") for problem in first_in_a_crowd())


def test_an_armed_order_that_does_not_expire_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lives for its time, armed or not."""
    sound = expiring.begin

    def begin_in_the_book(state: State, order: Order, lives_ms: int) -> None:
        if order.level is not None:
            sound(state, order, lives_ms)

    monkeypatch.setattr(expiring, "begin", begin_in_the_book)
    assert any(problem.startswith("holds:") for problem in first_difference("trigger", "limit"))


def test_the_mid_in_place_of_the_last_price_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mid stands for the last price only until there is one."""
    monkeypatch.setattr(MarketState, "watched", lambda place, _: place.mid2)
    assert first_difference("trigger", "limit") != []


def test_a_highest_price_that_is_ignored_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A market buy by quantity pays no more than it said."""

    def plan_without_end(*facts: Any) -> Plan:
        return make_plan(*facts[:5])

    monkeypatch.setattr(triggering, "make_plan", plan_without_end)
    assert first_difference("trigger", "limit") != []


def test_firing_in_a_pause_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices that move while the game stands still reach nothing."""
    sound = triggering.watch

    def watch_always(state: State, applied: Applied) -> None:
        phase, state.phase = state.phase, Phase.OPEN
        sound(state, applied)
        state.phase = phase

    monkeypatch.setattr(triggering, "watch", watch_always)
    assert first_difference("trigger", "phase") != []


def test_the_last_trade_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each trade of a command moves the price."""
    sound = triggering.watch

    def watch_the_end(state: State, applied: Applied) -> None:
        last = Applied()
        last.events = [event for event in applied.events if type(event) is Trade][-1:]
        shown = len(last.events)
        sound(state, last)
        applied.events += last.events[shown:]

    monkeypatch.setattr(triggering, "watch", watch_the_end)
    assert any(
        problem.startswith(("events:", "triggers:"))
        for problem in first_difference("trigger", "limit")
    )


def test_a_cut_order_that_is_carried_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order whose hold an admin has cut is rejected when it has fired."""
    sound = settling.lack_of_hold

    def lack_of_others(*facts: Any) -> str:
        is_fired = len(facts) > 2
        return "" if is_fired else sound(*facts)

    monkeypatch.setattr(settling, "lack_of_hold", lack_of_others)
    assert first_difference("trigger", "balance") != []


def test_a_fired_post_only_order_that_takes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is closed if it would meet somebody."""
    sound = triggering._why_closed

    def why_unfilled(order: Order, trigger: Trigger, plan: Plan) -> Reason | None:
        reason = sound(order, trigger, plan)
        return None if reason is Reason.POST_ONLY else reason

    monkeypatch.setattr(triggering, "_why_closed", why_unfilled)
    assert first_difference("trigger", "limit") != []


def test_armed_orders_that_a_restart_forgets_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written down of a game has what it waits for."""
    monkeypatch.setattr(restoring, "_load_armed", lambda *_: [])
    assert first_difference("trigger", "limit") != []

"""How fast to ask, before and after a refusal."""

import pytest

from cxgame.network import Backoff, RateBudget


def test_a_burst_goes_at_once_and_then_the_rate_holds() -> None:
    """Ten a second with three at once: the fourth waits a tenth of a second, and so on."""
    budget = RateBudget(10, 3)
    assert [round(budget.take(100.0), 6) for _ in range(5)] == [0, 0, 0, 0.1, 0.2]
    assert budget.take(101.0) == 0, "what was not used is there again"
    assert [round(budget.wait_s(101.0), 6) for _ in range(3)] == [0, 0, 0], "looking takes nothing"


@pytest.mark.parametrize("burst", [1, 5])
def test_no_second_holds_more_than_rate_and_burst(burst: int) -> None:
    """Whoever waits as he is told never sends more than that."""
    budget, sent, now = RateBudget(10, burst), list[float](), 0.0
    while now < 20:
        now += budget.take(now)
        sent.append(now)
    for start in sent:
        assert sum(start <= at < start + 1 for at in sent) <= 10 + burst
    assert len(sent) >= 199


def test_a_refusal_is_obeyed() -> None:
    """Nothing goes before the time that was said, then no burst, and at half the rate."""
    budget = RateBudget(10, 5)
    budget.take(0.0)
    assert 10 <= budget.refused(0.0, 10.0) <= 11
    waits = [budget.take(0.0) for _ in range(3)]
    assert 10 <= waits[0] <= 11
    assert waits[1] - waits[0] == pytest.approx(0.2)
    assert waits[2] - waits[1] == pytest.approx(0.2)
    assert budget.quiet_s(5.0) > 5
    assert budget.quiet_s(11.0) == 0


def test_without_a_word_the_quiet_grows() -> None:
    """A refusal that names no time is met with longer silence each time."""
    budget = RateBudget(10, backoff=Backoff(1.0, 4.0, spread=lambda low, high: high))
    now, quiets = 0.0, []
    for _ in range(4):
        quiets.append(budget.refused(now))
        now += quiets[-1]
    assert quiets == [1.0, 2.0, 4.0, 4.0]
    assert budget.refusals == 4
    assert budget.per_s == 10 / 2**4


def test_the_rate_has_a_floor_and_comes_back() -> None:
    """Refusals slow down to the least rate; answers speed up again, in the end to the first one."""
    budget = RateBudget(8, 4, least_per_s=1)
    for at in range(10):
        budget.refused(at, 0.1)
    assert budget.per_s == 1
    for _ in range(20_000):
        budget.accepted()
    assert budget.per_s == 8
    budget.accepted()
    assert [budget.take(100.0) for _ in range(4)] == [0] * 4, "the burst is back as well"


def test_it_stays_below_where_the_limit_was_met() -> None:
    """Soon at three quarters of the rate that was refused, and then no faster for long."""
    budget = RateBudget(8, 4)
    budget.refused(0.0, 1.0)
    assert budget.per_s == 4
    for _ in range(100):
        budget.accepted()
    assert 6 <= budget.per_s < 6.1
    for _ in range(500):
        budget.accepted()
    assert budget.per_s < 7
    assert [round(budget.take(100.0), 2) for _ in range(3)] == [0, 0, round(1 / budget.per_s, 2)]


def test_refusals_of_what_was_under_way_are_one() -> None:
    """Ten requests at once that are refused slow down once, and are quiet for the longest time."""
    budget = RateBudget(8, 8)
    for number in range(10):
        budget.refused(number / 100, 1.0)
    assert (budget.refusals, budget.per_s) == (1, 4)
    assert 1.0 < budget.quiet_s(0.1) < 1.2
    assert budget.refused(0.1) == budget.quiet_s(0.1), "one that says nothing adds nothing"


def test_an_earlier_end_does_not_shorten_a_quiet() -> None:
    """The longest of what was said counts."""
    budget = RateBudget(10)
    budget.refused(0.0, 60.0)
    budget.refused(1.0, 1.0)
    assert budget.quiet_s(1.0) > 58


@pytest.mark.parametrize(("rate", "burst"), [(0.1, 1), (10, 0)])
def test_senseless_terms_are_refused(rate: float, burst: int) -> None:
    """A rate below the least one, and no room for a single request."""
    with pytest.raises(ValueError, match="room for one request"):
        RateBudget(rate, burst)

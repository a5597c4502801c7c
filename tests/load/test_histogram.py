"""Percentiles against a sorted list, and the memory that they take."""

import math
import random

import pytest

from cxgame.load.histogram import LONGEST_US, Histogram


def of(times: list[float]) -> Histogram:
    """A histogram of these."""
    histogram = Histogram()
    for seconds in times:
        histogram.add(seconds)
    return histogram


@pytest.mark.parametrize("percent", [1, 50, 90, 99, 99.9, 100])
def test_a_percentile_is_never_too_low_and_hardly_too_high(percent: float) -> None:
    """Within 1.6 % and two microseconds of that of a sorted list, over seven powers of ten."""
    dice = random.Random(5)
    times = [10 ** dice.uniform(-6, 1) for _ in range(5_000)]
    exact = sorted(times)[max(0, math.ceil(len(times) * percent / 100) - 1)]
    found = of(times).percentile_s(percent)
    assert exact <= found <= exact * 1.016 + 2e-6


def test_the_longest_is_exact() -> None:
    """No percentile exceeds it."""
    histogram = of([0.001, 0.0012345])
    assert histogram.longest_s == 0.0012345
    assert histogram.percentile_s(100) == 0.0012345


def test_its_memory_has_a_bound() -> None:
    """A million different times, to the longest there is and beyond, take 2,000 buckets."""
    histogram = Histogram()
    for power in range(40):
        for part in range(1_000):
            histogram.add((1 << power) * (1 + part / 1_000) / 1e6)
    assert histogram.count == 40_000
    assert len(histogram) < 2_100
    histogram.add(1e9)
    assert histogram.percentile_s(100) >= LONGEST_US / 1e6


def test_two_make_one() -> None:
    """What each has counted is counted in both together."""
    left, right = of([0.001] * 99), of([1.0])
    left.merge(right)
    assert (left.count, left.longest_s) == (100, 1.0)
    assert left.percentile_s(99) < 0.0011
    assert left.percentile_s(99.1) == 1.0
    assert left.mean_s == pytest.approx(0.01099)


def test_nothing_has_no_times() -> None:
    """And takes no memory; a clock that went back counts as no time."""
    assert (Histogram().percentile_s(99), Histogram().mean_s, len(Histogram())) == (0.0, 0.0, 0)
    assert of([-1.0]).percentile_s(50) == 0.0

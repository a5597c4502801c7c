"""When messages are due."""

import pytest

from cxgame.load.profiles import PROFILES, PUSHED, STEADY, due_times


def test_a_steady_course_is_even() -> None:
    """The first at once, the others at the same distance, as many as the rate says."""
    times = list(due_times(STEADY, 4.0, 2.0))
    assert times == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]


def test_a_push_lies_between_two_calm_stretches() -> None:
    """A quarter at a tenth of the rate, half at the rate, a quarter at a tenth."""
    times = list(due_times(PUSHED, 100.0, 8.0))
    counts = [sum(begin <= at < end for at in times) for begin, end in ((0, 2), (2, 6), (6, 8))]
    assert counts == [20, 400, 20]
    assert times == sorted(times)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_course_is_a_whole(profile) -> None:  # type: ignore[no-untyped-def]
    """The stretches of every profile fill its time."""
    assert sum(stretch.time for stretch in profile.course) == 1.0
    assert max(stretch.rate for stretch in profile.course) == 1.0

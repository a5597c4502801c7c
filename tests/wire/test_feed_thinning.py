"""When the activity is too much, and when it is over."""

from cxgame.wire.feed_thinning import FEW_PER_SECOND, HOLD_S, MANY_PER_SECOND, Thinning


def test_it_thins_above_the_bound_and_not_at_it() -> None:
    """200 events in a second pass, 201 don't."""
    thinning = Thinning()
    assert not thinning.count(0.0, MANY_PER_SECOND)
    assert not thinning.thinned
    assert thinning.count(0.5, 1)
    assert thinning.thinned


def test_only_the_last_second_counts() -> None:
    """The same number over two seconds is no crowd."""
    thinning = Thinning()
    for quarter in range(8):
        assert not thinning.count(quarter / 4, MANY_PER_SECOND // 4)


def test_it_ends_when_few_come_and_some_time_has_passed() -> None:
    """A state is held for a while, and between the bounds it stays."""
    thinning = Thinning()
    thinning.count(0.0, MANY_PER_SECOND + 1)
    assert not thinning.count(2.0, 0)
    assert thinning.thinned
    assert not thinning.count(HOLD_S, FEW_PER_SECOND + 1)
    assert thinning.thinned
    assert thinning.count(HOLD_S + 2.0, FEW_PER_SECOND)
    assert not thinning.thinned

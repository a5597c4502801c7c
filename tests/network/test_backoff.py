"""The rhythm of trying again."""

import itertools

import pytest

from cxgame.network import Backoff


def test_tries_become_rarer_up_to_a_limit() -> None:
    """Delays grow, are spread, and stay short enough for a player to wait."""
    first = list(itertools.islice(Backoff(), 12))
    assert 0 < first[0] <= 0.05
    assert max(first) <= 2.0
    assert min(first[-3:]) >= 1.0
    assert first != list(itertools.islice(Backoff(), 12))


def test_a_success_begins_anew() -> None:
    """After `reset` the waits are short again, and the tries are counted from 0."""
    backoff = Backoff(1.0, 8.0, spread=lambda low, high: high)
    assert list(itertools.islice(backoff, 5)) == [1.0, 2.0, 4.0, 8.0, 8.0]
    assert backoff.tries == 5
    backoff.reset()
    assert (next(backoff), backoff.tries) == (1.0, 1)


@pytest.mark.parametrize("terms", [(0.0, 1.0), (2.0, 1.0)])
def test_senseless_terms_are_refused(terms: tuple[float, float]) -> None:
    """A wait of nothing would besiege, a limit below the first wait is a mistake."""
    with pytest.raises(ValueError, match="Waiting times"):
        Backoff(*terms)

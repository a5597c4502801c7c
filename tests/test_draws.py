"""Draws are a function of (seed, stream, index), and that function never changes."""

import math
from statistics import NormalDist, fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.draws import draw, draw_u64, draw_uniform


@pytest.mark.parametrize(
    ("seed", "stream", "index", "bits", "normal"),
    [
        (0, "market/BTC/USD", 1, 1347743155052691594, -1.4533643987512406),
        (7, "market/ETH/USD#jump", 1_000_000, 16182146330241922890, 1.161279682363216),
        (-1, "bot/maker", 0, 11023260408595683328, 0.2470678536258912),
    ],
)
def test_three_pinned_draws(seed: int, stream: str, index: int, bits: int, normal: float) -> None:
    """A recorded game rests on these very numbers."""
    assert draw_u64(seed, stream, index) == bits
    assert math.isclose(draw(seed, stream, index), normal, rel_tol=1e-14)


def test_draws_are_standard_normal() -> None:
    """Mean, deviation and quartiles of 20,000 draws are those of the normal distribution."""
    draws = [draw(42, "market/BTC/USD", index) for index in range(20_000)]
    assert abs(fmean(draws)) < 0.03
    assert abs(pstdev(draws) - 1) < 0.03
    inside = sum(abs(value) < NormalDist().inv_cdf(0.75) for value in draws)
    assert abs(inside / len(draws) - 0.5) < 0.015


def test_neighbours_are_unrelated() -> None:
    """Seeds, streams and indexes side by side give draws without correlation."""
    base = [draw(1, "a", index) for index in range(5_000)]
    for other in (
        [draw(2, "a", index) for index in range(5_000)],
        [draw(1, "b", index) for index in range(5_000)],
        [draw(1, "a", index + 1) for index in range(5_000)],
    ):
        assert abs(fmean(x * y for x, y in zip(base, other, strict=True))) < 0.06


@given(st.integers(), st.text(), st.integers())
def test_a_draw_is_finite_and_pure(seed: int, stream: str, index: int) -> None:
    """Any key gives a finite draw, the same each time, from a uniform inside (0, 1)."""
    if any("\ud800" <= character <= "\udfff" for character in stream):
        return
    value = draw(seed, stream, index)
    assert math.isfinite(value)
    assert abs(value) < 8.3
    assert value == draw(seed, stream, index)
    assert 0 < draw_uniform(seed, stream, index) < 1


def test_keys_do_not_run_together() -> None:
    """Digits that wander from one part of the key to the next make another draw."""
    keys = [(1, "2", 3), (12, "", 3), (1, "23", 3), (1, "", 23), (1, "2\x003", 3)]
    assert len({draw_u64(*key) for key in keys}) == len(keys)


def test_the_extremes_stay_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """All bits clear and all bits set still give a number strictly between 0 and 1."""
    for bits in (0, 2**64 - 1):
        monkeypatch.setattr("cxgame.draws.draw_u64", lambda *_key, bits=bits: bits)
        assert 0 < draw_uniform(0, "", 0) < 1
        assert 8.2 < abs(draw(0, "", 0)) < 8.3

"""The models follow their formulas, stay in bounds, and give the same tape for the same key."""

import math
from decimal import Decimal
from itertools import pairwise
from statistics import fmean, pstdev
from typing import Any

import pytest

from cxgame.oracle.base import PriceModel
from cxgame.oracle.models import Constant, Gbm, MeanReversion, RandomWalk
from cxgame.oracle.numbers import MAX_PRICE, MIN_PRICE, OracleError

YEAR_S = 365 * 86_400


def prices(model: PriceModel, count: int) -> list[Decimal]:
    """The first price and `count` more."""
    tape = [model.first_price()]
    for _ in range(count):
        model.index += 1
        tape.append(model.next_price(tape[-1]))
    return tape


def log_returns(tape: list[Decimal]) -> list[float]:
    """Logarithms of the ratios of neighbours."""
    return [math.log(after / before) for before, after in pairwise(tape)]


def test_constant_stays() -> None:
    """The price of a constant market is the same for ever."""
    assert set(prices(Constant(price="1000.00"), 50)) == {Decimal(1000)}


def test_random_walk_takes_normal_steps() -> None:
    """A step is the price times volatility times the draw of its tick."""
    model = RandomWalk(price=500, volatility=0.01, seed=3)
    before, after = prices(model, 1)
    assert math.isclose(float(after), float(before) * (1 + 0.01 * model.draw()), rel_tol=1e-14)


def test_random_walk_stands_on_its_floor() -> None:
    """However wild the steps are, the floor is the lowest price, and it is reached."""
    tape = prices(RandomWalk(price=10, volatility=1, floor="9.5"), 200)
    assert min(tape) == Decimal("9.5")


def test_gbm_follows_its_formula() -> None:
    """One step is exp of trend and noise over dt in years."""
    model = Gbm(price=100, drift=0.3, volatility=2, dt_s=60, seed=11)
    before, after = prices(model, 1)
    dt = 60 / YEAR_S
    exponent = (0.3 - 2**2 / 2) * dt + 2 * math.sqrt(dt) * model.draw()
    assert math.isclose(float(after), float(before) * math.exp(exponent), rel_tol=1e-14)


def test_gbm_has_its_annual_volatility() -> None:
    """Over 20,000 ticks the deviation of the returns is volatility times the root of dt."""
    returns = log_returns(prices(Gbm(volatility=10, dt_s=0.5), 20_000))
    assert math.isclose(pstdev(returns), 10 * math.sqrt(0.5 / YEAR_S), rel_tol=0.03)


def test_gbm_counts_the_days_of_its_year() -> None:
    """A year of trading days is shorter, so a tick is a larger part of it."""
    long, short = (Gbm(drift=1000, volatility=0, year_days=days) for days in (365, 252))
    long_return, short_return = (log_returns(prices(model, 1))[0] for model in (long, short))
    assert math.isclose(short_return / long_return, 365 / 252, rel_tol=1e-6)


def test_mean_reversion_closes_the_gap_at_its_speed() -> None:
    """Without noise the logarithmic gap halves in ln 2 / speed seconds."""
    model = MeanReversion(price=2000, level=1000, speed=0.01, volatility=0, dt_s=math.log(2) / 0.01)
    tape = prices(model, 2)
    assert math.isclose(float(tape[1]), 1000 * math.sqrt(2), rel_tol=1e-12)
    assert math.isclose(float(tape[2]), 1000 * 2**0.25, rel_tol=1e-12)


def test_mean_reversion_stays_near_its_level() -> None:
    """In the long run the deviation is volatility / √(2 · speed · year): 1 % by default."""
    tape = prices(MeanReversion(dt_s=20), 10_000)
    gaps = [math.log(price / 1000) for price in tape]
    assert abs(fmean(gaps)) < 0.001
    assert math.isclose(pstdev(gaps), 8 / math.sqrt(2 * 0.01 * YEAR_S), rel_tol=0.05)


def test_mean_reversion_is_drawn_to_the_first_price_by_default() -> None:
    """Without a level, a market that starts at 50 stays around 50."""
    tape = prices(MeanReversion(price=50, dt_s=100), 500)
    assert 47 < min(tape) <= max(tape) < 53


WILD: list[tuple[type[PriceModel], dict[str, Any]]] = [
    (RandomWalk, {"volatility": 1, "floor": "1e-12", "price": "1e-12"}),
    (RandomWalk, {"volatility": 1, "price": "1e12"}),
    (Gbm, {"volatility": 1000, "dt_s": 3600, "year_days": 1}),
    (Gbm, {"volatility": 0, "drift": 1e6, "dt_s": 3600, "year_days": 1}),
    (Gbm, {"volatility": 0, "drift": -1e6, "dt_s": 3600, "year_days": 1}),
    (MeanReversion, {"volatility": 1000, "dt_s": 3600, "year_days": 1, "speed": 1e-9}),
    (MeanReversion, {"level": "1e-30", "speed": 1000}),
    (MeanReversion, {"level": "1e30", "speed": 1000}),
]


@pytest.mark.parametrize(("kind", "parameters"), WILD)
def test_the_wildest_parameters_stay_in_bounds(
    kind: type[PriceModel], parameters: dict[str, Any]
) -> None:
    """No parameter that is allowed makes a price of zero, infinity or nonsense."""
    assert all(MIN_PRICE <= price <= MAX_PRICE for price in prices(kind(**parameters), 300))


@pytest.mark.parametrize("kind", [RandomWalk, Gbm, MeanReversion])
def test_the_tape_depends_on_seed_and_market_alone(kind: type[PriceModel]) -> None:
    """Equal keys give equal tapes; another seed or another market gives another tape."""
    tape = prices(kind(symbol="BTC/USD", seed=1), 20)
    assert tape == prices(kind(symbol="BTC/USD", seed=1), 20)
    assert tape != prices(kind(symbol="BTC/USD", seed=2), 20)
    assert tape != prices(kind(symbol="ETH/USD", seed=1), 20)
    assert len(set(tape)) == 21


@pytest.mark.parametrize(
    ("kind", "last"),
    [
        (RandomWalk, "59616.980242"),
        (Gbm, "59945.590558"),
        (MeanReversion, "59602.629673"),
    ],
)
def test_pinned_tapes(kind: type[PriceModel], last: str) -> None:
    """Tick 100 of seed 7 is a contract to ten digits: repeated heats rest on it."""
    tape = prices(kind(symbol="BTC/USD", seed=7, price="60000"), 100)
    assert f"{tape[-1]:.6f}" == last


@pytest.mark.parametrize(
    ("kind", "parameters", "name"),
    [
        (RandomWalk, {"volatility": -0.1}, "volatility"),
        (RandomWalk, {"volatility": 1.1}, "volatility"),
        (RandomWalk, {"floor": 0}, "floor"),
        (RandomWalk, {"floor": 1001}, "floor"),
        (Gbm, {"volatility": -1}, "volatility"),
        (Gbm, {"volatility": 1001}, "volatility"),
        (Gbm, {"year_days": 0}, "year_days"),
        (Gbm, {"year_days": 367}, "year_days"),
        (Gbm, {"drift": 1e7}, "drift"),
        (MeanReversion, {"speed": 0}, "speed"),
        (MeanReversion, {"speed": 1001}, "speed"),
        (MeanReversion, {"level": 0}, "level"),
        (MeanReversion, {"volatility": -1}, "volatility"),
        (Constant, {"volatility": 1}, "volatility"),
    ],
)
def test_parameters_out_of_range_are_refused(
    kind: type[PriceModel], parameters: dict[str, Any], name: str
) -> None:
    """The sentence names the parameter."""
    with pytest.raises(OracleError, match=name):
        kind(**parameters)

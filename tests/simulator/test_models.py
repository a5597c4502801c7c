"""Price models of the simulator: a trend, and a user's class behind the oracle's name."""

from decimal import Decimal
from itertools import pairwise

import pytest

from cxgame.oracle import OracleError, Tape, build, parse
from cxgame.simulator.models import CUSTOM, PriceModel, source_of

TREND = "cxgame.simulator.models:Trend"


class Drawn(PriceModel):
    """Moves by what is drawn, and tells where it is."""

    def next_price(self, current: float) -> float:
        """A draw, with the number of the tick and the market in it."""
        assert self.symbol == "BTC/USD"
        return current + self.draw() / 100 + self.tick


class Mad:
    """Gives no number."""

    def next_price(self, current: float) -> float:
        """Too much of it."""
        return float("nan")


def tape(text: str, seed: int = 1) -> Tape:
    """The prices of a source."""
    return Tape(build(parse(text), "BTC/USD", seed, 1.0))


def prices(text: str, count: int = 5, seed: int = 1) -> list[Decimal]:
    """The first prices of a source."""
    made = tape(text, seed)
    return [made.next().price for _ in range(count)]


def test_a_trend_rises_by_its_share() -> None:
    """Without volatility it is exact; it falls to a floor and not below."""
    assert prices(f"{TREND}:price=100,trend=0.01,volatility=0", 3) == [
        Decimal(100),
        Decimal(101),
        Decimal("102.01"),
    ]
    assert prices(f"{TREND}:price=1,trend=-1,volatility=0", 3)[1:] == [Decimal("0.01")] * 2


def test_a_trend_is_drawn_from_its_seed() -> None:
    """The same seed, the same prices."""
    text = f"{TREND}:price=100,volatility=0.01"
    assert prices(text) == prices(text)
    assert prices(text) != prices(text, seed=2)


@pytest.mark.parametrize("parameter", ["trend=2", "volatility=1.5", "volatility=-1"])
def test_a_trend_has_bounds(parameter: str) -> None:
    """A share of the price is one of at most all of it."""
    with pytest.raises(OracleError, match="must lie between"):
        tape(f"{TREND}:{parameter}")


def test_a_users_model_has_draws_and_the_tick() -> None:
    """Both fixed by the seed, so that a heat can be repeated."""
    text = f"{CUSTOM}:model={source_of(Drawn)},price=100"
    first = prices(text)
    assert first == prices(text)
    assert first != prices(text, seed=2)
    assert first[0] == 100
    steps = [round(after - before) for before, after in pairwise(first)]
    assert steps == [1, 2, 3, 4]


def test_a_users_model_that_gives_no_price_is_told_of() -> None:
    """By the oracle's own sentence."""
    made = tape(f"{CUSTOM}:model={source_of(Mad)}")
    made.next()
    with pytest.raises(OracleError, match="NaN"):
        made.next()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("nothing.here:X", "cannot be imported"), ("cxgame.draws:X", "has no class X")],
)
def test_a_name_that_leads_nowhere_is_refused(name: str, sentence: str) -> None:
    """Before the server starts."""
    with pytest.raises(OracleError, match=sentence):
        tape(f"{CUSTOM}:model={name}")


def test_the_base_has_no_price_of_its_own() -> None:
    """A subclass writes `next_price`."""
    with pytest.raises(NotImplementedError):
        PriceModel().next_price(1.0)

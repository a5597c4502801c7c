"""A model's annotated attributes are its parameters, read strictly by type."""

from decimal import Decimal
from typing import Any, ClassVar, Optional

import pytest

from cxgame.oracle.base import PriceModel
from cxgame.oracle.numbers import OracleError, Spread
from cxgame.oracle.parameters import parameter_kinds


class Sample(PriceModel):
    """One parameter of each type, and three names that are none."""

    needed: str
    count: int = 3
    share: float = 0.5
    is_wild: bool = False
    level: Decimal | None = None
    other: Optional[int] = None  # noqa: UP045 - users write this too
    limit: ClassVar[int] = 9
    _secret: int = 1

    def next_price(self, current: Decimal) -> Decimal:
        """The same."""
        return current


def test_parameters_are_the_public_annotated_names() -> None:
    """Those of the base come first; ClassVars and private names are left out."""
    assert list(parameter_kinds(Sample).items()) == [
        ("price", Decimal),
        ("spread", Spread),
        ("bid_volume", Decimal),
        ("ask_volume", Decimal),
        ("needed", str),
        ("count", int),
        ("share", float),
        ("is_wild", bool),
        ("level", Decimal),
        ("other", int),
    ]


def test_text_is_read_as_each_type() -> None:
    """What comes from the command line has the annotated type."""
    texts = {"needed": "x", "count": "-4", "share": "1e-3", "is_wild": "yes", "level": "2.50"}
    model = Sample(spread="5bp", **texts)
    values = (model.needed, model.count, model.share, model.is_wild, model.level, model.spread)
    assert values == ("x", -4, 0.001, True, Decimal("2.50"), Spread(Decimal(5), True))


def test_values_count_as_their_text() -> None:
    """Code may pass numbers, booleans, spreads and None."""
    spread = Spread(Decimal("0.5"))
    model = Sample(needed=1, count=4, share=0.25, is_wild=True, level=None, spread=spread)
    values = (model.needed, model.count, model.share, model.is_wild, model.level, model.spread)
    assert values == ("1", 4, 0.25, True, None, spread)


def test_defaults_stay_with_the_class() -> None:
    """Setting one model's parameter leaves the next model alone."""
    assert Sample(needed="x", count=8).count == 8
    assert Sample(needed="x").count == 3


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "'needed' is missing"),
        ({"needed": "x", "volatilty": "1"}, "no parameter 'volatilty'; there are: price, "),
        ({"needed": "x", "limit": "1"}, "no parameter 'limit'"),
        ({"needed": "x", "_secret": "1"}, "no parameter '_secret'"),
        ({"needed": "x", "count": "1.5"}, "count: '1.5' is not a whole number"),
        ({"needed": "x", "count": "1" * 19}, "is not a whole number"),
        ({"needed": "x", "share": "nan"}, "share: 'nan' is not a number"),
        ({"needed": "x", "share": float("inf")}, "share: 'inf' is not a number"),
        ({"needed": "x", "is_wild": "1"}, "is_wild: '1' is neither true nor false"),
        ({"needed": "x", "level": "much"}, "level: 'much' is not a number"),
        ({"needed": "x", "price": "0"}, "price must lie between"),
        ({"needed": "x", "price": "2e12"}, "price must lie between"),
        ({"needed": "x", "spread": "-1"}, "spread: -1 is no spread"),
        ({"needed": "x", "bid_volume": "-1"}, "volume must not be negative"),
        ({"needed": "x", "ask_volume": "-1"}, "volume must not be negative"),
    ],
)
def test_bad_parameters_are_refused(given: dict[str, Any], sentence: str) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(OracleError) as refused:
        Sample(**given)
    assert sentence in str(refused.value)


def test_a_parameter_of_no_known_type_is_refused() -> None:
    """A tuple among the annotations is said to be no parameter, and what to do about it."""

    class Listing(Sample):
        past: tuple[float, ...] = ()

    with pytest.raises(OracleError, match=r"Listing\.past cannot be a parameter.*ClassVar"):
        Listing(needed="x")

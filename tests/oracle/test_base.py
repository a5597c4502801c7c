"""What the base class gives to a price model."""

from decimal import Decimal

import pytest

from cxgame.oracle import PriceModel, draw
from cxgame.oracle.models import Constant
from cxgame.oracle.numbers import OracleError


def test_draws_are_keyed_by_seed_market_index_and_name() -> None:
    """The stream is the market's, with the name behind a hash sign."""
    model = Constant(symbol="ETH/USD", seed=5)
    model.index = 9
    assert model.draw() == draw(5, "market/ETH/USD", 9)
    assert model.draw("jump") == draw(5, "market/ETH/USD#jump", 9)
    assert model.draw() != model.draw("jump")


def test_a_quote_has_spread_and_volumes() -> None:
    """Bid and ask lie around the price; volumes are as given, without end by default."""
    model = Constant(spread="10bp", ask_volume="2.5")
    assert model.quote(Decimal(2000)) == (Decimal(1999), Decimal(2001), None, Decimal("2.5"))


def test_without_a_spread_bid_and_ask_are_the_price() -> None:
    """The default quote is one price."""
    price = Decimal("999.99")
    assert Constant().quote(price) == (price, price, None, None)


def test_a_model_must_say_its_next_price() -> None:
    """The base alone is no model."""
    with pytest.raises(TypeError, match="next_price"):
        PriceModel()  # type: ignore[abstract]


def test_check_may_refuse_parameters() -> None:
    """A subclass refuses what it can't use, with its own sentence."""

    class Picky(Constant):
        share: float = 0.5

        def check(self) -> None:
            self.require(self.share < 1, "share must lie below 1")

    assert Picky(share="0.9").share == 0.9
    with pytest.raises(OracleError, match="share must lie below 1"):
        Picky(share="1")

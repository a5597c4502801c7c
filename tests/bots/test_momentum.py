"""The trend follower's mind."""

from decimal import Decimal

from cxgame.bots.momentum import Momentum
from cxgame.bots.view import BUY, SELL, Action, Draws, Market
from tests.bots.views import view


def follow(prices: list[float], **changes: object) -> list[Action]:
    """What it does on the last of these prices."""
    mind, draws = Momentum(), Draws(3, "momentum")
    actions: list[Action] = []
    for price in prices:
        actions = mind.decide(view(str(price), last=Decimal(str(price)), **changes), draws)
    return actions


def test_it_buys_what_rises_and_sells_what_falls() -> None:
    """In small market orders."""
    (bought,) = follow([1000, 1001, 1002, 1003])
    (sold,) = follow([1000, 999, 998, 997])
    assert isinstance(bought, Market)
    assert isinstance(sold, Market)
    assert (bought.side, sold.side) == (BUY, SELL)
    assert Decimal(90) < bought.amount < Decimal(310)
    assert Decimal("0.09") < sold.amount < Decimal("0.31")


def test_without_a_trend_it_rests() -> None:
    """Nor does it act without a price."""
    assert follow([1000, 1000, 1000]) == []
    mind, draws = Momentum(), Draws(3, "momentum")
    assert mind.decide(view(None), draws) == []
    assert mind.decide(view(stake=Decimal(0)), draws) == []


def test_it_goes_back_when_the_trend_is_over() -> None:
    """What it holds above its beginning is sold again."""
    (action,) = follow([1000, 1000], base_total=Decimal(12))
    assert isinstance(action, Market)
    assert action.side == SELL


def test_a_whole_trend_has_a_whole_position() -> None:
    """Beyond that it buys no more, however steep it gets."""
    assert follow([1000, 1010, 1020, 1030], base_total=Decimal("19.7")) == []


def test_it_spends_what_it_has() -> None:
    """Less than the minimum is nothing."""
    assert follow([1000, 1001, 1002], quote_free=Decimal(5)) == []
    assert follow([1000, 999, 998], base_free=Decimal(0)) == []

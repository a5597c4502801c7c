"""The market maker's mind."""

from decimal import Decimal

from cxgame.bots.maker import LEVELS, Maker
from cxgame.bots.view import BUY, SELL, Action, Cancel, Draws, Limit, View
from tests.bots.views import order, view

BIDS = [Decimal(text) for text in ("999.50", "999.00", "998.50", "998.00", "997.50")]


def decide(seen: View) -> list[Action]:
    return Maker().decide(seen, Draws(1, "maker"))


def quotes(actions: list[Action], side: str) -> list[Decimal]:
    return [each.price for each in actions if isinstance(each, Limit) and each.side == side]


def test_it_quotes_around_the_price() -> None:
    """The same distance on both sides, best first."""
    actions = decide(view())
    assert quotes(actions, BUY) == BIDS
    assert quotes(actions, SELL) == [2 * Decimal(1000) - price for price in BIDS]
    assert {each.size for each in actions if isinstance(each, Limit)} == {Decimal("0.3")}


def test_without_a_price_it_does_nothing() -> None:
    """Nor before it knows what it owns."""
    assert decide(view(None)) == []
    assert decide(view(stake=Decimal(0))) == []


def test_quotes_in_their_place_stay() -> None:
    """An order keeps its turn in the queue as long as it is near enough."""
    near = [price + Decimal("0.1") for price in BIDS]
    standing = [order(id, BUY, str(price)) for id, price in enumerate(near)]
    actions = decide(view(orders=standing))
    assert quotes(actions, BUY) == []
    assert len(quotes(actions, SELL)) == LEVELS
    assert not [each for each in actions if isinstance(each, Cancel)]


def test_quotes_out_of_place_are_replaced() -> None:
    """Too far away, or nearly eaten up, or one too many at a place."""
    standing = [
        order(1, BUY, "999.50"),
        order(2, BUY, "999.00", size="0.1"),
        order(3, BUY, "990.00"),
        order(4, BUY, "999.51"),
    ]
    actions = decide(view(orders=standing))
    assert [each for each in actions if isinstance(each, Cancel)] == [
        Cancel("2"),
        Cancel("3"),
        Cancel("4"),
    ]
    assert quotes(actions, BUY) == BIDS[1:]


def test_it_leans_against_what_it_holds() -> None:
    """With too many coins it quotes lower, with too few higher, and not without bounds."""
    rich = quotes(decide(view(base_total=Decimal(15))), BUY)[0]
    plain = quotes(decide(view()), BUY)[0]
    poor = quotes(decide(view(base_total=Decimal(5))), BUY)[0]
    assert rich < plain < poor
    flooded = quotes(decide(view(base_total=Decimal(1_000_000))), SELL)[0]
    assert flooded > Decimal(980)


def test_it_quotes_what_it_can_pay() -> None:
    """Free money bounds the bids, free coins the asks; the best quotes come first."""
    actions = decide(view(quote_free=Decimal(500), base_free=Decimal("0.7")))
    assert quotes(actions, BUY) == [Decimal("999.50")]
    assert len(quotes(actions, SELL)) == 2


def test_a_stake_too_small_for_a_quote_makes_none() -> None:
    """Below the minimum size there is nothing to quote."""
    assert decide(view(stake=Decimal("0.0001"))) == []

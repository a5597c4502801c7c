"""The zero-intelligence trader's mind."""

from collections import Counter
from decimal import Decimal

from cxgame.bots.noise import FAR, LARGE, MOST_ORDERS, SMALL, Noise
from cxgame.bots.view import BUY, SELL, Action, Cancel, Draws, Limit, Market
from tests.bots.views import order, view


def decisions(count: int, **changes: object) -> list[Action]:
    draws, mind, found = Draws(7, "random"), Noise(), []
    for _ in range(count):
        found += mind.decide(view(**changes), draws)
    return found


def test_it_does_everything_within_its_bounds() -> None:
    """Takes and places on both sides, sizes and prices within their ranges."""
    actions = decisions(400)
    kinds = Counter((type(each), getattr(each, "side", "")) for each in actions)
    assert min(kinds[kind, side] for kind in (Limit, Market) for side in (BUY, SELL)) > 50
    limits = [each for each in actions if isinstance(each, Limit)]
    assert all(abs(each.price / 1000 - 1) <= Decimal(f"{FAR + 0.001}") for each in limits)
    low, high = (20 * Decimal(f"{share}") for share in (SMALL, LARGE))
    assert all(low * Decimal("0.99") <= each.size <= high for each in limits)
    spent = [each.amount for each in actions if isinstance(each, Market) and each.side == BUY]
    assert all(low * 990 <= amount <= high * 1000 for amount in spent)


def test_the_same_seed_decides_the_same() -> None:
    """And a refusal on the way does not shift what comes after."""
    assert decisions(50) == decisions(50)
    draws = Draws(7, "random")
    mind = Noise()
    mind.decide(view(None), draws)
    assert mind.decide(view(), draws) == decisions(2)[1:]


def test_it_cancels_its_oldest_order_now_and_then() -> None:
    """Ids are numbers, so 9 is older than 10; with too many orders it only cancels."""
    some = [order(10, BUY, "990"), order(9, BUY, "990")]
    cancels = [each for each in decisions(200, orders=some) if isinstance(each, Cancel)]
    assert 10 < len(cancels) < 60
    assert set(cancels) == {Cancel("9")}
    many = [order(id, BUY, "990") for id in range(1, MOST_ORDERS + 2)]
    assert set(decisions(50, orders=many)) == {Cancel("1")}


def test_it_spends_what_it_has() -> None:
    """With nothing free it does nothing; with a little, orders are as small."""
    nothing = {"base_free": Decimal(0), "quote_free": Decimal(0)}
    assert decisions(100, **nothing) == []
    little = decisions(100, base_free=Decimal("0.001"), quote_free=Decimal(20))
    assert little
    assert all(each.size * 1000 <= 21 for each in little if isinstance(each, Limit))

"""The trend follower: it buys what rises and sells what falls, in small steps."""

from decimal import Decimal

from cxgame.bots.view import BUY, SELL, Action, Draws, Market, View

FAST, SLOW = Decimal("0.3"), Decimal("0.05")  # weights of a new price in the two averages
FULL = Decimal("0.001")  # a fast average this far from the slow one is a whole trend
REACH = Decimal("0.5")  # of its stake: the position in a whole trend
CLIP = 0.005, 0.015  # of the same: least and most of one order


class Momentum:
    """Compares a fast with a slow average of the price, and works towards a position."""

    period_s = 0.25

    def __init__(self) -> None:
        self._fast: Decimal | None = None
        self._slow: Decimal | None = None

    def decide(self, view: View, draws: Draws) -> list[Action]:
        """A step towards the position that the trend asks for."""
        price = view.price
        clip = draws.between(*CLIP)
        if price is None or not view.stake:
            return []
        trend = self._trend(view.last or price)
        coins_at_stake = view.stake / price
        wanted = view.base_start + trend * REACH * coins_at_stake
        gap = wanted - view.base_total
        step = clip * coins_at_stake
        if abs(gap) < step / 2:
            return []
        size = min(abs(gap), step)
        if gap > 0:
            amount = view.terms.amount(min(size * price, view.quote_free))
            return [] if amount is None else [Market(BUY, amount)]
        coins = view.terms.size(min(size, view.base_free))
        return [] if coins is None else [Market(SELL, coins)]

    def _trend(self, price: Decimal) -> Decimal:
        """From -1, falling, to 1, rising."""
        self._fast = _blend(self._fast, price, FAST)
        self._slow = _blend(self._slow, price, SLOW)
        return min(max((self._fast / self._slow - 1) / FULL, Decimal(-1)), Decimal(1))


def _blend(average: Decimal | None, price: Decimal, weight: Decimal) -> Decimal:
    return price if average is None else average + weight * (price - average)

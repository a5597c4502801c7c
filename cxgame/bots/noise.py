"""The zero-intelligence trader: it does anything at random, within its means.

After Gode and Sunder, "Allocative Efficiency of Markets with Zero-Intelligence Traders" (1993).
"""

from decimal import Decimal

from cxgame.bots.view import BUY, SELL, Action, Cancel, Draws, Limit, Market, View

TAKES = 0.5  # share of decisions that take
CANCELS = 0.15  # share that cancel
FAR = 0.004  # a limit order is placed up to so far from the price, on either side
SMALL, LARGE = 0.002, 0.02  # of its stake, per order
MOST_ORDERS = 30  # beyond, it cancels


class Noise:
    """Buys, sells, places and cancels by the draw."""

    period_s = 0.25

    def decide(self, view: View, draws: Draws) -> list[Action]:
        """One action, or none if it has no means for it."""
        price = view.price
        # Every decision draws the same four numbers, so that one of them can't shift the rest.
        kind, side = draws.uniform(), BUY if draws.uniform() < 0.5 else SELL
        share, place = draws.between(SMALL, LARGE), draws.between(-FAR, FAR)
        if price is None:
            return []
        if view.orders and (kind < CANCELS or len(view.orders) > MOST_ORDERS):
            return [Cancel(min(view.orders, key=lambda order: int(order.id)).id)]  # the oldest
        size = view.stake * share / price
        if kind < CANCELS + TAKES:
            return self._take(side, size, price, view)
        return self._place(side, size, price * (1 + place), view)

    def _take(self, side: str, size: Decimal, price: Decimal, view: View) -> list[Action]:
        """A market order, as far as money or coins reach."""
        if side == BUY:
            amount = view.terms.amount(min(size * price, view.quote_free))
            return [] if amount is None else [Market(BUY, amount)]
        coins = view.terms.size(min(size, view.base_free))
        return [] if coins is None else [Market(SELL, coins)]

    def _place(self, side: str, size: Decimal, price: Decimal, view: View) -> list[Action]:
        """A limit order, which takes if it crosses."""
        quote = view.terms.price(price, side)
        affordable = view.quote_free / quote if side == BUY else view.base_free
        coins = view.terms.size(min(size, affordable))
        return [] if coins is None else [Limit(side, quote, coins)]

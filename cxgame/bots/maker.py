"""The market maker: quotes on both sides of the price, and leans against what it holds.

A quote that crosses somebody's order takes it: that order was further from the fair price than the
maker's own quotes, and would keep it out of the market.
"""

from decimal import Decimal

from cxgame.bots.view import BUY, SELL, Action, Cancel, Draws, Limit, OpenOrder, View

LEVELS = 5  # quotes per side
HALF_SPREAD = Decimal("0.0005")  # of the first quote: 0.05 % from the fair price
STEP = Decimal("0.0005")  # between quotes of a side
SHARE = Decimal("0.015")  # of its stake, per quote
LEAN = Decimal("0.002")  # how far quotes move when half of its stake has become coins, or money
SLACK = Decimal("0.0002")  # a quote this near to where it should be stays: it keeps its place
_MAX_LEAN = Decimal(2)


class Maker:
    """Keeps `LEVELS` quotes a side around a fair price, which inventory moves."""

    period_s = 0.5

    def decide(self, view: View, draws: Draws) -> list[Action]:
        """Cancel quotes that are out of place and place those that are missing."""
        price = view.price
        if price is None:
            return []
        fair = price * (1 - LEAN * self._surplus(view, price))
        actions: list[Action] = []
        for side in (BUY, SELL):
            actions += self._side(side, fair, price, view)
        return actions

    def _surplus(self, view: View, price: Decimal) -> Decimal:
        """How much more it holds than at the beginning, as a share of half its stake."""
        if not view.stake:
            return Decimal(0)
        surplus = (view.base_total - view.base_start) * price / (view.stake / 2)
        return min(max(surplus, -_MAX_LEAN), _MAX_LEAN)

    def _side(self, side: str, fair: Decimal, price: Decimal, view: View) -> list[Action]:
        size = view.terms.size(view.stake * SHARE / price)
        if size is None:
            return []
        missing = self._wanted(side, fair, view)
        actions: list[Action] = []
        for order in view.orders:
            if order.side == side:
                place = self._place_of(order, missing, SLACK * price)
                if place is None or order.size < size / 2:
                    actions.append(Cancel(order.id))
                else:
                    missing.remove(place)
        return [*actions, *self._affordable(side, missing, size, view)]

    def _wanted(self, side: str, fair: Decimal, view: View) -> list[Decimal]:
        sign = -1 if side == BUY else 1
        offsets = (HALF_SPREAD + STEP * level for level in range(LEVELS))
        return [view.terms.price(fair * (1 + sign * offset), side) for offset in offsets]

    def _place_of(self, order: OpenOrder, wanted: list[Decimal], slack: Decimal) -> Decimal | None:
        """The wanted price that an order stands for, if it is near enough to one."""
        near = min(wanted, key=lambda each: abs(each - order.price), default=None)
        return near if near is not None and abs(near - order.price) <= slack else None

    def _affordable(
        self, side: str, prices: list[Decimal], size: Decimal, view: View
    ) -> list[Action]:
        """New quotes, best first, as far as free money or coins reach."""
        free = view.quote_free if side == BUY else view.base_free
        actions: list[Action] = []
        for price in prices:
            need = price * size if side == BUY else size
            if need <= free:
                free -= need
                actions.append(Limit(side, price, size))
        return actions

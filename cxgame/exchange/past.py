"""What has happened in a back-test: every trade and every order that is over, in memory.

Unlike the server's lists (`cxgame.history.recent`) these have no bound unless the caller sets one:
a back-test looks at all of them at its end.
"""

from collections import OrderedDict, defaultdict, deque

from cxgame.engine.ledger import HOUSE
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.events import Trade

Timed = tuple[Trade, int]  # with its wall_ms


class Past:
    """All of it, oldest first; with `keep`, the last so many of each list."""

    def __init__(self, keep: int | None) -> None:
        self._keep = keep
        self.trades: deque[Timed] = deque(maxlen=keep)
        self.fills: defaultdict[int, deque[Timed]] = defaultdict(lambda: deque(maxlen=keep))
        # A plain dict would look for its oldest among all that it has forgotten.
        self.closed: dict[int, Order] = {} if keep is None else OrderedDict()

    def fold(self, applied: Applied, wall_ms: int) -> None:
        """Take in what one command did."""
        for event in applied.events:
            if type(event) is Trade:  # a struct's isinstance costs four times as much
                timed = (event, wall_ms)
                self.trades.append(timed)
                if event.buy_account != HOUSE:
                    self.fills[event.buy_account].append(timed)
                if event.sell_account not in (HOUSE, event.buy_account):
                    self.fills[event.sell_account].append(timed)
        closed = self.closed
        for order in applied.ended:
            closed[order.id] = order
            if self._keep is not None and len(closed) > self._keep:
                del closed[next(iter(closed))]

"""What a batch did, as its hash sees it, and whom and what it touched."""

from collections.abc import Iterable, Sequence

from cxgame.engine.engine import Engine
from cxgame.model.events import (
    AccountOpened,
    Event,
    OrderClosed,
    OrderPlaced,
    OrderReduced,
    PhaseChanged,
    RoundStarted,
    RulesSet,
    Ticker,
    Trade,
)


class Touched:
    """Ids of what some events are about; order ids include those of orders that are over."""

    __slots__ = ("accounts", "markets", "orders")

    def __init__(self, engine: Engine, events: Iterable[Event]) -> None:
        self.accounts: set[int] = set()
        self.orders: set[int] = set()
        self.markets: set[int] = set()
        for event in events:
            if isinstance(event, Trade):
                self.accounts.add(event.buy_account)
                self.accounts.add(event.sell_account)
                self.orders.add(event.buy_order)
                self.orders.add(event.sell_order)
            elif isinstance(event, OrderPlaced | OrderClosed | OrderReduced):
                self.accounts.add(event.account)
                self.orders.add(event.order)
            elif isinstance(event, AccountOpened):
                self.accounts.add(event.account)
            elif isinstance(event, RoundStarted):
                self.accounts.update(range(len(engine.accounts)))
            elif isinstance(event, Ticker):
                self.markets.add(event.market)
            elif isinstance(event, RulesSet | PhaseChanged):
                self.markets.update(range(len(engine.markets)))
        self.orders.discard(0)  # the house's


def balances(engine: Engine, accounts: Iterable[int]) -> bytes:
    """What accounts own, for the hash of the batch that touched them."""
    rows: Sequence[str] = [
        f"{id}{engine.accounts[id].free}{engine.accounts[id].held}" for id in sorted(accounts)
    ]
    return "".join(rows).encode()

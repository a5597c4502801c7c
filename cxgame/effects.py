"""What a batch did, as its hash sees it, and whom and what it touched."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from cxgame.engine.engine import Engine
from cxgame.model.events import (
    AccountOpened,
    AccountsReset,
    BalanceSet,
    Deposited,
    Event,
    MarketAdded,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    OrderRefused,
    OrderRejected,
    PhaseChanged,
    RoundStarted,
    RulesSet,
    Ticker,
    Trade,
    TriggerClosed,
    TriggerFired,
    TriggerPlaced,
    Withdrawn,
)

_OF_ONE_ORDER = frozenset(
    (
        OrderPlaced,
        OrderFilled,
        OrderClosed,
        OrderReduced,
        OrderAmended,
        OrderRejected,
        TriggerPlaced,
        TriggerFired,
        TriggerClosed,
    )
)
_OF_ONE_ACCOUNT = (AccountOpened, OrderRefused, Deposited, Withdrawn, BalanceSet)


_traders = attrgetter("buy_account", "sell_account")
_orders_of = attrgetter("buy_order", "sell_order")


class Touched:
    """Ids of what some events are about; order ids include those of orders that are over."""

    __slots__ = ("accounts", "course", "markets", "orders")

    def __init__(self) -> None:
        self.accounts: set[int] = set()
        self.orders: set[int] = set()
        self.markets: set[int] = set()
        self.course = False  # whether rules or phase changed

    def take(self, engine: Engine, events: Iterable[Event]) -> None:
        """Take in events that have led to where the engine stands."""
        add_account, add_order = self.accounts.add, self.orders.add
        event: Any  # `isinstance`, from which a type could be told, is four times as slow here
        for event in events:
            kind = type(event)
            if kind is Trade:
                self.accounts.update(_traders(event))
                self.orders.update(_orders_of(event))
            elif kind in _OF_ONE_ORDER:
                add_account(event.account)
                add_order(event.order)
            else:
                self._take_rare(engine, event)
        self.orders.discard(0)  # the house's

    def _take_rare(self, engine: Engine, event: Event) -> None:
        if isinstance(event, _OF_ONE_ACCOUNT):
            self.accounts.add(event.account)
        elif isinstance(event, AccountsReset):
            self.accounts.update(event.accounts)
        elif isinstance(event, RoundStarted):
            self.accounts.update(range(len(engine.accounts)))
        elif isinstance(event, Ticker):
            self.markets.add(event.market)
        elif isinstance(event, MarketAdded):
            self.markets.add(engine.market_ids[event.market.symbol])
        elif isinstance(event, RulesSet | PhaseChanged):
            self.markets.update(range(len(engine.markets)))
            self.course = True


def balances(engine: Engine, accounts: Iterable[int]) -> bytes:
    """What accounts own, for the hash of the batch that touched them."""
    rows: Sequence[str] = [
        f"{id}{engine.accounts[id].free}{engine.accounts[id].held}" for id in sorted(accounts)
    ]
    return "".join(rows).encode()

"""A small game for unit tests: an engine, two players, and short words for what they do."""

from typing import Any

from cxgame.engine.engine import Engine
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.commands import Command, Open, OpenAccount, PlaceOrder, SetRules
from cxgame.model.enums import OrderType, Side, Verb
from cxgame.model.events import Event
from cxgame.model.rules import MarketRules, Rules
from cxgame.model.units import ONE

# A tick of 1 and a lot of 1: prices and quantities in the tests are what they look like.
MARKET = MarketRules(
    "BTC/USD", "BTC", "USD", tick="1", lot="1", min_size="1", min_price="1", start_price="100"
)
BTC, USD = 0, 1  # columns
ALICE, BOB = 1, 2


class Desk:
    """An open game in which alice and bob have 10,000 USD and 100 BTC each."""

    def __init__(self, *markets: MarketRules, **rules: Any) -> None:
        self.engine = Engine()
        self.now_ms = 0  # of game time
        self.wall_ms = 0
        grants = {"USD": "10000", "BTC": "100"}
        self.do(SetRules(Rules(1, markets or (MARKET,), **{"grants": grants, "seed": 1, **rules})))
        for name in ("alice", "bob"):
            self.do(OpenAccount(name))
        self.do(Open())

    def do(self, command: Command, at_ms: int = 0) -> Applied:
        """Apply a command, at a game time if that is later than now."""
        engine, at_ms = self.engine, max(at_ms, self.now_ms)
        return engine.apply(command, max(engine.game_time_ns, at_ms * 10**6), self.wall_ms)

    def place(
        self, account: int, side: Side, quantity: int, price: int, *, market: int = 0, **rest: Any
    ) -> Applied:
        """Place a limit order."""
        kind = OrderType.LIMIT
        return self.do(PlaceOrder(account, market, Verb.ORDER, side, kind, price, quantity, **rest))

    def order(self, account: int, side: Side, quantity: int, price: int, **rest: Any) -> Order:
        """Place a limit order that must be accepted."""
        applied = self.place(account, side, quantity, price, **rest)
        assert applied.order is not None, applied.rejection
        return applied.order

    def buy(self, account: int, quantity: int, price: int, **rest: Any) -> Order:
        """A limit buy."""
        return self.order(account, Side.BUY, quantity, price, **rest)

    def sell(self, account: int, quantity: int, price: int, **rest: Any) -> Order:
        """A limit sell."""
        return self.order(account, Side.SELL, quantity, price, **rest)

    def owns(self, account: int) -> dict[str, tuple[int, int]]:
        """Free and held of each asset, in whole coins."""
        owner = self.engine.accounts[account]
        return {
            asset: (owner.free[column] // ONE, owner.held[column] // ONE)
            for column, asset in enumerate(self.engine.ledger.assets)
        }


def kinds(events: list[Event]) -> list[str]:
    """What sort of things happened, in order."""
    return [type(event).__name__ for event in events]

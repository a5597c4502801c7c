"""What players ask: orders of every kind around the price, cancels, talk, and looks at everything.

Prices lie within a few ticks, and sizes are small numbers, so that orders meet all the time.
"""

from __future__ import annotations

from random import Random
from typing import Any

from tests.simulation.setup import SECRET

Request = tuple[str, dict[str, Any]]
READS = frozenset(
    {"wallets", "orders", "all_orders", "fills", "completed", "book", "price", "markets", "time"}
    | {"audit"}
)
ORDERS = frozenset({"order", "buy", "sell", "buy_market", "sell_market"})
# What may be asked again when nobody knows what became of it.
REPEATABLE = ORDERS | {"register", "cancel_all", "cancel", "start", "pause"}
_KINDS: dict[str, int] = {
    "limit": 42, "seed": 8, "market": 5, "budget": 5, "seed_market": 4, "cancel": 14,
    "cancel_all": 2, "bcast": 2, "wallets": 7, "orders": 5, "all_orders": 1, "fills": 3,
    "completed": 2, "book": 3, "price": 1, "markets": 1, "time": 1, "audit": 1, "trigger": 16,
}  # fmt: skip
_NAMES, _WEIGHTS = tuple(_KINDS), tuple(_KINDS.values())
_MODES = ("none", "skip", "expire_taker", "expire_maker", "expire_both", "decrement")


class Taste:
    """One player's way to choose what comes next."""

    def __init__(self, random: Random, symbols: tuple[str, ...]) -> None:
        self.random = random
        self.symbols = symbols
        self.orders: list[str] = []  # ids of own orders that may be open

    def next(self) -> Request:
        """Any request but registering; orders lack their cid."""
        random = self.random
        kind = random.choices(_NAMES, _WEIGHTS)[0]
        match kind:
            case "limit":
                return "order", self._limit()
            case "trigger":
                return "order", self._trigger()
            case "market" | "budget":
                return "order", self._market(by_budget=kind == "budget")
            case "seed":
                verb = random.choice(("buy", "sell"))
                return verb, {
                    "symbol": self._symbol(),
                    "price": self._price(),
                    "size": self._size(),
                }
            case "seed_market":
                if random.random() < 0.5:
                    return "buy_market", {"symbol": self._symbol(), "amount": self._amount()}
                return "sell_market", {"symbol": self._symbol(), "amount": self._size()}
            case "cancel":
                return "cancel", {"order_id": random.choice(self.orders or ["999"])}
            case "cancel_all":
                which = random.choice(({}, {"symbol": self._symbol()}, {"side": "buy"}))
                return kind, dict(which)
            case "bcast":
                return kind, {"message": "hello"}
            case "book" | "price":
                return kind, {"symbol": self._symbol()}
        return kind, {}

    def admin(self, command: str) -> Request:
        """Stop the market, or let it go on."""
        return command, {"secret": SECRET}

    def _limit(self) -> dict[str, Any]:
        random = self.random
        params: dict[str, Any] = {
            "symbol": self._symbol(),
            "side": random.choice(("buy", "sell")),
            "type": "limit",
            "price": self._price(),
            "size": self._size(),
        }
        until = random.choice(("gtc", "gtc", "gtc", "gtc", "ioc", "fok"))
        if until != "gtc":
            params["time_in_force"] = until
        elif random.random() < 0.1:
            params["post_only"] = True
        if random.random() < 0.1:
            params["stp"] = random.choice(_MODES)
        return params

    def _market(self, *, by_budget: bool) -> dict[str, Any]:
        params: dict[str, Any] = {"symbol": self._symbol(), "type": "market"}
        if by_budget:
            return params | {"side": "buy", "amount": self._amount()}
        return params | {"side": self.random.choice(("buy", "sell")), "size": self._size()}

    def _trigger(self) -> dict[str, Any]:
        """An order of any kind, which waits for a price near the present one."""
        random = self.random
        form = random.choice(("limit", "limit", "market", "budget"))
        params = self._limit() if form == "limit" else self._market(by_budget=form == "budget")
        if (form, params["side"]) == ("market", "buy"):
            params["max_price"] = self._price()
        kind = random.choice(("stop", "take_profit", "trailing"))
        params |= {"trigger": kind, "trigger_by": random.choice(("last", "mid"))}
        if kind != "trailing":
            return params | {"trigger_price": self._price()}
        if random.random() < 0.5:
            return params | {"trail": f"0.{random.randrange(1, 30):02d}"}
        return params | {"trail_percent": random.choice(("0.05", "0.1", "0.2"))}

    def _symbol(self) -> str:
        return self.random.choice(self.symbols)

    def _price(self) -> str:
        return f"{100 + self.random.randrange(-40, 41) / 100:.2f}"

    def _size(self) -> str:
        return f"{self.random.choice((1, 2, 3, 5, 8, 40))}.{self.random.choice((0, 0, 5))}"

    def _amount(self) -> str:
        return f"{self.random.choice((20, 100, 333, 2500))}.{self.random.randrange(100):02d}"

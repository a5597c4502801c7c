"""Views for the tests of the bots' minds."""

from decimal import Decimal
from typing import Any

from cxgame.bots.view import OpenOrder, Terms, View

TERMS = Terms.of(
    {
        "symbol": "BTC/USD",
        "base": "BTC",
        "quote": "USD",
        "tick": "0.01",
        "lot": "0.0000000001",
        "min_size": "0.00000001",
        "min_price": "0.1",
        "min_amount": "10.00",
    }
)


def view(price: str | None = "1000", **changes: Any) -> View:
    """A bot with 10 coins and 10,000 of money, begun at this price, with changes."""
    seen = View(TERMS)
    seen.base_free = seen.base_total = Decimal(10)
    seen.quote_free = seen.quote_total = Decimal(10_000)
    seen.begin(Decimal(1000))
    seen.mid = None if price is None else Decimal(price)
    for name, value in changes.items():
        setattr(seen, name, value)
    return seen


def order(id: int, side: str, price: str, size: str = "0.4") -> OpenOrder:
    """One of the bot's orders."""
    return OpenOrder(str(id), side, Decimal(price), Decimal(size))

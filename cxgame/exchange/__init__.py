"""Layer 3: the exchange as a library. `Exchange` runs the engine in your process, step by step.

For back-tests, simulations and experiments: no socket, no store, no clock but the caller's. The
names load on first use, so that whoever imports one part loads only that.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxgame.exchange.account import Account
    from cxgame.exchange.errors import OrderRefused
    from cxgame.exchange.exchange import Exchange
    from cxgame.exchange.quotes import Book, Level, Quote
    from cxgame.exchange.rows import Balance, Fill, Order, Standing, Trade
    from cxgame.model.enums import Side, TimeInForce
    from cxgame.model.rules import MarketRules

__all__ = [
    "Account",
    "Balance",
    "Book",
    "Exchange",
    "Fill",
    "Level",
    "MarketRules",
    "Order",
    "OrderRefused",
    "Quote",
    "Side",
    "Standing",
    "TimeInForce",
    "Trade",
]

_QUOTES = ("Book", "Level", "Quote")
_ROWS = ("Balance", "Fill", "Order", "Standing", "Trade")
_HOMES = {
    "Account": "cxgame.exchange.account",
    "Exchange": "cxgame.exchange.exchange",
    "MarketRules": "cxgame.model.rules",
    "OrderRefused": "cxgame.exchange.errors",
    "Side": "cxgame.model.enums",
    "TimeInForce": "cxgame.model.enums",
    **dict.fromkeys(_QUOTES, "cxgame.exchange.quotes"),
    **dict.fromkeys(_ROWS, "cxgame.exchange.rows"),
}


def __getattr__(name: str) -> object:
    """Load a public name from its module, once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for completion in a notebook."""
    return __all__

"""Layer 3: the library for bot writers. `CxClient` trades, `CxFeedReader` watches.

Names load on first use, so that importing the package costs nothing. Of the rest
of cxgame the library needs `cxgame.network` alone: what it knows is the protocol of
`docs/protocol.md`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxgame.client.account import Account, Wallet
    from cxgame.client.book import Book, Level
    from cxgame.client.client import CxClient
    from cxgame.client.feed import CxFeedReader
    from cxgame.client.frames import AccountEvent, Event, OrderRow
    from cxgame.client.listener import Listener
    from cxgame.client.live import LiveAccount, LiveBook
    from cxgame.client.response import OrderList, Response
    from cxgame.client.stream import Stream
    from cxgame.client.values import Money, dec, random_username

__all__ = [
    "Account",
    "AccountEvent",
    "Book",
    "CxClient",
    "CxFeedReader",
    "Event",
    "Level",
    "Listener",
    "LiveAccount",
    "LiveBook",
    "Money",
    "OrderList",
    "OrderRow",
    "Response",
    "Stream",
    "Wallet",
    "dec",
    "random_username",
]

_HOMES = {
    "Account": "account",
    "AccountEvent": "frames",
    "Book": "book",
    "CxClient": "client",
    "CxFeedReader": "feed",
    "Event": "frames",
    "Level": "book",
    "Listener": "listener",
    "LiveAccount": "live",
    "LiveBook": "live",
    "Money": "values",
    "OrderList": "response",
    "OrderRow": "frames",
    "Response": "response",
    "Stream": "stream",
    "Wallet": "account",
    "dec": "values",
    "random_username": "values",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module, once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for completion in a notebook."""
    return __all__

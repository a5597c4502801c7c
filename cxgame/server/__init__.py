"""Layer 3: the faces of a game. `CxExchange` takes orders, `CxFeed` tells everybody, `CxServer`
runs both with everything else, `main()` runs that with default options.

The public names load when first used, so that whoever needs one part loads only that.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxgame.server.app import CxServer, main
    from cxgame.server.errors import PlayFault, StartError
    from cxgame.server.exchange import CxExchange
    from cxgame.server.feed import CxFeed

_HOMES = {
    "CxExchange": "exchange",
    "CxFeed": "feed",
    "CxServer": "app",
    "PlayFault": "errors",
    "StartError": "errors",
    "main": "app",
}

__all__ = ["CxExchange", "CxFeed", "CxServer", "PlayFault", "StartError", "main"]


def __getattr__(name: str) -> object:
    """Load a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

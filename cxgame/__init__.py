"""cxgame: an exchange where people's bots trade against each other.

The public names live in `cxgame.server`, `cxgame.client`, `cxgame.oracle`, `cxgame.bots` and
`cxgame.exchange`; the last one's `Exchange` is also a name of this package, for back-tests. It
loads when it is first used, so that whoever needs one part alone loads nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxgame.exchange.exchange import Exchange

__all__ = ["Exchange", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load `Exchange` from its home."""
    if name != "Exchange":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.exchange.exchange"), name)
    globals()[name] = value
    return value

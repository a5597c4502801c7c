"""Layer 6: the exchange as an infrastructure simulator, and a client that survives its faults.

`Config` says how it plays, `ExchangeServer` plays it, `ExchangeClient` trades on it. Names load on
first use, so that whoever wants the client loads no server.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxgame.simulator.client import ExchangeClient
    from cxgame.simulator.config import Config
    from cxgame.simulator.server import ExchangeServer

__all__ = ["Config", "ExchangeClient", "ExchangeServer"]

_HOMES = {"Config": "config", "ExchangeClient": "client", "ExchangeServer": "server"}


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

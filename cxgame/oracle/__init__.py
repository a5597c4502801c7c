"""Layer 2: where prices come from. Keyed models, replays, tickers, and the ticking service.

The public names load when first used, so that a price model alone brings no asyncio along.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxgame.oracle.base import PriceModel, Sides
    from cxgame.oracle.draws import draw, draw_u64
    from cxgame.oracle.numbers import OracleError, Spread, to_price
    from cxgame.oracle.service import Oracle
    from cxgame.oracle.spec import OracleSpec, assign, build, describe, parse
    from cxgame.oracle.tape import Quote, Start, Tape
    from cxgame.oracle.tickers import TickerReader, TickerWriter

_HOMES = {
    "Oracle": "service",
    "OracleError": "numbers",
    "OracleSpec": "spec",
    "PriceModel": "base",
    "Quote": "tape",
    "Sides": "base",
    "Spread": "numbers",
    "Start": "tape",
    "Tape": "tape",
    "TickerReader": "tickers",
    "TickerWriter": "tickers",
    "assign": "spec",
    "build": "spec",
    "describe": "spec",
    "draw": "draws",
    "draw_u64": "draws",
    "parse": "spec",
    "to_price": "numbers",
}

__all__ = [
    "Oracle",
    "OracleError",
    "OracleSpec",
    "PriceModel",
    "Quote",
    "Sides",
    "Spread",
    "Start",
    "Tape",
    "TickerReader",
    "TickerWriter",
    "assign",
    "build",
    "describe",
    "draw",
    "draw_u64",
    "parse",
    "to_price",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

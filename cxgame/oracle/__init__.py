"""Layer 2: where prices come from. Keyed models, replays, tickers, and the ticking service.

The public names load when first used, so that a price model alone brings no asyncio along.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxgame.draws import draw, draw_u64
    from cxgame.oracle.base import PriceModel, Sides
    from cxgame.oracle.numbers import OracleError, Spread, to_price
    from cxgame.oracle.service import Oracle
    from cxgame.oracle.spec import OracleSpec, assign, build, describe, parse
    from cxgame.oracle.tape import Quote, Start, Tape
    from cxgame.oracle.tickers import TickerReader, TickerWriter

_HOMES = {
    "Oracle": "cxgame.oracle.service",
    "OracleError": "cxgame.oracle.numbers",
    "OracleSpec": "cxgame.oracle.spec",
    "PriceModel": "cxgame.oracle.base",
    "Quote": "cxgame.oracle.tape",
    "Sides": "cxgame.oracle.base",
    "Spread": "cxgame.oracle.numbers",
    "Start": "cxgame.oracle.tape",
    "Tape": "cxgame.oracle.tape",
    "TickerReader": "cxgame.oracle.tickers",
    "TickerWriter": "cxgame.oracle.tickers",
    "assign": "cxgame.oracle.spec",
    "build": "cxgame.oracle.spec",
    "describe": "cxgame.oracle.spec",
    "draw": "cxgame.draws",
    "draw_u64": "cxgame.draws",
    "parse": "cxgame.oracle.spec",
    "to_price": "cxgame.oracle.numbers",
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
    return getattr(import_module(_HOMES[name]), name)

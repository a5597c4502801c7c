"""Layer 4: load for a server, measured. `main` is what `cxgame load` does.

Knows the faces of a server as any client sees them (`dialect.py`, one module for each), what the
clients of a profile do (`profiles.py`, `client.py`), and how it is counted (`tally.py`). Nothing
here knows the server's inside.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxgame.load.program import main

__all__ = ["main"]


def __getattr__(name: str) -> Any:
    """Load `main` on first use: whoever imports the package sends nothing yet."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.program").main

"""The monitor in the terminal: lines, messages, faults, sessions. `main` runs `cxgame monitor`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxgame.watch.monitor.program import main

__all__ = ["main"]


def __getattr__(name: str) -> Any:
    """Load `main` on first use: whoever imports the package draws nothing yet."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.program").main

"""Layer 4: bots of the house. They trade through the public client, as any player's bot would.

`run_bot` plays one in the running loop, `run` is what `cxgame bot` does, `parse_bots` reads what
`--bots` takes. Names load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxgame.bots.command import run
    from cxgame.bots.playing import run_bot
    from cxgame.bots.roster import NAMES, BotSpec, UnknownBot, parse_bots

__all__ = ["NAMES", "BotSpec", "UnknownBot", "parse_bots", "run", "run_bot"]

_HOMES = {
    "NAMES": "roster",
    "BotSpec": "roster",
    "UnknownBot": "roster",
    "parse_bots": "roster",
    "run": "command",
    "run_bot": "playing",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module, once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value

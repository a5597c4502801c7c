"""The command `mockx`: the REST face from a terminal, one request a call."""

from cxgame.mockx.program import main

__all__ = ["main"]

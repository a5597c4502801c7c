"""Layer 3: the feeder, a service of its own that writes prices to Valkey for games to follow.

Here are the sources it takes them from, its loop, and the program; the command line calls `run`.
"""

from cxgame.feeder.program import run

__all__ = ["run"]

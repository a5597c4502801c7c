"""cxgame: an exchange where people's bots trade against each other.

The public names live in `cxgame.server`, `cxgame.client`, `cxgame.oracle` and `cxgame.bots`.
Nothing is imported here, so that whoever needs the engine alone loads no sockets.
"""

__version__ = "0.1.0"

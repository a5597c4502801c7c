"""Layer 5: the composition root. `CxServer` puts all parts together, `run` makes it a program."""

from cxgame.server.app.program import main, run, set_up_logs
from cxgame.server.app.server import CxServer

__all__ = ["CxServer", "main", "run", "set_up_logs"]

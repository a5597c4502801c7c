"""The command `cxgame page`: the pages alone, for an exchange that runs elsewhere."""

from cyclopts import App

from cxgame.cli_flags import with_flags
from cxgame.config import ABOUT, DEFAULTS
from cxgame.config.page import PAGE_ABOUT, PAGE_COMMON, PAGE_DEFAULTS, load_page

# Where a server beside it listens counts as well, but is not set here.
_NOT_HERE = {"bind", "feed_port"}
_COMMON = {name: ABOUT[name] for name in PAGE_COMMON if name not in _NOT_HERE}


def register(app: App) -> None:
    """Add the command to the command line."""
    app.command(page, help_epilogue="")


@with_flags({**PAGE_ABOUT, **_COMMON}, {**DEFAULTS, **PAGE_DEFAULTS})
def page(**flags: object) -> int:
    """Serve the spectators' page alone, for an exchange that runs elsewhere.

    A server serves the page itself, on its HTTP port; this takes the browsers off it.
    """
    loaded = load_page({name: value for name, value in flags.items() if value is not None})
    from cxgame.server.pages.program import run

    return run(loaded)

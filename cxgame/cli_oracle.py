"""The command `cxgame oracle`: a service that writes prices to Valkey for games to follow."""

from dataclasses import replace

from cyclopts import App

from cxgame import config
from cxgame.cli_flags import with_flags
from cxgame.config import ABOUT, COMMON, DEFAULTS, FEEDER_ABOUT, FEEDER_DEFAULTS

# The server's port of Valkey and its markets count as well, but are not set here.
_NOT_HERE = {"valkey_port", "symbol"}
_COMMON = {name: ABOUT[name] for name in COMMON if name not in _NOT_HERE}
_COMMON["valkey_url"] = replace(
    ABOUT["valkey_url"],
    help="Valkey to write to; without it, the one that the server in this folder opens, or else "
    "the usual port of this computer.",
)


def register(app: App) -> None:
    """Add the command to the command line."""
    app.command(oracle, help_epilogue="")


@with_flags({**FEEDER_ABOUT, **_COMMON}, {**DEFAULTS, **FEEDER_DEFAULTS})
def oracle(**flags: object) -> int:
    """Write prices to Valkey, for games with `--oracle valkey` and anybody else.

    Live from an exchange (`pip install cxgame[live]`), or of a model or a recording.
    """
    loaded = config.load_feeder({name: value for name, value in flags.items() if value is not None})
    from cxgame.feeder import run

    return run(loaded)

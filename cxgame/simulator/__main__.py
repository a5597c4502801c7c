"""`python -m cxgame.simulator`: the simulator as a program, from a `config.json`.

It is the server with its simulator's preset, and it keeps nothing: each start is the first. Who
wants the game kept starts `cxgame --preset simulator`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cxgame.config import ConfigError, load
from cxgame.config.simulator import DEFAULT_FILE
from cxgame.server.app import run, set_up_logs

MISUSED = 2
# Settings that are flags here too: what is said of a port that is taken names them.
_PORTS = {
    "http_port": "of REST, the WebSocket and the pages",
    "exchange_port": "of the order server",
    "feed_port": "of the feed",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C; returns the exit status."""
    given = _parser().parse_args(arguments)
    flags: dict[str, object] = {"preset": "simulator", "memory": True}
    for name in _PORTS:
        port = getattr(given, name)
        if port is not None:
            flags[name] = port
    path = given.config or (DEFAULT_FILE if Path(DEFAULT_FILE).is_file() else None)
    if path is not None:
        flags["config"] = str(path)
    try:
        loaded = load(flags)
        set_up_logs(loaded)
        return run(loaded)
    except ConfigError as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return MISUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        prog="python -m cxgame.simulator",
        description="Start the exchange simulator on http://localhost:8765.",
        epilog="Settings of the server may stand in the environment as well (CXGAME_TITLE).",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help=f"configuration in JSON; without it {DEFAULT_FILE} if there is one",
    )
    for name, what in _PORTS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", metavar="PORT", help=f"{what}; 0: any free one"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The one variable that is no setting: where a test wants this process killed."""

from collections.abc import Mapping

from cxgame.config.errors import ConfigError
from cxgame.config.sources import FAILPOINT_VARIABLE, process_environment


def failpoint(environ: Mapping[str, str] | None = None) -> tuple[str, int] | None:
    """The place and the pass of it, from text like `commit.sent:3`; None when none is wanted."""
    environ = process_environment() if environ is None else environ
    text = environ.get(FAILPOINT_VARIABLE)
    if not text:
        return None
    name, _, turn = text.partition(":")
    if not (turn.isascii() and turn.isdigit()):
        raise ConfigError(f"{FAILPOINT_VARIABLE} must be like commit.sent:3, not {text!r}")
    return name, int(turn)

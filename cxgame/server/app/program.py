"""Running the whole server as a program: exit status, one line per failure, descriptors."""

import contextlib
import sys

from cxgame import failpoints
from cxgame.config import ConfigError, Loaded, failpoint, load
from cxgame.log_file import begin_log
from cxgame.server.app.server import CxServer
from cxgame.server.errors import ServerError

MISUSED = 2  # the exit status of a setting that cannot be used
MOST_SOCKETS = 65_536  # far more than one loop can serve; some systems allow a billion


def run(loaded: Loaded) -> int:
    """Run a server as a program until it ends; returns the exit status."""
    _allow_many_sockets()
    _arm_failpoint()
    try:
        CxServer.from_loaded(loaded).start()
    except ServerError as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return error.status
    return 0


def main() -> int:
    """The server with default options, as environment and `cxgame.toml` may change them."""
    try:
        loaded = load({})
        set_up_logs(loaded)
        return run(loaded)
    except ConfigError as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return MISUSED


def set_up_logs(loaded: Loaded) -> None:
    """Log as the settings say, what there is to say of them first. Raises `ConfigError`."""
    settings = loaded.settings
    begin_log(settings.log_level, settings.log_file, settings.secrets, loaded.warnings)


def _arm_failpoint() -> None:
    """Let a test have this process killed at a place of its choice."""
    wanted = failpoint()
    if wanted is not None:
        try:
            failpoints.arm(*wanted)
        except ValueError as error:
            raise ConfigError(str(error)) from None


def _allow_many_sockets() -> None:
    """Use all descriptors we may: many systems begin with 1024, which a thousand viewers fill."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_SOCKETS if hard == resource.RLIM_INFINITY else min(hard, MOST_SOCKETS)
    with contextlib.suppress(OSError, ValueError):  # macOS names a limit that it does not allow
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))

"""A file for each command that made the engine fail, so that the bug can be found."""

import logging
from collections.abc import Callable
from pathlib import Path

from cxgame.failure import Failure, dump

log = logging.getLogger("cxgame.server")


def keep_in(folder: Path) -> Callable[[Failure], None]:
    """Write failures to `folder`; a disk that refuses is told of in the log."""

    def keep(failure: Failure) -> None:
        path = folder / f"{failure.game}-{failure.after_batch + 1}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(dump(failure))
        except OSError as error:
            log.error("cannot write %s: %s", path, error.strerror)
        else:
            log.error("what made the engine fail is in %s; please report it", path)

    return keep

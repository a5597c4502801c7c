"""A file for each command that made the engine fail, so that the bug can be found."""

import contextlib
import errno
import logging
from collections.abc import Callable
from pathlib import Path

from cxgame.failure import Failure, dump

_MOST = 100  # files of one batch: a player may have found many commands that do it

log = logging.getLogger("cxgame.server")


def keep_in(folder: Path) -> Callable[[Failure], None]:
    """Write failures to `folder`; a disk that refuses is told of in the log."""

    def keep(failure: Failure) -> None:
        first = folder / f"{failure.game}-{failure.after_batch + 1}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = _write_new(first, dump(failure))
        except OSError as error:
            log.error("cannot write %s: %s", first, error.strerror)
        else:
            log.error("what made the engine fail is in %s; please report it", path)

    return keep


def _write_new(first: Path, text: str) -> Path:
    """Write a file beside those of earlier failures in the same batch; returns its path."""
    for number in range(1, _MOST + 1):
        path = first if number == 1 else first.with_name(f"{first.stem}-{number}.json")
        with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(text)
            return path
    raise FileExistsError(errno.EEXIST, f"there are {_MOST} of that batch already")

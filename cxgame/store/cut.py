"""A copy of Valkey's file before Valkey cuts it.

A file that ends in the middle of a command is what a power cut leaves, and Valkey cuts the rest off
to start. But a flipped bit in a length looks the same, and then the rest is most of the game.
"""

import shutil
import time
from pathlib import Path

from cxgame.store.errors import StoreError

REFUSE_CUT = "aof-load-truncated no\n"  # a setting; without it Valkey cuts, says so, and starts
_KEPT = 2


def keep_copy(data_dir: Path, file: str) -> Path:
    """Copy a file of Valkey's to `<data_dir>/cut`, where the last two stay; raises StoreError."""
    folder = data_dir / "cut"
    copy = folder / f"{file}.{time.time_ns()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(data_dir / "valkey" / "appendonlydir" / file, copy)
        for older in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-_KEPT]:
            older.unlink()
    except OSError as error:
        copy.unlink(missing_ok=True)
        raise StoreError(
            f"Valkey's file {file} ends in the middle of a command, and cannot be copied to"
            f" {folder} before its end is cut off: {error.strerror}"
        ) from error
    return copy

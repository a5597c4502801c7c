"""Whether a disk has room: a Valkey started without would load everything, and end at once."""

import contextlib
import errno
from pathlib import Path

PROBE_BYTES = 256 * 1024  # some commits' worth, so that play does not end again in an instant
_FULL = (errno.ENOSPC, errno.EDQUOT)


def has_room(folder: Path) -> bool:
    """Try it: what is left to us is not what the system says is free (quotas, reserved blocks)."""
    probe = folder / "room.probe"
    try:
        with probe.open("wb", buffering=0) as file:
            return file.write(bytes(PROBE_BYTES)) == PROBE_BYTES
    except OSError as error:
        return error.errno not in _FULL  # anything else will be told better by who needs the disk
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()

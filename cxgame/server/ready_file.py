"""The file that tells whoever started a server that it is ready, and on which ports."""

import json
import os
from pathlib import Path

from cxgame.server.errors import StartError


def write_ready_file(path: Path | None, ports: dict[str, int]) -> None:
    """Say it if somebody waits for it: one JSON object of ports and the process id.

    All at once: whoever waits for the file must not read half of it. Raises `StartError`.
    """
    if path is None:
        return
    draft = path.with_name(path.name + ".new")
    try:
        draft.write_text(json.dumps({**ports, "pid": os.getpid()}) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise StartError(f"cannot write the ready file {path}: {error.strerror}") from None

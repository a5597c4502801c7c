"""Logging as the settings of a program say."""

import logging
from collections.abc import Iterable
from pathlib import Path

from cxgame import logs
from cxgame.config import ConfigError


def begin_log(
    level: str, path: Path | None, secrets: Iterable[str], warnings: Iterable[str]
) -> None:
    """Log to the terminal, and to a file if one is given; then say what was odd in the settings.

    Raises `ConfigError`.
    """
    try:
        logs.configure(level, path, secrets)
    except OSError as error:
        raise ConfigError(f"cannot write the log file {path}: {error.strerror}") from None
    for warning in warnings:
        logging.getLogger("cxgame.config").warning(warning)

"""Logging: stdlib loggers under `cxgame`, made readable, and kept free of secrets.

Nothing in the package logs a token or a secret. What is here is the last line of defence: every
handler formats through a `Redacting` formatter, so that even an exception's text or another
library's message loses them.
"""

import logging
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.logging import RichHandler

HIDDEN = "[hidden]"
# A token is 64 hex digits; a longer run could hold one.
_TOKEN = re.compile(r"[0-9a-fA-F]{64,}")
_PLAIN = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"

_installed: list[logging.Handler] = []
_secrets: set[str] = set()


def configure(level: str, file: Path | None = None, secrets: Iterable[str] = ()) -> None:
    """Send logs to the terminal or to plain standard error, and to `file` as well.

    `level` holds for `cxgame`; other libraries are heard from warnings on. May be called again,
    which replaces what it set up before. Raises OSError when `file` cannot be written.
    """
    handlers = [_terminal_handler()]
    if file is not None:
        handlers.append(_with_format(logging.FileHandler(file, encoding="utf-8"), _PLAIN))
    reset()
    hide(*secrets)
    root = logging.getLogger()
    for handler in handlers:
        root.addHandler(handler)
    _installed.extend(handlers)
    root.setLevel(logging.WARNING)
    logging.getLogger("cxgame").setLevel(level.upper())


def reset() -> None:
    """Undo `configure`: its handlers, its level, its secrets."""
    for handler in _installed:
        logging.getLogger().removeHandler(handler)
        handler.close()
    _installed.clear()
    _secrets.clear()
    logging.getLogger("cxgame").setLevel(logging.NOTSET)


def hide(*secrets: str) -> None:
    """Keep these out of every line from now on, beside whatever looks like a token."""
    _secrets.update(secret for secret in secrets if secret)


def redact(text: str) -> str:
    """The text without tokens and known secrets."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _TOKEN.sub(HIDDEN, text)


class Redacting(logging.Formatter):
    """Formats a whole record, exception text included, and then hides what is secret."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _terminal_handler() -> logging.Handler:
    if not sys.stderr.isatty():
        return _with_format(logging.StreamHandler(sys.stderr), _PLAIN)
    from rich.console import Console

    handler = RichHandler(console=Console(stderr=True), show_path=False)
    return _with_format(handler, "%(name)s: %(message)s")


def _with_format(handler: logging.Handler, form: str) -> logging.Handler:
    handler.setFormatter(Redacting(form))
    return handler

"""The one error of configuration: a sentence for the person who started the server."""

from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = 0.7  # of 1: a letter or two in a word


class ConfigError(Exception):
    """A setting cannot be used; the text is one plain sentence and holds no secret."""


class BotConfigError(ConfigError, SystemExit):
    """The same of a bot's script, which ends with that sentence and status 1 if none catches it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.code = sentence  # what an uncaught SystemExit writes


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that was probably meant, or nothing."""
    # What all of them begin with makes none of them likely.
    by_rest = {_rest(each): each for each in known}
    matches = get_close_matches(_rest(name), by_rest, n=1, cutoff=_ALIKE)
    return f"; did you mean {by_rest[matches[0]]}?" if matches else ""


def _rest(name: str) -> str:
    return name.removeprefix("--").removeprefix("CXGAME_").lower()

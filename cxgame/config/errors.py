"""The one error of configuration: a sentence for the person who started the server."""

from difflib import get_close_matches


class ConfigError(Exception):
    """A setting cannot be used; the text is one plain sentence and holds no secret."""


def nearest(name: str, known: list[str]) -> str:
    """A hint at the known name that was probably meant, or nothing."""
    matches = get_close_matches(name, known, n=1)
    return f"; did you mean {matches[0]}?" if matches else ""

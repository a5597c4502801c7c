"""One JSON object in a text: nothing in it stands twice, and no number is NaN or infinite."""

import json
from typing import Any

from cxgame.config.errors import ConfigError


def object_in(text: str, source: str) -> dict[str, Any]:
    """The object; `source` is what a person calls the text. Raises `ConfigError`."""
    try:
        table = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # or an integer beyond Python's limit of digits
        raise ConfigError(f"{source} is not valid JSON: {_brief(error)}") from None
    if not isinstance(table, dict):
        raise ConfigError(f"{source} must be one JSON object, such as {{}}")
    return table


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return table


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _brief(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).partition(";")[0]

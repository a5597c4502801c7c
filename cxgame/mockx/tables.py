"""Answers as tables, for `--table`: rows where there are several of a kind, else names and values.

Nothing is cut: in a pipe a table is as wide as it must be, in a terminal long cells go on below.
"""

import re
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cxgame.mockx.numerals import Json, Numeral

# Of the two dozen members of an order, those that a person looks for.
ORDER = "id symbol side type amount limit_price status actual_filled price actual_fee".split()
_WIDE = 10_000  # columns; only as many as needed are written
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # a terminal would obey them


def show(value: Json) -> None:
    """Write the table of an answer to standard output."""
    is_terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, highlight=False, width=None if is_terminal else _WIDE)
    console.print(table_of(value))


def table_of(value: Json) -> Table:
    """The table of an answer."""
    rows = _rows(value)
    if not rows:
        return _pairs(value)
    table = Table()
    columns = _columns(rows)
    for name in columns:
        is_number = all(isinstance(row.get(name), Numeral | None) for row in rows)
        table.add_column(_text(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text(_cell(row.get(name))) for name in columns))
    return table


def _rows(value: Json) -> list[dict[str, Json]]:
    """The rows of a list, or of a map whose members are alike; none for anything else."""
    if isinstance(value, list):
        return [member if isinstance(member, dict) else {"name": member} for member in value]
    if not isinstance(value, dict) or not value:
        return []
    if all(isinstance(member, dict) and _is_flat(member) for member in value.values()):
        return [_named(name, member) for name, member in sorted(value.items())]
    return []


def _named(name: str, member: dict[str, Json]) -> dict[str, Json]:
    """A row that says its name itself, or is given it."""
    return member if name in (member.get("asset"), member.get("symbol")) else {"": name, **member}


def _columns(rows: list[dict[str, Json]]) -> list[str]:
    names = dict.fromkeys(name for row in rows for name in row)
    return ORDER if names.keys() >= set(ORDER) else list(names)


def _pairs(value: Json) -> Table:
    """Names and values, the names of nested members with dots."""
    table = Table(show_header=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for name, member in _flattened(value, ""):
        table.add_row(_text(name), _text(_cell(member)))
    return table


def _flattened(value: Json, name: str) -> list[tuple[str, Json]]:
    if not isinstance(value, dict) or (name and not value):
        return [(name, value)] if name or not isinstance(value, list) else []
    dotted = f"{name}." if name else ""
    return [pair for key in sorted(value) for pair in _flattened(value[key], dotted + key)]


def _is_flat(value: dict[str, Json]) -> bool:
    return not any(isinstance(member, dict | list) for member in value.values())


def _cell(value: Json) -> str:
    if value is None or value == {} or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_cell(member)}" for key, member in value.items())
    return str(value)


def _text(text: str) -> Text:
    """Plain text: no markup, nothing that a terminal would obey."""
    return Text(_CONTROL.sub(" ", text))

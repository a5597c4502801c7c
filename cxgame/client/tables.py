"""Small tables of HTML for notebooks: escaped, without scripts, styles of the page or pictures.

Colours are those of the notebook, be it light or dark, and washes that can be read on both. Which
side something is on is told by words and places as well.
"""

import re
import string
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from html import escape
from typing import Any

MOST_ROWS = 20  # of a longer list the first and the last half of them
CUT = "…"

_BOX = "display:inline-block;max-width:100%;overflow-x:auto;font-size:90%;line-height:1.4"
_TABLE = (
    "border-collapse:collapse;margin:.3em 0;font-size:inherit;color:inherit;"
    "font-variant-numeric:tabular-nums"
)
_CELL = (
    "padding:.1em .7em;white-space:nowrap;border:0;border-bottom:1px solid rgba(128,128,128,.25)"
)
_DIM = "opacity:.65;font-weight:normal"
_WASH = {"buy": "rgba(45,140,240,.28)", "sell": "rgba(240,140,30,.30)"}
_NO_BACKGROUND = "background:transparent"
_TIMES = frozenset({"timestamp", "ts"})
_AMOUNTS = frozenset(
    "amount ask ask_size average_price bid bid_size close equity fee filled_size free held high "
    "last low open price quantity size total usd_used volume".split()
)
_DECIMALS = re.compile(r"(-?\d+\.\d\d\d*?)0*")
_LONGEST = 60
_TOKEN_DIGITS = 64


def box(*parts: str) -> str:
    """Parts below each other, as wide as they need to be; a wide table scrolls in it."""
    return f'<div style="{_BOX}">{"".join(parts)}</div>'


def line(text: str, note: str = "") -> str:
    """A line of text with a pale note after it."""
    tail = f' <span style="{_DIM}">{escape(note)}</span>' if note else ""
    return f"<div><b>{escape(text)}</b>{tail}</div>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are made by `cell`."""
    titles = "".join(_th(title, _aligned(title)) for title in head)
    body = "".join(f'<tr style="{_NO_BACKGROUND}">{"".join(row)}</tr>' for row in rows)
    top = f"<thead><tr>{titles}</tr></thead>" if titles else ""
    return f'<table style="{_TABLE}">{top}<tbody>{body}</tbody></table>'


def cell(value: Any, name: str = "", *, share: float = 0.0, side: str = "") -> str:
    """One value under a column's name, over a bar that is a `share` of the cell wide."""
    style = f"text-align:{_aligned(name)}"
    wash = _WASH.get(side)
    if wash is not None:
        end = f"{100 * min(1.0, max(0.0, share)):.0f}%"
        style += f";background:linear-gradient(to left,{wash} {end},transparent {end})"
    return _td(shown(value, name), style)


def records(rows: Sequence[Mapping[str, Any]]) -> str:
    """A list of records as a table: a column for each member that has a value in any."""
    named = (name for row in rows for name, value in row.items() if value is not None)
    columns = list(dict.fromkeys(named))
    lines = [
        [cell(row.get(name), name, side=_side(row, name), share=1.0) for name in columns]
        for row in ends(rows)
    ]
    if len(rows) > MOST_ROWS:
        lines.insert(MOST_ROWS // 2, [cell(CUT) for _ in columns])
    return table(columns, lines)


def members(record: Mapping[str, Any]) -> str:
    """One record as a table with a line for each member."""
    return table((), [[_th(name), _td(shown(value, name))] for name, value in record.items()])


def ends(rows: Sequence[Any]) -> list[Any]:
    """The rows that are shown of a list: all, or the first and the last."""
    half = MOST_ROWS // 2
    return list(rows) if len(rows) <= MOST_ROWS else [*rows[:half], *rows[-half:]]


def shown(value: Any, name: str = "") -> str:
    """A value for the eye: a time of day, an amount without its idle zeros, never much text."""
    if value is None:
        return ""
    if name in _TIMES and isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError, OSError):  # a time beyond all calendars
            return datetime.fromtimestamp(value).strftime("%H:%M:%S.%f")[:-3]
    if isinstance(value, list):
        return _cut(", ".join(shown(each) for each in ends(value)))
    text = f"{value}"
    if len(text) == _TOKEN_DIGITS and set(text) <= set(string.hexdigits):
        return "hidden: it may be a token"
    if name in _AMOUNTS and (number := _DECIMALS.fullmatch(text)):
        text = number[1]
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + CUT


def _th(text: str, align: str = "left") -> str:
    return f'<th style="{_CELL};{_DIM};text-align:{align}">{escape(text)}</th>'


def _td(text: str, style: str = "text-align:left") -> str:
    return f'<td style="{_CELL};{style}">{escape(text)}</td>'


def _aligned(name: str) -> str:
    return "right" if name in _AMOUNTS else "left"


def _side(row: Mapping[str, Any], name: str) -> str:
    """The side that a cell is washed with: only the one that names it."""
    side = row.get("side") if name == "side" else None
    return side.removesuffix("_market") if isinstance(side, str) else ""

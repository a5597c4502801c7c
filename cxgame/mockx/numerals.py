"""JSON whose numbers stay as they were written.

A float would print 0.1 for 0.10000000000000000555 and 1e22 for 10000000000000000000000. Whoever
reads what the server said wants the server's digits, so a number is the text of it here, both on
the way in and on the way out.
"""

import json
from decimal import Decimal
from typing import Any

Json = Any  # of dict, list, str, bool, None and Numeral


class Numeral(str):
    """The text of a number."""

    __slots__ = ()

    @classmethod
    def of(cls, number: Decimal) -> "Numeral":
        """A number that was read from elsewhere; it is finite."""
        return cls(number)


def parse(text: bytes | str) -> Json:
    """Read JSON; raises `ValueError` for what is none."""
    return json.loads(text, parse_float=Numeral, parse_int=Numeral, parse_constant=Numeral)


def compact(value: Json) -> str:
    """On one line, members in their order: the body of a request."""
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}:{compact(member)}" for key, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    return _scalar(value)


def pretty(value: Json, margin: str = "") -> str:
    """Indented by two, keys sorted: what a person reads and a script compares."""
    inner = margin + "  "
    if isinstance(value, dict) and value:
        members = [f"{json.dumps(key)}: {pretty(value[key], inner)}" for key in sorted(value)]
        return _block("{", members, "}", margin)
    if isinstance(value, list) and value:
        return _block("[", [pretty(member, inner) for member in value], "]", margin)
    return compact(value)


def _block(opening: str, members: list[str], closing: str, margin: str) -> str:
    lines = f",\n{margin}  ".join(members)
    return f"{opening}\n{margin}  {lines}\n{margin}{closing}"


def _scalar(value: Json) -> str:
    return str(value) if isinstance(value, Numeral) else json.dumps(value)

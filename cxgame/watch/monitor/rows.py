"""Rows of the monitor, each for the room that it is given: faults, an account, sessions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from cxgame.watch.panels import SELL, fitted
from cxgame.watch.texts import duration, printable

Row = Mapping[str, Any]

_ARROWS = {"in": "→", "out": "←", "both": "↔"}  # towards the server, from it
_TOLD = frozenset("id fault direction faces messages to for by since until hits".split())


def fault_lines(faults: Sequence[Row], width: int, height: int) -> list[Text]:
    """Two lines for each fault: what and how often, then the rest; one where there is no room."""
    if not faults:
        return [Text("none: messages pass as they are", "dim")]
    lines: list[Text] = []
    brief = len(faults) * 2 > height
    for fault in faults:
        hits = f"{fault['hits']} hit{'' if fault['hits'] == 1 else 's'}"
        name = f"{_ARROWS.get(fault['direction'], '')} {fault['fault'].replace('_', ' ')}"
        detail = " · ".join(_details(fault))
        if brief:
            name = f"{name}  {detail}"
        room = max(4, width - len(hits) - 1)
        style = "" if brief else "bold"
        lines.append(Text.assemble((fitted(name, room), style), f" {hits}"))
        if not brief:
            lines.append(Text(fitted(f"  {detail}", max(4, width)), "dim"))
    return lines[:height]


def account_lines(account: Row | None, refusal: str, width: int, height: int) -> list[Text]:
    """What an account has, asset by asset."""
    if refusal:
        words = [refusal[at : at + width] for at in range(0, len(refusal), max(1, width))]
        return [Text(line, SELL) for line in words[:height]]
    if account is None:
        return [Text(line, "dim") for line in ("show one with", "--session or", "CXGAME_TOKEN")]
    lines = [
        Text.assemble(
            (f"{asset:<6}", "bold"), fitted(amounts["total"].rjust(max(4, width - 6)), width - 6)
        )
        for asset, amounts in account["balances"].items()
    ]
    return [*lines[: height - 1], Text(f"{account['open_orders']} open orders", "dim")]


def session_lines(sessions: Sequence[Row], width: int, height: int) -> list[Text]:
    """A line for each connection: who, where, how far away, what was refused, what has hit it."""
    if not sessions:
        return [Text("none is shown", "dim")]
    lines = [Text(_columns("user", "trip", "refused", "back", width), "dim")]
    for row in sessions[: height - 1]:
        trip = row["round_trip_ms"]
        again = row["connection"] - 1 if row["user"] and row["connection"] else "-"
        name = f"{printable(row['user'] or '-')} {row['face']}"
        text = _columns(
            name, "-" if trip is None else f"{trip:.0f}ms", row["refusals_per_min"], again, width
        )
        lines.append(Text(text, SELL if row["refusals_per_min"] else ""))
    return lines


def _columns(name: str, trip: str, refused: object, again: object, width: int) -> str:
    return f"{fitted(name, max(3, width - 20))} {trip:>6} {refused:>7} {again:>4}"


def _details(fault: Row) -> Iterator[str]:
    for word, value in fault.items():
        if word not in _TOLD:
            yield f"{word.replace('_', ' ')} {value}"
    if "faces" in fault and len(fault["faces"]) < 4:
        yield ", ".join(fault["faces"])
    yield f"to {', '.join(map(printable, fault['to']))}" if "to" in fault else f"for {fault['for']}"
    if fault["until"] is not None:
        yield f"until {duration(fault['until'])} of play"

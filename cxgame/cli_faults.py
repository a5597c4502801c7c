"""The commands `cxgame admin faults …`: what the network does to messages, seen and changed.

What a fault may say is the server's matter; here it is put together from what was typed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from cxgame.cli_admin import HERE, Connection, aligned, send
from cxgame.config import ConfigError

faults = App(name="faults", help="See and change the network faults in force.", help_epilogue="")

_TIMES = frozenset({"id", "since", "until", "by", "hits", "at", "for"})  # told in columns
_HEADS = ("id", "fault", "how", "since", "until", "by", "hits")
_LEFT = frozenset({"fault", "how", "by"})

Words = Annotated[str | None, Parameter(metavar="LIST")]
Number = Annotated[float | None, Parameter(metavar="X")]
Count = Annotated[int | None, Parameter(metavar="N")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Table:
    """The members of a fault beside its name; what is not given is left to the server."""

    direction: Annotated[str | None, Parameter(metavar="in|out|both")] = None
    """In is from the players to the server."""
    faces: Words = None
    """Of orders, feed, rest, simulator, with commas; without it all."""
    messages: Words = None
    """Types of messages, with commas: buy,sell or reply; without it all."""
    to: Words = None
    """Users or session ids, with commas; without it everybody."""
    for_s: Annotated[float | None, Parameter(name="--for", metavar="SECONDS")] = None
    """How long, in playing time; without it until it is cleared."""
    probability: Number = None
    """Share of the messages that are hit, from 0 to 1."""
    ms: Number = None
    """Delay in milliseconds."""
    min_ms: Number = None
    """Least delay."""
    max_ms: Number = None
    """Most delay."""
    profile: Annotated[str | None, Parameter(metavar="typical|stable")] = None
    """Delays as on a real line."""
    max_duplicates: Count = None
    """How many copies at most."""
    window_size: Count = None
    """How many messages are shuffled among each other."""
    corruption_level: Number = None
    """Share of a message's bytes that are flipped."""
    max_messages_per_second: Number = None
    """For throttle."""
    after_messages: Count = None
    """For silence, disconnect and half_open."""
    per_second: Number = None
    """For rate_limit."""
    bans_s: Words = None
    """For rate_limit: seconds of the first ban, the second, with commas; then for good."""


_NOTHING = Table()


@faults.default
def show(*, connection: Connection = HERE) -> int:
    """List what is in force and what a deck has still to deal."""
    return send(connection, "faults", show=_listed)


@faults.command(name="list")
def show_list(*, connection: Connection = HERE) -> int:
    """The same."""
    return send(connection, "faults", show=_listed)


@faults.command(name="set")
def set_fault(
    fault: Annotated[str, Parameter(metavar="FAULT")],
    /,
    *,
    table: Table = _NOTHING,
    connection: Connection = HERE,
) -> int:
    """Switch a fault on: drop, delay, duplicate, reorder, corrupt, throttle, silence, rate_limit,
    disconnect or half_open."""
    return send(connection, "faults", [_table(fault, table)], show=_listed)


@faults.command
def clear(
    *ids: Annotated[int, Parameter(metavar="ID")],
    connection: Connection = HERE,
) -> int:
    """Switch faults off: those of these ids, or all, with what a deck has still to deal."""
    return send(connection, "faults", None, [*ids] or "all", show=_listed)


@faults.command
def deck(
    file: Annotated[Path, Parameter(metavar="FILE")], /, *, connection: Connection = HERE
) -> int:
    """Deal a deck from now on, instead of the one that is dealt; its times count from now."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"the deck {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"the deck {file} is not UTF-8 text") from None
    return send(connection, "faults", None, None, text, show=_listed)


def _table(fault: str, given: Table) -> dict[str, Any]:
    """A fault as the server reads it."""
    table: dict[str, Any] = {"fault": fault}
    for name, value in vars(given).items():
        if value is None:
            continue
        if name in ("faces", "messages", "to"):
            value = [word.strip() for word in value.split(",")]
        elif name == "bans_s":
            value = [_number(word) for word in value.split(",")]
        table["for" if name == "for_s" else name] = value
    return table


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ConfigError(f"--bans-s takes seconds with commas, not {word!r}") from None


def _listed(data: dict[str, Any]) -> str:
    """What is in force, then what is to come; as columns."""
    rows = [_row(row) for row in data["faults"]]
    rows += [_row({**row, "id": "-", "since": row["at"]}) for row in data["deck"]]
    if not rows:
        return "No faults."
    return aligned([_HEADS, *rows], _LEFT)


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    how = " ".join(f"{name}={_said(row[name])}" for name in row if name not in {*_TIMES, "fault"})
    until = row["since"] + row["for"] if "for" in row else row.get("until")
    return (
        str(row["id"]),
        row["fault"],
        how,
        f"{row['since']:.0f} s",
        "-" if until is None else f"{until:.0f} s",
        row["by"],
        str(row.get("hits", "-")),
    )


def _said(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_said, value))
    return f"{value:g}" if isinstance(value, float) else str(value)

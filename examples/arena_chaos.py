"""What faults did to the bots: the same heat played clean and with a deck, and compared.

The **loss** of a bot is its gain in the clean heat less that with faults. Its view is **right**
when the orders that it was last told to be open are those that are open, by the exchange's own
record; counted are the seconds in which it was wrong, and those from the end of each spell of
faults until it was right again. Orders that are open at the end are left unmanaged: **unknown**
ones, of which the bot does not know, and **untouched** ones, which it knew but has neither named
nor been told of since the last spell. A bot that never asks has a wrong view without any fault: so
the same is measured at the same moments of the clean heat.
"""

import csv
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from arena_heat import Heat
from arena_scores import Bot, cents, spread
from arena_view import View
from rich.table import Table

CLOSED = "closed"  # why orders end with the game
YOUNG_S = 0.25  # of an order at the end: its owner may be about to hear of it


class Spell(NamedTuple):
    """A time in which at least one fault concerned a bot, in seconds of playing time."""

    begin: float
    end: float


class Placed(NamedTuple):
    """An order in the exchange's record, with times in seconds since 1970."""

    id: str
    begin: float
    end: float
    reason: str


class Findings(NamedTuple):
    """What was seen of one bot in one heat."""

    wrong_s: float  # how long its view was wrong
    right_again_s: list[float | None]  # after each spell; None: not before the end
    unknown: int  # orders that are left
    untouched: int


@dataclass
class Chaos:
    """A bot's heats with faults, beside its clean ones."""

    bot: Bot
    faulty: Bot
    clean: list[Findings] = field(default_factory=list)
    shaken: list[Findings] = field(default_factory=list)

    @property
    def losses(self) -> list[Decimal]:
        """What the faults cost, heat by heat."""
        return [
            clean - shaken for clean, shaken in zip(self.bot.gains, self.faulty.gains, strict=True)
        ]


def spells(deck: Path, name: str, seconds: float) -> list[Spell]:
    """When faults concern a bot: deals that overlap are one spell, as is what ends together."""
    with deck.open("rb") as file:
        deals = tomllib.load(file)["deal"]
    found: list[Spell] = []
    mine = (deal for deal in deals if is_meant(deal, name))
    for begin, length in sorted((deal.get("at", 0), deal.get("for", seconds)) for deal in mine):
        end = begin + length
        if found and begin <= found[-1].end:
            found[-1] = Spell(found[-1].begin, max(found[-1].end, end))
        elif begin < seconds:
            found.append(Spell(begin, end))
    return found


def is_meant(deal: dict[str, Any], name: str) -> bool:
    """Whether a deal is for a bot: for everybody, or for names in any spelling of capitals."""
    named = deal.get("to", [name])
    names = [named] if isinstance(named, str) else named
    return name.casefold() in [each.casefold() for each in names]


def examine(heat: Heat, deck: Path) -> dict[str, Findings]:
    """What is to be seen of each bot in a heat that was played through relays."""
    record = placed(heat.tables / "orders.csv")
    seconds, opened_at = heat.options.seconds, heat.opened_at
    found = {}
    for seat in heat.seats:
        times = [
            Spell(opened_at + begin, opened_at + end)
            for begin, end in spells(deck, seat.name, seconds)
        ]
        view, orders = heat.views[seat.name], record.get(seat.name, [])
        found[seat.name] = findings(orders, view, times, opened_at + seconds)
    return found


def placed(path: Path) -> dict[str, list[Placed]]:
    """The orders of a record, by user."""
    found: dict[str, list[Placed]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            order = Placed(row["order"], _s(row["placed"]), _s(row["ended"]), row["reason"])
            found.setdefault(row["user"], []).append(order)
    return found


def findings(orders: list[Placed], view: View, times: list[Spell], end: float) -> Findings:
    """Compare what was with what the bot was told, in a game that is over at `end`."""
    closed = [order for order in orders if order.reason == CLOSED]
    end = min([end, *(order.end for order in closed)])
    toggles = sorted([*view.toggles, *_toggles(orders)])
    # What lasts to the end leaves no time to recover: from its beginning on, somebody might act.
    last = max((spell.end if spell.end < end else spell.begin for spell in times), default=0.0)
    grown = [order for order in closed if order.end - order.begin >= YOUNG_S]
    known = [order for order in grown if _is_known(order, view)]
    untouched = [order for order in known if _is_untouched(order, view, last)]
    right_again = [right_again_s(toggles, spell.end, end) for spell in times if spell.end < end]
    wrong_s = sum(length for _, length in wrong_times(toggles, end))
    return Findings(wrong_s, right_again, len(grown) - len(known), len(untouched))


def right_again_s(toggles: Iterable[tuple[float, str]], moment: float, end: float) -> float | None:
    """How long after a moment view and record agree; None: not before the end.

    A toggle is a moment at which an order becomes open, or ceases to be, in one of both.
    """
    for begin, length in wrong_times(toggles, end):
        if begin <= moment < begin + length:
            return begin + length - moment if begin + length < end else None
    return 0.0


def wrong_times(toggles: Iterable[tuple[float, str]], end: float) -> Iterator[tuple[float, float]]:
    """When view and record did not agree: since when, and for how long."""
    wrong: set[str] = set()  # open in one of both alone
    since = 0.0
    for at, moved in groupby(toggles, itemgetter(0)):
        if at >= end:
            break
        before = bool(wrong)
        for _, order in moved:
            wrong ^= {order}
        if wrong and not before:
            since = at
        elif before and not wrong:
            yield since, at - since
    if wrong:
        yield since, end - since


def table(chaos: list[Chaos]) -> Table:
    """The table for the terminal: who lost least comes first."""
    title = "With faults, and clean (means over all heats)"
    shown = Table(title=title, box=None, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("bot", no_wrap=True)
    for heading in ("", "gain", "±", "wrong", "again", "never", "unknown", "untouched"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for one in sorted(chaos, key=lambda one: mean(one.losses)):
        for name, bot, heats in (("faulty", one.faulty, one.shaken), ("clean", one.bot, one.clean)):
            right = _text(_right(heats))
            shown.add_row(
                one.bot.name if bot is one.faulty else "",
                name,
                f"{mean(bot.gains):+,.2f}",
                f"{spread(bot.gains):,.2f}",
                f"{mean(heat.wrong_s for heat in heats):.2f}",
                right,
                str(_never(heats)),
                f"{mean(heat.unknown for heat in heats):.1f}",
                f"{mean(heat.untouched for heat in heats):.1f}",
            )
        lost = f"[bold]{mean(one.losses):,.2f}"
        shown.add_row("", "[bold]lost", lost, f"{spread(one.losses):,.2f}")
        shown.add_section()
    return shown


def columns(one: Chaos) -> dict[str, object]:
    """The same for the CSV, with every heat's loss behind it."""
    return {
        "mean_lost": cents(mean(one.losses)),
        "spread_lost": cents(spread(one.losses)),
        "wrong_s": f"{mean(heat.wrong_s for heat in one.shaken):.2f}",
        "wrong_clean_s": f"{mean(heat.wrong_s for heat in one.clean):.2f}",
        "right_again_s": _text(_right(one.shaken)),
        "right_again_clean_s": _text(_right(one.clean)),
        "never_right": _never(one.shaken),
        "never_right_clean": _never(one.clean),
        "unknown": f"{mean(heat.unknown for heat in one.shaken):.2f}",
        "unknown_clean": f"{mean(heat.unknown for heat in one.clean):.2f}",
        "untouched": f"{mean(heat.untouched for heat in one.shaken):.2f}",
        "untouched_clean": f"{mean(heat.untouched for heat in one.clean):.2f}",
        "crashed_with_faults": one.faulty.crashes,
        **{f"lost_{heat}": cents(loss) for heat, loss in enumerate(one.losses, start=1)},
    }


def _is_known(order: Placed, view: View) -> bool:
    """Whether a bot was last told of an order that it is open, when the game ended."""
    return sum(at < order.end and id == order.id for at, id in view.toggles) % 2 == 1


def _is_untouched(order: Placed, view: View, since: float) -> bool:
    """Whether a bot had nothing to do with an older order any more before the game ended."""
    touched = view.touched[order.id]
    return order.begin < since and not any(since <= at < order.end for at in touched)


def _toggles(orders: list[Placed]) -> Iterable[tuple[float, str]]:
    for order in orders:
        yield order.begin, order.id
        yield order.end, order.id


def _right(heats: list[Findings]) -> float | None:
    """The mean of the spells after which a view was right again."""
    times = [time for heat in heats for time in heat.right_again_s if time is not None]
    return mean(times) if times else None


def _never(heats: list[Findings]) -> int:
    return sum(time is None for heat in heats for time in heat.right_again_s)


def _text(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"


def _s(time: str) -> float:
    """Seconds since 1970; what has not ended does so in the far future."""
    return datetime.fromisoformat(time).timestamp() if time else float("inf")

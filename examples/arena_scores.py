"""The scores of the arena: what bots gained in each heat, their mean and their spread."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from statistics import mean, stdev
from types import MappingProxyType

from arena_heat import Heat
from rich.table import Table

from cxgame.client import dec

# What every account begins with, as the arena's server has it by default.
USD_START, CRYPTO_START = Decimal("10000"), Decimal("10")
CENT = Decimal("0.01")
NOTHING: Mapping[str, Mapping[str, object]] = MappingProxyType({})


@dataclass
class Bot:
    """A bot file under the name it plays with, and what it achieved, heat by heat."""

    name: str
    path: Path
    gains: list[Decimal] = field(default_factory=list)
    equities: list[Decimal] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    crashes: int = 0

    @property
    def won(self) -> int:
        """How many heats it was first in."""
        return self.ranks.count(1)


def score(heat: Heat, bots: list[Bot]) -> None:
    """Read the standings of a heat and credit the bots with them."""
    with heat.results.open(newline="") as file:
        rows = {row["user"]: row for row in csv.DictReader(file)}
    idle = idle_equity(list(rows.values()))
    equities = {bot.name: dec(rows[bot.name]["holdings"]) for bot in bots}
    crashed = {seat.name for seat in heat.seats if seat.crash}
    for bot in bots:
        equity = equities[bot.name]
        bot.equities.append(equity)
        bot.gains.append(equity - idle)
        bot.ranks.append(1 + sum(other > equity for other in equities.values()))
        bot.crashes += bot.name in crashed


def idle_equity(rows: list[dict[str, str]]) -> Decimal:
    """What an untouched wallet is worth at the end; whoever has coins shows their price."""
    for row in rows:
        coins = dec(row["crypto"])
        if coins:
            return USD_START + CRYPTO_START * (dec(row["holdings"]) - dec(row["usd"])) / coins
    return USD_START


def spread(values: list[Decimal]) -> Decimal:
    """The standard deviation; 0 where there is one value only."""
    return stdev(values) if len(values) > 1 else Decimal(0)


def ranked(bots: list[Bot]) -> list[Bot]:
    """The best first, by mean gain."""
    return sorted(bots, key=lambda bot: -mean(bot.gains))


def standings(ranking: list[Bot]) -> Table:
    """The table for the terminal."""
    table = Table(title="Standings (means over all heats)")
    table.add_column("#", justify="right")
    table.add_column("bot", no_wrap=True)
    for heading in ("gain", "± spread", "worth", "rank", "won", "crashed"):
        table.add_column(heading, justify="right", no_wrap=True)
    for place, bot in enumerate(ranking, start=1):
        gain = mean(bot.gains)
        table.add_row(
            str(place),
            bot.name,
            f"[{'green' if gain >= 0 else 'red'}]{gain:+,.2f}[/]",
            f"{spread(bot.gains):,.2f}",
            f"{mean(bot.equities):,.2f}",
            f"{mean(bot.ranks):.2f}",
            str(bot.won),
            str(bot.crashes),
        )
    return table


def write_table(
    ranking: list[Bot], path: Path, more: Mapping[str, Mapping[str, object]] = NOTHING
) -> None:
    """The same as CSV, with every heat's gain behind it; money in cents.

    `more`: further columns for each bot, by its name.
    """
    rows = [{**_columns(bot), **more.get(bot.name, {})} for bot in ranking]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def cents(amount: Decimal) -> str:
    """An amount of money as text."""
    return str(amount.quantize(CENT))


def _columns(bot: Bot) -> dict[str, object]:
    return {
        "bot": bot.name,
        "file": bot.path,
        "heats": len(bot.gains),
        "mean_gain": cents(mean(bot.gains)),
        "spread_gain": cents(spread(bot.gains)),
        "mean_equity": cents(mean(bot.equities)),
        "spread_equity": cents(spread(bot.equities)),
        "mean_rank": f"{mean(bot.ranks):.2f}",
        "won": bot.won,
        "crashed": bot.crashes,
        **{f"gain_{heat}": cents(gain) for heat, gain in enumerate(bot.gains, start=1)},
    }

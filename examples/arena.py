"""Let bots compete: heat after heat on the same prices, with the seats rotated.

    python examples/arena.py --heats 4 --seed 7 examples/random_bot.py examples/market_maker.py
    python examples/arena.py --faults examples/deck.toml examples/market_maker.py my_bot.py

Each heat is a server of its own, which keeps nothing, and each bot a process of its own, which is
told where to play by CXGAME_URI and its like. The seed fixes the tape of prices, so that heats
differ by what the bots do and not by luck with the market. Seats, the order of registration, are
rotated from heat to heat. What counts is the gain: what a bot is worth at the end, less what it
would be worth had it done nothing. With `--faults` each heat is played twice, clean and with the
faults of a deck, and compared (`arena_chaos.py`).
"""

import argparse
import asyncio
import logging
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from arena_chaos import Chaos, columns, examine, table
from arena_heat import Heat, HeatFailed, Price, Seat, play
from arena_scores import Bot, ranked, score, standings, write_table
from rich.console import Console

RESERVED = {"house", "mockx", "admin", "system"}  # names that the exchange keeps for itself
INTERRUPTED = 130  # as a shell reports a program that ended at Ctrl-C

console = Console()


def main(arguments: Sequence[str] | None = None) -> int:
    """Play all heats; the exit status is 1 if one could not be played."""
    options = parse(arguments)
    bots = name_bots(options.bots)
    chaos = [Chaos(bot, Bot(bot.name, bot.path)) for bot in bots] if options.faults else []
    if chaos:  # which hits the arena's own reader as well, who copes with it
        logging.getLogger("cxgame.client").setLevel(logging.ERROR)
    try:
        with heat_folders(options.keep) as folder:
            tapes = asyncio.run(play_all(bots, chaos, options, folder))
    except HeatFailed as failure:
        console.print(f"[red]{failure}[/]")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    console.print(standings(ranked(bots)), say_tape(tapes))
    if chaos:
        console.print(table(chaos))
    write_table(ranked(bots), options.out, {one.bot.name: columns(one) for one in chaos})
    console.print(f"Written to {options.out}")
    return 0


async def play_all(
    bots: list[Bot], chaos: list[Chaos], options: argparse.Namespace, folder: Path
) -> list[list[Price]]:
    """Play heat after heat, each bot one seat further; returns the tapes."""
    tapes = []
    for number in range(options.heats):
        shift = number % len(bots)
        seated = bots[shift:] + bots[:shift]
        order = ", ".join(bot.name for bot in seated)
        console.print(f"Heat {number + 1} of {options.heats}: {order}")
        heat = Heat(number + 1, seats(seated), options, folder / f"heat-{number + 1}")
        heat.is_watched = bool(chaos)
        await play_one(heat)
        score(heat, bots)
        tapes.append(heat.tape)
        if chaos:
            tapes.append(await play_again(heat, seats(seated), chaos))
    return tapes


def seats(bots: list[Bot]) -> list[Seat]:
    """A seat for each bot."""
    return [Seat(bot.name, bot.path) for bot in bots]


async def play_one(heat: Heat) -> None:
    """Play a heat, and say which bots crashed in it."""
    await play(heat)
    for seat in heat.seats:
        if seat.crash:
            console.print(f"  [red]{seat.name} crashed:[/]", seat.crash)


async def play_again(clean: Heat, seated: list[Seat], chaos: list[Chaos]) -> list[Price]:
    """Play a heat once more, with faults, and compare; returns its tape."""
    console.print("  the same with faults")
    options, folder = clean.options, clean.folder.with_name(f"{clean.folder.name}-faults")
    heat = Heat(clean.number, seated, options, folder, is_watched=True, deck=options.faults)
    await play_one(heat)
    score(heat, [one.faulty for one in chaos])
    before, after = examine(clean, options.faults), examine(heat, options.faults)
    for one in chaos:
        one.clean.append(before[one.bot.name])
        one.shaken.append(after[one.bot.name])
    return heat.tape


def say_tape(tapes: list[list[Price]]) -> str:
    """Whether all heats saw the same prices; a heat may end a tick sooner than another."""
    shortest = min(map(len, tapes))
    if any(tape[:shortest] != tapes[0][:shortest] for tape in tapes):
        return "[red]The heats did not see the same prices.[/]"
    return f"All heats saw the same {shortest} prices."


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Let bots compete: heat after heat on the same prices, seats rotated.",
        epilog="A bot is a Python file that plays where CXGAME_URI and CXGAME_FEED_URI say, as "
        "CXGAME_USER with CXGAME_TOKEN, and draws its chances by CXGAME_SEED; the other files "
        "in examples/ show how.",
    )
    add = parser.add_argument
    add("bots", nargs="+", type=existing, metavar="bot.py", help="a bot's file")
    add("--heats", type=positive, default=4, metavar="N", help="how many games (4)")
    add("--seed", type=int, default=1, metavar="S", help="seed of the prices (1)")
    add("--seconds", type=float, default=60.0, metavar="T", help="playing time of a heat (60)")
    add(
        "--oracle",
        default="gbm:volatility=10",
        metavar="SOURCE",
        help="where prices come from, as in cxgame --oracle (gbm:volatility=10)",
    )
    add("--tick-interval", default="0.25", metavar="T", help="seconds between two prices (0.25)")
    add(
        "--house",
        metavar="BOTS",
        help="house bots that play along without being ranked: maker or maker,random:2",
    )
    add(
        "--out",
        type=Path,
        default=Path("results.csv"),
        metavar="FILE",
        help="where the standings go as CSV (results.csv)",
    )
    add(
        "--faults",
        type=existing,
        metavar="DECK",
        help="play each heat twice, clean and with the faults of this deck, and compare",
    )
    add("--keep", type=Path, metavar="DIR", help="keep logs, prices and results, by heat")
    return parser.parse_args(arguments)


def existing(text: str) -> Path:
    """A file that is there."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path.resolve()


def positive(text: str) -> int:
    """A whole number above zero."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text} is no whole number above zero")
    return int(text)


def name_bots(paths: list[Path]) -> list[Bot]:
    """Names after the files, by the exchange's rule for names; a second of a kind gets -2."""
    bots: list[Bot] = []
    for path in paths:
        stem = re.sub(r"[^A-Za-z0-9_.-]", "-", path.stem).lstrip("_.-")[:26] or "bot"
        names = [stem, *(f"{stem}-{number}" for number in range(2, len(paths) + 2))]
        taken = RESERVED | {bot.name.casefold() for bot in bots}
        bots.append(Bot(next(name for name in names if name.casefold() not in taken), path))
    return bots


@contextmanager
def heat_folders(keep: Path | None) -> Iterator[Path]:
    """Where the heats' files go: a place that is kept, or one that is swept afterwards."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="cxgame-arena-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())

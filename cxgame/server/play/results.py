"""The results of a game that is over: a file, and a table to read."""

from collections.abc import Iterable
from pathlib import Path

from cxgame.config import Settings
from cxgame.model.events import Standing
from cxgame.wire.feed_frames import results_csv


def results_path(settings: Settings, game_id: str) -> Path | None:
    """Where the results of a game belong; None when nothing is to be kept."""
    if settings.results is not None:
        return settings.results
    return None if settings.memory else settings.data_dir / "results" / f"{game_id}.csv"


def write_results(path: Path, standings: Iterable[Standing]) -> None:
    """Write the final standings, all or nothing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(results_csv(standings), encoding="utf-8")
    draft.replace(path)


def standings_text(standings: Iterable[Standing]) -> str:
    """The final standings as lines for a terminal; house bots are marked."""
    rows = [("", "user", "equity", "base", "quote")]
    for row in standings:
        user = f"{row.user} (house)" if row.bot else row.user
        rows.append((str(row.rank), user, row.equity, row.base, row.quote))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if index == 1 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\nThe game is over.\n\n" + "\n".join(lines) + "\n"

"""The results file of a game that is over."""

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

"""What the person who starts the server gets to see of a damaged game."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cxgame.server.errors import JOURNAL_FAULT
from cxgame.store.high_water import read_mark
from tests.damage.campaign import Campaign
from tests.damage.kept import Kept, copied, start

WITHIN_S = 60
AOF = Path("valkey", "appendonlydir")


def lose_everything(data_dir: Path) -> None:
    shutil.rmtree(data_dir / AOF)


def cut_the_last_file(data_dir: Path) -> None:
    last = max((data_dir / AOF).glob("*.incr.aof"))
    os.truncate(last, last.stat().st_size // 2)


def break_the_last_file(data_dir: Path) -> None:
    last = max((data_dir / AOF).glob("*.incr.aof"))
    last.write_bytes(last.read_bytes().replace(b"EXEC", b"exit"))


def serve(data_dir: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the program until it ends by itself."""
    ports = [word for face in ("exchange", "feed", "http") for word in (f"--{face}-port", "0")]
    command = [sys.executable, "-m", "cxgame", "--bind", "127.0.0.1", *ports]
    return subprocess.run(
        [*command, "--data-dir", str(data_dir), *flags],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
        cwd=data_dir,
    )


def test_the_program_ends_with_one_line_and_a_status(
    games: tuple[Kept, Kept], tmp_path: Path
) -> None:
    """The status of damage, and nothing played, marked or printed beside the line."""
    data_dir = copied(games[0], tmp_path / "case")
    lose_everything(data_dir)
    before = read_mark(data_dir / "high_water" / "main.1")
    done = serve(data_dir)
    assert done.returncode == JOURNAL_FAULT
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("cxgame: ")]
    assert line.startswith("cxgame: game main.1 is not in the store at all, but batch ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert read_mark(data_dir / "high_water" / "main.1") == before


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lose_everything, "is not in the store at all"),
        (cut_the_last_file, "was acknowledged: "),
        (break_the_last_file, "what Valkey kept is damaged"),
    ],
)
async def test_a_refusal_is_the_same_the_next_time(
    campaign: Campaign,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    damage: Callable[[Path], None],
    told: str,
) -> None:
    """A start that was refused has changed nothing that the next one would miss."""
    data_dir = copied(campaign.kept, tmp_path / "case")
    damage(data_dir)
    first, second = [await start(monkeypatch, data_dir=data_dir) for _ in range(2)]
    assert first.refusal is not None
    assert told in first.refusal
    assert second.refusal == first.refusal


async def test_a_cut_game_goes_on_when_that_is_accepted(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From what is there, in the state that was recorded for it; the next start needs no word."""
    kept = campaign.kept
    data_dir = copied(kept, tmp_path / "case")
    cut_the_last_file(data_dir)
    accepted = await start(monkeypatch, data_dir=data_dir, accept_loss=True)
    assert accepted.refusal is None
    assert 0 < accepted.seq < kept.acknowledged
    assert accepted.hash == kept.hashes[accepted.seq]
    again = await start(monkeypatch, data_dir=data_dir)
    assert (again.refusal, again.seq) == (None, accepted.seq)

"""The tools for records as a person types them: what they say, and the status they end with."""

import asyncio
import csv
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from cxgame import cli, logs
from cxgame.cli_points import read_point, read_speed
from cxgame.client import CxClient, CxFeedReader
from cxgame.config import ConfigError
from cxgame.server.broadcast.player import AT_ONCE, Point
from tests.records.played import keep
from tests.support.programs import Program, Server, run

CXGAME = (sys.executable, "-m", "cxgame")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that nobody serves, in a folder without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # pytest has its own
    for variable in ("CXGAME_DATA_DIR", "VALKEY_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    asyncio.run(keep(tmp_path / "data", count=150))
    return tmp_path / "data"


Said = pytest.CaptureFixture[str]


def typed(capsys: Said, *words: object) -> tuple[int, str, str]:
    """Status, output and complaint of a command line."""
    status = cli.main([str(word) for word in words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_verify_says_what_it_found(data: Path, capsys: Said) -> None:
    """On standard output, without a terminal no progress."""
    status, out, err = typed(capsys, "verify", data)
    assert (status, err) == (0, "")
    assert out.startswith("main.1 is sound.\nbatches     ")
    assert "state hash" in out
    assert "commands a second" in out


def test_on_a_terminal_verify_shows_how_far_it_has_come(
    data: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one line, which is gone in the end."""
    monkeypatch.setattr("cxgame.records.verifying._TELL_S", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    status, out, err = typed(capsys, "verify", data)
    assert status == 0
    assert "100%  batch 23" in err
    assert err.endswith("\r\x1b[K")
    assert "\n" not in err
    assert out.startswith("main.1 is sound.")


def test_the_record_of_the_servers_settings_needs_no_name(
    data: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server here would use is meant."""
    monkeypatch.setenv("CXGAME_DATA_DIR", str(data))
    assert typed(capsys, "verify")[0] == 0
    assert typed(capsys, "backup", "kept")[0] == 0
    assert typed(capsys, "verify", "kept")[0] == 0


def test_export_names_its_files(data: Path, capsys: Said, tmp_path: Path) -> None:
    """All tables without a word; with `--tardis` that format, and tables only if named."""
    status, out, _ = typed(capsys, "export", data, "--to", "csv")
    assert (status, out) == (0, "main.1 in csv: trades.csv, orders.csv, book.csv, standings.csv\n")
    status, out, _ = typed(capsys, "export", data, "--to", "tardis", "--tardis")
    assert (status, out.count(".csv.gz"), out.count(".csv,")) == (0, 4, 0)
    status, out, _ = typed(capsys, "export", data, "--to", "3", "--tardis", "--what", "trades")
    assert (status, out.count(".csv.gz")) == (0, 4)
    with (tmp_path / "3" / "trades.csv").open() as file:
        assert len(list(csv.DictReader(file))) > 5


def test_a_damaged_record_ends_with_status_1(data: Path, capsys: Said) -> None:
    """And one line that names the file or the batch."""
    assert typed(capsys, "backup", "kept", "--from", data)[0] == 0
    kept = Path("kept")
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    for words in (("verify", kept), ("restore", kept, "--data-dir", "new"), ("replay", kept)):
        status, _, err = typed(capsys, *words)
        assert status == 1
        assert err.startswith("cxgame: kept is ")
        assert err.count("\n") == 1
    assert not Path("new").exists()


@pytest.mark.parametrize(
    "words",
    [
        "verify nowhere",
        "verify .",
        "verify data --game cup",
        "verify data --game main.2",
        "verify data --game {x}",
        "verify data --to 0",
        "verify data --to 100000",
        "verify data --to x",
        "verify data --from-snapshot",
        "verify data more",
        "replay data --from yesterday",
        "replay data --speed fast",
        "replay data --feed-port 70000",
        "export data",
        "export data --to csv --what everything",
        "backup",
        "backup data --from data",
        "restore data",
        "restore nowhere --data-dir new",
        "restore kept --data-dir .",
        "restore kept --data-dir data",
    ],
)
def test_what_is_typed_wrong_ends_with_status_2(data: Path, capsys: Said, words: str) -> None:
    """One line, and nothing was made."""
    if "kept" in words:
        assert typed(capsys, "backup", "kept", "--from", data)[0] == 0
    before = sorted(path.name for path in data.parent.iterdir())
    status, out, err = typed(capsys, *words.split())
    assert (status, out) == (2, "")
    assert err.startswith("cxgame: ")
    assert err.count("\n") == 1
    assert sorted(path.name for path in data.parent.iterdir()) == before


def test_a_taken_port_ends_a_replay(data: Path, capsys: Said) -> None:
    """Before anything is said."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, out, err = typed(capsys, "replay", data, "--feed-port", port, "--bind", "127.0.0.1")
    assert (status, out) == (1, "")
    assert f"port {port} is taken" in err


def test_a_disk_without_room_leaves_no_backup(data: Path, capsys: Said) -> None:
    """Here a limit on the size of files stands for it."""
    assert typed(capsys, "backup", "kept", "--from", data)[0] == 0
    # -B: what is compiled on the way would be cut off as well, and left for others.
    command = f"ulimit -f 4; exec {sys.executable} -B -m cxgame backup copy --from kept"
    done = run(data.parent, "sh", "-c", command)
    assert (done.returncode, done.stdout) == (1, "cxgame: File too large\n")
    assert not list(data.parent.glob("copy*"))


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("0", Point()),
        ("1041", Point(event=1041)),
        ("+30s", Point(after_ms=30_000)),
        ("+30", Point(after_ms=30_000)),
        ("+1.5m", Point(after_ms=90_000)),
        ("+2h", Point(after_ms=7_200_000)),
        ("2026-11-21T04:54:02", Point(wall_ms=1_795_236_842_000)),
        ("2026-11-21T05:54:02+01:00", Point(wall_ms=1_795_236_842_000)),
        ("2026-11-21T04:54:02.083Z", Point(wall_ms=1_795_236_842_083)),
    ],
)
def test_a_point_is_an_event_a_span_or_a_date(text: str, point: Point) -> None:
    """Dates are in UTC unless they say otherwise."""
    assert read_point(text) == point


@pytest.mark.parametrize("text", ["", "-1", "+", "+5d", "30s", "tomorrow", "٣", "2026-13-01"])
def test_another_point_is_refused(text: str) -> None:
    """With examples of what is meant."""
    with pytest.raises(ConfigError, match=r"--from must be .* such as \+90s"):
        read_point(text)


def test_a_speed_is_a_number() -> None:
    """0 stands for as fast as possible."""
    assert [read_speed(text) for text in ("1", "10", "0.5", "0")] == [1, 10, 0.5, AT_ONCE]
    for text in ("", "-1", "1e9", "nan", "inf", "9999999"):
        with pytest.raises(ConfigError, match="--speed must be a number"):
            read_speed(text)


# With real servers


def test_ctrl_c_leaves_nothing_running(data: Path) -> None:
    """Neither the replay nor the Valkey that it started."""
    words = (*CXGAME, "replay", data, "--feed-port", "0", "--bind", "127.0.0.1")
    with Program(data.parent, *words, log=data.parent / "replay.log") as program:
        program.until_said("The page is at ")
        valkey = json.loads((data / "valkey.json").read_text())["valkey_pid"]
        os.kill(valkey, 0)
        assert program.interrupt() == 130
        assert program.said.count("\n") == 2
    with pytest.raises(ProcessLookupError):
        os.kill(valkey, 0)
    assert not (data / "valkey.json").exists()


def test_a_terminated_tool_leaves_nothing_running(data: Path) -> None:
    """The Valkey that it started ends with it, and the next one may read again."""
    words = (*CXGAME, "replay", data, "--feed-port", "0", "--bind", "127.0.0.1")
    with Program(data.parent, *words, log=data.parent / "replay.log") as program:
        program.until_said("it begins when somebody watches")
        program.process.send_signal(signal.SIGTERM)
        assert program.wait() == 143
    assert not (data / "valkey.json").exists()
    done = run(data.parent, *CXGAME, "verify", data)
    assert done.stdout.startswith("main.1 is sound.")


async def _watched(uri: str) -> list[str]:
    kinds = []
    async with asyncio.timeout(60), CxFeedReader(uri) as feed:
        async for frame in feed:
            kinds.append(frame["type"])
    return kinds


def test_a_game_is_kept_while_it_is_played_and_goes_on_elsewhere(
    tmp_path: Path, capsys: Said
) -> None:
    """Backed up beside its server, verified, replayed, restored: wallets, orders, tokens hold."""
    data, new = str(tmp_path / "data"), str(tmp_path / "new")
    with Server(tmp_path, "--data-dir", data, "--oracle", "constant") as server:
        alice = CxClient(user="alice", uri=server.uri)
        bob = CxClient(user="bob", uri=server.uri)
        assert all(client.r("register").status for client in (alice, bob))
        assert alice.r(
            "order", type="limit", side="sell", price="1001.00", size="1", cid="mine"
        ).status
        assert bob.r("order", type="limit", side="buy", price="1001.00", size="0.25").status
        assert alice.r("bcast", "hello").status
        before = [client.r(what).data for client in (alice, bob) for what in ("wallets", "orders")]
        for words in (
            ("verify", data),
            ("backup", tmp_path / "kept", "--from", data),
            ("export", data, "--to", tmp_path / "csv"),
        ):
            assert typed(capsys, *words)[0] == 0
        tokens = alice.token, bob.token
        assert server.interrupt() == 0
    text = "".join(path.read_text() for path in (tmp_path / "csv").iterdir())
    assert not any(token in text for token in tokens)
    log = tmp_path / "replay.log"
    words = (*CXGAME, "replay", tmp_path / "kept", "--feed-port", "0", "--speed", "0")
    with Program(tmp_path, *words, "--bind", "127.0.0.1", log=log) as replay:
        replay.until_said("it begins when")
        kinds = asyncio.run(_watched(replay.said.split(" on ")[1].split(": it")[0]))
        assert {"sell", "buy", "match", "bcast"} <= set(kinds)
        assert replay.wait() == 0
    assert typed(capsys, "restore", tmp_path / "kept", "--data-dir", new)[0] == 0
    with Server(tmp_path, "--data-dir", new, "--oracle", "constant") as server:
        clients = [
            CxClient(user=name, uri=server.uri, token=token)
            for name, token in zip(("alice", "bob"), tokens, strict=True)
        ]
        after = [client.r(what).data for client in clients for what in ("wallets", "orders")]
        assert after == before
        again = clients[0].r(
            "order", type="limit", side="sell", price="1001.00", size="1", cid="mine"
        )
        assert again.data["replayed"] is True
        assert clients[1].r("order", type="limit", side="buy", price="1001.00", size="0.75").status
        assert server.interrupt() == 0
    assert typed(capsys, "verify", new)[1].startswith("main.1 is sound.")

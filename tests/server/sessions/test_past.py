"""Lists of the past: from memory and database as if they were one."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cxgame.server.sessions.past_reader import PastReader
from tests.server.rig import Player
from tests.server.sessions.played import PlayedRig

LIST_IDS = {"fills": "fill_id", "completed": "id", "trades": "trade_id"}
START_MS = 1_700_000_000_000


@pytest.fixture
async def rig() -> AsyncIterator[PlayedRig]:
    """A game that was played and is remembered whole."""
    rig = await PlayedRig().play()
    yield rig
    await rig.stop()


async def in_pages(player: Player, command: str, limit: int, **params: Any) -> list[Any]:
    """All rows of a list, newest first, read page by page."""
    rows: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        reply = await player(command, limit=limit, **params, **more)
        assert limit <= len(reply["data"]) <= limit + 1 or "more" not in reply
        rows += reply["data"]
        if "more" not in reply:
            return rows
        more = {"before": reply["data"][-1][LIST_IDS[command]]}


async def read_on(player: Player, command: str, limit: int, **params: Any) -> list[Any]:
    """All rows of a list, oldest first, read forward page by page."""
    rows: list[Any] = []
    after = "0"
    while True:
        reply = await player(command, limit=limit, after=after, **params)
        assert limit <= len(reply["data"]) <= limit + 1 or "more" not in reply
        rows += reply["data"]
        if "more" not in reply:
            return rows
        after = reply["data"][-1][LIST_IDS[command]]


@pytest.mark.parametrize("behind", [0, 3])
@pytest.mark.parametrize("command", LIST_IDS)
async def test_a_list_is_the_same_wherever_its_rows_are(
    rig: PlayedRig,
    command: str,
    behind: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whole, in pages of any size, and in windows of time; also while the database is behind."""
    oldest_first = await rig.alice.done(command)
    assert len(oldest_first) > 40
    until_ms = START_MS + 600_000
    window = {"since": START_MS + 60_000, "until": until_ms}
    of_window = await rig.alice.done(command, **window)
    assert 5 < len(of_window) < len(oldest_first)
    rig.remember_little(monkeypatch)
    assert len(await rig.alice.done(command)) == 6
    rig.keep(tmp_path / "h.sqlite", behind)
    assert await rig.alice.done(command) == oldest_first
    for limit in (1, 2, 3, 10, 1_000):
        assert await in_pages(rig.alice, command, limit) == oldest_first[::-1]
        assert await in_pages(rig.alice, command, limit, **window) == of_window[::-1]
        assert await read_on(rig.alice, command, limit) == oldest_first
        assert await read_on(rig.alice, command, limit, **window) == of_window
    assert await rig.alice.done(command, **window) == of_window
    middle = oldest_first[20][LIST_IDS[command]]
    later = [row for row in oldest_first if int(row[LIST_IDS[command]]) > int(middle)]
    assert await rig.alice.done(command, after=middle) == later
    assert await rig.alice.done(command, after=oldest_first[-1][LIST_IDS[command]]) == []
    assert await rig.alice.done(command, after=str(2**63 - 1)) == []
    assert await rig.alice.refused(command, after="x") == "PARAM_TYPE"


async def test_the_two_fills_of_a_trade_with_oneself_stay_on_one_page(
    rig: PlayedRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are such trades in this game, in memory and in the database."""
    ids = [row["fill_id"] for row in await rig.alice.done("fills")]
    doubles = {id for id in ids if ids.count(id) == 2}
    assert len(doubles) > 5
    rig.remember_little(monkeypatch)
    rig.keep(tmp_path / "h.sqlite")
    for limit in (1, 2, 5):
        page: dict[str, Any] = {"more": True, "data": [{"fill_id": "9" * 15}]}
        while "more" in page:
            page = await rig.alice("fills", limit=limit, before=page["data"][-1]["fill_id"])
            seen = [row["fill_id"] for row in page["data"]]
            assert all(seen.count(id) == 2 for id in doubles & set(seen))


@pytest.mark.parametrize("tells_order", [True, False])
@pytest.mark.parametrize("command", LIST_IDS)
async def test_after_a_snapshot_the_past_is_whole(
    rig: PlayedRig, command: str, tells_order: bool, tmp_path: Path
) -> None:
    """Memory holds what came after it, among that the end of orders from before."""
    oldest_first = await rig.alice.done(command)
    rig.start_from_snapshot(60, tells_order=tells_order)
    after = await rig.alice.done(command)
    assert 5 < len(after) < len(oldest_first)
    rig.keep(tmp_path / "h.sqlite", behind=3)
    assert await rig.alice.done(command) == oldest_first
    for limit in (1, 3, 1_000):
        assert await in_pages(rig.alice, command, limit) == oldest_first[::-1]


async def test_old_orders_that_end_late_hide_no_newer_ones(
    rig: PlayedRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory has the last that ended; the last that were placed may have ended long before."""
    times_ms = []
    for _ in range(9):
        rig.bench.clock.pass_s(1)
        times_ms.append(rig.bench.clock.wall_ms())
        await rig.alice.done("buy", price="1", size="1")
    ids = [row["id"] for row in (await rig.alice.done("orders"))["maker"][:9]]
    for id in ids:  # newest first
        await rig.alice.done("cancel", order_id=id)
    await rig.game.settled()
    rig.remember_little(monkeypatch)
    rig.keep(tmp_path / "h.sqlite")
    for limit in (1, 3, 4, 9):
        rows = await rig.alice.done("completed", limit=limit)
        assert [row["id"] for row in rows] == ids[:limit]
    rows = await rig.alice.done("completed", since=times_ms[4])
    assert [row["id"] for row in rows] == ids[:5][::-1]


@pytest.mark.parametrize("command", LIST_IDS)
async def test_what_is_new_is_answered_from_memory(
    rig: PlayedRig, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that asks for the newest, or for what came since, waits for no database."""
    rows = await rig.alice.done(command)
    rig.remember_little(monkeypatch)
    rig.host.past = PastReader(tmp_path / "h.sqlite")

    def refuse(*_: Any) -> None:
        raise AssertionError("the database is asked")

    monkeypatch.setattr(PastReader, "ask", refuse)
    assert (await rig.alice.done(command, limit=1))[0] == rows[-1]
    latest_ms = int(rows[-1]["timestamp"] * 1000)
    latest = [row for row in rows if row["timestamp"] * 1000 >= latest_ms]
    assert await rig.alice.done(command, since=latest_ms) == latest


async def test_bounds_that_hold_nothing(rig: PlayedRig, tmp_path: Path) -> None:
    """An empty list, not an error."""
    rig.keep(tmp_path / "h.sqlite")
    for command in LIST_IDS:
        assert await rig.alice.done(command, since=2**53) == []
        assert await rig.alice.done(command, until=0) == []
        assert await rig.alice.done(command, since=START_MS + 5, until=START_MS + 5) == []
        assert await rig.alice.done(command, before="0") == []
        assert await rig.alice.refused(command, before="x") == "PARAM_TYPE"
        assert await rig.alice.refused(command, since=-1) == "PARAM_TYPE"
        assert await rig.alice.refused(command, until="now") == "PARAM_TYPE"
    assert await rig.alice.done("candles", until=0) == []
    assert await rig.alice.done("candles", since=2**53) == []
    assert await rig.alice.refused("candles", interval="2m") == "PARAM_TYPE"
    for command in ("candles", "trades"):
        assert await rig.alice.refused(command, symbol="x") == "FILTER_SYMBOL"


async def test_a_database_that_cannot_be_read_costs_the_past_alone(
    rig: PlayedRig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is in memory is answered still."""
    rig.remember_little(monkeypatch)
    path = tmp_path / "h.sqlite"
    rig.keep(path)
    pages = path.read_bytes()
    path.write_bytes(pages[:4096] + b"\xff" * (len(pages) - 4096))
    rig.host.past = PastReader(path)
    with caplog.at_level(logging.WARNING, "cxgame.history"):
        reply = await rig.alice("fills")
        assert (len(reply["data"]), reply["more"]) == (4, True)
        assert len(await rig.alice.done("candles")) > 0
        # Forward they would hide the hole before them: come again.
        reply = await rig.alice("fills", after="0")
        assert (reply["data"], reply["more"]) == ([], True)
        last = await rig.alice.done("fills", limit=1)
        after = str(int(last[-1]["fill_id"]) - 1)
        assert await rig.alice.done("fills", after=after) == last[::-1]
    assert "the history cannot be read" in caplog.text


@pytest.mark.parametrize("command", LIST_IDS)
async def test_a_database_far_behind_hides_nothing(
    rig: PlayedRig, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page ends where rows are missing, and says that there is more; later they are there."""
    id_of = LIST_IDS[command]
    all_rows = (await rig.alice.done(command))[::-1]
    rig.remember_little(monkeypatch)
    path = tmp_path / "h.sqlite"
    rig.keep(path, behind=len(rig.bench.journal.batches) * 3 // 4)
    reply = await rig.alice(command)
    newest = reply["data"][::-1]
    assert reply["more"]
    assert 0 < len(newest) < len(all_rows)
    assert sorted(all_rows[: len(newest)], key=str) == sorted(newest, key=str)
    before = min((row[id_of] for row in newest), key=int)
    reply = await rig.alice(command, before=before)
    assert (reply["data"], reply["more"]) == ([], True)
    rig.host.past.close()
    path.unlink()
    rig.keep(path)
    older = await rig.alice.done(command, before=before)
    assert len(older) == len(all_rows) - len(newest)


async def test_trades_and_candles_are_for_everybody(rig: PlayedRig) -> None:
    """Without a login, and without saying who traded."""
    stranger = rig.connect()
    (trade,) = await stranger.done("trades", limit=1, symbol="ETH/USD")
    members = "trade_id timestamp symbol price size side buy_id sell_id".split()
    assert list(trade) == members
    assert trade["symbol"] == "ETH/USD"
    fills = await rig.alice.done("fills") + await rig.bob.done("fills")
    assert trade["trade_id"] in {fill["fill_id"] for fill in fills}
    (candle,) = await stranger.done("candles", limit=1)
    assert list(candle) == "timestamp open high low close volume trades closed".split()

"""Standings in the store."""

import asyncio
import json
from collections.abc import Sequence

from cxgame.model.commands import Broadcast
from cxgame.pipeline import Released
from cxgame.ports import JournalFault, View
from cxgame.server.play.ranking import Ranking
from tests.support.games import Bench
from tests.support.waiting import WAIT_S, turns, until


class Written:
    """Views that keep what they are given."""

    def __init__(self) -> None:
        self.writes: list[Sequence[View]] = []

    async def write(self, views: Sequence[View]) -> None:
        self.writes.append(views)

    async def replace(self, views: Sequence[View]) -> None:
        raise AssertionError("standings replace nothing")


async def test_standings_follow_what_was_released() -> None:
    """One row per player with its rank and equity, as of a released batch."""
    bench, views = Bench(), Written()
    task = asyncio.create_task(Ranking(bench.game, views, 0.01).run())
    await bench.open_with("alice", "bob")
    await until(lambda: len(views.writes) >= 1)
    rows = {view.field: json.loads(view.blob or b"") for view in views.writes[-1]}
    assert {view.key for view in views.writes[-1]} == {"standings"}
    assert sorted(rows) == ["alice", "bob"]
    assert rows["alice"]["rank"] == 1
    assert rows["alice"]["equity"] == "20000.00"
    assert rows["alice"]["seq"] == bench.game.batch_seq
    task.cancel()


async def test_nothing_is_written_while_nothing_happens_or_all_is_in_doubt() -> None:
    """A quiet game costs nothing; a halted one shows nothing that may vanish."""
    bench, views = Bench(), Written()
    await bench.open_with("alice")
    task = asyncio.create_task(Ranking(bench.game, views, 0.01).run())
    await asyncio.sleep(0.05)
    assert views.writes == []
    bench.journal.gate.clear()
    bench.submit(Broadcast(1, "hello"))
    await asyncio.sleep(0.05)
    assert views.writes == []
    bench.journal.gate.set()
    await until(lambda: len(views.writes) >= 1)
    task.cancel()


async def test_it_ends_with_a_journal_at_fault() -> None:
    """What it waits for will never come, and the loop is others' too."""
    bench, views = Bench(), Written()
    await bench.open_with("alice")

    def say_more(_: Released) -> None:
        if bench.journal.gate.is_set():
            bench.journal.gate.clear()
            bench.submit(Broadcast(1, "and more"))

    bench.game.subscribe(say_more)
    ranking = asyncio.create_task(Ranking(bench.game, views, 0.01).run())
    await turns()
    bench.submit(Broadcast(1, "hello"))
    await until(lambda: bench.journal.under_way == 1)
    await turns()
    bench.journal.refusal = JournalFault("FENCED", "another writer took over")
    bench.journal.gate.set()
    await asyncio.wait_for(ranking, WAIT_S)
    assert bench.game.fault is bench.journal.refusal
    assert views.writes == []

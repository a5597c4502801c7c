"""From a snapshot and what follows it to the same game as from the journal's beginning."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cxgame.model.enums import Side
from cxgame.ports import Batch, Entry, Events, Snapshot
from cxgame.recovery import JournalDamaged, Replay, replay
from tests.support.games import Bench, limit


class Entries:
    """A journal of these entries; notes from where it was read."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.read_after: list[int] = []

    async def commit(self, batch: Batch) -> None:
        raise AssertionError("nothing is written here")

    async def replay(self, after: int = 0) -> AsyncIterator[Entry]:
        self.read_after.append(after)
        for entry in self.entries[after:]:
            yield entry

    async def events(self, after: int) -> AsyncIterator[Events]:
        for found in list[Events]():
            yield found


@pytest.fixture
async def journal() -> Entries:
    """Of a game with a trade in most of its 40 batches."""
    bench = Bench()
    alice, bob = await bench.open_with("alice", "bob")
    for number in range(38):
        player, side = ((alice, Side.BUY), (bob, Side.SELL))[number % 2]
        bench.submit(limit(player, side, 100_000, 10**6 + number, cid=f"c{number}"))
        await bench.game.settled()
    return Entries([entry async for entry in bench.journal.replay()])


def snapshot_at(journal: Entries, seq: int) -> Snapshot:
    run = Replay(remember=False)
    for entry in journal.entries[:seq]:
        run.take(entry)
    return run.snapshot()


async def test_a_snapshot_leads_to_the_same_game(journal: Entries) -> None:
    """From any batch on, and only what follows it is read."""
    whole = await replay(journal)
    assert whole.first_trade == 1
    for seq in (1, 7, 20, len(journal.entries)):
        begin = snapshot_at(journal, seq)
        journal.read_after.clear()
        replayed = await replay(journal, [begin])
        assert journal.read_after == [seq]
        assert replayed.engine.state_hash() == whole.engine.state_hash()
        assert (replayed.batch_seq, replayed.batch_hash) == (whole.batch_seq, whole.batch_hash)


async def test_the_memory_is_complete_from_the_snapshot_on(journal: Entries) -> None:
    """It says from which trade."""
    whole = await replay(journal)
    replayed = await replay(journal, [snapshot_at(journal, 20)])
    assert 1 < replayed.first_trade < whole.engine.last_trade_id
    kept = [fill for fill in whole.recent.fills(1) if fill.trade >= replayed.first_trade]
    assert replayed.recent.fills(1) == kept


def _richer(state: dict[str, Any]) -> dict[str, Any]:
    accounts = [list(account) for account in state["accounts"]]
    accounts[1][4] = [amount + 1 for amount in accounts[1][4]]
    return {**state, "accounts": accounts}


def _without_holds(state: dict[str, Any]) -> dict[str, Any]:
    """Nobody holds anything, so that no order there can be paid for."""
    accounts = [list(account) for account in state["accounts"]]
    for account in accounts:
        account[5] = [0 for _ in account[5]]
    return {**state, "accounts": accounts}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda begin: begin._replace(hash=b"another"),
        lambda begin: begin._replace(state=_richer(begin.state)),
        lambda begin: begin._replace(state=_without_holds(begin.state)),
        lambda begin: begin._replace(state={**begin.state, "schema": 99}),
    ],
)
async def test_a_snapshot_that_does_not_fit_is_passed_over(
    journal: Entries, spoil: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The one before is tried, then the beginning; it is told."""
    whole = await replay(journal)
    begins = [spoil(snapshot_at(journal, 30)), snapshot_at(journal, 20)]
    replayed = await replay(journal, begins)
    assert journal.read_after[-1] == 20
    assert replayed.engine.state_hash() == whole.engine.state_hash()
    assert "snapshot of batch 30" in caplog.text
    assert (await replay(journal, begins[:1])).batch_hash == whole.batch_hash
    assert journal.read_after[-1] == 0


async def test_damage_after_a_snapshot_is_still_damage(journal: Entries) -> None:
    """No beginning leads past it."""
    bad = journal.entries[30]
    journal.entries[30] = bad._replace(record=bad.record[:-1] + b"?")
    with pytest.raises(JournalDamaged) as caught:
        await replay(journal, [snapshot_at(journal, 20)])
    assert caught.value.seq == 31

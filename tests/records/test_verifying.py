"""Verifying: a sound journal is called sound, and of any other the first bad entry is named."""

import asyncio
from pathlib import Path

import pytest

from cxgame.model.commands import Close
from cxgame.ports import Entry
from cxgame.records import verifying
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.export import export_tables
from cxgame.records.source import Head
from cxgame.records.tables import TABLES
from cxgame.records.verifying import Verified, ensure_sound, verify_source
from cxgame.recovery import JournalDamaged, Replay
from tests.records.played import Record, record


async def test_a_sound_journal_is_counted_and_hashed() -> None:
    """Batches, commands, orders and trades, and the state that they lead to."""
    source = await record(last=Close("over"))
    run = Replay()
    for entry in source.list:
        run.take(entry)
    verified = await verify_source(source)
    assert (verified.batches, verified.last_hash) == source.head
    assert verified.commands == run.engine.command_seq > 200
    assert verified.trades == run.engine.last_trade_id > 30
    assert verified.state_hash == run.engine.state_hash()
    assert verified.rate > 0


async def test_it_stops_where_it_is_told() -> None:
    """`to` is the last batch that is looked at; there must be one."""
    source = await record()
    damaged(source, 20)
    verified = await verify_source(source, 19)
    assert (verified.batches, verified.head) == (19, source.head.seq)
    for seq in (0, source.head.seq + 1):
        with pytest.raises(Misuse, match=f"no batch {seq}: the journal has batches 1 to"):
            await verify_source(source, seq)


async def test_it_tells_how_far_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Now and then, with growing numbers."""
    monkeypatch.setattr(verifying, "_TELL_S", 0.0)
    told: list[int] = []
    source = await record(count=50)

    def tell(verified: Verified) -> None:
        told.append(verified.batches)

    await verify_source(source, tell=tell)
    assert told == list(range(1, source.head.seq + 1))


@pytest.mark.parametrize("work", ["verify", "export"])
async def test_it_can_be_ended_at_any_time(work: str, tmp_path: Path) -> None:
    """Reading a file waits for nothing; Ctrl-C and SIGTERM are heard all the same."""
    source = await record(count=400)
    assert source.head.seq > 55
    reading = verify_source(source) if work == "verify" else export_tables(source, tmp_path, TABLES)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await reading
    assert list(tmp_path.iterdir()) == []


def damaged(source: Record, seq: int, at: int = 30) -> None:
    """Flip a bit of a record."""
    entry = source.list[seq - 1]
    record_ = bytearray(entry.record)
    record_[at % len(record_)] ^= 1
    source.list[seq - 1] = entry._replace(record=bytes(record_))


@pytest.mark.parametrize("at", [0, 1, 17, 40, -17, -4, -1])
async def test_a_flipped_bit_is_named(at: int) -> None:
    """Wherever it is in the record."""
    source = await record(count=150)
    damaged(source, 7, at)
    with pytest.raises(JournalDamaged, match="batch 7"):
        await verify_source(source)


async def test_a_flipped_bit_of_the_hash_beside_a_record_is_named() -> None:
    """The hash that the store compares is part of the journal."""
    source = await record(count=150)
    entry = source.list[4]
    source.list[4] = entry._replace(hash=bytes([entry.hash[0] ^ 1]) + entry.hash[1:])
    with pytest.raises(JournalDamaged, match="batch 5: the hash beside it"):
        await verify_source(source)


async def test_entries_that_are_missing_or_exchanged_are_named() -> None:
    """A gap, a swap, an end that was cut off."""
    source = await record(count=150)
    whole = list(source.list)
    del source.list[9]
    with pytest.raises(JournalDamaged, match="batch 11: batch 10 is missing"):
        await verify_source(source)
    source.list = [*whole[:9], _renumbered(whole[10], 10), _renumbered(whole[9], 11), *whole[11:]]
    with pytest.raises(JournalDamaged, match="batch 10: it belongs elsewhere"):
        await verify_source(source)
    source.list = whole[:-3]
    with pytest.raises(JournalDamaged, match=f"batch {len(whole) - 2}: it is missing"):
        await verify_source(source)


async def test_a_batch_of_another_game_is_named() -> None:
    """Sound in itself, and at its place, but of a game that went differently."""
    source, other = await record(seed=1, count=150), await record(seed=2, count=150)
    source.list[9:] = other.list[9:]
    with pytest.raises(JournalDamaged):
        await verify_source(source)
    source.list, source.head = other.list, Head(other.head.seq, b"another")
    with pytest.raises(JournalDamaged, match="the journal should end with another"):
        await verify_source(source)


async def test_a_journal_that_ends_before_what_players_were_told_is_refused() -> None:
    """Sound as it is, it lacks what was acknowledged; so does one that went differently there."""
    source = await record(count=150)
    end = source.head.seq
    source.acknowledged = Head(end + 2, b"")
    with pytest.raises(JournalDamaged, match=f"players were told of batch {end + 2}"):
        await verify_source(source)
    source.acknowledged = Head(end - 1, b"another")
    with pytest.raises(JournalDamaged, match=f"batch {end - 1}: it is not the batch that players"):
        await verify_source(source)
    source.acknowledged = Head(end - 1, source.list[-2].hash)
    await verify_source(source)


async def test_an_unsound_game_is_said_to_be_so() -> None:
    """Money that was made shows in the invariants, though every hash may fit."""
    run = Replay()
    for entry in (await record(count=30)).list:
        run.take(entry)
    run.engine.accounts[1].free[0] += 1
    with pytest.raises(RecordsError, match=r"after batch 3 the game is unsound: \S+ sums to 1"):
        ensure_sound(run.engine, 3)


def _renumbered(entry: Entry, seq: int) -> Entry:
    return entry._replace(seq=seq)

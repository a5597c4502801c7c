"""Sources: whatever a person may name is read, or refused in one line that says what it is."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cxgame.ports import Entry
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.names import Wanted, wanted_game
from cxgame.records.source import open_source
from cxgame.records.verifying import Verified, verify_source
from cxgame.recovery import JournalDamaged
from cxgame.store.archive import Archive, archive_folder
from cxgame.store.embedded import EmbeddedValkey
from cxgame.store.errors import DirectoryBusy, StoreError, StoreUnavailable
from cxgame.store.high_water import HighWaterMark, Mark
from cxgame.store.link import Link
from cxgame.store.streams import read_journal
from tests.records.conftest import Kept
from tests.records.played import keep, record

JOURNAL = "cx:{main.1}:journal"


async def verified(where: object, game: str | None = None) -> Verified:
    async with open_source(str(where), game) as source:
        return await verify_source(source)


@pytest.fixture
async def valkey(kept: Kept) -> AsyncIterator[EmbeddedValkey]:
    """A Valkey that runs on the directory, as it does while a server plays."""
    running = await EmbeddedValkey.start(kept.path)
    yield running
    await running.stop()


async def test_a_directory_that_nobody_serves_is_read(kept: Kept) -> None:
    """Its Valkey runs for the time of reading, and the directory is free before and after."""
    for _ in range(2):
        assert (await verified(kept.path)).state_hash == kept.state_hash
    assert not (kept.path / "valkey.json").exists()


async def test_a_directory_in_use_is_read_beside_its_server(
    kept: Kept, valkey: EmbeddedValkey
) -> None:
    """Through the socket; what is there stays as it is, epoch and lease too."""
    link = Link(valkey.endpoint)
    before = await link.call("HGETALL", "cx:{main.1}:meta")
    assert (await verified(kept.path)).state_hash == kept.state_hash
    assert await link.call("HGETALL", "cx:{main.1}:meta") == before
    await link.close()


async def test_a_valkey_is_read_by_its_url(kept: Kept, valkey: EmbeddedValkey) -> None:
    """Its current game, or the one that is named."""
    url = f"unix://{valkey.endpoint.name}"
    assert (await verified(url)).state_hash == kept.state_hash
    assert (await verified(url, "main.1")).state_hash == kept.state_hash
    with pytest.raises(Misuse, match=r"no game main\.2 in Valkey at .*; there is main\.1"):
        await verified(url, "main.2")
    async with open_source(url) as source:
        assert source.folder is None
        assert await source.users() == {"alice": b'{"name":"alice","token_sha256":"00"}'}


async def test_a_game_that_goes_on_is_read_up_to_where_it_was(
    kept: Kept, valkey: EmbeddedValkey
) -> None:
    """What is added while it is read belongs to another reading."""
    link = Link(valkey.endpoint)
    async with open_source(str(kept.path)) as source:
        end = source.head.seq
        await link.call("XADD", JOURNAL, f"{end + 1}-0", "hash", b"h", "record", b"r")
        assert [entry.seq async for entry in source.entries(end - 2)] == [end - 1, end]
    await link.close()


async def test_archive_and_journal_are_read_as_one(kept: Kept, valkey: EmbeddedValkey) -> None:
    """What was trimmed comes from the archive, also when that happens while it is read."""
    link = Link(valkey.endpoint)
    async with open_source(str(kept.path)) as source:
        whole = [entry async for entry in source.entries()]
        reading = source.entries()
        assert (await anext(reading)).seq == 1
        archive = Archive(archive_folder(kept.path, "main.1"))
        archive.append(whole[:10])
        await link.call("XTRIM", JOURNAL, "MINID", "11-0")
        assert [entry async for entry in source.entries()] == whole
        assert [entry async for entry in source.entries(20)] == whole[20:]
    assert (await verified(kept.path)).state_hash == kept.state_hash
    shutil.rmtree(archive.folder)
    with pytest.raises(RecordsError, match=r"main\.1 has a gap: batch 1 is missing"):
        await verified(kept.path)
    await link.close()


async def test_a_journal_that_is_trimmed_for_the_first_time_has_no_gap(
    kept: Kept, valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive was looked into just before, and was empty."""
    link = Link(valkey.endpoint)
    async with open_source(str(kept.path)) as source:
        whole = [entry async for entry in source.entries()]

        async def trimmed(*arguments: Any) -> AsyncIterator[Entry]:
            archive = Archive(archive_folder(kept.path, "main.1"))
            if not archive.last_seq:
                archive.append(whole[:10])
                await link.call("XTRIM", JOURNAL, "MINID", "11-0")
            async for entry in read_journal(*arguments):
                yield entry

        monkeypatch.setattr("cxgame.records.stored.read_journal", trimmed)
        assert [entry async for entry in source.entries()] == whole
    await link.close()


async def test_a_valkey_by_url_is_read_with_the_archive_beside_it(
    kept: Kept, valkey: EmbeddedValkey
) -> None:
    """A Valkey has no more than what came since the last snapshot; its server archived the rest."""
    url, link = f"unix://{valkey.endpoint.name}", Link(valkey.endpoint)
    async with open_source(url) as source:
        whole = [entry async for entry in source.entries()]
    Archive(archive_folder(kept.path, "main.1")).append(whole[:20])
    await link.call("XTRIM", JOURNAL, "MINID", "6-0")
    async with open_source(url, folder=kept.path) as source:
        assert [entry async for entry in source.entries()] == whole
        assert [pair async for pair in source.twice()] == [(e, e) for e in whole[5:20]]
        assert source.acknowledged == source.head
        assert (await verify_source(source)).state_hash == kept.state_hash
    with pytest.raises(RecordsError, match=r"has a gap: .* is in the archive of its server"):
        await verified(url)
    await link.close()


async def test_an_archive_may_reach_further_than_valkey(kept: Kept, valkey: EmbeddedValkey) -> None:
    """An older copy of Valkey's data was put back: the record ends where the archive does."""
    link = Link(valkey.endpoint)
    async with open_source(str(kept.path)) as source:
        whole = [entry async for entry in source.entries()]
    Archive(archive_folder(kept.path, "main.1")).append(whole)
    await link.call("HSET", "cx:{main.1}:meta", "seq", 10, "hash", whole[9].hash)
    await link.call("XDEL", JOURNAL, *(f"{entry.seq}-0" for entry in whole[10:]))
    assert (await verified(kept.path)).state_hash == kept.state_hash
    async with open_source(str(kept.path)) as source:
        assert [pair async for pair in source.twice()] == [(e, e) for e in whole[:10]]
    await link.close()


async def test_what_is_kept_twice_must_be_the_same(kept: Kept, valkey: EmbeddedValkey) -> None:
    """A server would begin with the copy in Valkey, whatever the archive says."""
    link = Link(valkey.endpoint)
    async with open_source(str(kept.path)) as source:
        whole = [entry async for entry in source.entries()]
    Archive(archive_folder(kept.path, "main.1")).append(whole[:20])
    await link.call("XTRIM", JOURNAL, "MINID", "6-0")
    async with open_source(str(kept.path)) as source:
        pairs = [pair async for pair in source.twice()]
    assert pairs == [(entry, entry) for entry in whole[5:20]]
    await link.call("XDEL", JOURNAL, "12-0")
    with pytest.raises(RecordsError, match="batch 12 is missing"):
        await verified(kept.path)
    await link.call("DEL", JOURNAL)
    for entry in whole[5:]:
        record = b"another" if entry.seq == 12 else entry.record
        id = f"{entry.seq}-0"
        await link.call("XADD", JOURNAL, id, "hash", entry.hash, "record", record)
    with pytest.raises(JournalDamaged, match="batch 12: its two copies"):
        await verified(kept.path)
    await link.close()


async def test_a_game_that_valkey_has_lost_is_read_from_its_archive(kept: Kept) -> None:
    """As far as that goes, whether or not its number is given."""
    async with open_source(str(kept.path)) as source:
        archive = Archive(archive_folder(kept.path, "main.1"))
        archive.append([entry async for entry in source.entries()])
    shutil.rmtree(kept.path / "valkey")
    (kept.path / "valkey").mkdir()
    assert (await verified(kept.path)).state_hash == kept.state_hash
    assert (await verified(kept.path, "main.1")).state_hash == kept.state_hash
    with pytest.raises(Misuse, match="there is no game"):
        await verified(kept.path, "main.2")


async def test_a_number_that_is_none_is_damage(kept: Kept, valkey: EmbeddedValkey) -> None:
    """Said as such, with the key."""
    link = Link(valkey.endpoint)
    await link.call("HSET", "cx:{main.1}:meta", "seq", "many")
    with pytest.raises(RecordsError, match=r"cx:\{main\.1\}:meta in Valkey is damaged"):
        await verified(kept.path)
    await link.call("SET", "cx:{main}:current", "x")
    with pytest.raises(RecordsError, match=r"cx:\{main\}:current in Valkey is damaged"):
        await verified(kept.path)
    await link.close()


async def test_a_journal_below_the_mark_is_refused(kept: Kept) -> None:
    """The high-water mark beside it tells what players were told; a damaged one tells nothing."""
    path = kept.path / "high_water" / "main.1"
    HighWaterMark(path, Mark(1, 1_000, b"hash")).close()
    with pytest.raises(Exception, match="players were told of batch 1000"):
        await verified(kept.path)
    path.write_bytes(b"x" * 5_000)
    with pytest.raises(RecordsError, match=r"high-water mark .* is damaged"):
        await verified(kept.path)


async def test_games_are_told_apart_by_name_and_number(kept: Kept) -> None:
    """A wrong one is answered with those that there are."""
    await keep(kept.path, seed=5, count=30, name="other")
    assert (await verified(kept.path, "other")).game == "other.1"
    assert (await verified(kept.path, "main.1")).state_hash == kept.state_hash
    for game in ("mian", "main.2"):
        with pytest.raises(Misuse, match=rf"no game {game} in .*; there is main\.1, other\.1"):
            await verified(kept.path, game)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("main", Wanted("main", None)),
        ("main.12", Wanted("main", 12)),
        ("a.b", Wanted("a.b", None)),
        ("a.b.3", Wanted("a.b", 3)),
        ("a.1234567890", Wanted("a.1234567890", None)),
    ],
)
def test_a_game_is_named_with_or_without_its_number(text: str, wanted: Wanted) -> None:
    """Names may have dots; a number has at most nine digits."""
    assert wanted_game(text) == wanted
    assert str(wanted) == text


@pytest.mark.parametrize("text", ["", "{x}", "a b", "-x", ".1", "x" * 33])
def test_what_cannot_be_a_game_is_refused(text: str) -> None:
    """By the same rule as at its founding."""
    with pytest.raises(Misuse, match="a game cannot be called"):
        wanted_game(text)


async def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    """Nothing there, an empty folder, a foreign file; and nothing is made there."""
    with pytest.raises(Misuse, match=r"there is no .*nowhere"):
        await verified(tmp_path / "nowhere")
    with pytest.raises(Misuse, match="is not a data directory"):
        await verified(tmp_path)
    (tmp_path / "notes.txt").write_text("not ours")
    (tmp_path / "elsewhere" / "archive").mkdir(parents=True)
    with pytest.raises(Misuse, match="elsewhere has no Valkey of its own: name no record"):
        await verified(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "elsewhere")
    with pytest.raises(RecordsError, match="is no backup of cxgame"):
        await verified(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


async def test_a_directory_without_a_game_is_refused(tmp_path: Path) -> None:
    """It was served once, and nothing was played."""
    running = await EmbeddedValkey.start(tmp_path)
    with pytest.raises(Misuse, match=f"there is no game in {tmp_path}"):
        await verified(tmp_path)
    await running.stop()


async def test_a_valkey_that_is_not_there_is_refused() -> None:
    """By its address; a URL that cannot be read is never repeated, it may hold a password."""
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1"):
        await verified("redis://127.0.0.1:1")
    with pytest.raises(StoreError) as refused:
        await verified("nothing://user:secret@host")
    assert "secret" not in str(refused.value)


async def test_a_directory_that_another_program_holds_is_refused(kept: Kept) -> None:
    """A server that is only just starting has the directory, and no Valkey yet."""
    running = await EmbeddedValkey.start(kept.path)
    (kept.path / "valkey.json").unlink()
    with pytest.raises(DirectoryBusy, match="in use by process"):
        await verified(kept.path)
    await running.stop()


async def test_a_record_in_memory_is_a_source_too() -> None:
    """What the other tests verify is read like any other."""
    source = await record(count=20)
    assert [entry.seq async for entry in source.entries(1)] == list(range(2, source.head.seq + 1))
    await asyncio.sleep(0)

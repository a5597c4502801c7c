"""A backup holds the whole game; restored it goes on; damaged, cut or foreign it is refused."""

import json
from pathlib import Path

import pytest

from cxgame.clock import SystemClock
from cxgame.game import Game
from cxgame.model.commands import OpenAccount
from cxgame.records.backup import make_backup
from cxgame.records.backup_file import open_backup
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.restore import restore_game
from cxgame.records.source import open_source
from cxgame.records.verifying import Verified, verify_source
from cxgame.recovery import JournalDamaged, replay
from cxgame.store.errors import StoreDamaged
from cxgame.store.high_water import HighWaterMark, Mark, read_mark
from cxgame.store.opening import open_store
from tests.records.conftest import Kept
from tests.records.played import keep, play, record


async def backed_up(data_dir: Path, path: Path, game: str | None = None) -> Verified:
    async with open_source(str(data_dir), game) as source:
        return await make_backup(source, path)


@pytest.fixture
async def backup(kept: Kept, tmp_path: Path) -> Path:
    """A backup of the kept game."""
    path = tmp_path / "main.backup"
    await backed_up(kept.path, path)
    return path


async def test_a_backup_is_a_record(kept: Kept, backup: Path) -> None:
    """It can be verified like the directory it was made of, from any batch on."""
    async with open_source(str(backup)) as source:
        assert (await verify_source(source)).state_hash == kept.state_hash
        whole = [entry async for entry in source.entries()]
        assert [entry async for entry in source.entries(17)] == whole[17:]
        assert await source.users() == {"alice": b'{"name":"alice","token_sha256":"00"}'}


async def test_a_journal_of_many_pieces_is_read_from_any_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pieces that are not needed are passed over."""
    monkeypatch.setattr("cxgame.records.backup_file._PIECE_BYTES", 2_000)
    source = await record()
    await make_backup(source, tmp_path / "backup")
    with open_backup(tmp_path / "backup", None) as backup:
        assert sum(name.startswith("journal/") for name in backup.manifest.members) > 3
        for after in range(0, source.head.seq + 1, 3):
            assert [entry async for entry in backup.entries(after)] == source.list[after:]


async def test_a_backup_is_for_its_owner_alone(kept: Kept, tmp_path: Path) -> None:
    """Mode 0600: it holds hashes, and the house bots' tokens if there are any."""
    (kept.path / "bots.json").write_text('{"maker": "secret"}')
    await backed_up(kept.path, tmp_path / "backup")
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    await restore_game(tmp_path / "backup", tmp_path / "new")
    assert json.loads((tmp_path / "new" / "bots.json").read_text()) == {"maker": "secret"}
    assert (tmp_path / "new" / "bots.json").stat().st_mode & 0o777 == 0o600


async def test_nothing_is_overwritten(backup: Path, kept: Kept) -> None:
    """A file that is there stays as it is."""
    before = backup.read_bytes()
    with pytest.raises(Misuse, match=r"main\.backup is there already"):
        await backed_up(kept.path, backup)
    assert backup.read_bytes() == before


async def test_tokens_that_no_restore_could_read_are_told_of(kept: Kept, tmp_path: Path) -> None:
    """Nobody learns it when the backup is needed."""
    (kept.path / "bots.json").write_text("")
    with pytest.raises(RecordsError, match=r"bots\.json is damaged"):
        await backed_up(kept.path, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


async def test_of_a_damaged_game_no_backup_is_made(tmp_path: Path) -> None:
    """The first bad batch is named, and no file is left."""
    source = await record()
    source.list[9] = source.list[9]._replace(record=b"x")
    with pytest.raises(JournalDamaged, match="batch 10"):
        await make_backup(source, tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


async def test_of_a_game_that_lost_its_end_a_backup_is_made_if_that_is_accepted(
    kept: Kept, tmp_path: Path
) -> None:
    """It holds what there is, and restored it goes on from there."""
    HighWaterMark(kept.path / "high_water" / "main.1", Mark(1, 1_000, b"hash")).close()
    path = tmp_path / "backup"
    with pytest.raises(JournalDamaged, match="players were told of batch 1000"):
        await backed_up(kept.path, path)
    assert not path.exists()
    async with open_source(str(kept.path)) as source:
        verified = await make_backup(source, path, accept_loss=True)
    assert verified.state_hash == kept.state_hash
    assert (await restore_game(path, tmp_path / "new")).state_hash == kept.state_hash


async def test_an_earlier_game_of_the_name_is_played_again_and_later_numbers_stay_used(
    kept: Kept, backup: Path
) -> None:
    """A start goes on with the one that was restored; the next game takes a number of its own."""
    store = await open_store(memory=False, valkey_url=None, data_dir=kept.path)
    await play((await store.open_game("main", fresh=True)).journal, seed=3, count=20)
    await store.close()
    assert read_mark(kept.path / "high_water" / "main.2") is not None
    await restore_game(backup, kept.path, replace=True)
    for fresh, number in ((False, 1), (True, 3)):
        store = await open_store(memory=False, valkey_url=None, data_dir=kept.path)
        assert (await store.open_game("main", fresh=fresh)).number == number
        await store.close()
    async with open_source(str(kept.path), "main.2") as source:
        await verify_source(source)


@pytest.mark.parametrize(("replace", "token"), [(True, "old"), (False, "new")])
async def test_the_tokens_of_house_bots_go_with_the_users(
    kept: Kept, tmp_path: Path, replace: bool, token: str
) -> None:
    """A bot whose user comes back needs the token of that time; one that stays keeps its own."""
    (kept.path / "bots.json").write_text('{"maker": "old"}')
    await backed_up(kept.path, tmp_path / "backup")
    other = tmp_path / "other"
    await keep(other, seed=9, count=20, name="main" if replace else "cup")
    (other / "bots.json").write_text('{"maker": "new", "random": "its"}')
    await restore_game(tmp_path / "backup", other, replace=replace)
    tokens = json.loads((other / "bots.json").read_text())
    assert tokens == {"maker": token, "random": "its"}


async def test_a_restored_game_goes_on(
    kept: Kept, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new writer finds state, users and mark, and plays the next batch."""
    monkeypatch.setattr("cxgame.records.restore._AT_ONCE_BYTES", 3_000)
    new = tmp_path / "new"
    assert (await restore_game(backup, new)).state_hash == kept.state_hash
    store = await open_store(memory=False, valkey_url=None, data_dir=new)
    try:
        assert "alice" in await store.users.load()
        game = await store.open_game("main")
        found = await replay(game.journal)
        assert found.engine.state_hash() == kept.state_hash
        assert (found.batch_seq, found.batch_hash) == (game.head_seq, game.head_hash)
        mark = read_mark(new / "high_water" / "main.1")
        assert mark is not None
        assert (mark.seq, mark.hash) == (game.head_seq, game.head_hash)
        played = Game(
            game.journal,
            SystemClock(),
            found.engine,
            found.recent,
            batch_seq=found.batch_seq,
            batch_hash=found.batch_hash,
        )
        played.start()
        played.submit(OpenAccount("dave"), "test", 1, None)
        await played.settled()
        await played.stop()
    finally:
        await store.close()
    async with open_source(str(new)) as source:
        assert (await verify_source(source)).batches == found.batch_seq + 1


async def test_a_game_that_is_there_is_not_replaced_unasked(
    kept: Kept, backup: Path, tmp_path: Path
) -> None:
    """The refusal names it; `replace` leaves nothing of it, not even beside the journal."""
    await keep(tmp_path / "other", seed=9, count=500)
    other = tmp_path / "other"
    for folder in ("archive/main.1", "snapshots/main.1", "history"):
        (other / folder).mkdir(parents=True)
    (other / "history" / "main.1.sqlite").touch()
    HighWaterMark(other / "high_water" / "main.1", Mark(3, 9_999, b"hash")).close()
    with pytest.raises(Misuse, match=r"has main\.1 already"):
        await restore_game(backup, other)
    async with open_source(str(other)) as source:
        assert source.acknowledged is not None
    assert (await restore_game(backup, other, replace=True)).state_hash == kept.state_hash
    assert not (other / "archive" / "main.1").exists()
    assert not (other / "snapshots" / "main.1").exists()
    assert not (other / "history" / "main.1.sqlite").exists()


async def test_other_games_and_users_of_a_directory_stay(backup: Path, tmp_path: Path) -> None:
    """A user who is there keeps his token, whatever the backup says of that name."""
    await keep(tmp_path / "other", seed=9, count=60, name="cup")
    store = await open_store(memory=False, valkey_url=None, data_dir=tmp_path / "other")
    await store.users.put("alice", b"another alice")
    await store.close()
    await restore_game(backup, tmp_path / "other")
    async with open_source(str(tmp_path / "other"), "cup") as source:
        await verify_source(source)
        assert (await source.users())["alice"] == b"another alice"


async def test_only_a_data_directory_is_restored_into(backup: Path, tmp_path: Path) -> None:
    """Somebody's folder is not filled with ours."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    with pytest.raises(Misuse, match="neither empty nor a data directory"):
        await restore_game(backup, tmp_path / "photos")
    (tmp_path / "file").touch()
    with pytest.raises(Misuse, match="neither empty nor a data directory"):
        await restore_game(backup, tmp_path / "file")


async def test_a_restore_that_fails_leaves_no_directory(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the mark cannot be written, as on a full disk."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cxgame.records.restore.HighWaterMark", full)
    with pytest.raises(OSError, match="No space left"):
        await restore_game(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


async def test_a_replacement_that_is_broken_off_is_no_game_to_begin(
    kept: Kept, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old game is gone and the new not there: a start is refused, a restore is not."""

    async def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("cxgame.records.restore._plant_users", full)
        with pytest.raises(OSError, match="No space left"):
            await restore_game(backup, kept.path, replace=True)
    store = await open_store(memory=False, valkey_url=None, data_dir=kept.path)
    try:
        with pytest.raises(StoreDamaged, match=r"game main\.1 is not in the store at all"):
            await store.open_game("main")
    finally:
        await store.close()
    assert (await restore_game(backup, kept.path, replace=True)).state_hash == kept.state_hash


async def test_every_flipped_bit_shows_or_does_no_harm(kept: Kept, backup: Path) -> None:
    """What cannot be noticed (the padding of the tar format) changes nothing."""
    whole = backup.read_bytes()
    refused = 0
    for at in range(11, len(whole), len(whole) // 150):
        backup.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            async with open_source(str(backup)) as source:
                verified = await verify_source(source)
                assert verified.state_hash == kept.state_hash
                assert list(await source.users()) == ["alice"]
        except (RecordsError, JournalDamaged):
            refused += 1
    assert refused > 50


async def test_a_cut_backup_is_refused(backup: Path) -> None:
    """Wherever it was cut, up to its last block."""
    whole = backup.read_bytes()
    for end in (0, 100, 512, 5_000, len(whole) // 2, whole.rindex(b"manifest.sha256")):
        backup.write_bytes(whole[:end])
        with pytest.raises(RecordsError):
            async with open_source(str(backup)) as source:
                await verify_source(source)


async def test_a_backup_of_another_game_is_refused(backup: Path) -> None:
    """Asked for by name; without a name, it is read as what it is."""
    with pytest.raises(Misuse, match=r"no game cup in .*main\.backup; there is main\.1"):
        async with open_source(str(backup), "cup"):
            pass
    async with open_source(str(backup), "main.1") as source:
        assert source.number == 1

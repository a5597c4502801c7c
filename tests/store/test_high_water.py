"""The high-water mark: what it keeps, and which stores it refuses."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cxgame.ports import JournalFault
from cxgame.store.api import GameStore, Store
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreDamaged
from cxgame.store.high_water import HighWaterMark, Mark, MarkUnreadable, read_mark
from cxgame.store.link import Link
from cxgame.store.marked import MarkedJournal
from cxgame.store.memory import MemoryJournal, MemoryLog
from cxgame.store.opening import open_store
from tests.store.batches import chain, hash_of, make_batch
from tests.store.embedded_fixture import ValkeyThread

LIMIT_S = 30


class TestFile:
    def test_it_tells_the_last_that_was_noted(self, tmp_path: Path) -> None:
        """After every note, without being closed: as after `kill -9`."""
        mark = HighWaterMark(tmp_path / "main.1", Mark(3, 7, b"seven"))
        assert read_mark(mark.path) == Mark(3, 7, b"seven")
        for seq in range(8, 12):
            mark.note(seq, hash_of(seq))
            assert read_mark(mark.path) == Mark(3, seq, hash_of(seq))
        mark.close()

    def test_it_never_goes_back(self, tmp_path: Path) -> None:
        """Whatever order two answers are heard in."""
        mark = HighWaterMark(tmp_path / "main.1", Mark(3, 7, b"seven"))
        mark.note(6, b"six")
        mark.close()
        assert read_mark(mark.path) == Mark(3, 7, b"seven")

    def test_no_file_is_no_mark(self, tmp_path: Path) -> None:
        """As on another machine, or before the first game."""
        assert read_mark(tmp_path / "main.1") is None

    def test_a_torn_write_leaves_the_mark_before_it(self, tmp_path: Path) -> None:
        """Wherever in the slot it tore: at worst the mark is one batch behind."""
        mark = HighWaterMark(tmp_path / "main.1", Mark(1, 1, b"one"))
        mark.note(2, b"two")
        before = mark.path.read_bytes()
        mark.note(3, b"three")
        after = mark.path.read_bytes()
        torn = tmp_path / "torn"
        for cut in range(len(after)):
            torn.write_bytes(after[:cut] + before[cut:])
            assert read_mark(torn) in (Mark(1, 2, b"two"), Mark(1, 3, b"three"))
        mark.close()

    def test_every_flipped_bit_is_noticed(self, tmp_path: Path) -> None:
        """After a stop both slots say the same, so that none of them is missed; two are."""
        mark = HighWaterMark(tmp_path / "main.1", Mark(1, 1, b"one"))
        mark.note(2, b"two")
        mark.close()
        whole = mark.path.read_bytes()
        slot = len(whole) - 4096
        for bit in range(8 * slot):
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            mark.path.write_bytes(flipped)
            assert read_mark(mark.path) == Mark(1, 2, b"two")
            flipped[4096 + bit // 8] ^= 1 << bit % 8
            mark.path.write_bytes(flipped)
            with pytest.raises(MarkUnreadable, match=r"main\.1 is damaged"):
                read_mark(mark.path)

    def test_a_new_writer_may_set_it_lower(self, tmp_path: Path) -> None:
        """Opening replaces the file: a loss that was accepted is no loss any more."""
        HighWaterMark(tmp_path / "main.1", Mark(7, 90, b"x")).close()
        mark = HighWaterMark(tmp_path / "main.1", Mark(4, 10, b"y"))
        assert read_mark(mark.path) == Mark(4, 10, b"y")
        mark.close()

    def test_a_fenced_writer_writes_into_nothing(self, tmp_path: Path) -> None:
        """Two writers do not share a file."""
        fenced = HighWaterMark(tmp_path / "main.1", Mark(1, 5, b"a"))
        writer = HighWaterMark(tmp_path / "main.1", Mark(2, 6, b"b"))
        fenced.note(900, b"c")
        assert read_mark(writer.path) == Mark(2, 6, b"b")
        fenced.close()
        writer.close()
        assert read_mark(writer.path) == Mark(2, 6, b"b")

    def test_syncing_and_closing_may_meet(self, tmp_path: Path) -> None:
        """A sync after the end does nothing, and so does a second end."""
        mark = HighWaterMark(tmp_path / "main.1", Mark(1, 1, b"a"))
        mark.note(2, b"b")
        mark.sync()
        mark.close()
        mark.sync()
        mark.close()


class TestJournal:
    async def test_the_mark_stands_when_a_commit_returns(self, tmp_path: Path) -> None:
        """Replies leave after that."""
        mark = HighWaterMark(tmp_path / "main.1", Mark(0, 0, b""))
        journal = MarkedJournal(MemoryJournal(MemoryLog()), mark)
        journal.start()
        for batch in chain(1, 3):
            await journal.commit(batch)
            assert read_mark(mark.path) == Mark(0, batch.seq, batch.hash)
        await journal.commit(make_batch(3))  # DUP
        assert [entry.seq async for entry in journal.replay(1)] == [2, 3]
        assert [events.last async for events in journal.events(4)] == [6]
        await journal.close()

    async def test_what_was_refused_is_not_marked(self, tmp_path: Path) -> None:
        """A batch that will never be durable was never acknowledged."""
        mark = HighWaterMark(tmp_path / "main.1", Mark(0, 0, b""))
        journal = MarkedJournal(MemoryJournal(MemoryLog()), mark)
        with pytest.raises(JournalFault, match="GAP"):
            await journal.commit(make_batch(5))
        await journal.close()
        assert read_mark(mark.path) == Mark(0, 0, b"")

    async def test_a_mark_that_cannot_be_written_stops_no_game(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The journal is safe without it; it is said once."""
        mark = HighWaterMark(tmp_path / "main.1", Mark(0, 0, b""))
        journal = MarkedJournal(MemoryJournal(MemoryLog()), mark)

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            await journal.commit(make_batch(1))
            await journal.commit(make_batch(2))
        assert [record.message for record in caplog.records] == [
            f"cannot write the high-water mark {mark.path}: No space left on device"
        ]
        await journal.commit(make_batch(3))
        assert read_mark(mark.path) == Mark(0, 3, hash_of(3))
        await journal.close()


class Place:
    """A data directory beside a Valkey that somebody else runs, with games of one name."""

    def __init__(self, data_dir: Path, url: str, name: str) -> None:
        self.data_dir, self.url, self.name = data_dir, url, name
        self.marks = data_dir / "high_water"
        self.link = Link(Endpoint.url(url))
        self._store: Store | None = None

    async def open(self, *, fresh: bool = False, accept_loss: bool = False) -> GameStore:
        """Start anew."""
        await self.close()
        self._store = await open_store(
            memory=False,
            valkey_url=self.url,
            data_dir=self.data_dir,
            takeover=True,
            accept_loss=accept_loss,
        )
        return await asyncio.wait_for(self._store.open_game(self.name, fresh=fresh), LIMIT_S)

    async def play(self, until: int, **options: bool) -> GameStore:
        """Start anew and play up to batch `until`."""
        game = await self.open(**options)
        for batch in chain(game.head_seq + 1, until):
            await game.journal.commit(batch)
        await self.close()
        return game

    async def next(self) -> GameStore:
        assert self._store is not None
        return await self._store.next_game(self.name)

    async def refusal(self) -> str:
        """Why a start is refused."""
        with pytest.raises(StoreDamaged) as caught:
            await self.open()
        await self.close()
        text = str(caught.value)
        assert "\n" not in text
        assert "--accept-loss" in text
        assert "--fresh" in text
        assert "restore a backup" in text
        return text

    async def close(self) -> None:
        if self._store is not None:
            await self._store.close()
        self._store = None

    # Damage

    async def forget(self) -> None:
        """What FLUSHALL would do, for the games of this name."""
        for key in await self.link.call("KEYS", f"cx:{{{self.name}*"):
            await self.link.call("DEL", key)

    async def cut_to(self, seq: int, number: int = 1) -> None:
        """Put the game back to an earlier batch, as an old copy of Valkey's files would."""
        prefix = f"cx:{{{self.name}.{number}}}:"
        await self.link.call("DEL", prefix + "journal", prefix + "events", prefix + "private")
        meta: list[str | bytes | int] = ["seq", seq, "hash", hash_of(seq), "event", 2 * seq]
        await self.link.call("HSET", prefix + "meta", *meta, "private", 2 * seq)
        for kept in range(1, seq + 1):
            batch = make_batch(kept)
            fields = ["hash", batch.hash, "record", batch.record]
            await self.link.call("XADD", prefix + "journal", f"{kept}-0", *fields)


@pytest.fixture
async def place(
    tmp_path: Path, shared_valkey: ValkeyThread, game_name: str
) -> AsyncIterator[Place]:
    place = Place(tmp_path, shared_valkey.url, game_name)
    yield place
    await place.close()
    await place.link.close()


class TestGuard:
    async def test_a_game_goes_on_at_or_above_its_mark(self, place: Place) -> None:
        """Above: a commit was durable when the server was killed, and not yet marked."""
        await place.play(3)
        HighWaterMark(place.marks / f"{place.name}.1", Mark(1, 2, hash_of(2))).close()
        game = await place.open()
        assert game.head_seq == 3
        await game.journal.commit(make_batch(4))
        mark = read_mark(place.marks / game.id)
        assert mark is not None
        assert mark[1:] == (4, hash_of(4))

    async def test_a_journal_without_a_mark_gets_one(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        """After an upgrade, or on another machine; the log says so."""
        await place.play(3)
        (place.marks / f"{place.name}.1").unlink()
        caplog.set_level("INFO", "cxgame.store")
        game = await place.open()
        assert "has no high-water mark here yet; it begins at batch 3" in caplog.text
        assert read_mark(place.marks / game.id) == Mark(2, 3, hash_of(3))

    @pytest.mark.parametrize(("have", "missing"), [(4, "1 batch is"), (1, "4 batches are")])
    async def test_a_journal_below_the_mark_is_refused(
        self, place: Place, have: int, missing: str
    ) -> None:
        """With where it ends, what was acknowledged, and how much is missing; again and again."""
        await place.play(5)
        await place.cut_to(have)
        for _ in range(2):
            assert (await place.refusal()).startswith(
                f"game {place.name}.1 ends at batch {have} in the store, but batch 5 was"
                f" acknowledged: {missing} missing; "
            )

    async def test_a_refused_game_is_given_back(self, place: Place) -> None:
        """Its lease must not keep the next start waiting."""
        await place.play(5)
        await place.cut_to(4)
        await place.refusal()
        expires = await place.link.call("HGET", f"cx:{{{place.name}.1}}:meta", "expires")
        seconds, _ = await place.link.call("TIME")
        assert int(expires) <= (int(seconds) + 1) * 1000

    @pytest.mark.parametrize("head", [5, 7])
    async def test_another_history_is_refused(self, place: Place, head: int) -> None:
        """The batch at the mark must be the one that was acknowledged, at the head or below."""
        await place.play(head)
        HighWaterMark(place.marks / f"{place.name}.1", Mark(1, 5, b"another")).close()
        assert "batch 5 of game" in await place.refusal()

    async def test_an_emptied_store_is_refused(self, place: Place) -> None:
        """It would otherwise begin a new game as if nothing had been."""
        await place.play(5)
        await place.forget()
        assert "is not in the store at all, but batch 5 was" in await place.refusal()

    async def test_an_emptied_store_is_refused_for_a_later_game(self, place: Place) -> None:
        """The lost game is named, not the one that an empty store would begin with."""
        await place.play(5)
        await place.play(3, fresh=True)
        await place.forget()
        text = await place.refusal()
        assert f"knows nothing of game {place.name}.2, of which batch 3 was" in text

    async def test_a_store_that_names_a_game_from_nowhere_is_refused(self, place: Place) -> None:
        """A flipped bit makes a 3 of the 1 that says which game is played."""
        await place.play(5)
        await place.link.call("SET", f"cx:{{{place.name}}}:current", "3")
        text = await place.refusal()
        assert f"names game {place.name}.3 and holds nothing of it" in text

    @pytest.mark.parametrize("number", ["0", "q", ""])
    async def test_a_name_without_a_number_is_refused(self, place: Place, number: str) -> None:
        """In one line."""
        await place.play(5)
        await place.link.call("SET", f"cx:{{{place.name}}}:current", number)
        with pytest.raises(StoreDamaged, match="should be a number, and is not"):
            await place.open()

    async def test_a_damaged_mark_is_refused(self, place: Place) -> None:
        """Nobody can tell then whether all is there."""
        await place.play(5)
        path = place.marks / f"{place.name}.1"
        path.write_bytes(random.Random(1).randbytes(5000))
        assert "the high-water mark" in await place.refusal()

    async def test_a_closed_game_does_not_stand_in_the_way(self, place: Place) -> None:
        """Of the next number, whose mark is its own; not even if nothing was played yet."""
        await place.play(5)
        await place.open()
        assert (await place.next()).number == 2
        assert (await place.open()).number == 2, "a crash before the first batch"
        await place.play(1)
        assert (await place.open()).head_seq == 1


class TestWaysOut:
    async def test_put_back(self, place: Place) -> None:
        """The data put back as it was, the game goes on."""
        await place.play(5)
        await place.cut_to(3)
        await place.refusal()
        await place.cut_to(5)
        assert (await place.open()).head_seq == 5

    async def test_accepting_the_loss(self, place: Place, caplog: pytest.LogCaptureFixture) -> None:
        """Said in the log; the mark follows, so that the next start needs no word."""
        await place.play(5)
        await place.cut_to(3)
        assert (await place.play(4, accept_loss=True)).head_seq == 3
        assert "accepted with --accept-loss: game" in caplog.text
        assert (await place.open()).head_seq == 4

    async def test_accepting_the_loss_of_everything(self, place: Place) -> None:
        """A game that is gone is followed by the next number: its files may be there yet."""
        await place.play(5)
        await place.forget()
        game = await place.play(2, accept_loss=True)
        assert (game.number, game.head_seq) == (2, 0)
        assert (await place.open()).id == f"{place.name}.2"

    async def test_accepting_that_a_later_game_is_lost(self, place: Place) -> None:
        """What is there goes on; the lost number is not used again."""
        await place.play(5)
        await place.play(3, fresh=True)
        await place.link.call("SET", f"cx:{{{place.name}}}:current", "1")
        await place.refusal()
        game = await place.open(accept_loss=True)
        assert (game.number, game.head_seq) == (1, 5)
        assert (await place.open()).number == 1
        assert (await place.next()).number == 3

    async def test_a_fresh_game_has_a_new_number(self, place: Place) -> None:
        """Also beside an emptied store."""
        await place.play(5)
        await place.forget()
        await place.refusal()
        game = await place.play(2, fresh=True)
        assert (game.number, game.head_seq) == (2, 0)
        assert (await place.open()).head_seq == 2

    async def test_accepting_without_a_loss_is_remarked(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A switch that stays on would hide the next loss."""
        await place.play(5)
        assert (await place.open(accept_loss=True)).head_seq == 5
        assert "nothing is lost; start without it" in caplog.text

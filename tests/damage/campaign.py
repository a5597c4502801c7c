"""Many cases of damage, one after another, each judged: detected or harmless, never anything else.

Detected: the start is refused in one clear line. Harmless: the game goes on with the very state
that was recorded for its last batch, and nothing acknowledged is missing.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cxgame.ports import Entry
from cxgame.store.endpoint import Endpoint
from cxgame.store.high_water import HighWaterMark, Mark
from cxgame.store.keys import USERS, GameKeys, current
from cxgame.store.link import Link
from tests.damage.cases import Damaged, damage_entries, damage_files
from tests.damage.kept import Kept, Outcome, copied, start
from tests.store.embedded_fixture import ValkeyThread


class Campaign:
    """Two games of equal length in place, and a Valkey to put their journals into."""

    def __init__(
        self,
        kept: Kept,
        foreign: Kept,
        valkey: ValkeyThread,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.kept, self.foreign = kept, foreign
        self.tally: Counter[str] = Counter()
        self._valkey = valkey
        self._folder = folder
        self._monkeypatch = monkeypatch

    async def run(self, numbers: Iterable[int]) -> Counter[str]:
        """Do the cases of these numbers; of five, three are to files and two to journals."""
        async with self._link() as link:
            for number in numbers:
                if number % 5 < 3:
                    await self.damage_files(number)
                else:
                    await self.damage_journal(number, link)
        return self.tally

    async def damage_files(self, number: int) -> None:
        """A data directory with a damaged file."""
        data_dir = copied(self.kept, self._folder / "case")
        damaged = damage_files(number, data_dir)
        outcome = await start(self._monkeypatch, data_dir=data_dir)
        self._judge(number, damaged, outcome, damaged.what.split("/")[0])

    async def damage_journal(self, number: int, link: Link) -> None:
        """A sound Valkey with a damaged journal."""
        entries, damaged = damage_entries(number, self.kept, self.foreign)
        keys = GameKeys(f"damaged{number}", 1)
        data_dir = self._folder / "marks"
        last = self.kept.entries[-1]
        mark = HighWaterMark(data_dir / "high_water" / keys.id, Mark(1, last.seq, last.hash))
        mark.close()
        await _put(link, keys, entries, self.kept.users)
        url = self._valkey.url
        outcome = await start(self._monkeypatch, data_dir=data_dir, valkey_url=url, game=keys.name)
        self._judge(number, damaged, outcome, "journal")
        await link.call("DEL", keys.journal, keys.meta, current(keys.name))

    def _judge(self, number: int, damaged: Damaged, outcome: Outcome, part: str) -> None:
        case = f"case {number}, {damaged.what}, {damaged.how}: {outcome}"
        if outcome.refusal is not None:
            assert "\n" not in outcome.refusal, case
            assert "Error" not in outcome.refusal, case  # the name of an exception
            assert any(word in outcome.refusal for word in _CLEAR), case
            self.tally[f"{part}: detected"] += 1
            return
        assert outcome.seq >= self.kept.acknowledged, case
        assert outcome.hash == self.kept.hashes[outcome.seq], case
        self.tally[f"{part}: harmless"] += 1

    @asynccontextmanager
    async def _link(self) -> AsyncIterator[Link]:
        link = Link(Endpoint.url(self._valkey.url))
        try:
            yield link
        finally:
            await link.close()


# What a refusal says is wrong; one that says none of these is not a clear one.
_CLEAR = (
    "damaged",
    "acknowledged",
    "nothing of",
    "is missing",
    "has lost",
    "should be a number",
    "not a batch of ours",
)


async def _put(link: Link, keys: GameKeys, entries: list[Entry], users: dict[str, bytes]) -> None:
    """Write a journal as its game's commits would have, with what is missing left out."""
    last = entries[-1] if entries else Entry(0, b"", b"")
    for entry in entries:
        fields = ["hash", entry.hash, "record", entry.record]
        await link.call("XADD", keys.journal, f"{entry.seq}-0", *fields)
    head = ["seq", last.seq, "hash", last.hash, "event", 0, "private", 0]
    await link.call("HSET", keys.meta, "epoch", 1, "owner", "x", "expires", 0, *head)
    for name, record in users.items():
        await link.call("HSET", USERS, name, record)

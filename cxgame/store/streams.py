"""Reading back what commits wrote: the journal, and the public events.

A stream may have been trimmed, and Valkey skips what is missing without a word. So every entry must
follow the one before it.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from cxgame.model.batch import DamagedRecord
from cxgame.ports import Entry, Events, JournalFault
from cxgame.store.errors import EventsGap
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link

_PAGE = 50  # entries of a read; a batch may have 1 MB


async def read_journal(
    link: Link, keys: GameKeys, after: int, at_least: int
) -> AsyncIterator[Entry]:
    """The batches with seq > `after`, which must reach batch `at_least`; raises JournalFault."""
    seq = after
    while page := await read_page(link, keys, seq):
        for entry in page:
            yield entry
        seq = page[-1].seq
    if seq < at_least:
        raise JournalFault("GAP", f"the journal ends at batch {seq}, before {at_least}")


async def read_page(link: Link, keys: GameKeys, after: int) -> list[Entry]:
    """The next batches after `after`, [] if there is none; a gap raises JournalFault."""
    entries = []
    page = await _page(link, keys.journal, after)
    for seq, (id, fields) in enumerate(page, after + 1):
        if id != b"%d-0" % seq:
            raise JournalFault("GAP", f"batch {seq} is missing before {id.decode()}")
        entries.append(_entry(seq, fields))
    return entries


async def hash_at(link: Link, keys: GameKeys, seq: int) -> bytes | None:
    """The hash of batch `seq`, None if it is not kept; raises JournalFault."""
    id = f"{seq}-0"
    page = await link.patient("XRANGE", keys.journal, id, id)
    return _entry(seq, page[0][1]).hash if page else None


async def read_events(link: Link, keys: GameKeys, after: int) -> AsyncIterator[Events]:
    """The kept public events of batches whose last event is > `after`.

    Begins with what is kept, which may be later than `after`; within, raises EventsGap.
    """
    last: int | None = None
    while page := await _page(link, keys.events, after if last is None else last):
        for events in parse_events(page, last):
            yield events
            last = events.last


def parse_events(page: Iterable[Any], last: int | None) -> list[Events]:
    """Entries of the events stream; the first must follow event `last` unless that is None.

    An entry may begin before `last`: a reader can stand in the middle of a batch. Raises EventsGap,
    DamagedRecord.
    """
    found: list[Events] = []
    for id, fields in page:
        if fields[::2] != [b"first", b"events"] or not fields[1].isdigit():
            raise DamagedRecord(f"entry {id.decode()} of the events is not one of ours")
        events = Events(int(fields[1]), int(id.partition(b"-")[0]), fields[3])
        if last is not None and events.first > last + 1:
            raise EventsGap(last + 1, events.first)
        found.append(events)
        last = events.last
    return found


def _entry(seq: int, fields: list[bytes]) -> Entry:
    if fields[::2] != [b"hash", b"record"]:
        raise JournalFault("GAP", f"entry {seq} is not a batch of ours")
    return Entry(seq, fields[1], fields[3])


async def _page(link: Link, key: str, after: int) -> list[Any]:
    page = await link.patient("XRANGE", key, f"{after + 1}-0", "+", "COUNT", _PAGE)
    assert isinstance(page, list)
    return page

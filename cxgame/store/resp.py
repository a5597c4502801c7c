"""Commands as bytes for Valkey, packed by hand: redis-py's own packing costs several times more."""

from collections.abc import Iterable

from cxgame.ports import Batch, View
from cxgame.store.keys import VIEWS, GameKeys
from cxgame.store.scripts import script

Part = str | bytes | int

_SHORT = 1024
_LENGTHS = [b"\r\n$%d\r\n" % length for length in range(_SHORT)]  # between two parts
_COMMIT_ARGS = 12  # from seq to the views; see commit.lua
LEASE_MS = 5_000


def command(*parts: Part) -> bytes:
    """One command."""
    packed = [b"*%d\r\n" % len(parts)]
    packed.extend(_bulk(part) for part in parts)
    return b"".join(packed)


class CommitPacker:
    """Packs the commits of one writer of one game: one call of `cx_commit` each.

    The keys of all views ever seen are declared with every call, which makes the head of the call a
    constant and keeps a Valkey Cluster content.
    """

    def __init__(self, keys: GameKeys, epoch: int, batches_kept: int) -> None:
        self._keys = keys
        self._epoch = epoch
        self._tail = b"\r\n" + _bulk(batches_kept) + _bulk(LEASE_MS)
        self._places: dict[str, int] = {}
        self._declare(VIEWS)

    def pack(self, batch: Batch) -> bytes:
        """The bytes of one commit. No field of a view may occur twice in a batch."""
        packed = [
            b"",  # the head, once all keys are declared
            b"$%d\r\n%d\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n$%d\r\n"
            % (
                len(str(batch.seq)),
                batch.seq,
                len(batch.prev_hash),
                batch.prev_hash,
                len(batch.hash),
                batch.hash,
                len(batch.record),
            ),
            batch.record,
            _seqs(batch.first_event, batch.last_event, len(batch.public)),
            batch.public,
            _seqs(batch.first_private, batch.last_private, len(batch.private)),
            batch.private,
            self._tail,
        ]
        arguments = _COMMIT_ARGS
        if batch.views:
            arguments += self._add_views(packed, batch.views)
        packed[0] = b"*%d\r\n%b" % (self._head_parts + arguments, self._head)
        return b"".join(packed)

    def _add_views(self, packed: list[bytes], views: list[View]) -> int:
        """Append the groups of views as `commit.lua` reads them; returns how many arguments.

        Half the cost of a large commit, hence the few, flat steps: a part goes in as two pieces,
        the first of which also ends the part before.
        """
        lengths = _LENGTHS
        to_set: dict[str, list[bytes]] = {}
        to_delete: dict[str, list[bytes]] = {}
        for key, field, blob in views:
            groups = to_set if blob is not None else to_delete
            group = groups.get(key)
            if group is None:
                group = groups[key] = []
            name = field.encode()
            size = len(name)
            named = lengths[size] if size < _SHORT else b"\r\n$%d\r\n" % size
            if blob is None:
                group += (named, name)
            else:
                size = len(blob)
                sized = lengths[size] if size < _SHORT else b"\r\n$%d\r\n" % size
                group += (named, name, sized, blob)
        arguments = 0
        for sign, groups in ((1, to_set), (-1, to_delete)):
            for key, group in groups.items():
                parts = len(group) // 2
                place, count = _bulk(sign * self._place(key)), _bulk(parts)
                packed.append(place + count.removesuffix(b"\r\n"))
                packed += group
                packed.append(b"\r\n")
                arguments += 2 + parts
        return arguments

    def _place(self, view: str) -> int:
        """Which key of the call a view is, from 1; declares it if it is new."""
        if view not in self._places:
            self._declare((view,))
        return self._places[view]

    def _declare(self, views: Iterable[str]) -> None:
        keys = self._keys
        for view in views:
            self._places[view] = len(self._places) + 5
        declared = [keys.meta, keys.journal, keys.events, keys.private]
        declared += [keys.view(view) for view in self._places]
        function = script("commit").function("cx_commit")
        parts: list[Part] = ["FCALL", function, len(declared), *declared, self._epoch]
        self._head = b"".join(_bulk(part) for part in parts)
        self._head_parts = len(parts)


def renewal(keys: GameKeys, epoch: int) -> bytes:
    """Keep the lease of a game in which nothing happens."""
    return _renew(keys, epoch, LEASE_MS)


def surrender(keys: GameKeys, epoch: int) -> bytes:
    """Give the lease back."""
    return _renew(keys, epoch, 0)


def opening(keys: GameKeys, owner: str, takeover: bool) -> bytes:
    """Take the lease and a new epoch."""
    names = [keys.meta, keys.journal, keys.events, keys.private]
    function = script("open").function("cx_open")
    return command("FCALL", function, 4, *names, owner, LEASE_MS, int(takeover))


def loading(stem: str) -> bytes:
    """Load the functions of one Lua file."""
    return command("FUNCTION", "LOAD", script(stem).source)


def _renew(keys: GameKeys, epoch: int, lease_ms: int) -> bytes:
    function = script("open").function("cx_renew")
    return command("FCALL", function, 1, keys.meta, epoch, lease_ms)


def _seqs(first: int, last: int, length: int) -> bytes:
    """Two numbers, and the beginning of a blob, after the end of another."""
    return b"\r\n$%d\r\n%d\r\n$%d\r\n%d\r\n$%d\r\n" % (
        len(str(first)),
        first,
        len(str(last)),
        last,
        length,
    )


def _bulk(part: Part) -> bytes:
    data = part if isinstance(part, bytes) else str(part).encode()
    return b"$%d\r\n%b\r\n" % (len(data), data)

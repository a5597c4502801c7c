"""What a Valkey holds: hashes, texts and streams, and a log of every change.

The log stands for the append-only file: one entry per command, whole or not at all, from which
`Data.again` builds the same values. Only what cxgame uses is here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Failure(Exception):
    """An error reply: its text begins with a code."""


WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


class Id(NamedTuple):
    """The id of a stream's entry."""

    ms: int
    seq: int

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"


class StreamValue:
    """A stream: entries in the order of their ids."""

    def __init__(self) -> None:
        self.entries: list[tuple[Id, list[bytes]]] = []
        self.last = Id(0, 0)

    def between(self, first: Id, last: Id, count: int | None) -> list[tuple[Id, list[bytes]]]:
        """The entries from `first` to `last`, `count` at the most."""
        found = [entry for entry in self.entries[self._place(first) :] if entry[0] <= last]
        return found if count is None else found[:count]

    def _place(self, id: Id) -> int:
        low, high = 0, len(self.entries)
        while low < high:
            middle = (low + high) // 2
            if self.entries[middle][0] < id:
                low = middle + 1
            else:
                high = middle
        return low


Hash = dict[bytes, bytes]
Value = bytes | Hash | StreamValue
Change = tuple[str, tuple[Any, ...]]  # the name of a method of `Data`, and its arguments


class Data:
    """All keys. The methods that change anything are written to the log."""

    def __init__(self) -> None:
        self.values: dict[bytes, Value] = {}
        self.libraries: dict[str, bytes] = {}  # name → source
        self.log: list[list[Change]] = []
        self._open: list[Change] = []  # of the command under way

    @classmethod
    def again(cls, log: list[list[Change]]) -> Data:
        """The values that a log leads to."""
        data = cls()
        for changes in log:
            for name, arguments in changes:
                getattr(data, name)(*arguments)
            data.done()
        return data

    def done(self) -> bool:
        """A command has ended; whether it changed anything."""
        if not self._open:
            return False
        self.log.append(self._open)
        self._open = []
        return True

    # Looking

    def text(self, key: bytes) -> bytes | None:
        return self._of(key, bytes)  # type: ignore[no-any-return]

    def hash(self, key: bytes) -> Hash | None:
        return self._of(key, dict)  # type: ignore[no-any-return]

    def stream(self, key: bytes) -> StreamValue | None:
        return self._of(key, StreamValue)  # type: ignore[no-any-return]

    def type_of(self, key: bytes) -> str:
        names = {bytes: "string", dict: "hash", StreamValue: "stream"}
        return names[type(self.values[key])] if key in self.values else "none"

    def _of(self, key: bytes, type_: Callable[..., Any]) -> Any:
        value = self.values.get(key)
        if value is not None and type(value) is not type_:
            raise Failure(WRONG_TYPE)
        return value

    # Changing

    def load(self, name: str, source: bytes) -> None:
        self.libraries[name] = source
        self._open.append(("load", (name, source)))

    def set(self, key: bytes, text: bytes) -> None:
        self.values[key] = text
        self._open.append(("set", (key, text)))

    def delete(self, key: bytes) -> bool:
        if self.values.pop(key, None) is None:
            return False
        self._open.append(("delete", (key,)))
        return True

    def hset(self, key: bytes, pairs: list[bytes]) -> int:
        fields = self.hash(key)
        if fields is None:
            fields = self.values[key] = {}
        before = len(fields)
        fields.update(zip(pairs[::2], pairs[1::2], strict=True))
        self._open.append(("hset", (key, pairs)))
        return len(fields) - before

    def hdel(self, key: bytes, names: list[bytes]) -> int:
        fields = self.hash(key) or {}
        found = sum(fields.pop(name, None) is not None for name in dict.fromkeys(names))
        if found:
            self._open.append(("hdel", (key, names)))
            if not fields:
                del self.values[key]
        return found

    def xadd(self, key: bytes, id: Id, fields: list[bytes]) -> None:
        if id == Id(0, 0):
            raise Failure("ERR The ID specified in XADD must be greater than 0-0")
        stream = self.stream(key)
        if stream is not None and id <= stream.last:
            raise Failure(
                "ERR The ID specified in XADD is equal or smaller than the target stream top item"
            )
        if stream is None:
            stream = self.values[key] = StreamValue()
        stream.entries.append((id, fields))
        stream.last = id
        self._open.append(("xadd", (key, id, fields)))

    def xtrim(self, key: bytes, first: Id) -> int:
        """Forget all entries before `first`."""
        stream = self.stream(key)
        gone = 0 if stream is None else stream._place(first)
        if stream is not None and gone:
            del stream.entries[:gone]
            self._open.append(("xtrim", (key, first)))
        return gone

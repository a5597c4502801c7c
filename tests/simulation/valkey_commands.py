"""The commands of the simulated Valkey: as many as cxgame sends, answered as the real one does."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from tests.simulation.functions import FUNCTIONS, Function, Status
from tests.simulation.values import Data, Failure, Id

OK = Status(b"OK")
_LAST = Id(2**64 - 1, 2**64 - 1)
_SYNTAX = "ERR syntax error"
_CONFIG = {
    b"appendonly": b"yes",
    b"appendfsync": b"always",
    b"save": b"",
    b"maxmemory-policy": b"noeviction",
}
Reply = Any
Handler = Callable[["Commands", list[bytes]], Reply]


class Block(Exception):
    """An XREAD that finds nothing and waits; `ms` 0: for ever."""

    def __init__(self, ms: int) -> None:
        super().__init__(ms)
        self.ms = ms


class Commands:
    """Carries out commands on data."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.data = Data()
        self.now_ms = now_ms
        self.out_of_memory = False
        self.is_replica = False

    def do(self, parts: list[bytes]) -> Reply:
        """The reply to one command; `Failure` is one too. Raises `Block`."""
        name = parts[0].upper()
        about = _TABLE.get(name)
        if about is None:
            shown = " ".join(f"'{part.decode()}'" for part in parts[1:])
            return Failure(
                f"ERR unknown command '{parts[0].decode()}', with args beginning with: {shown} "
            )
        handler, least, most, writes = about
        if not least <= len(parts) - 1 <= most:
            said = parts[0].decode().lower()
            return Failure(f"ERR wrong number of arguments for '{said}' command")
        try:
            if writes:
                self._allow(name)
            return handler(self, parts[1:])
        except Failure as failure:
            return failure

    def _allow(self, name: bytes) -> None:
        """A replica takes no writes; what may grow is refused when memory is full."""
        if self.is_replica:
            raise Failure("READONLY You can't write against a read only replica.")
        if self.out_of_memory and name in _GROWING:
            raise Failure("OOM command not allowed when used memory > 'maxmemory'.")

    # Of the server

    def hello(self, _: list[bytes]) -> Reply:
        role = b"replica" if self.is_replica else b"master"
        about = [b"server", b"valkey", b"version", b"9.1.2", b"proto", 2, b"id", 1]
        return [*about, b"mode", b"standalone", b"role", role, b"modules", []]

    def config(self, args: list[bytes]) -> Reply:
        if args[0].upper() != b"GET":
            raise Failure(_SYNTAX)
        return [part for name in args[1:] if name in _CONFIG for part in (name, _CONFIG[name])]

    def function(self, args: list[bytes]) -> Reply:
        if args[0].upper() != b"LOAD" or len(args) != 2:
            raise Failure(_SYNTAX)
        header = re.match(rb"#!lua name=(\w+)\n", args[1])
        if header is None:
            raise Failure("ERR Missing library metadata")
        name = header[1].decode()
        if name in self.data.libraries:
            raise Failure(f"ERR Library '{name}' already exists")
        self.data.load(name, args[1])
        return header[1]

    def fcall(self, args: list[bytes]) -> Reply:
        function = self._function(args[0].decode())
        if function is None:
            raise Failure("ERR Function not found")
        self._allow(b"FCALL")
        count = _integer(args[1])
        try:
            return function(self.data, args[2 : 2 + count], args[2 + count :], self.now_ms())
        except KeyError as error:  # where Lua compares with a nil
            raise Failure(f"ERR user_function: {error} is missing") from error

    def _function(self, called: str) -> Function | None:
        for library in self.data.libraries:
            _, stem, suffix = library.split("_")
            for name, function in FUNCTIONS.get(stem, {}).items():
                if called == f"{name}_{suffix}":
                    return function
        return None

    # Texts and hashes

    def get(self, args: list[bytes]) -> Reply:
        return self.data.text(args[0])

    def set(self, args: list[bytes]) -> Reply:
        self.data.set(args[0], args[1])
        return OK

    def delete(self, args: list[bytes]) -> Reply:
        return sum(self.data.delete(key) for key in args)

    def exists(self, args: list[bytes]) -> Reply:
        return sum(key in self.data.values for key in args)

    def type(self, args: list[bytes]) -> Reply:
        return Status(self.data.type_of(args[0]).encode())

    def hset(self, args: list[bytes]) -> Reply:
        if len(args) % 2 == 0:
            raise Failure("ERR wrong number of arguments for 'hset' command")
        return self.data.hset(args[0], args[1:])

    def hsetnx(self, args: list[bytes]) -> Reply:
        if args[1] in (self.data.hash(args[0]) or {}):
            return 0
        return self.data.hset(args[0], args[1:])

    def hget(self, args: list[bytes]) -> Reply:
        return (self.data.hash(args[0]) or {}).get(args[1])

    def hmget(self, args: list[bytes]) -> Reply:
        fields = self.data.hash(args[0]) or {}
        return [fields.get(name) for name in args[1:]]

    def hgetall(self, args: list[bytes]) -> Reply:
        fields = self.data.hash(args[0]) or {}
        return [part for pair in fields.items() for part in pair]

    def hdel(self, args: list[bytes]) -> Reply:
        return self.data.hdel(args[0], args[1:])

    def hlen(self, args: list[bytes]) -> Reply:
        return len(self.data.hash(args[0]) or {})

    def scan(self, args: list[bytes]) -> Reply:
        pattern = args[args.index(b"MATCH") + 1] if b"MATCH" in args else b"*"
        return [b"0", [key for key in self.data.values if fnmatchcase(key, pattern)]]

    # Streams

    def xadd(self, args: list[bytes]) -> Reply:
        key, *rest = args
        if rest[0].upper() == b"MAXLEN":  # only ever `~`, and never as much as that
            rest = rest[3:]
        if len(rest) % 2 == 0:
            raise Failure("ERR wrong number of arguments for 'xadd' command")
        id = _stream_id(rest[0])
        self.data.xadd(key, id, rest[1:])
        return str(id).encode()

    def xlen(self, args: list[bytes]) -> Reply:
        stream = self.data.stream(args[0])
        return 0 if stream is None else len(stream.entries)

    def xrange(self, args: list[bytes]) -> Reply:
        return self._range(args[0], args[1], args[2], args[3:], backwards=False)

    def xrevrange(self, args: list[bytes]) -> Reply:
        return self._range(args[0], args[2], args[1], args[3:], backwards=True)

    def _range(
        self, key: bytes, low: bytes, high: bytes, rest: list[bytes], *, backwards: bool
    ) -> Reply:
        first = Id(0, 0) if low == b"-" else _stream_id(low)
        last = _LAST if high == b"+" else _stream_id(high, _LAST.seq)
        if rest and (len(rest) != 2 or rest[0].upper() != b"COUNT"):
            raise Failure(_SYNTAX)
        count = max(_integer(rest[1]), 0) if rest else None
        stream = self.data.stream(key)
        if stream is not None and count == 0:
            return Nothing
        found = [] if stream is None else stream.between(first, last, None)
        if backwards:
            found.reverse()
        return [_entry(entry) for entry in found[:count]]

    def xread(self, args: list[bytes]) -> Reply:
        words = [word.upper() for word in args]
        if b"STREAMS" not in words:
            raise Failure(_SYNTAX)
        at = words.index(b"STREAMS")
        options = dict(zip(words[:at:2], args[1:at:2], strict=True))
        keys_and_ids = args[at + 1 :]
        half = len(keys_and_ids) // 2
        count = _integer(options[b"COUNT"]) if b"COUNT" in options else None
        found = []
        for key, after in zip(keys_and_ids[:half], keys_and_ids[half:], strict=True):
            ms, seq = _stream_id(after)
            stream = self.data.stream(key)
            entries = [] if stream is None else stream.between(Id(ms, seq + 1), _LAST, count)
            if entries:
                found.append([key, [_entry(entry) for entry in entries]])
        if not found and b"BLOCK" in options:
            raise Block(_integer(options[b"BLOCK"]))
        return found or Nothing

    def xtrim(self, args: list[bytes]) -> Reply:
        if args[1].upper() != b"MINID":
            raise Failure(_SYNTAX)
        return self.data.xtrim(args[0], _stream_id(args[-1]))


class _NothingType:
    """A null array, which is not a null text."""


Nothing = _NothingType()


def _entry(entry: tuple[Id, list[bytes]]) -> Reply:
    return [str(entry[0]).encode(), entry[1]]


def _stream_id(text: bytes, seq: int = 0) -> Id:
    found = re.fullmatch(rb"(\d{1,20})(?:-(\d{1,20}))?", text)
    if found is None:
        raise Failure("ERR Invalid stream ID specified as stream command argument")
    return Id(int(found[1]), seq if found[2] is None else int(found[2]))


def _integer(text: bytes) -> int:
    if re.fullmatch(rb"-?\d{1,19}", text) is None:
        raise Failure("ERR value is not an integer or out of range")
    return int(text)


_MANY = 1_000_000
_TABLE: dict[bytes, tuple[Handler, int, int, bool]] = {
    b"HELLO": (Commands.hello, 0, 0, False),
    b"PING": (lambda _, args: Status(b"PONG"), 0, 0, False),
    b"CONFIG": (Commands.config, 2, _MANY, False),
    b"FUNCTION": (Commands.function, 1, _MANY, True),
    b"FCALL": (Commands.fcall, 2, _MANY, False),
    b"GET": (Commands.get, 1, 1, False),
    b"SET": (Commands.set, 2, 2, True),
    b"DEL": (Commands.delete, 1, _MANY, True),
    b"UNLINK": (Commands.delete, 1, _MANY, True),
    b"EXISTS": (Commands.exists, 1, _MANY, False),
    b"TYPE": (Commands.type, 1, 1, False),
    b"HSET": (Commands.hset, 3, _MANY, True),
    b"HSETNX": (Commands.hsetnx, 3, 3, True),
    b"HGET": (Commands.hget, 2, 2, False),
    b"HMGET": (Commands.hmget, 2, _MANY, False),
    b"HGETALL": (Commands.hgetall, 1, 1, False),
    b"HDEL": (Commands.hdel, 2, _MANY, True),
    b"HLEN": (Commands.hlen, 1, 1, False),
    b"SCAN": (Commands.scan, 1, _MANY, False),
    b"XADD": (Commands.xadd, 4, _MANY, True),
    b"XLEN": (Commands.xlen, 1, 1, False),
    b"XRANGE": (Commands.xrange, 3, _MANY, False),
    b"XREVRANGE": (Commands.xrevrange, 3, _MANY, False),
    b"XREAD": (Commands.xread, 3, _MANY, False),
    b"XTRIM": (Commands.xtrim, 3, _MANY, True),
}
_GROWING = frozenset({b"SET", b"HSET", b"HSETNX", b"XADD", b"FUNCTION", b"FCALL"})

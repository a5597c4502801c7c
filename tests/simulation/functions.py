"""The Lua functions of cxgame.store once more, for the simulated Valkey.

Line by line what `commit.lua` and `open.lua` say; that they answer alike is a test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulation.values import Data, Failure, Id

_SPARED = 100  # batches that are never trimmed

Reply = Any
Function = Callable[[Data, list[bytes], list[bytes], int], Reply]  # data, keys, arguments, now


class Status(bytes):
    """A status reply, which is not a text."""


def commit(data: Data, keys: list[bytes], args: list[bytes], now_ms: int) -> Reply:
    """One batch becomes durable, or a word why not."""
    refused = _refusal(data, keys, args)
    if refused is not None:
        return refused
    data.xadd(keys[1], _id(args[1]), [b"hash", args[3], b"record", args[4]])
    expires = b"%d" % (now_ms + int(args[12]))
    data.hset(keys[0], [b"seq", args[1], b"hash", args[3], b"expires", expires])
    for key, counter, at in ((keys[2], b"event", 5), (keys[3], b"private", 8)):
        first, last, blob = args[at : at + 3]
        if blob:
            data.hset(keys[0], [counter, last])
            data.xadd(key, _id(last), [b"first", first, b"events", blob])
    _show(data, keys, args)
    return Status(b"OK")


def _refusal(data: Data, keys: list[bytes], args: list[bytes]) -> Reply | None:
    head = data.hash(keys[0]) or {}
    if b"epoch" not in head:
        return b"GAP the store does not know this game"
    if head[b"epoch"] != args[0]:
        return b"FENCED by epoch " + head[b"epoch"] + b", ours is " + args[0]
    have, seq = int(head[b"seq"]), int(args[1])
    if seq <= have:
        return _settled(data, keys, args)
    if seq > have + 1:
        return b"GAP batch " + args[1] + b" does not follow batch " + head[b"seq"]
    if head.get(b"hash") != args[2]:
        return b"CONFLICT batch " + args[1] + b" continues another history"
    if args[7] and int(args[5]) <= int(head[b"event"]):
        return b"GAP event " + args[5] + b" does not follow event " + head[b"event"]
    if args[10] and int(args[8]) <= int(head[b"private"]):
        return b"GAP private event " + args[8] + b" does not follow " + head[b"private"]
    return None


def _settled(data: Data, keys: list[bytes], args: list[bytes]) -> Reply:
    stream, id = data.stream(keys[1]), _id(args[1])
    found = stream.between(id, id, None) if stream else []
    if found and found[0][1][1] == args[3]:
        return Status(b"DUP")
    if found:
        return b"CONFLICT batch " + args[1] + b" is already there, with another hash"
    return b"GAP batch " + args[1] + b" is in the past and not kept"


def _show(data: Data, keys: list[bytes], args: list[bytes]) -> None:
    i = 13
    while i < len(args):
        place, parts = int(args[i]), int(args[i + 1])
        group = args[i + 2 : i + 2 + parts]
        key = keys[abs(place) - 1]
        try:
            if place > 0:
                data.hset(key, group)
            else:
                data.hdel(key, group)
        except Failure:
            pass  # as by pcall: whatever somebody made of a view must not touch the journal
        i += 2 + parts


def open_(data: Data, keys: list[bytes], args: list[bytes], now_ms: int) -> Reply:
    """Take the lease and the next epoch."""
    broken = _damage(data, keys)
    if broken is not None:
        return [b"BROKEN", broken.encode()]
    head = data.hash(keys[0]) or {}
    owner = head.get(b"owner")
    live = owner is not None and owner != args[0] and int(head[b"expires"]) > now_ms
    if live and args[2] != b"1":
        return [b"HELD", owner, head[b"expires"], b"%d" % now_ms]
    epoch = int(head.get(b"epoch", b"0")) + 1
    data.hset(keys[0], [b"epoch", b"%d" % epoch])
    if epoch == 1:
        start = [b"seq", b"0", b"hash", b"", b"event", b"0", b"private", b"0"]
        data.hset(keys[0], start)
    data.hset(keys[0], [b"owner", args[0], b"expires", b"%d" % (now_ms + int(args[1]))])
    head = data.hash(keys[0]) or {}
    return [b"OK", b"%d" % epoch, *(head[name] for name in (b"seq", b"hash", b"event", b"private"))]


def _damage(data: Data, keys: list[bytes]) -> str | None:
    if (meta := data.type_of(keys[0])) not in ("hash", "none"):
        return f"{keys[0].decode()} is a {meta}, not ours"
    for key in keys[1:4]:
        if (type_ := data.type_of(key)) not in ("stream", "none"):
            return f"{key.decode()} is a {type_}, not ours"
    head = data.hash(keys[0]) or {}
    for field in (b"epoch", b"seq", b"event", b"private", b"expires") if head else ():
        if not head.get(field, b"").isdigit():
            return f"{keys[0].decode()} has no number as its {field.decode()}"
    if head and b"hash" not in head:
        return f"{keys[0].decode()} has lost the hash of the last batch"
    seq = head.get(b"seq", b"0").decode()
    journal = data.stream(keys[1])
    last = "0-0" if journal is None else str(journal.last)
    if last != f"{seq}-0":
        return f"the journal ends at {last}, its head says {seq}"
    return None


def renew(data: Data, keys: list[bytes], args: list[bytes], now_ms: int) -> Reply:
    """Keep the lease, or give it back."""
    epoch = (data.hash(keys[0]) or {}).get(b"epoch")
    if epoch is None:
        return b"GAP the store does not know this game"
    if epoch != args[0]:
        return b"FENCED by epoch " + epoch + b", ours is " + args[0]
    data.hset(keys[0], [b"expires", b"%d" % (now_ms + int(args[1]))])
    return b"OK"


def keep(data: Data, keys: list[bytes], args: list[bytes], now_ms: int) -> Reply:
    """Remember a snapshot that is on the disk."""
    if (refused := _fenced(data, keys, args)) is not None:
        return refused
    journal, id = data.stream(keys[1]), _id(args[2])
    found = journal.between(id, id, None) if journal else []
    if not found:
        return b"GAP the journal has no batch " + args[2]
    if found[0][1][1] != args[3]:
        return b"CONFLICT batch " + args[2] + b" of the journal has another hash"
    names = (b"snapshot", b"snapshot_seq", b"snapshot_hash")
    data.hset(keys[0], [part for pair in zip(names, args[1:4], strict=True) for part in pair])
    return Status(b"OK")


def trim(data: Data, keys: list[bytes], args: list[bytes], now_ms: int) -> Reply:
    """Take batches out of the journal, as far as they may go."""
    if (refused := _fenced(data, keys, args)) is not None:
        return refused
    kept = int((data.hash(keys[0]) or {}).get(b"snapshot_seq", b"0"))
    first = min(int(args[1]), kept - _SPARED) + 1
    return 0 if first <= 1 else data.xtrim(keys[1], Id(first, 0))


def _fenced(data: Data, keys: list[bytes], args: list[bytes]) -> Reply | None:
    epoch = (data.hash(keys[0]) or {}).get(b"epoch")
    if epoch == args[0]:
        return None
    return b"FENCED by epoch " + (epoch or b"none") + b", ours is " + args[0]


def _id(seq: bytes) -> Id:
    return Id(int(seq), 0)


# By the stem of their file: the names under which a library registers them, without its suffix.
FUNCTIONS: dict[str, dict[str, Function]] = {
    "commit": {"cx_commit": commit},
    "open": {"cx_open": open_, "cx_renew": renew},
    "keep": {"cx_keep": keep, "cx_trim": trim},
}

"""Packing by hand, against redis-py's own packing."""

import pytest
from redis.asyncio.connection import Connection

from cxgame.ports import View
from cxgame.store.keys import GameKeys
from cxgame.store.resp import CommitPacker, command
from cxgame.store.scripts import script
from tests.store.batches import AWKWARD, make_batch

KEYS = GameKeys("main", 1)


def packed(*parts: str | bytes | int) -> bytes:
    """As redis-py packs it."""
    return b"".join(Connection().pack_command(*parts))


@pytest.mark.parametrize(
    "parts",
    [
        ("PING",),
        ("ECHO", AWKWARD),
        ("SET", "\u00e9\u20ac", 0),
        ("SET", "", b""),
        ("SET", "k", -5, 2**70),
        ("ECHO", bytes(2000)),
    ],
)
async def test_commands_are_packed_as_redis_py_packs_them(parts: tuple[str, ...]) -> None:
    """Text, bytes and numbers of any length."""
    assert command(*parts) == packed(*parts)


async def test_a_commit_is_one_call_with_all_its_keys() -> None:
    """Every argument in its place; views grouped by key, deletions after."""
    views = [
        View("orders", "7", None),
        View("wallets", "ann", b"1"),
        View("more", "\u00e9" * 600, AWKWARD * 10),
        View("wallets", "bob", b""),
        View("orders", "8", b"x"),
    ]
    batch = make_batch(2, views=views)
    expected = packed(
        "FCALL",
        script("commit").function("cx_commit"),
        8,
        *(f"cx:{{main.1}}:{key}" for key in ("meta", "journal", "events", "private")),
        *(f"cx:{{main.1}}:{key}" for key in ("wallets", "orders", "markets", "more")),
        *(9, 2, batch.prev_hash, batch.hash, batch.record),
        *(3, 4, batch.public, 3, 4, batch.private, 1000, 5000),
        *(5, 4, "ann", "1", "bob", ""),
        *(8, 2, "\u00e9" * 600, AWKWARD * 10),
        *(6, 2, "8", "x"),
        *(-6, 1, "7"),
    )
    assert CommitPacker(KEYS, 9, 1000).pack(batch) == expected


async def test_a_commit_without_anything_optional() -> None:
    """No events, no views: empty arguments keep the places."""
    packer = CommitPacker(KEYS, 1, 10)
    batch = make_batch(1, events=0)
    names = ("meta", "journal", "events", "private", "wallets", "orders", "markets")
    expected = packed(
        "FCALL",
        script("commit").function("cx_commit"),
        7,
        *(f"cx:{{main.1}}:{name}" for name in names),
        *(1, 1, b"", batch.hash, batch.record, 1, 0, b"", 1, 0, b"", 10, 5000),
    )
    assert packer.pack(batch) == expected

"""Taking a game in order to write it: a lease, and an epoch that fences whoever wrote before."""

import asyncio
from typing import NamedTuple

from cxgame.store.errors import LeaseHeld, StoreDamaged, StoreError
from cxgame.store.keys import GameKeys
from cxgame.store.link import Link
from cxgame.store.resp import LEASE_MS, loading, opening
from cxgame.store.writer import is_dead

_LOOK_S = 0.25  # between two looks at a lease that somebody holds


class Head(NamedTuple):
    """A game as its new writer finds it."""

    epoch: int
    seq: int  # of the last batch; 0 in a new game
    hash: bytes
    event: int  # seq of the last public event
    private: int


async def take_lease(link: Link, keys: GameKeys, owner: str, *, takeover: bool) -> Head:
    """Become the writer of a game.

    A lease whose owner is dead for certain is taken at once. One that nobody renews is waited for,
    5 s at the most: its owner is dead. So it is also when Valkey's clock has been set back, and
    its time would not come for a day. One that is renewed raises `LeaseHeld`, unless `takeover`,
    which fences its owner at once.
    """
    loop = asyncio.get_running_loop()
    dead_s = loop.time() + LEASE_MS / 1000 + _LOOK_S
    first_expiry: int | None = None
    while True:
        status, *rest = await _open(link, keys, owner, takeover or loop.time() > dead_s)
        if status == b"OK":
            epoch, seq, hash_, event, private = rest
            return Head(int(epoch), int(seq), hash_, int(event), int(private))
        if status != b"HELD":
            why = rest[0].decode(errors="replace")
            raise StoreDamaged(f"game {keys.id} is damaged in Valkey: {why}")
        holder, expiry = rest[0].decode(errors="replace"), int(rest[1])
        if first_expiry is not None and expiry != first_expiry:
            raise LeaseHeld(keys.id, holder)
        first_expiry = expiry
        if is_dead(holder):  # who else finds that out this instant is fenced, or fences us
            takeover = True
        else:
            await asyncio.sleep(_LOOK_S)


async def load_functions(link: Link) -> None:
    """Make sure that Valkey knows our functions."""
    for reply in await link.calls([loading("commit"), loading("open")]):
        if isinstance(reply, StoreError) and "already exists" in str(reply):
            continue
        if isinstance(reply, Exception):
            raise reply


async def _open(link: Link, keys: GameKeys, owner: str, takeover: bool) -> list[bytes]:
    (reply,) = await link.calls([opening(keys, owner, takeover)])
    if isinstance(reply, Exception):
        raise reply
    assert isinstance(reply, list)
    return reply

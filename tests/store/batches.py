"""Batches for tests: a chain of them, as a game would make it."""

import hashlib
from collections.abc import Iterator

from cxgame.ports import Batch, View

AWKWARD = bytes(range(256)) + b"\r\n$5\r\n*3\r\n\x00"  # everything that could confuse a protocol


def hash_of(seq: int) -> bytes:
    return hashlib.blake2b(b"%d" % seq, digest_size=32).digest() if seq else b""


def make_batch(seq: int, *, events: int = 2, views: list[View] | None = None) -> Batch:
    """Batch `seq` of a chain in which each batch has the same number of events."""
    first = (seq - 1) * events + 1
    return Batch(
        seq=seq,
        prev_hash=hash_of(seq - 1),
        hash=hash_of(seq),
        record=b"record %d " % seq + AWKWARD,
        first_event=first,
        last_event=seq * events,
        public=b"public %d " % seq + AWKWARD if events else b"",
        first_private=first,
        last_private=seq * events,
        private=b"private %d " % seq + AWKWARD if events else b"",
        views=views or [],
    )


def chain(first: int, last: int) -> Iterator[Batch]:
    return (make_batch(seq) for seq in range(first, last + 1))

"""From an open batch to what the journal takes: one record, two event streams, views."""

from cxgame.engine.engine import Engine
from cxgame.model.batch import encode_public
from cxgame.model.events import is_public
from cxgame.open_batch import OpenBatch
from cxgame.pipeline import Cargo, Released
from cxgame.ports import Batch
from cxgame.views import Views


def seal_into(
    cargo: Cargo,
    batch: OpenBatch,
    engine: Engine,
    views: Views,
    link: tuple[int, bytes],
    now_ns: int,
) -> bytes:
    """Give a cargo its batch, after which the engine stands; returns the batch's hash.

    `link` is the batch's seq and the hash of the one before it, `now_ns` the monotonic clock.
    """
    seq, previous = link
    digest, record, private, events, touched = batch.seal(engine, seq, previous)
    public = list(filter(is_public, events))
    first, last = engine.event_seq - len(public) + 1, engine.event_seq
    blob = encode_public(first, batch.wall_ms, public) if public else b""
    cargo.batch = Batch(
        seq,
        previous,
        digest,
        record,
        first,
        last,
        blob,
        engine.private_seq - len(events) + 1,
        engine.private_seq,
        private,
        views.take(engine, touched, seq, now_ns),
    )
    cargo.released = Released(seq, first, last, batch.wall_ms, public, blob)
    return digest

"""From what an open batch did to what the journal takes: one record, two event streams, views."""

from collections.abc import Sequence

from cxgame.effects import Touched, balances
from cxgame.engine.engine import Engine
from cxgame.model.batch import Origin, encode_effects, encode_public, seal
from cxgame.model.commands import Command
from cxgame.model.events import Event, is_public
from cxgame.pipeline import Cargo, Released
from cxgame.ports import Batch
from cxgame.views import Views


def seal_into(
    cargo: Cargo,
    engine: Engine,
    views: Views,
    link: tuple[int, bytes],
    stamp: tuple[int, int],
    commands: Sequence[tuple[Origin, Command]],
    effects: Sequence[tuple[Origin, Sequence[Event]]],
    now_ns: int,
) -> bytes:
    """Give a cargo its batch, after which the engine stands; returns the batch's hash.

    `link` is the batch's seq and the hash of the one before it, `stamp` its game time in ns and
    its wall clock in ms, `now_ns` the monotonic clock.
    """
    (seq, previous), (game_time_ns, wall_ms) = link, stamp
    private = encode_effects(effects)
    events = [event for _, happened in effects for event in happened]
    public = list(filter(is_public, events))
    touched = Touched()
    touched.take(engine, events)
    first_command = engine.command_seq - len(commands) + 1
    head = (seq, game_time_ns, wall_ms, engine.known_rules.version, first_command)
    owned = balances(engine, touched.accounts)
    record, digest = seal(previous, head, commands, private, owned)
    first, last = engine.event_seq - len(public) + 1, engine.event_seq
    blob = encode_public(first, wall_ms, public) if public else b""
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
    cargo.released = Released(seq, first, last, wall_ms, public, blob)
    return digest

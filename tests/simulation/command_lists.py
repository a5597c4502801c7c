"""Generated lists of commands, such as cxgame sends and such as it should never send."""

from __future__ import annotations

from random import Random
from typing import Any

from cxgame.ports import Batch, View
from cxgame.store.keys import GameKeys
from cxgame.store.resp import CommitPacker, Part, command, loading, opening, renewal, surrender
from cxgame.store.scripts import script
from tests.simulation.valkey import parse

GAME = GameKeys("main", 1)
CONDITIONS = ("oom", "room", "replica", "primary")  # not commands: what becomes of the server
_KEYS = ("cx:{a}:1", "cx:{a}:2", "cx:{a}:3")
_FIELDS = ("x", "y", "z", "long" * 30)


class Lists:
    """One list after another. What is valid in it mostly follows from what was before."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._epoch = 0
        self._batches: list[Batch] = []

    def next(self, length: int) -> list[list[bytes]]:
        """Commands; a single word of `CONDITIONS` stands for a change of the server's."""
        self._epoch, self._batches = 0, []
        made = [loading("commit"), loading("open"), loading("keep"), self._open()]
        made += [self._command() for _ in range(length)]
        return [_parts(packed) for packed in made]

    def _command(self) -> bytes:
        random = self._random
        draw = random.random()
        if draw < 0.40:
            return self._commit()
        if draw < 0.46:
            return self._open()
        if draw < 0.50:
            epoch = max(1, self._epoch - random.choice((0, 0, 1)))
            return random.choice((renewal, surrender))(GAME, epoch)
        if draw < 0.52:
            return command(random.choice(CONDITIONS))
        if draw < 0.60:
            return self._spoil()
        if draw < 0.64:
            return self._keep()
        if draw < 0.66:
            return random.choice((loading("commit"), loading("open")))
        return command(*self._plain())

    def _open(self) -> bytes:
        owner, takeover = self._random.choice(("me", "me", "you")), self._random.random() < 0.5
        if owner == "me" or takeover:
            self._epoch += (
                1  # or not, if the lease is another's: then epochs are wrong from here on
            )
        return opening(GAME, owner, takeover)

    def _commit(self) -> bytes:
        random = self._random
        epoch = max(1, self._epoch - (random.random() < 0.1))
        packer = CommitPacker(GAME, epoch, 10_000)
        kind = random.random()
        if kind < 0.25 and self._batches:
            batch = random.choice(self._batches[-3:])
            if random.random() < 0.4:
                batch = batch._replace(hash=random.randbytes(16))
            return packer.pack(batch)
        batch = self._new_batch()
        if kind < 0.35:
            wrong = random.choice(("seq", "prev_hash", "first_event", "first_private"))
            value: Any = random.randbytes(16) if wrong == "prev_hash" else random.randrange(0, 60)
            return packer.pack(batch._replace(**{wrong: value}))
        self._batches.append(batch)
        return packer.pack(batch)

    def _new_batch(self) -> Batch:
        random = self._random
        last = self._batches[-1] if self._batches else None
        seq = last.seq + 1 if last else 1
        event, private = (last.last_event, last.last_private) if last else (0, 0)
        public, hidden = random.choice((0, 1, 3)), random.choice((0, 1, 4))
        views: dict[tuple[str, str], View] = {}
        for _ in range(random.choice((0, 1, 2, 200))):
            key, field = random.choice(("wallets", "orders", "more")), f"f{random.randrange(150)}"
            blob = None if random.random() < 0.3 else random.randbytes(random.choice((1, 90)))
            views[key, field] = View(key, field, blob)
        return Batch(
            seq,
            last.hash if last else b"",
            random.randbytes(16),
            random.randbytes(random.choice((10, 3000))),
            event + 1,
            event + public,
            b"public" * public,
            private + 1,
            private + hidden,
            b"private" * hidden,
            list(views.values()),
        )

    def _keep(self) -> bytes:
        """What the keeper says."""
        random = self._random
        epoch = max(1, self._epoch - (random.random() < 0.2))
        keys = (GAME.meta, GAME.journal)
        if random.random() < 0.3:
            trim = script("keep").function("cx_trim")
            return command("FCALL", trim, 2, *keys, epoch, random.randrange(1, 300))
        batch = random.choice(self._batches[-4:]) if self._batches else self._new_batch()
        hash_ = batch.hash if random.random() < 0.8 else b"another"
        function = script("keep").function("cx_keep")
        return command("FCALL", function, 2, *keys, epoch, "1.snap", batch.seq, hash_)

    def _spoil(self) -> bytes:
        """Somebody else writes into our keys."""
        random = self._random
        key = random.choice((GAME.meta, GAME.journal, GAME.events, GAME.view("wallets")))
        return random.choice(
            (
                command("DEL", key),
                command("HDEL", GAME.meta, random.choice(("seq", "hash", "epoch", "event"))),
                command("XADD", GAME.journal, f"{random.randrange(1, 20)}-0", "a", "b"),
                command("XTRIM", GAME.journal, "MINID", f"{random.randrange(1, 9)}-0"),
                command("SET", random.choice((GAME.view("wallets"), GAME.events)), "text"),
            )
        )

    def _plain(self) -> tuple[Part, ...]:
        random = self._random
        key, field, other = random.choice(_KEYS), random.choice(_FIELDS), random.choice(_FIELDS)
        id = f"{random.randrange(0, 30)}-{random.randrange(0, 2)}"
        return random.choice(
            (
                ("GET", key),
                ("SET", key, "v"),
                ("DEL", key, random.choice(_KEYS)),
                ("UNLINK", key),
                ("EXISTS", key, key),
                ("TYPE", key),
                ("HSET", key, field, "1", other, "2"),
                ("HSET", key, field),
                ("HSETNX", key, field, "3"),
                ("HGET", key, field),
                ("HMGET", key, field, other),
                ("HGETALL", key),
                ("HDEL", key, field, other),
                ("HLEN", key),
                ("XADD", key, id, "a", "b"),
                ("XADD", key, "MAXLEN", "~", 10_000, id, "first", "1", "events", "blob"),
                ("XADD", key, "no id", "a", "b"),
                ("XADD", key, id, "a", "b", "c"),
                ("XLEN", key),
                ("XRANGE", key, "-", "+"),
                ("XRANGE", key, id, "+", "COUNT", random.choice((0, 1, 2, -1))),
                ("XRANGE", GAME.journal, id, "+", "COUNT", 50),
                ("XRANGE", key, id, "many"),
                ("XREVRANGE", key, "+", "-", "COUNT", 1),
                ("XREAD", "COUNT", 2, "STREAMS", key, id),
                ("XREAD", "COUNT", 2, "BLOCK", 1, "STREAMS", GAME.events, id),
                ("XTRIM", key, "MINID", id),
                ("FCALL", "nothing", 0),
                ("GET",),
                ("GET", key, field),
                ("NONSENSE", key, "x"),
                ("PING",),
                ("CONFIG", "GET", "appendonly", "appendfsync", "save", "maxmemory-policy"),
                ("HELLO",),
            )
        )


def _parts(packed: bytes) -> list[bytes]:
    found = parse(packed, 0)
    assert found is not None
    return found[0]

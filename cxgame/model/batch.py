"""Journal records: how a batch of applied commands is written down, chained and read back.

A record is msgpack, closed by a CRC-32. Its hash runs over the hash before it, the commands and
their effects (every event, and what the accounts they touched own afterwards), so that a replay
that leads anywhere else is noticed at the first batch that differs.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Struct

from cxgame.model.commands import AnyCommand, Command
from cxgame.model.events import AnyEvent, Event

RequestId = str | int | None
HASH_BYTES = 16
_CRC_BYTES = 4


class Origin(Struct, frozen=True, array_like=True, gc=False):
    """Who sent a command: which kind of face, which connection of it, which of its requests."""

    gateway: str
    session: int
    request: RequestId


class Stamped(Struct, frozen=True, array_like=True):
    """A command with its origin."""

    origin: Origin
    command: AnyCommand


class Body(Struct, frozen=True, array_like=True):
    """What a record says. Commands of a batch share game time and wall clock."""

    seq: int
    game_time_ns: int
    wall_ms: int
    rules_version: int
    first_command: int  # command_seq of the first
    commands: tuple[Stamped, ...]


class Effects(Struct, frozen=True, array_like=True):
    """What one command did, for its origin; also the entry of the private stream."""

    origin: Origin
    events: tuple[AnyEvent, ...]


class PublicEvents(Struct, frozen=True, array_like=True):
    """The public events of a batch; their seqs are `first`, `first` + 1, …"""

    first: int
    wall_ms: int
    events: tuple[AnyEvent, ...]


class DamagedRecord(ValueError):
    """A record that is cut, altered or not one of ours."""


_encoder = msgspec.msgpack.Encoder()
_body = msgspec.msgpack.Decoder(Body)
_public = msgspec.msgpack.Decoder(PublicEvents)
_frame = msgspec.msgpack.Decoder(tuple[bytes, bytes])


def encode_effects(effects: Sequence[tuple[Origin, Sequence[Event]]]) -> bytes:
    """What a batch did, command by command."""
    return _encoder.encode(effects)


def encode_public(first: int, wall_ms: int, events: Sequence[Event]) -> bytes:
    """The public events of a batch, closed by a CRC-32."""
    return _checked(_encoder.encode((first, wall_ms, events)))


def decode_public(blob: bytes) -> PublicEvents:
    """Read back what `encode_public` wrote; raises `DamagedRecord`."""
    try:
        return _public.decode(_unchecked(blob))
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise DamagedRecord(str(error)) from error


def seal(
    previous: bytes,
    stamp: tuple[int, int, int, int, int],
    commands: Sequence[tuple[Origin, Command]],
    effects: bytes,
    balances: bytes,
) -> tuple[bytes, bytes]:
    """The record of a batch, and its hash. `stamp` is the first five fields of `Body`."""
    body = _encoder.encode((*stamp, commands))
    digest = batch_hash(previous, body, effects, balances)
    return _checked(_encoder.encode((body, digest))), digest


def batch_hash(previous: bytes, body: bytes, effects: bytes, balances: bytes) -> bytes:
    """The hash that chains a batch to the one before it."""
    hasher = blake2b(previous, digest_size=HASH_BYTES)
    hasher.update(body)
    hasher.update(effects)
    hasher.update(balances)
    return hasher.digest()


def unseal(record: bytes) -> tuple[Body, bytes, bytes]:
    """A record's body, the body's bytes and the hash; raises `DamagedRecord`."""
    frame = _unchecked(record)
    try:
        body, digest = _frame.decode(frame)
        return _body.decode(body), body, digest
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise DamagedRecord(str(error)) from error


def command_digest(command: Command) -> bytes:
    """Tells a command from others, to refuse it again."""
    return blake2b(_encoder.encode(command), digest_size=HASH_BYTES).digest()


def decode_command(value: Any) -> Command:
    """Read back what `plain` made of a command."""
    command: Command = msgspec.convert(value, AnyCommand)
    return command


def plain(value: Any) -> Any:
    """A command or event as builtin types, for logs and exports."""
    return msgspec.to_builtins(value)


def _checked(blob: bytes) -> bytes:
    return blob + crc32(blob).to_bytes(_CRC_BYTES, "big")


def _unchecked(blob: bytes) -> bytes:
    """What `_checked` was given; raises `DamagedRecord`."""
    content, check = blob[:-_CRC_BYTES], blob[-_CRC_BYTES:]
    if crc32(content).to_bytes(_CRC_BYTES, "big") != check:
        raise DamagedRecord("the checksum does not fit")
    return content

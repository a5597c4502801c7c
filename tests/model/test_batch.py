"""Journal records."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.model.batch import (
    HASH_BYTES,
    DamagedRecord,
    Origin,
    Stamped,
    command_digest,
    decode_public,
    encode_effects,
    encode_public,
    plain,
    seal,
    unseal,
)
from cxgame.model.commands import OpenAccount, PlaceOrder
from cxgame.model.enums import OrderType, Side, Verb
from cxgame.model.events import AccountOpened, Message
from cxgame.model.fingerprints import fingerprint

ORDER = PlaceOrder(1, 0, Verb.ORDER, Side.BUY, OrderType.LIMIT, 10**15, 10**18, budget="9" * 40)
ORIGIN = Origin("ws", 7, "r1")


def record(previous: bytes = b"", balances: bytes = b"5") -> tuple[bytes, bytes]:
    """A sealed batch of two commands."""
    effects = encode_effects([(ORIGIN, [AccountOpened(1, "alice", "", False)])])
    commands = [(ORIGIN, OpenAccount("alice")), (ORIGIN, ORDER)]
    return seal(previous, (3, 10**18, 1_700_000_000_000, 1, 9), commands, effects, balances)


def test_a_record_is_read_back_as_it_was() -> None:
    """Commands, stamp and origin survive."""
    packed, digest = record()
    body, _, stored = unseal(packed)
    assert stored == digest
    assert (body.seq, body.game_time_ns, body.first_command) == (3, 10**18, 9)
    assert body.commands == (Stamped(ORIGIN, OpenAccount("alice")), Stamped(ORIGIN, ORDER))


def test_the_hash_covers_what_came_before_and_all_balances() -> None:
    """Another predecessor or other balances give another hash."""
    assert len({record()[1], record(b"x")[1], record(balances=b"6")[1]}) == 3


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_noticed(position: int, bit: int) -> None:
    """The checksum finds any single flipped bit."""
    packed = bytearray(record()[0])
    packed[position % len(packed)] ^= 1 << bit
    with pytest.raises(DamagedRecord):
        unseal(bytes(packed))


@given(st.integers(0, 10_000))
def test_a_cut_record_is_noticed(length: int) -> None:
    """A record without its end is not one."""
    packed = record()[0]
    with pytest.raises(DamagedRecord):
        unseal(packed[: length % len(packed)])


@pytest.mark.parametrize(
    "content", [b"", b"\xc1", b"\x92\xc4\x01\x80\xc4\x00", b"\x93\x01\x02\x03"]
)
def test_a_whole_record_that_is_none_of_ours_is_noticed(content: bytes) -> None:
    """Whoever made the checksum fit."""
    with pytest.raises(DamagedRecord):
        unseal(content + crc32(content).to_bytes(4, "big"))


def test_a_digest_tells_commands_apart() -> None:
    """The same command has the same one."""
    digests = {command_digest(OpenAccount(name)) for name in ("alice", "bob", "alice")}
    assert len(digests) == 2
    assert {len(digest) for digest in digests} == {HASH_BYTES}


def test_a_command_can_be_shown_plainly() -> None:
    """For logs: builtin types only."""
    assert plain(Message(1, "alice", "hello")) == ["bcast", 1, "alice", "hello"]


def test_public_events_are_read_back() -> None:
    """The stream's blob holds the first seq, the time and the events."""
    events = [Message(1, "alice", "hello"), Message(2, "bob", "hi")]
    public = decode_public(encode_public(17, 1_700_000_000_000, events))
    assert (public.first, public.wall_ms, list(public.events)) == (17, 1_700_000_000_000, events)


def test_a_flipped_bit_in_public_events_is_noticed() -> None:
    """They are shown to whoever resumes, and no replay has looked at them."""
    blob = encode_public(17, 1_700_000_000_000, [])
    for bit in range(8 * len(blob)):
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DamagedRecord):
            decode_public(bytes(flipped))


def test_fingerprints_tell_bodies_apart() -> None:
    """The same body has the same fingerprint, wherever it was computed; another has another."""
    same = PlaceOrder(1, 0, Verb.ORDER, Side.BUY, OrderType.LIMIT, 100, 5, cid="a", fingerprint=3)
    other = PlaceOrder(1, 0, Verb.ORDER, Side.BUY, OrderType.LIMIT, 101, 5, cid="a")
    assert fingerprint(same) == fingerprint(
        PlaceOrder(1, 0, Verb.ORDER, Side.BUY, OrderType.LIMIT, 100, 5, cid="a")
    )
    assert fingerprint(same) != fingerprint(other)
    assert 0 <= fingerprint(same) < 2**63

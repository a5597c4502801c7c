"""The connection without a network: what reaches the session, in which order, by either path."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Opcode

from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.peer import SocketLimits, shorten
from tests.support.sockets import Rig, frame, sent_frames

LIMITS = SocketLimits(max_message=300, max_outstanding=4, close_s=0.05)
SLOW = SocketLimits(max_message=300, max_outstanding=4, close_s=0.05, fast_path=False)
both_paths = pytest.mark.parametrize("limits", [LIMITS, SLOW], ids=["fast", "library"])

CLOSE = frame((1000).to_bytes(2) + b"bye", Opcode.CLOSE)


@both_paths
async def test_messages_arrive_in_order_from_one_read(limits: SocketLimits) -> None:
    """Several frames in one read reach the session in order and are answered in order."""
    rig = Rig(limits)
    rig.receive(frame(b"one") + frame(b"") + frame(b"x" * 200))
    assert rig.told == [b"one", b"", b"x" * 200]
    assert rig.sent == [(1, b"one"), (1, b""), (1, b"x" * 200)]


@both_paths
async def test_a_split_frame_keeps_its_place(limits: SocketLimits) -> None:
    """A frame that comes in two reads is answered before the one that follows it."""
    rig = Rig(limits)
    data = frame(b"first" * 30) + frame(b"second")
    rig.receive(data[:3], data[3:100], data[100:])
    assert rig.told == [b"first" * 30, b"second"]


@both_paths
async def test_frames_sent_with_the_handshake_are_kept(limits: SocketLimits) -> None:
    """A client that does not wait for our answer loses nothing, not even half a frame."""
    late = frame(b"half")
    rig = Rig(limits, early=frame(b"early") + late[:5])
    rig.receive(late[5:], frame(b"after"))
    assert rig.told == [b"early", b"half", b"after"]


@both_paths
async def test_fragments_are_one_message(limits: SocketLimits) -> None:
    """Fragments, with a ping between them, make one message; the ping is answered at once."""
    rig = Rig(limits)
    rig.receive(
        frame(b"a", fin=False) + frame(b"p", Opcode.PING) + frame(b"b", Opcode.CONT, fin=False),
        frame(b"c", Opcode.CONT) + frame(b"next"),
    )
    assert rig.told == [b"abc", b"next"]
    assert rig.sent == [(Opcode.PONG, b"p"), (1, b"abc"), (1, b"next")]


@both_paths
async def test_a_text_frame_within_fragments_is_a_protocol_error(limits: SocketLimits) -> None:
    """A new message before the last fragment closes with 1002."""
    rig = Rig(limits)
    rig.receive(frame(b"a", fin=False) + frame(b"b"))
    assert rig.told == []
    assert rig.close_code == 1002


@both_paths
async def test_binary_is_told_and_the_connection_stays(limits: SocketLimits) -> None:
    """A binary message, fragmented or not, reaches the session as such and nothing is closed."""
    rig = Rig(limits)
    rig.receive(frame(b"\x00\xff", Opcode.BINARY) + frame(b"t"))
    rig.receive(frame(b"\x00", Opcode.BINARY, fin=False) + frame(b"\xff", Opcode.CONT))
    assert rig.told == ["binary", b"t", "binary"]
    assert rig.close_code is None


@both_paths
@pytest.mark.parametrize("data", [b"\xff", b"\xc3", b"ok \xed\xa0\x80"])
async def test_bad_utf8_closes_with_1007(limits: SocketLimits, data: bytes) -> None:
    """Text that is no UTF-8 never reaches the session; what came before it does."""
    rig = Rig(limits)
    rig.receive(frame("grüß".encode()) + frame(data) + frame(b"after"))
    assert rig.told == ["grüß".encode()]
    assert rig.close_code == 1007


async def test_too_long_is_answered_then_closed() -> None:
    """At the limit a message passes; one byte more is answered, then closed with 1009."""
    rig = Rig(LIMITS)
    rig.receive(frame(b"x" * 300) + frame(b"y" * 301)[:10])
    assert rig.told == [b"x" * 300, ("too long", 301)]
    assert rig.sent[1] == (1, b"too long")
    assert rig.close_code == 1009


async def test_too_long_counts_all_fragments() -> None:
    """The limit holds for the whole message, whatever its fragments."""
    rig = Rig(LIMITS)
    rig.receive(frame(b"x" * 200, fin=False) + frame(b"y" * 100, Opcode.CONT, fin=False))
    assert rig.told == []
    rig.receive(frame(b"z", Opcode.CONT))
    assert rig.told == [("too long", 301)]
    assert rig.close_code == 1009


async def test_too_long_by_library_is_closed_with_1009() -> None:
    """Without the fast path there is no error frame before the close, but the same code."""
    rig = Rig(SLOW)
    rig.receive(frame(b"x" * 300) + frame(b"y" * 301)[:10])
    assert rig.told == [b"x" * 300]
    assert rig.close_code == 1009


@both_paths
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x02hi", 1002),  # not masked
        (b"\xc1\x82\0\0\0\0hi", 1002),  # reserved bit
        (b"\x83\x80\0\0\0\0", 1002),  # unknown opcode
        (b"\x09\x80\0\0\0\0", 1002),  # fragmented ping
        (frame(b"c", Opcode.CONT), 1002),
        (b"\x89\xff" + (2**40).to_bytes(8) + b"\0\0\0\0", 1009),  # a ping of a terabyte
        (b"\x81\xff" + (2**63).to_bytes(8) + b"\0\0\0\0", 1009),
    ],
    # Masks are random, and names must not be.
    ids=["bare", "reserved", "opcode", "half ping", "half", "long ping", "long"],
)
async def test_broken_frames_end_the_connection(
    limits: SocketLimits, data: bytes, code: int
) -> None:
    """What is no frame closes with the code of the standard, after the messages before it."""
    rig = Rig(limits)
    rig.receive(frame(b"before") + data + frame(b"after"))
    assert [told for told in rig.told if isinstance(told, bytes)] == [b"before"]
    assert rig.close_code == code


@both_paths
async def test_a_close_frame_is_echoed_and_ends_reading(limits: SocketLimits) -> None:
    """Messages before a close frame are taken, those after it are not."""
    rig = Rig(limits)
    rig.receive(frame(b"before") + CLOSE + frame(b"after"))
    assert rig.told == [b"before"]
    assert rig.close_code == 1000
    assert rig.transport.ended


@both_paths
async def test_pausing_holds_what_has_come_already(limits: SocketLimits) -> None:
    """While the session pauses, frames of the same read wait; then they go on in order."""
    rig = Rig(limits)
    rig.session.on_message = lambda raw: rig.peer.pause_reading() if raw == b"b" else None
    rig.receive(b"".join(frame(text) for text in (b"a", b"b", b"c", b"d")))
    rig.receive(frame(b"e"))
    assert rig.told == [b"a", b"b"]
    assert not rig.transport.reading
    rig.peer.resume_reading()
    assert rig.told == [b"a", b"b"]  # never from within the call
    await asyncio.sleep(0)
    assert rig.told == [b"a", b"b", b"c", b"d", b"e"]
    assert rig.transport.reading


async def test_half_a_frame_at_a_pause_is_not_forgotten() -> None:
    """What was known of a frame before a pause does not delay the frames after it."""
    rig = Rig(LIMITS)
    rig.session.on_message = lambda raw: rig.peer.pause_reading() if raw == b"x" * 250 else None
    long = frame(b"x" * 250)
    rig.receive(long[:100], long[100:] + frame(b"short"))
    assert rig.told == [b"x" * 250]
    rig.peer.resume_reading()
    await asyncio.sleep(0)
    assert rig.told == [b"x" * 250, b"short"]


@both_paths
async def test_outstanding_replies_stop_reading(limits: SocketLimits) -> None:
    """At `max_outstanding` unanswered messages reading stops, and goes on at half of them."""
    rig = Rig(limits, echo=False)
    rig.receive(b"".join(frame(b"%d" % number) for number in range(6)))
    assert rig.told == [b"0", b"1", b"2", b"3"]
    assert not rig.transport.reading
    rig.peer.write([b"r0"])
    await asyncio.sleep(0)
    assert len(rig.told) == 4
    rig.peer.write([b"r1", b"r2"])
    await asyncio.sleep(0)
    assert rig.told == [b"0", b"1", b"2", b"3", b"4", b"5"]


@both_paths
async def test_closing_waits_for_the_replies_that_are_owed(limits: SocketLimits) -> None:
    """The close frame follows the last reply; nothing more is taken in between."""
    rig = Rig(limits, echo=False)
    rig.receive(frame(b"one"))
    rig.peer.close(1001, "The game is over.")
    assert rig.close_code is None
    rig.receive(frame(b"two"))
    rig.peer.write([b"reply"])
    assert rig.sent == [(1, b"reply"), (8, (1001).to_bytes(2) + b"The game is over.")]
    assert rig.told == [b"one"]
    assert rig.transport.reading  # for the peer's close frame
    rig.receive(frame((1001).to_bytes(2), Opcode.CLOSE))
    assert rig.transport.ended


async def test_a_close_frame_that_had_to_wait_is_seen() -> None:
    """Both sides close while reading pauses: the connection ends at once, without a timeout."""
    rig = Rig(LIMITS)
    rig.peer.pause_reading()
    rig.receive(frame(b"unread") + CLOSE)
    rig.peer.close(1001, "Enough.")
    assert rig.close_code == 1001
    assert rig.transport.ended
    assert rig.told == []


@both_paths
async def test_closing_does_not_wait_for_ever(limits: SocketLimits) -> None:
    """A reply that never comes does not keep a connection, nor does a peer that is silent."""
    rig = Rig(limits, echo=False)
    rig.receive(frame(b"one"))
    rig.peer.close(1001, "Enough.")
    async with asyncio.timeout(10):
        while rig.close_code is None:
            await asyncio.sleep(0.01)
        while not rig.transport.closing:
            await asyncio.sleep(0.01)


async def test_a_failing_session_ends_its_own_connection_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An exception in a session is logged and closes with 1011, without its text."""

    def fail(raw: bytes) -> None:
        raise RuntimeError("secret detail")

    rig = Rig(LIMITS)
    rig.session.on_message = fail
    rig.receive(frame(b"one") + frame(b"two"))
    assert rig.told == [b"one"]
    assert rig.close_code == 1011
    assert b"secret" not in rig.transport.written
    assert "a session failed" in caplog.text


async def test_writing_to_a_closed_connection_is_silent() -> None:
    """A write never raises, whatever became of the connection."""
    rig = Rig(LIMITS)
    rig.transport.closing = True
    rig.peer.write([b"late"])
    assert rig.transport.written == b""
    rig.transport.closing = False

    def refuse(data: bytes) -> None:
        raise RuntimeError("closed meanwhile")

    rig.transport.write = refuse  # type: ignore[method-assign]
    rig.peer.write([b"later"])
    assert rig.transport.closing


async def test_the_session_hears_of_the_end_once() -> None:
    """When the connection is lost the session is told; nothing is delivered after it."""
    rig = Rig(LIMITS)
    rig.peer.pause_reading()
    rig.receive(frame(b"unread"))
    rig.socket.connection_lost(None)
    rig.peer.resume_reading()
    await asyncio.sleep(0)
    assert rig.told == ["closed"]
    assert rig.peer.is_closing()


@both_paths
@pytest.mark.parametrize(
    ("last", "clean"),
    [
        (b"", False),
        (CLOSE, True),
        (frame(b"", Opcode.CLOSE), False),
        (frame((1001).to_bytes(2), Opcode.CLOSE), False),
        (frame((4000).to_bytes(2) + b"crashed", Opcode.CLOSE), False),
        (CLOSE[:4], False),
    ],
    ids=["torn", "1000", "no code", "1001", "4000", "half"],
)
async def test_only_a_close_with_1000_is_a_goodbye(
    limits: SocketLimits, last: bytes, clean: bool
) -> None:
    """The session is told whether the client meant to leave."""
    rig = Rig(limits)
    rig.receive(frame(b"hello") + last)
    rig.socket.connection_lost(None)
    assert rig.session.clean is clean


async def test_a_close_that_answers_ours_is_no_goodbye() -> None:
    """It carries our code, which is not that of a client who leaves."""
    rig = Rig(LIMITS)
    rig.peer.close(1008, "")
    rig.receive(frame((1008).to_bytes(2), Opcode.CLOSE))
    rig.socket.connection_lost(None)
    assert rig.session.clean is False


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_every_length_has_its_header(length: int) -> None:
    """A reply of any length can be read back, alone and among others."""
    payload = b"x" * length
    assert sent_frames(text_frames([payload])) == [(1, payload)]
    assert sent_frames(text_frames([b"a", payload, b"b"])) == [(1, b"a"), (1, payload), (1, b"b")]


def test_close_reasons_fit_their_frame() -> None:
    """A reason is cut at a character so that it fits 123 bytes."""
    assert shorten("é" * 100) == "é" * 61
    assert shorten("The game is over.") == "The game is over."


def _messages() -> st.SearchStrategy[bytes]:
    text = st.text(max_size=40).map(str.encode)
    long = st.sampled_from([125, 126, 127, 299, 300]).map(lambda size: b"z" * size)
    body = st.one_of(text, long)
    ping = st.binary(max_size=20).map(lambda data: frame(data, Opcode.PING))
    parts = st.lists(body, min_size=2, max_size=3).map(_fragmented)
    rare = st.sampled_from(
        [
            frame(b"\xff"),
            frame(b"\x00", Opcode.BINARY),
            frame(b"q" * 301),
            CLOSE,
            frame(b"", Opcode.CLOSE),
            frame(b"c", Opcode.CONT),
            b"\x81\x01x",
            b"\xf1\x80abcd",
        ]
    )
    return st.one_of(body.map(frame), body.map(frame), body.map(frame), ping, parts, rare)


def _fragmented(parts: list[bytes]) -> bytes:
    first, *middle, last = parts
    frames = [frame(first, fin=False)]
    for part in middle:
        frames += [frame(part, Opcode.CONT, fin=False), frame(b"between", Opcode.PING)]
    return b"".join([*frames, frame(last, Opcode.CONT)])


@settings(max_examples=300)
@given(frames=st.lists(_messages(), max_size=12), data=st.data())
def test_any_chunking_gives_what_the_library_gives(
    frames: list[bytes], data: st.DataObject
) -> None:
    """Cut anywhere, a stream of frames leads to the same messages and answers by both paths."""
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=20)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) if a < b]

    async def run(limits: SocketLimits, *parts: bytes) -> tuple[object, ...]:
        rig = Rig(limits)
        rig.receive(*parts)
        told = [entry for entry in rig.told if not isinstance(entry, tuple)]
        answers = [sent for sent in rig.sent if sent[0] == 1 and sent[1] != b"too long"]
        pongs = [sent for sent in rig.sent if sent[0] == Opcode.PONG]
        return told, answers, pongs, rig.close_code

    # The library alone gets whole frames, so that it answers one before it sees the next.
    assert asyncio.run(run(LIMITS, *chunks)) == asyncio.run(run(SLOW, *frames))

"""Each fault on a player's connection: what session and client see of it, and what not."""

from contextlib import ExitStack

import pytest
from websockets.frames import Opcode

from cxgame.faults import Board
from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.peer import SocketLimits
from tests.server.sockets.tapped import LIMITS, TRADE, Tapped, put
from tests.support.sockets import frame


async def test_a_message_that_is_lost_was_never_received(rig: Tapped) -> None:
    """It gets no reply, and none is waited for."""
    put(rig, "drop", probability=1, messages=["order"])
    rig.order(b"a", b"b")
    rig.order(b"c", command=b"cancel")
    assert rig.got == rig.answered == [b"c"]
    assert rig.peer.outstanding == 0


async def test_lost_messages_do_not_use_up_the_room_for_unanswered_ones(
    board: Board, stack: ExitStack
) -> None:
    """However many are lost, the next one is read."""
    rig = Tapped(board, stack, SocketLimits(max_outstanding=1))
    put(rig, "drop", probability=1, messages=["order"])
    for name in (b"a", b"b", b"c"):
        rig.order(name)
        rig.clock.pass_s(0)
    rig.order(b"d", command=b"price")
    rig.clock.pass_s(0)
    assert rig.answered == [b"d"]
    assert rig.transport.reading


async def test_a_reply_that_is_lost_has_left(rig: Tapped) -> None:
    """The session has answered; the client never learns it."""
    put(rig, "drop", probability=1, direction="out")
    rig.order(b"a")
    assert (rig.got, rig.answered, rig.peer.outstanding) == ([b"a"], [], 0)


async def test_a_message_that_comes_twice_is_answered_twice(rig: Tapped) -> None:
    """The session cannot tell a copy from a message."""
    put(rig, "duplicate", probability=1, max_duplicates=1, direction="in")
    rig.order(b"a", b"b")
    assert rig.got == rig.answered == [b"a", b"a", b"b", b"b"]
    assert rig.peer.outstanding == 0


async def test_a_reply_comes_twice(rig: Tapped) -> None:
    """And is one answer all the same."""
    put(rig, "duplicate", probability=1, max_duplicates=1)
    rig.order(b"a", b"b")
    assert rig.answered == [b"a", b"a", b"b", b"b"]
    assert rig.peer.outstanding == 0


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_what_is_corrupt_is_the_message_alone(rig: Tapped, direction: str) -> None:
    """The protocol is not: frames are whole, their text is UTF-8, and nothing is closed."""
    put(rig, "corrupt", probability=1, corruption_level=0.5, direction=direction)
    said = '{"cmd":"bcast","params":{"message":"grüße €"}}'.encode()
    rig.receive(*[frame(said)] * 20)
    assert len(rig.sent) == 20
    for opcode, data in rig.sent:
        assert opcode == Opcode.TEXT
        assert len(data.decode()) == len(said.decode())
        assert data != said
    assert rig.close_code is None


async def test_a_login_is_spared(rig: Tapped) -> None:
    """Neither it nor its reply is hit by a fault of everything; what is pushed between is."""
    put(rig, "drop", probability=1, direction="both")
    rig.session.echo = False
    rig.order(b"a", command=b"auth")
    assert rig.got == [b"a"]
    rig.peer.write([TRADE % 1], 1)
    rig.peer.write([b'{"status":true,"id":"a"}'])
    rig.peer.write([b'{"status":true,"id":"b"}'])
    assert rig.answered == [b"a"]


async def test_a_login_s_reply_is_the_one_in_its_place(rig: Tapped) -> None:
    """Replies that were owed before are told apart from it."""
    rig.session.echo = False
    rig.order(b"a", b"b", command=b"price")
    put(rig, "drop", probability=1, direction="out")
    rig.order(b"c", command=b"register")
    rig.peer.write([b'{"status":true,"id":"%b"}' % name for name in (b"a", b"b", b"c")])
    assert rig.answered == [b"c"]


async def test_a_login_that_is_named_is_hit(rig: Tapped) -> None:
    """As is its reply."""
    put(rig, "drop", probability=1, direction="out", messages=["auth"])
    rig.order(b"a", command=b"auth")
    rig.order(b"b")
    assert (rig.got, rig.answered) == ([b"a", b"b"], [b"b"])


async def test_pushed_frames_are_told_apart(rig: Tapped) -> None:
    """Several messages in one write are several, of any length, each with its type."""
    put(rig, "drop", probability=1, direction="out", messages=["trade"])
    long = b'{"type":"book","id":"%b"}' % (b"x" * 200)
    longer = b'{"type":"book","id":"%b"}' % (b"y" * 70_000)
    short = b'{"type":"book","id":"z"}'
    assert rig.peer.push(text_frames([short, TRADE % 1, long, TRADE % 2, longer]))
    assert [len(name) for name in rig.answered] == [1, 200, 70_000]


async def test_a_silent_connection_answers_pings(rig: Tapped) -> None:
    """It is open and mute: nothing is said, but the protocol goes on."""
    put(rig, "silence", after_messages=1)
    rig.order(b"a", b"b")
    rig.receive(frame(b"p", Opcode.PING))
    assert (rig.answered, rig.got) == ([b"a"], [b"a", b"b"])
    assert rig.sent[-1] == (Opcode.PONG, b"p")


async def test_a_half_open_connection_says_nothing_at_all(rig: Tapped) -> None:
    """Nothing is read, nothing written, not even a pong; TCP stays until the fault ends."""
    put(rig, "half_open", after_messages=1, direction="in")
    rig.order(b"a", b"b", b"c")
    rig.receive(frame(b"p", Opcode.PING))
    rig.peer.push(text_frames([TRADE % 1]))
    assert (rig.got, rig.answered, len(rig.sent)) == ([b"a"], [b"a"], 1)
    assert not rig.transport.reading
    assert not rig.transport.closing
    rig.board.clear()
    assert rig.transport.closing


async def test_a_half_open_connection_can_be_closed(rig: Tapped) -> None:
    """The server ends it in its own time: without a word, since none would arrive."""
    put(rig, "half_open", after_messages=0)
    rig.order(b"a")
    rig.peer.close(1001, "going away")
    rig.clock.pass_s(LIMITS.close_s)
    assert rig.transport.closing
    assert rig.sent == []


async def test_a_disconnect_cuts_off(rig: Tapped) -> None:
    """What was due has been said; the message at which it ends is lost, and all that is held."""
    put(rig, "delay", ms=100, messages=["cancel"])
    put(rig, "disconnect", after_messages=2, direction="in")
    rig.order(b"a")
    rig.order(b"b", command=b"cancel")
    rig.order(b"c", b"d")
    assert rig.transport.closing
    rig.lose()
    rig.clock.pass_s(10)
    assert (rig.got, rig.told[-1]) == ([b"a"], "closed")


async def test_too_many_messages_are_refused_by_the_session(rig: Tapped) -> None:
    """In its own words and in their turn."""
    put(rig, "rate_limit", per_second=1, bans_s=[5])
    rig.order(b"a", b"b")
    assert rig.told[1:] == [("limited", b'{"cmd":"order","id":"b"}', 5.0)]
    assert [data for _, data in rig.sent[1:]] == [b"limited"]
    assert rig.peer.outstanding == 0


async def test_a_writer_never_hears_of_the_network(rig: Tapped) -> None:
    """A transport that closes in between raises towards nobody."""
    put(rig, "delay", ms=100, direction="out")

    def refuse(data: bytes) -> None:
        raise RuntimeError("closed meanwhile")

    rig.transport.write = refuse  # type: ignore[method-assign]
    rig.peer.write([b"{}"])
    rig.clock.pass_s(1)
    assert rig.transport.closing


async def test_a_session_that_fails_ends_its_own_connection(
    rig: Tapped, caplog: pytest.LogCaptureFixture
) -> None:
    """Also when its message came late, from a timer."""
    put(rig, "delay", ms=100)

    def fail(raw: bytes) -> None:
        raise ZeroDivisionError

    rig.session.on_message = fail
    rig.order(b"a")
    rig.clock.pass_s(1)
    assert rig.close_code == 1011
    assert "a session failed" in caplog.text

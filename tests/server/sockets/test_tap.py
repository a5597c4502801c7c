"""Faults come and go on a player's connection; what they hold up arrives, or ends with it."""

from contextlib import ExitStack

from websockets.frames import Opcode

from cxgame.faults import Board
from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.ways import MOST_IN, MOST_IN_BYTES, MOST_OUT_BYTES
from tests.server.sockets.tapped import LIMITS, TRADE, Tapped, put
from tests.support.sockets import frame


async def test_without_a_fault_nothing_stands_between(rig: Tapped) -> None:
    """A board alone changes neither session nor peer; a fault for others does not either."""
    assert rig.is_bare
    put(rig, "drop", probability=1, to=["bob"])
    put(rig, "drop", probability=1, faces=["feed"])
    assert rig.is_bare


async def test_faults_come_and_go_at_run_time(rig: Tapped) -> None:
    """While one is in force it is between; then it is as if it had never been."""
    put(rig, "delay", ms=1000)
    assert not rig.is_bare
    rig.order(b"a", b"b")
    assert rig.got == []
    rig.board.clear()
    assert rig.is_bare
    rig.order(b"c")
    assert rig.got == rig.answered == [b"a", b"b", b"c"]
    assert rig.clock.waiting == []


async def test_what_a_fault_held_goes_on_when_it_ends(rig: Tapped) -> None:
    """Also while others are still in force."""
    put(rig, "drop", probability=0, direction="both")
    put(rig, "delay", ms=60_000, direction="both")
    rig.order(b"a", b"b")
    rig.board.clear([2])
    assert rig.got == [b"a", b"b"]
    assert rig.answered == [b"a", b"b"]
    assert not rig.is_bare


async def test_a_fault_that_holds_nothing_goes_without_a_trace(rig: Tapped) -> None:
    """Nothing need pass first."""
    put(rig, "drop", probability=1)
    assert not rig.is_bare
    rig.board.clear()
    assert rig.is_bare


async def test_late_messages_arrive_when_the_session_goes_on(rig: Tapped) -> None:
    """Nobody need send another one for that."""
    put(rig, "delay", ms=100)
    rig.order(b"a", b"b")
    rig.peer.pause_reading()
    rig.clock.pass_s(1)
    assert rig.got == []
    rig.peer.resume_reading()
    rig.clock.pass_s(0)
    assert rig.got == [b"a", b"b"]


async def test_late_messages_wait_while_the_session_does(rig: Tapped) -> None:
    """A session that takes no more is handed none, and then all, before what came later."""
    put(rig, "delay", ms=100)
    rig.session.on_message = lambda raw: rig.peer.pause_reading()
    rig.order(b"a", b"b", b"c")
    rig.clock.pass_s(1)
    assert rig.got == [b"a"]
    rig.board.clear()
    rig.order(b"d")
    assert rig.got == [b"a"]
    rig.session.on_message = lambda raw: None
    rig.peer.resume_reading()
    rig.clock.pass_s(0)
    assert rig.got == [b"a", b"b", b"c", b"d"]
    assert rig.is_bare


async def test_a_link_holds_so_many_messages(rig: Tapped) -> None:
    """Then the client is read from no more, until half of them have arrived."""
    put(rig, "throttle", max_messages_per_second=1000)
    rig.order(*[b"%d" % n for n in range(MOST_IN + 50)])
    assert not rig.transport.reading
    assert len(rig.got) == 1
    rig.clock.pass_s(0.4)
    assert not rig.transport.reading
    rig.clock.pass_s(10)
    assert rig.transport.reading
    assert rig.got == [b"%d" % n for n in range(MOST_IN + 50)]


async def test_a_link_holds_so_many_bytes(rig: Tapped) -> None:
    """Messages may be great: then the client is read from no more before there are many."""
    put(rig, "delay", ms=1000, direction="in")
    great = b"x" * LIMITS.max_message
    names = [b"%d" % n for n in range(2 * MOST_IN_BYTES // LIMITS.max_message)]
    for name in names:
        rig.receive(frame(b'{"id":"%b","more":"%b"}' % (name, great[: -len(name) - 19])))
    assert not rig.transport.reading
    rig.clock.pass_s(10)
    assert rig.transport.reading
    assert rig.got == names


async def test_who_would_have_too_much_on_its_way_is_dropped(rig: Tapped) -> None:
    """As one that does not read: closed with 1013, and what was held for it is gone."""
    put(rig, "throttle", max_messages_per_second=1, direction="out")
    great = text_frames([b"x" * 1_000_000])
    for _ in range(MOST_OUT_BYTES // 1_000_000 + 2):
        rig.peer.push(great)
    assert rig.close_code == 1013
    assert rig.peer.is_closing()
    assert len(rig.transport.written) < 1_100_000


async def test_what_was_sent_before_the_end_arrives(rig: Tapped) -> None:
    """A client that leaves has said what it said: late messages come before the end."""
    put(rig, "delay", ms=100)
    put(rig, "reorder", messages=["cancel"])
    rig.order(b"a")
    rig.order(b"b", b"c", command=b"cancel")
    rig.lose()
    assert (rig.got[0], sorted(rig.got)) == (b"a", [b"a", b"b", b"c"])
    assert rig.told[-1] == "closed"


async def test_what_a_closing_server_holds_leaves_before_the_close_frame(rig: Tapped) -> None:
    """Replies that are owed leave, however late they are."""
    put(rig, "delay", ms=60_000, direction="out")
    rig.order(b"a", b"b")
    rig.peer.close(1001, "going away")
    assert rig.answered == [b"a", b"b"]
    assert rig.sent[-1][0] == Opcode.CLOSE


async def test_nothing_is_held_after_the_end(board: Board) -> None:
    """No timer, no message, no line on the board, whatever was in force."""
    with ExitStack() as stack:
        rig = Tapped(board, stack, LIMITS)
        rig.peer.pause_reading()
        put(rig, "delay", ms=60_000, direction="both")
        put(rig, "reorder", direction="both", messages=["order", "trade"])
        rig.order(b"a")
        rig.peer.resume_reading()
        rig.clock.pass_s(0)
        rig.order(b"b", b"c")
        rig.peer.push(text_frames([TRADE % 1]))
        assert rig.clock.waiting
        rig.lose()
    assert rig.clock.waiting == []
    assert board.lines == ()
    assert rig.socket.session is rig.session

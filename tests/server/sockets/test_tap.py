"""Faults on a player's connection, without a network: what session and client see, and what not."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.frames import Opcode

from cxgame.faults import Board, Face, read_fault
from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.kinds import REPLY, kind_in, kind_out, messages
from cxgame.server.sockets.peer import SocketLimits
from cxgame.server.sockets.tap import tapped
from cxgame.server.sockets.ways import MOST_IN, MOST_IN_BYTES, MOST_OUT_BYTES
from tests.support.faults import ManualLoop
from tests.support.sockets import Rig, frame

LIMITS = SocketLimits(max_message=65_536, close_s=5.0)
ANYTHING = text_frames([b"{}"])
TRADE = b'{"type":"trade","price":"%d"}'


class Tapped(Rig):
    """A connection of a user at the order server, with a board and a clock by hand."""

    def __init__(self, board: Board, stack: ExitStack, limits: SocketLimits, **options: Any):
        super().__init__(limits, **options)
        self.clock = ManualLoop()
        loop: Any = self.clock
        self.socket.loop = loop
        self.board = board
        stack.enter_context(tapped(board, self.socket, self.session, self.peer, Face.ORDERS, "ann"))

    def order(self, *names: bytes, command: bytes = b"order") -> None:
        """Send messages of one type, each as a frame, in one read."""
        texts = (b'{"cmd":"%b","id":"%b"}' % (command, name) for name in names)
        self.receive(b"".join(map(frame, texts)))

    @property
    def got(self) -> list[bytes]:
        """The names of the messages that reached the session."""
        return [name_of(told) for told in self.told if isinstance(told, bytes)]

    @property
    def answered(self) -> list[bytes]:
        """The names in the text frames that were sent to the client."""
        return [name_of(data) for opcode, data in self.sent if opcode == Opcode.TEXT]

    @property
    def is_bare(self) -> bool:
        """Whether nothing stands between socket and session, nor between peer and network."""
        if self.socket.session is not self.session:
            return False
        written = self.transport.written
        self.peer.push(ANYTHING)
        went_through = self.transport.written == written + ANYTHING
        self.transport.written = written
        return went_through

    def lose(self) -> None:
        """The network says that the connection is gone."""
        self.transport.closing = True
        self.socket.connection_lost(None)


def name_of(message: bytes) -> bytes:
    """The `id` of a message of these tests."""
    return message.partition(b'"id":"')[2].partition(b'"')[0]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends the taps."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def board() -> Board:
    """A board without faults."""
    return Board(7)


@pytest.fixture
async def rig(board: Board, stack: ExitStack) -> Tapped:
    """A connection without faults."""
    return Tapped(board, stack, LIMITS)


def put(rig: Tapped, fault: str, **said: Any) -> None:
    """Put a fault in force."""
    rig.board.set(read_fault({"fault": fault, **said}))


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


HOLDING: list[dict[str, Any]] = [
    {"fault": "delay", "min_ms": 0, "max_ms": 2000, "direction": "both"},
    {"fault": "throttle", "max_messages_per_second": 20, "direction": "both"},
]
SHUFFLING: list[dict[str, Any]] = [
    *HOLDING,
    {"fault": "reorder", "probability": 0.5, "direction": "both"},
]
DESTROYING: list[dict[str, Any]] = [
    *SHUFFLING,
    {"fault": "drop", "probability": 0.3, "direction": "both"},
    {"fault": "corrupt", "probability": 0.3, "direction": "both"},
    {"fault": "duplicate", "probability": 0.3, "direction": "both"},
    {"fault": "silence", "after_messages": 5, "direction": "both"},
    {"fault": "rate_limit", "per_second": 5},
    {"fault": "half_open", "probability": 0.01},
    {"fault": "disconnect", "probability": 0.01},
]


def play(rig: Tapped, faults: list[dict[str, Any]], draw: random.Random) -> list[bytes]:
    """A hundred things that can happen to a connection; the names of the orders that were sent."""
    names: list[bytes] = []
    for n in range(100):
        match draw.randrange(7):
            case 0:
                put(rig, **draw.choice(faults))
            case 1 if rig.board.in_force:
                rig.board.clear([draw.choice(list(rig.board.in_force))])
            case 2:
                rig.clock.pass_s(draw.random())
            case 3:
                rig.peer.pause_reading()
            case 4:
                rig.peer.resume_reading()
            case _:
                names.append(b"%d" % n)
                rig.order(names[-1])
    return names


@pytest.mark.parametrize("faults", [HOLDING, SHUFFLING], ids=["in order", "shuffled"])
async def test_nothing_is_lost_by_switching(faults: list[dict[str, Any]]) -> None:
    """Faults that only hold messages up come and go, and sessions pause: each arrives once."""
    for seed in range(30):
        with ExitStack() as stack:
            rig = Tapped(Board(seed), stack, LIMITS)
            names = play(rig, faults, random.Random(seed))
            rig.peer.resume_reading()
            rig.board.clear()
            rig.clock.pass_s(0)
            assert rig.is_bare
            assert rig.peer.outstanding == 0
            arrived = [rig.got, rig.answered]
            if faults is HOLDING:
                assert arrived == [names, names]
            assert [sorted(each) for each in arrived] == [sorted(names)] * 2
            assert rig.clock.waiting == []


async def test_whatever_happens_nothing_is_left() -> None:
    """All faults come and go at random: no reply is owed twice, and the end leaves nothing."""
    for seed in range(60):
        board = Board(seed)
        with ExitStack() as stack:
            rig = Tapped(board, stack, LIMITS)
            play(rig, DESTROYING, random.Random(seed))
            assert rig.peer.outstanding >= 0
            rig.lose()
        assert rig.told[-1] == "closed"
        rig.clock.pass_s(LIMITS.close_s)
        assert rig.clock.waiting == []
        assert rig.socket.session is rig.session


async def test_one_s_faults_are_nothing_to_another(board: Board, stack: ExitStack) -> None:
    """Beside a session with every fault, another's messages pass as they came, in their turn."""
    ann, bob = (Tapped(board, stack, LIMITS) for _ in range(2))
    board.named(bob.peer, "bob")
    for said in (
        {"fault": "delay", "ms": 60_000, "direction": "both"},
        {"fault": "drop", "probability": 0.3, "direction": "both"},
        {"fault": "corrupt", "probability": 0.3, "direction": "both"},
        {"fault": "reorder", "direction": "both"},
        {"fault": "throttle", "max_messages_per_second": 1, "direction": "both"},
    ):
        put(ann, **said, to=["ann"])
    names = [b"%d" % n for n in range(100)]
    for name in names:
        ann.order(name)
        bob.order(name)
        assert bob.answered[-1] == name, "in the same turn, without any time passing"
        assert bob.is_bare
    assert bob.got == bob.answered == names
    assert bob.clock.waiting == []
    assert ann.got == ann.answered == []


@pytest.mark.parametrize(
    ("face", "message", "kind"),
    [
        (Face.ORDERS, b'{"cmd":"order","params":{"type":"limit"}}', "order"),
        (Face.ORDERS, b'{ "id": 1, "cmd" : "cancel" }', "cancel"),
        (Face.ORDERS, b'{"type":"limit"}', ""),
        (Face.ORDERS, b"no json", ""),
        (Face.SIMULATOR, b'{"order_type":"LIMIT","type":"PLACE_ORDER"}', "PLACE_ORDER"),
    ],
)
def test_the_type_of_what_comes_in(face: Face, message: bytes, kind: str) -> None:
    """A command at the order server, the frame's type in the simulator's dialect."""
    assert kind_in(face, message) == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (b'{"status":true,"data":{"type":"limit"}}', REPLY),
        (b'{"type":"trade","seq":1}', "trade"),
        (b'{ "type": "ORDER_ACK" }', "ORDER_ACK"),
        (b"", REPLY),
    ],
)
def test_the_type_of_what_goes_out(message: bytes, kind: str) -> None:
    """A pushed frame's own, else `reply`."""
    assert kind_out(message) == kind


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_are_cut_where_they_end(size: int) -> None:
    """Whatever the length of a message, its neighbours are found."""
    payloads = [b"a", b"x" * size, b"z"]
    assert list(messages(text_frames(payloads))) == payloads

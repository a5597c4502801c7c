"""What answers nothing takes no reply's place, and little of it is kept for who does not read."""

import asyncio
from collections.abc import Callable

import pytest
from websockets.frames import Opcode

from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.peer import Peer, SocketLimits
from tests.server.sockets.test_listener import echo_server, until
from tests.support.sockets import RawClient, Rig, frame

LIMITS = SocketLimits(max_outstanding=4, close_s=0.05)
SMALL = SocketLimits(write_high=10_000, push_max=200_000, stalled_s=60.0, close_s=5.0)
BOOK = b"b" * 60_000


async def test_what_is_pushed_is_no_reply() -> None:
    """Reading goes on only when replies have left."""
    rig = Rig(LIMITS, echo=False)
    rig.receive(b"".join(frame(b"%d" % number) for number in range(5)))
    rig.peer.write([b"p", b"p", b"p"], 3)
    assert rig.peer.outstanding == 4
    rig.peer.push(text_frames([b"q"]))
    assert len(rig.told) == 4
    rig.peer.write([b"r0", b"p", b"r1"], 1)
    await asyncio.sleep(0)
    assert len(rig.told) == 5
    assert [data for _, data in rig.sent] == [b"p", b"p", b"p", b"q", b"r0", b"p", b"r1"]


async def test_a_close_waits_for_replies_alone() -> None:
    """Frames that are pushed meanwhile are lost, and neither delay nor hasten it."""
    rig = Rig(LIMITS, echo=False)
    rig.receive(frame(b"one"))
    rig.peer.close(1001, "Enough.")
    assert rig.peer.push(text_frames([b"q"])) is False
    rig.peer.write([b"p"], 1)
    assert rig.close_code is None
    rig.peer.write([b"reply"])
    assert rig.close_code == 1001


async def test_who_is_gone_is_pushed_nothing() -> None:
    """The pusher is told, and nothing is raised."""
    rig = Rig(LIMITS)

    def refuse(data: bytes) -> None:
        raise RuntimeError("closed meanwhile")

    rig.transport.write = refuse  # type: ignore[method-assign]
    assert rig.peer.push(text_frames([b"q"])) is False
    assert rig.peer.push(text_frames([b"q"])) is False
    assert rig.transport.closing


def by_frames(peer: Peer) -> None:
    """As market data come."""
    peer.push(text_frames([BOOK]))


def by_messages(peer: Peer) -> None:
    """As executions come."""
    peer.write([BOOK], 1)


@pytest.mark.parametrize("push", [by_frames, by_messages])
async def test_who_does_not_read_is_closed_with_a_reason(push: Callable[[Peer], None]) -> None:
    """Only so much is kept for it; who then reads learns why, and others go on."""
    async with echo_server(SMALL) as server:
        slow = await RawClient.open(server.port, limit=1_000)  # reads no further by itself
        await until(lambda: bool(server.sessions))
        peer, largest = server.sessions[0].peer, 0
        for _ in range(1_000):  # 60 MB: more than any system keeps
            if peer.is_closing():
                break
            push(peer)
            largest = max(largest, peer.unread_bytes)
        assert peer.is_closing()
        assert largest <= SMALL.push_max + len(BOOK) + 100
        other = await RawClient.open(server.port)
        other.send(frame(b"hello"))
        assert await other.next_frame() == (Opcode.TEXT, b"hello")
        async with asyncio.timeout(10):
            while (got := await slow.next_frame())[0] == Opcode.TEXT:
                assert got[1] == BOOK
        reason = b"Too slow: come back and subscribe again."
        assert got == (Opcode.CLOSE, (1013).to_bytes(2) + reason)
        await slow.aclose()
        await other.aclose()


@pytest.mark.parametrize(("pushed", "code"), [(0, 1008), (1, 1013)])
async def test_who_reads_nothing_for_long_is_told_why(pushed: int, code: int) -> None:
    """Who follows something may come back; who has only asked leaves replies unread."""
    rig = Rig(SocketLimits(stalled_s=0.01, close_s=5.0), echo=False)
    rig.peer.write([BOOK], pushed)
    rig.socket.pause_writing()
    await until(lambda: rig.close_code is not None)
    assert rig.close_code == code
    rig.peer.gone()


@pytest.mark.parametrize("by_push", [True, False])
async def test_a_great_book_drops_nobody(by_push: bool) -> None:
    """What is larger than the bound is no fault of its reader, nor is what comes behind it."""
    async with echo_server(SMALL) as server:
        reader = await RawClient.open(server.port)
        await until(lambda: bool(server.sessions))
        peer, great = server.sessions[0].peer, b"g" * 8_000_000  # more than a system takes at once
        if by_push:
            assert peer.push(text_frames([great]))
        else:
            peer.write([great], 1)
        assert peer.unread_bytes > SMALL.push_max
        assert peer.push(text_frames([BOOK]))
        peer.write([b"p"], 1)
        for expected in (great, BOOK, b"p"):
            assert await reader.next_frame() == (Opcode.TEXT, expected)
        await until(lambda: not peer.holds)
        assert peer._great == 0
        await reader.aclose()

"""Fragments and control frames without end: bounded, one by one and in time, on both faces."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from cxgame.server.broadcast import spectator
from cxgame.server.sockets import door
from cxgame.server.sockets.door import FLOOD, READ_BYTES
from tests.hostile.faces import FACES, LIMITS, WAIT_S, Face, feed, orders
from tests.hostile.raw import CONT, PING, PONG, Raw, Said, close, converse, frame
from tests.support.waiting import until

PATIENCE_S = 2.5  # of a server with a flood that reads the reason late
by_face = pytest.mark.parametrize("name", list(FACES))
KINDS = {
    "fragments": frame(b"", CONT, fin=False),
    "pings": frame(b"", PING),
    "pongs": frame(b"", PONG),
}
by_kind = pytest.mark.parametrize("kind", list(KINDS))


@pytest.fixture
async def face(name: str) -> AsyncIterator[Face]:
    """The order server or the feed."""
    async with FACES[name]() as face:
        yield face


def frames(kind: str, count: int) -> list[bytes]:
    """So many frames that are no message, and what brings them to a good end."""
    if kind == "fragments":
        return [frame(b"", fin=False), *[KINDS[kind]] * (count - 2), frame(b"", CONT)]
    return [KINDS[kind]] * count


@by_face
@by_kind
async def test_the_most_at_once(face: Face, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full budget of frames is fine, whatever they are; one more ends with 1008."""
    monkeypatch.setattr(door, "FRAMES_PER_S", 0.001)
    monkeypatch.setattr(door, "FRAMES_AT_ONCE", 50)
    said = await converse(face, [b"".join(frames(kind, 50))])
    assert (said.code, said.hung_up) == (None, False)
    assert len(said.pongs) == (50 if kind == "pings" else 0)
    raw = await Raw.open(face)
    await raw.send([b"".join(frames(kind, 51))])
    said = await raw.answers(face)
    raw.leave()
    assert (said.code, said.reason.decode()) == (1008, FLOOD)


@by_face
async def test_messages_and_closing_do_not_count(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole messages have limits of their own, and who leaves is let go."""
    monkeypatch.setattr(door, "FRAMES_PER_S", 0.001)
    monkeypatch.setattr(door, "FRAMES_AT_ONCE", 3)
    segments = [b"".join([frame(b"x"), *frames("fragments", 3), frame(b"y"), frame(b"z")])]
    assert (await converse(face, segments)).code is None
    assert (await converse(face, [*segments, close(1000)])).code == 1000


@by_face
async def test_the_budget_comes_back(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames in moderation are served for ever."""
    monkeypatch.setattr(door, "FRAMES_PER_S", 2_000)
    monkeypatch.setattr(door, "FRAMES_AT_ONCE", 5)
    segments = [frame(b"%d" % number, PING) for number in range(100)]
    raw = await Raw.open(face)
    for segment in segments:
        raw.writer.write(segment)
        await asyncio.sleep(0.003)
    await raw.send([close(1000)])
    said = await raw.answers(face)
    raw.leave()
    assert (len(said.pongs), said.code) == (100, 1000)


@by_face
@by_kind
async def test_a_flood_is_cut_off_and_nobody_waits(face: Face, kind: str) -> None:
    """Of 20 MB only the first part is read; the server's turns stay short; others are served."""
    raw = await Raw.open(face)
    opening = frame(b"", fin=False) if kind == "fragments" else b""
    flood = opening + KINDS[kind] * (20_000_000 // len(KINDS[kind]))
    raw.writer.write(flood)
    said = await raw.answers(face)
    assert (said.code, said.reason.decode()) == (1008, FLOOD)
    assert len(said.pongs) <= door.FRAMES_AT_ONCE + 2 * READ_BYTES // 6
    # What is still on its way is not read any more.
    assert raw.writer.transport.get_write_buffer_size() > 10_000_000
    assert (await converse(face, [frame(b"honest")])).code is None
    await until(lambda: face.connections() == 0)
    raw.leave()


async def test_pongs_that_are_not_read_end_a_spectator(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies unread is bounded, be it pongs: the spectator is dropped as any that is slow."""
    dismiss = spectator.FeedSocket.dismiss
    monkeypatch.setattr(door, "FRAMES_PER_S", 1_000_000)
    monkeypatch.setattr(door, "FRAMES_AT_ONCE", 1_000_000)
    monkeypatch.setattr(spectator, "CLOSE_S", WAIT_S)
    dropped: list[int] = []

    def noted(socket: spectator.FeedSocket, code: int, reason: str) -> None:
        dropped.append(code)
        dismiss(socket, code, reason)

    monkeypatch.setattr(spectator.FeedSocket, "dismiss", noted)
    async with feed(feed_buffer=131_072) as face:
        raw = await Raw.open(face, receive_buffer=4_096)
        raw.writer.write(frame(b"x" * 125, PING) * 160_000)
        await until(lambda: bool(dropped))
        said = await raw.answers(face)
        raw.leave()
    assert dropped[0] == said.code == 1013
    assert len(said.pongs) * 127 < 20_000_000


@by_face
@by_kind
def test_a_flood_is_cut_off_on_uvloop(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop that serves in play stops reading from a flood as well."""
    uvloop = pytest.importorskip("uvloop")
    # The flood goes on being written: who is cut off at last cannot read the reason any more.
    monkeypatch.setattr(spectator, "CLOSE_S", PATIENCE_S)
    served = feed() if name == "feed" else orders(replace(LIMITS, close_s=PATIENCE_S))
    opening = frame(b"", fin=False) if kind == "fragments" else b""

    async def play() -> Said:
        async with served as face:
            raw = await Raw.open(face)
            raw.writer.write(opening + KINDS[kind] * 1_000_000)
            said = await raw.answers(face)
            raw.leave()
            await until(lambda: face.connections() == 0)
            return said

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        said = runner.run(play())
    assert (said.code, said.reason.decode()) == (1008, FLOOD)

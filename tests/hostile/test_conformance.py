"""RFC 6455: both faces keep to every row of the table, on both event loops."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.hostile.conformance import SECTIONS, TO_CUT, Case
from tests.hostile.faces import FACES, Face
from tests.hostile.raw import CONT, LAST, PING, TEXT, Raw, converse, frame
from tests.support.sockets import request

EDGES = (0, 1, 125, 126, 127, 4095, 4096, 4097, 65_535, 65_536, 65_537)
HEAD = 16  # bytes in which a frame's header and the beginning of its body lie
MORE = 12  # messages that even the feed takes at once

by_face = pytest.mark.parametrize("name", list(FACES))


@pytest.fixture
async def face(name: str) -> AsyncIterator[Face]:
    """The order server or the feed."""
    async with FACES[name]() as face:
        yield face


async def keeps_to(face: Face, case: Case, segments: list[bytes] | None = None) -> None:
    """One row, with its bytes in other segments if given."""
    said = await converse(face, case.send if segments is None else segments)
    told = (case.name, said)
    expected = [text if text is not None else b"binary?" for text in case.messages]
    if face.echoes:
        # The order server says that a message is too long before it closes.
        assert [text for text in said.texts if text != b"too long"] == expected, told
    elif case.code is None:
        assert len(said.texts) == len(expected), told
    else:  # the feed answers later, and after a close frame nothing may be sent
        assert len(said.texts) <= len(expected), told
    assert (said.pongs, said.code, said.hung_up) == (case.pongs, case.code, False), told


def test_every_row_has_its_own_name() -> None:
    """A failing row is found by its name."""
    names = [case.name for rows in SECTIONS.values() for case in rows]
    assert len(set(names)) == len(names) > 150


@by_face
@pytest.mark.parametrize("section", list(SECTIONS))
async def test_a_section_of_the_table(face: Face, section: str) -> None:
    """What is a message arrives, what is a ping is answered, what is broken ends it by its code."""
    await asyncio.gather(*(keeps_to(face, case) for case in SECTIONS[section]))


@by_face
@pytest.mark.parametrize("length", EDGES)
@pytest.mark.parametrize("parts", [1, 2])
async def test_lengths_at_the_edges(face: Face, length: int, parts: int) -> None:
    """Every length up to the limit arrives, in one frame or two; one byte more ends with 1009."""
    text = b"x" * length
    first, rest = (text, b"") if parts == 1 else (text[: length // 2], text[length // 2 :])
    frames = [frame(first)] if parts == 1 else [frame(first, fin=False), frame(rest, CONT)]
    said = await converse(face, frames)
    if length <= face.max_message:
        assert (len(said.texts), said.code) == (1, None)
        assert not face.echoes or said.texts == [text]
    else:
        assert said.code == 1009
        assert said.texts == ([b"too long"] if face.echoes else [])


@by_face
@pytest.mark.parametrize("case", TO_CUT, ids=lambda case: case.name)
async def test_cut_at_every_byte(face: Face, case: Case) -> None:
    """Where TCP cuts the bytes in two makes no difference."""
    data = b"".join(case.send)
    cuts = [*range(1, min(HEAD, len(data))), *range(HEAD, len(data), 7), len(data) - 1]
    await asyncio.gather(*(keeps_to(face, case, [data[:cut], data[cut:]]) for cut in cuts))


@by_face
@pytest.mark.parametrize("case", TO_CUT, ids=lambda case: case.name)
async def test_byte_by_byte(face: Face, case: Case) -> None:
    """A client that sends one byte at a time is served as any other."""
    data = b"".join(case.send)
    await keeps_to(face, case, [data[n : n + 1] for n in range(len(data))])


@by_face
async def test_many_frames_in_one_segment(face: Face) -> None:
    """Messages, pings and fragments that come in one read are each answered, in order."""
    frames, texts = [], []
    for number in range(MORE):
        text = b"m%d" % number
        frames += [frame(text[:1], fin=False), frame(b"p%d" % number, PING), frame(text[1:], CONT)]
        texts.append(text)
    said = await converse(face, [b"".join(frames)])
    assert said.pongs == [b"p%d" % number for number in range(MORE)]
    assert (len(said.texts), said.code) == (MORE, None)
    assert not face.echoes or said.texts == texts


@by_face
async def test_a_thousand_messages_before_the_first_reply_is_read(face: Face) -> None:
    """Whoever sends ahead is answered in full, at the pace that the face allows."""
    count = 5_000 if face.echoes else 25
    said = await converse(face, [b"".join(frame(b"n%d" % n, TEXT) for n in range(count))])
    assert (len(said.texts), said.code) == (count, None)


@by_face
async def test_frames_that_come_with_the_handshake(face: Face) -> None:
    """A client that does not wait for the handshake's answer loses nothing."""
    raw = await Raw.open(face)
    raw.leave()
    reader, writer = await asyncio.open_connection("127.0.0.1", face.port)
    writer.write(request() + frame(b"early") + frame(LAST))
    await reader.readuntil(b"\r\n\r\n")
    said = await Raw(reader, writer).answers(face)
    assert (len(said.texts), said.hung_up) == (1, False)
    writer.transport.abort()


@by_face
def test_the_table_holds_on_uvloop(name: str) -> None:
    """The event loop that serves in play keeps to the framing rows as well."""
    uvloop = pytest.importorskip("uvloop")

    async def play() -> None:
        async with FACES[name]() as face:
            rows = [*SECTIONS["framing"], *TO_CUT]
            await asyncio.gather(*(keeps_to(face, case) for case in rows))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play())

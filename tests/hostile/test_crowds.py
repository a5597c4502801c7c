"""Many at once: floods, half messages, churn, idle connections, spectators that stop reading."""

import asyncio
import contextlib
import gc
import json
import logging
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from cxgame.model.commands import Broadcast
from cxgame.server.exchange import CxExchange
from cxgame.server.sockets.listener import Listener
from cxgame.server.sockets.peer import SocketLimits
from tests.hostile.faces import CLOSE_S, FACES, WAIT_S, Face, feed, orders
from tests.hostile.raw import CLOSE, LAST, PING, PONG, TEXT, Raw, converse, frame
from tests.support.games import Bench
from tests.support.sockets import Recorder, request
from tests.support.waiting import until

ROOMY = SocketLimits(connections_per_address=20_000, close_s=CLOSE_S, ping_interval_s=3_600)
PRICES = range(700, 800)
EVENT = b"<an event>"  # a single byte may stand in a ping as well, which is random
MINE = 131_072  # bytes that a reader of the test holds when it is behind: twice asyncio's limit
log = logging.getLogger(__name__)
by_face = pytest.mark.parametrize("name", list(FACES))


@pytest.fixture
async def face(name: str) -> AsyncIterator[Face]:
    """The order server or the feed."""
    async with FACES[name]() as face:
        yield face


@pytest.fixture
def descriptors() -> Iterator[None]:
    """As many descriptors as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 12_000:
        pytest.skip(f"only {hard} descriptors are allowed here, 12,000 are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def resident_bytes() -> int:
    """Memory of this process, client and server."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    """Descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))


@asynccontextmanager
async def raws(face: Face, count: int, **options: int) -> AsyncIterator[list[Raw]]:
    """So many connections, which leave in the end."""
    connected: list[Raw] = []
    try:
        while len(connected) < count:
            some = min(100, count - len(connected))
            connected += await asyncio.gather(*(Raw.open(face, **options) for _ in range(some)))
        yield connected
    finally:
        for raw in connected:
            raw.leave()


@by_face
async def test_announced_and_never_sent(face: Face) -> None:
    """A hundred frames of the greatest allowed length, never sent, take no memory."""
    length = face.max_message
    async with raws(face, 100) as hostile:
        before = resident_bytes()
        for raw in hostile:
            await raw.send([frame(announced=length)])
        assert (await converse(face, [frame(b"honest")])).code is None
        assert resident_bytes() - before < 100 * length // 2 + 2_000_000


@by_face
async def test_giants_are_refused_at_the_header(face: Face) -> None:
    """A frame over the limit ends with 1009 before its first byte."""
    async with raws(face, 20) as hostile:
        for number, raw in enumerate(hostile):
            await raw.send([frame(announced=face.max_message + 1 + 7**number, width=9)])
            assert (await raw.answers(face)).code == 1009


@by_face
async def test_slow_senders(face: Face) -> None:
    """Fifty clients that send a byte at a time hold up nobody, and are answered in the end."""
    message = frame(LAST)
    async with raws(face, 50) as hostile:
        for at in range(len(message)):
            for raw in hostile:
                raw.writer.write(message[at : at + 1])
            await asyncio.sleep(0)
            if at % 20 == 0:
                assert (await converse(face, [frame(b"honest")])).code is None
        for raw in hostile:
            assert (await raw.answers(face)).code is None


async def test_a_client_that_reads_no_replies() -> None:
    """It is read no further, and dropped after a while; memory is bounded by its limits."""
    limits = SocketLimits(close_s=CLOSE_S, stalled_s=0.3)
    async with orders(limits) as face:
        before = resident_bytes()
        raw = await Raw.open(face, receive_buffer=4_096)
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        message = frame(b"x" * 60_000)
        for _ in range(1_000):
            if raw.writer.transport.is_closing() or face.connections() == 0:
                break
            if raw.writer.transport.get_write_buffer_size() < 1_000_000:
                raw.writer.write(message)
            assert resident_bytes() - before < 40_000_000
            await asyncio.sleep(0.002)
        await until(lambda: face.connections() == 0)
        raw.leave()


@by_face
@pytest.mark.parametrize("count", [200, pytest.param(2_000, marks=pytest.mark.ci)])
async def test_churn(face: Face, count: int) -> None:
    """Connections that come, speak, break off in any state and go leave nothing behind."""
    endings = [b"", frame(b"x"), frame(b"x")[:4], frame(b"x", 3), frame(b"p", PING)]
    spoken: list[int] = []

    async def visit(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", face.port)
        opening = request()
        writer.write(opening if number % 3 else opening[: number % len(opening)])
        if number % 3:
            # A machine that stalls for longer than a handshake may take has this one ended.
            with contextlib.suppress(asyncio.IncompleteReadError):
                await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WAIT_S)
                writer.write(endings[number % len(endings)])
                spoken.append(number)
                await asyncio.sleep(0)
        writer.transport.abort()

    async def all_visit(count: int) -> None:
        for begin in range(0, count, 50):
            await asyncio.gather(*(visit(begin + number) for number in range(50)))
        await until(lambda: face.connections() == 0)
        await asyncio.sleep(0.4)  # handshakes and farewells end
        gc.collect()

    await all_visit(200)  # what is allocated once
    before = len(asyncio.all_tasks()), open_files(), resident_bytes()
    await all_visit(count)
    await until(lambda: len(asyncio.all_tasks()) <= before[0] and open_files() <= before[1])
    assert resident_bytes() - before[2] < 8_000_000
    assert len(spoken) > count // 2


@by_face
async def test_who_comes_at_once_has_room_to_wait(face: Face) -> None:
    """Three hundred connect before the server looks at the first."""
    with contextlib.ExitStack() as crowd:
        for _ in range(300):  # the system lets nobody in late here: the server does not run
            address = ("127.0.0.1", face.port)
            crowd.enter_context(socket.create_connection(address, timeout=WAIT_S))
    await until(lambda: face.connections() == 0)


@pytest.mark.ci
@pytest.mark.usefixtures("descriptors")
async def test_a_trader_among_idle_connections() -> None:
    """5,000 connections that say nothing cost memory in proportion, and a trader nothing."""
    listener = Listener({"": Recorder}.get, ROOMY)
    port = await listener.bind(["127.0.0.1"], 0)
    await listener.accept()
    face = Face("orders", port, ROOMY.max_message, True, lambda: listener.connections)
    before = resident_bytes()
    async with raws(face, 5_000) as idle:
        assert face.connections() == 5_000
        each = (resident_bytes() - before) // 5_000
        log.info("%d bytes for each connection, client and server together", each)
        assert each < 60_000
        for _ in range(20):
            texts = [b"order %d" % number for number in range(50)]
            said = await converse(face, [frame(text) for text in texts])
            assert said.texts == texts
        await idle[0].send([frame(b"p", PING)])
        assert await idle[0].next_frame() == (PONG, b"p")
    async with asyncio.timeout(WAIT_S):
        await listener.close(1001, "The test is over.")
    assert listener.connections == 0


@pytest.mark.ci
@pytest.mark.usefixtures("descriptors")
async def test_a_game_among_idle_connections() -> None:
    """The same with a whole game: a trader's orders are answered, and nobody else did anything."""
    exchange = CxExchange(
        port=0, bind="127.0.0.1", memory=True, rate_limit=0, max_connections_per_address=6_000
    )
    serving = asyncio.create_task(exchange.serve())
    await until(exchange.ready.is_set)
    face = Face("orders", exchange.port, 65_536, False, lambda: exchange.connections)
    async with raws(face, 5_000), raws(face, 1) as (raw,):
        assert face.connections() == 5_001
        requests = [b'{"cmd":"register","params":{"username":"alice"}}']
        requests += [b'{"cmd":"buy","params":{"price":"%d.00","size":"0.01"}}' % i for i in PRICES]
        await raw.send([frame(text) for text in requests])
        answers = [json.loads((await raw.next_frame())[1]) for _ in requests]
        assert all(answer["status"] for answer in answers)
        engine = exchange.play.game.engine if exchange.play else None
        assert engine is not None
        assert (len(engine.accounts), len(engine.orders)) == (2, len(PRICES))
        assert engine.violations() == []
    exchange.stop()
    await asyncio.wait_for(serving, WAIT_S)


@pytest.mark.ci
@pytest.mark.usefixtures("descriptors")
async def test_spectators_that_stop_reading() -> None:
    """100 of 1,000 stop reading: the others get every event, the 100 are dropped and come back."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    async with feed(bench, max_connections_per_address=2_000) as face:
        async with raws(face, 900) as readers, raws(face, 100, receive_buffer=4_096) as stalled:
            seq = json.loads((await stalled[0].next_frame())[1])["seq"]
            for raw in stalled:
                raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
            counts = [asyncio.create_task(_count(raw)) for raw in readers]
            before, events, unread = resident_bytes(), 0, 0
            while face.connections() > 900 and events < 20_000:
                for _ in range(20):
                    bench.submit(Broadcast(alice, f"{EVENT.decode()}{'x' * 400}"))
                events += 20
                await asyncio.sleep(0.02)
                unread = max(unread, face.unread())
            grown = resident_bytes() - before
            log.info("%d events, 100 that read nothing: %d bytes more", events, grown)
            assert face.connections() == 900
            assert 0 < unread < 100 * 1_500_000
            assert grown < 100 * 1_500_000 + 900 * MINE
            bench.submit(Broadcast(alice, "the last"))
            async with asyncio.timeout(3 * WAIT_S):
                assert set(await asyncio.gather(*counts)) == {events}
            await _comes_back(face, seq, events)


async def _count(raw: Raw) -> int:
    """How many events came before the last. Frames are not looked at: there are millions."""
    seen, end = 0, b""
    while True:
        async with asyncio.timeout(WAIT_S):
            data = await raw.reader.read(262_144)
        assert data, "a reader was dropped"
        data = end + data
        seen += data.count(EVENT)
        if b"the last" in data:
            return seen
        end = data[-len(EVENT) + 1 :]


async def _comes_back(face: Face, seq: int, events: int) -> None:
    """One of those dropped resumes where it was, and misses nothing."""
    raw = await Raw.open(face)
    await raw.send([frame(b'{"cmd":"resume","params":{"seq":%d}}' % seq)])
    seqs = []
    while True:
        opcode, data = await raw.next_frame()
        assert (opcode, opcode != CLOSE) == (TEXT, True)
        told = json.loads(data)
        if told.get("seq", 0) > seq and told["type"] == "bcast":
            seqs.append(told["seq"])
            if told["message"] == "the last":
                break
    assert seqs == list(range(seq + 1, seq + events + 2))
    raw.leave()

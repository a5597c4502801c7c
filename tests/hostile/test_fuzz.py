"""Fuzzing: whatever comes, one reply with a code, no state changed by a refusal, others served."""

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cxgame.engine.invariants import violations
from cxgame.model.errors import Code
from cxgame.server import feed as feed_module
from cxgame.server.http.app import create_app
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.serving import HttpServer
from cxgame.server.http.vitals import Condition
from cxgame.server.sessions.session import Session
from cxgame.server.sockets.listener import Listener
from cxgame.server.sockets.peer import Peer
from tests.hostile.faces import LIMITS, WAIT_S, Face, feed
from tests.hostile.fuzz import messages
from tests.hostile.raw import CLOSE, LAST, PING, PONG, TEXT, Raw, frame
from tests.server.rig import Rig

SEED = int(os.environ.get("FUZZ_SEED", "7"))
CODES = {str(code) for code in Code}
NOT_UTF8 = 1007
TOO_LONG = (1009).to_bytes(2) + b"A message has at most 65536 bytes."

some = pytest.mark.parametrize("count", [1_000, pytest.param(25_000, marks=pytest.mark.ci)])


class Game:
    """A game behind a real listener."""

    def __init__(self, rig: Rig, face: Face) -> None:
        self.rig, self.face = rig, face

    async def enter(self, name: str) -> "Player":
        """A connection that is logged in."""
        player = Player(await Raw.open(self.face))
        reply = await player.ask(
            "register", username=name, token=f"{name:0<64}".encode().hex()[:64]
        )
        assert reply["status"] is True, reply
        return player


class Player:
    """One connection."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    async def send(self, message: bytes) -> dict[str, Any] | int:
        """The reply to a message, or the code with which the connection was closed."""
        self.raw.writer.write(frame(message))
        reply = await next_reply(self.raw)
        assert isinstance(reply, int) or reply["status"] is True or reply["code"] in CODES, reply
        return reply

    async def ask(self, command: str, **params: Any) -> dict[str, Any]:
        """The reply to a command."""
        reply = await self.send(json.dumps({"cmd": command, "params": params}).encode())
        assert isinstance(reply, dict)
        return reply


async def next_reply(raw: Raw) -> dict[str, Any] | int:
    """The next reply, or the close code; what is pushed by the way is none."""
    while True:
        opcode, data = await raw.next_frame()
        if opcode == CLOSE:
            return int.from_bytes(data[:2])
        if opcode == PING:  # the server looks after who stays longer than some seconds
            raw.writer.write(frame(data, PONG))
            continue
        assert opcode == TEXT
        message: dict[str, Any] = json.loads(data)
        if "type" not in message:
            return message
        assert not {"status", "id"} & set(message)


@pytest.fixture
async def game() -> AsyncIterator[Game]:
    """An open game without limits on rates, whose state changes by requests alone."""
    rig = await Rig().start()
    listener = Listener({"": lambda peer: _session(rig, peer)}.get, LIMITS)
    port = await listener.bind(["127.0.0.1"], 0)
    await listener.accept()
    yield Game(rig, Face("game", port, LIMITS.max_message, True, lambda: listener.connections))
    async with asyncio.timeout(WAIT_S):
        await listener.close(1001, "The test is over.")
    assert violations(rig.game.engine) == []
    await rig.stop()


def _session(rig: Rig, peer: Peer) -> Session:
    return Session(rig.host, peer)


@some
async def test_a_refusal_changes_nothing(game: Game, count: int) -> None:
    """Each message has one reply or a documented close; after a refusal the state is the same."""
    engine = game.rig.game.engine
    mallory = await game.enter("mallory")
    refused = accepted = closed = 0
    state = engine.state_hash()
    for message in messages(SEED, count):
        reply = await mallory.send(message)
        if not isinstance(reply, int) and reply["status"]:
            accepted += 1
            game.rig.host.safety.close()  # what was armed would cancel orders at a time of its own
            state = engine.state_hash()
            continue
        assert engine.state_hash() == state, message
        if isinstance(reply, int):
            assert (reply, _is_utf8(message)) == (NOT_UTF8, False), message
        else:
            refused += 1
            if len(message) <= LIMITS.max_message:
                continue
            assert reply["code"] == Code.LIMIT_MESSAGE
            assert await mallory.raw.next_frame() == (CLOSE, TOO_LONG)
        closed += 1
        mallory.raw.leave()
        mallory = await game.enter(f"mallory.{closed}")  # the old name may have a new token
        state = engine.state_hash()
    assert refused > count // 2
    assert accepted > count // 100
    assert closed > 0
    mallory.raw.leave()


@some
async def test_others_play_on(game: Game, count: int) -> None:
    """While messages come as fast as they can, two honest players get what they ask for."""
    over = asyncio.Event()
    players = [asyncio.create_task(_plays(game, name, over)) for name in ("honest", "fair")]
    for number in range(0, count, 100):
        raw = await Raw.open(game.face)
        batch = [each for each in messages(SEED + 1 + number, 100) if _is_harmless(each)]
        raw.writer.write(b"".join(frame(message) for message in batch))
        for _ in batch:
            reply = await next_reply(raw)
            assert isinstance(reply, dict)
            assert reply["status"] is True or reply["code"] in CODES, reply
        raw.leave()
    over.set()
    async with asyncio.timeout(WAIT_S):
        rounds = await asyncio.gather(*players)
    assert min(rounds) > count // 200


async def _plays(game: Game, name: str, over: asyncio.Event) -> int:
    """Order and cancel until it is over; how often."""
    player, rounds = await game.enter(name), 0
    while not over.is_set():
        placed = await player.ask("buy", price="500", size="0.1")
        assert placed["status"] is True, placed
        cancelled = await player.ask("cancel", order_id=placed["data"]["id"])
        assert cancelled["status"] is True, cancelled
        rounds += 1
        await asyncio.sleep(0)
    player.raw.leave()
    return rounds


async def test_a_message_over_the_limit(game: Game) -> None:
    """One byte more than allowed is answered, then closed; nothing has changed."""
    mallory = await game.enter("mallory")
    before = game.rig.game.engine.state_hash()
    reply = await mallory.send(b" " * (LIMITS.max_message + 1))
    assert isinstance(reply, dict)
    assert reply["code"] == "LIMIT_MESSAGE"
    assert await mallory.raw.next_frame() == (CLOSE, TOO_LONG)
    assert game.rig.game.engine.state_hash() == before
    mallory.raw.leave()


@pytest.mark.parametrize("count", [500, pytest.param(5_000, marks=pytest.mark.ci)])
async def test_requests_to_the_feed(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request has at most one answer, an error if it is none; the feed goes on."""
    monkeypatch.setattr(feed_module, "REQUESTS_PER_S", 1_000_000)
    errors = 0
    async with feed() as face:
        raw = await Raw.open(face)
        for message in messages(SEED, count, feed=True):
            fits = message[: face.max_message]
            raw.writer.write(frame(fits) + frame(LAST))
            said = await raw.answers(face)
            if said.code is not None:
                assert (said.code, _is_utf8(fits)) == (NOT_UTF8, False), fits
                raw.leave()
                raw = await Raw.open(face)
                continue
            assert len(said.texts) <= 1, (fits, said)
            frames = [json.loads(text) for text in said.texts]
            assert frames or b"resume" in fits, fits
            errors += sum(each["type"] == "error" and each["code"] in CODES for each in frames)
        raw.leave()
    assert errors > count // 2


class Vitals:
    """A server that is ready, and has no game."""

    condition = Condition.READY
    play = None
    connections = 0


LINES = [
    *(b"GET / HTTP/1.1", b"HEAD /metrics HTTP/1.1", b"POST /healthz HTTP/1.1", b"BREW /x HTTP/1.1"),
    *(b"GET http://x/healthz HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET /readyz HTTP/1.0"),
    *(
        b"GET /%ff%00/../..//etc HTTP/1.1",
        b"PUT /metrics?a=%z HTTP/1.1",
        b"CONNECT x:1 HTTP/1.1",
    ),
]
HEADERS = [
    *(b"Host: x", b"Connection: close", b"Connection: upgrade", b"Upgrade: websocket", b": x"),
    *(b"Content-Length: 5", b"Content-Length: -1", b"Transfer-Encoding: chunked", b"A:\x00b"),
    *(b"Authorization: Bearer \xff", b"Expect: 100-continue", b"X: " + b"y" * 70_000),
]
BODIES = [b"", b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n", b"\x00" * 100]


def _request(draw: random.Random) -> bytes:
    """A request that is none, or nearly one."""
    lines = [draw.choice(LINES), *draw.choices(HEADERS, k=draw.randrange(5))]
    data = bytearray(b"\r\n".join(lines) + b"\r\n\r\n" + draw.choice(BODIES))
    for _ in range(draw.choice([0, 0, 1, 3])):
        data[draw.randrange(min(len(data), 60))] = draw.randrange(256)
    return bytes(data)


async def test_requests_to_http() -> None:
    """Nonsense is answered with a status or a closed connection; the next client is served."""
    vitals = Vitals()
    server = HttpServer(create_app(vitals, Metrics(vitals)), None)
    port = server.bind(["127.0.0.1"], 0)
    await server.start()
    draw = random.Random(SEED)
    statuses = [await _status(port, _request(draw)) for _ in range(500)]
    assert {200, 400, 404, 405} <= {status for status in statuses if status}
    assert all(status is None or status < 500 for status in statuses), statuses
    assert await _status(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == 200
    async with asyncio.timeout(WAIT_S):
        await server.close()


async def _status(port: int, request: bytes) -> int | None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        writer.write_eof()
        async with asyncio.timeout(WAIT_S):
            line = await reader.readline()
        return int(line.split()[1]) if line else None
    except (ConnectionResetError, BrokenPipeError):
        return None
    finally:
        writer.transport.abort()


def _is_harmless(message: bytes) -> bool:
    """Whether a connection survives it."""
    return len(message) <= LIMITS.max_message and _is_utf8(message)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True

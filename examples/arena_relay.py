"""The arena's relay: stands between a bot and the order server, and reads along.

Every byte goes on as it came, so that a connection that is lost, mute or half open is so on both
sides. What the bot asks and is told goes to its `View`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from arena_view import Conversation, View

CHUNK_BYTES = 65_536
TEXT, CONTINUATION = 1, 0  # opcodes of RFC 6455, 5.2
LENGTH_16, LENGTH_64 = 126, 127


@asynccontextmanager
async def relayed(host: str, port: int, view: View) -> AsyncIterator[str]:
    """The address of a relay before an order server, until the end of the block."""
    passing: set[asyncio.Task[None]] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        passing.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await _pass_on(reader, writer, host, port, view.conversation())
        passing.discard(task)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in passing:
            task.cancel()
        if passing:
            await asyncio.wait(passing)


async def _pass_on(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    host: str,
    port: int,
    conversation: Conversation,
) -> None:
    """One connection, in both directions; when one side is gone, the other goes as well."""
    try:
        far_reader, far_writer = await asyncio.open_connection(host, port)
        pumps = {
            asyncio.create_task(_pump(reader, far_writer, conversation.asked)),
            asyncio.create_task(_pump(far_reader, writer, conversation.told)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            await _close(far_writer)
    finally:
        await _close(writer)


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    hear: Callable[[str, float], None],
) -> None:
    frames = Frames()
    while data := await reader.read(CHUNK_BYTES):
        for text in frames.feed(data):
            hear(text, time.time())
        writer.write(data)
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


class Frames:
    """The text messages in one direction of a websocket, of a stream cut anywhere."""

    def __init__(self) -> None:
        self._buffer = b""
        self._is_open = False  # whether the handshake is over
        self._parts = b""  # of a message in several frames

    def feed(self, data: bytes) -> list[str]:
        """Take bytes in; returns the messages that they complete."""
        self._buffer += data
        if not self._is_open:
            _, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return []
            self._is_open, self._buffer = True, rest
        texts = []
        while (frame := self._cut()) is not None:
            head, payload = frame
            if head & 0x0F in (TEXT, CONTINUATION):
                self._parts += payload
                if head & 0x80:  # the last one
                    texts.append(self._parts.decode(errors="replace"))
                    self._parts = b""
        return texts

    def _cut(self) -> tuple[int, bytes] | None:
        """The first byte and the payload of the next frame; None: it is not whole."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size in (LENGTH_16, LENGTH_64):
            start = 4 if size == LENGTH_16 else 10
            size = int.from_bytes(buffer[2:start], "big")
        is_masked = buffer[1] >= 0x80
        end = start + 4 * is_masked + size
        if len(buffer) < end:
            return None
        payload = buffer[start:end]
        self._buffer = buffer[end:]
        return buffer[0], _unmasked(payload) if is_masked else payload


def _unmasked(payload: bytes) -> bytes:
    """The text under a mask, whose four bytes come first."""
    mask, text = payload[:4], payload[4:]
    whole = (mask * (len(text) // 4 + 1))[: len(text)]
    plain = int.from_bytes(text, "big") ^ int.from_bytes(whole, "big")
    return plain.to_bytes(len(text), "big")

"""What all WebSocket servers ask of a connection before they look at what it says.

A `Door` counts connections, by address. A `Caller` is one of them: it takes few bytes at a time,
so that nobody holds the event loop for long, and counts the frames that are no message.
"""

import asyncio
from collections import Counter
from typing import Any, Final, Protocol

from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Event
from websockets.server import ServerProtocol

from cxgame.limits import Bucket
from cxgame.model.errors import Code, reject

# Taken from a connection before others have their turn. A frame has at least 6 bytes and costs
# about as many microseconds, so 1,365 empty ones hold the loop for 9 ms; 80 orders fit in.
READ_BYTES: Final = 8_192
# Fragments, pings and pongs cost as much as messages and are answered by no rate limit. A client
# that cuts each of its 100 messages a second in ten stays below; a flood is over after 20 ms.
FRAMES_PER_S, FRAMES_AT_ONCE = 1_000, 2_000
MOST_PER_ADDRESS: Final = 400  # a class shares one address, with a few bots each
POLICY: Final = 1008  # close code of RFC 6455, 7.4.1
FLOOD: Final = "Too many fragments, pings or pongs."


class Door:
    """All connections of one server, those in the handshake included; of one event loop."""

    def __init__(self, most_per_address: int = MOST_PER_ADDRESS) -> None:
        self.callers: set[Caller] = set()
        self.inbox = memoryview(bytearray(READ_BYTES))  # for whoever is being read from
        self._most_per_address = most_per_address
        self._addresses: Counter[str] = Counter()

    def arrived(self, caller: "Caller") -> None:
        """Count a connection in; cut it off if its address holds far too many."""
        self.callers.add(caller)
        self._addresses[caller.address] += 1
        # Above the limit an address gets an answer; the answering must be bounded too.
        if self._addresses[caller.address] > 2 * self._most_per_address:
            caller.transport.abort()

    def left(self, caller: "Caller") -> None:
        """Count a connection out."""
        self.callers.discard(caller)
        self._addresses[caller.address] -= 1
        if not self._addresses[caller.address]:
            del self._addresses[caller.address]

    def refusal(self, caller: "Caller") -> str | None:
        """Why a connection may not come in: its address has too many."""
        limit = self._most_per_address
        if self._addresses[caller.address] <= limit:
            return None
        refusal = reject(Code.LIMIT_CONNECTIONS, limit=str(limit))
        return f"{refusal.code}: {refusal.text}\n"

    def close(self, code: int, reason: str) -> None:
        """Ask everybody to leave; who has not even come in is cut off."""
        for caller in list(self.callers):
            caller.dismiss(code, reason)


class Registry(Protocol):
    """Whoever counts connections."""

    inbox: memoryview

    def arrived(self, caller: "Caller") -> None:
        """A connection was accepted; the handshake comes next."""
        ...

    def left(self, caller: "Caller") -> None:
        """A connection that had arrived is gone."""
        ...


class Caller(ServerConnection, asyncio.BufferedProtocol):
    """One connection."""

    def __init__(
        self, registry: Registry, protocol: ServerProtocol, server: Server, **options: Any
    ) -> None:
        super().__init__(protocol, server, **options)
        self.address = ""
        self.deaf = False  # it has sent too much: nothing more is read from it
        self._registry = registry
        self._frames = Bucket(FRAMES_PER_S, FRAMES_AT_ONCE)

    def dismiss(self, code: int, reason: str) -> None:
        """Close the connection with a reason, or cut it off if it has not come in."""
        raise NotImplementedError

    def count(self, event: Event) -> None:
        """To be called for each event: dismisses who sends too many frames that are no message."""
        if self.deaf or not isinstance(event, Frame) or event.opcode is Opcode.CLOSE:
            return
        is_message = event.fin and event.opcode in (Opcode.TEXT, Opcode.BINARY)
        if is_message or not self._frames.take(int(self.loop.time() * 1e9)):
            return
        self.deaf = True
        self.dismiss(POLICY, FLOOD)
        if not self.transport.is_closing():
            self.transport.pause_reading()

    # Called by the event loop

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go: nobody else's come before these are dealt with."""
        return self._registry.inbox

    def buffer_updated(self, nbytes: int) -> None:
        """They have come."""
        self.data_received(bytes(self._registry.inbox[:nbytes]))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection was accepted."""
        super().connection_made(transport)
        peer_name = transport.get_extra_info("peername")
        self.address = str(peer_name[0]) if peer_name else ""  # gone already: no name any more
        self._registry.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The last call."""
        super().connection_lost(exc)
        self._registry.left(self)

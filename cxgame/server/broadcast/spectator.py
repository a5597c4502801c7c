"""One spectator: bytes out without waiting, and dropped when it does not read them.

A spectator is written to straight through its transport, which the library's own `send` would
make thirty times dearer. What is written is whole, unfragmented frames, so the library's pings and
closing handshake fit in between.
"""

import asyncio

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from cxgame.wire.feed import DEFAULT, Subscription

# What may lie unread by one spectator: some seconds of a very busy game. Beyond, it is dropped.
# The default of the setting `feed_buffer`.
MAX_UNREAD_BYTES = 1_048_576
TRY_AGAIN_LATER = 1013
TOO_SLOW = "Too slow: come back and resume."
_CLOSE_S = 5.0  # for a slow spectator to read what it was sent, and the reason


class Spectator:
    """One connection of the feed."""

    __slots__ = ("_connection", "_most_unread", "owed", "subscription")

    def __init__(self, connection: ServerConnection, most_unread: int = MAX_UNREAD_BYTES) -> None:
        self._connection = connection
        self._most_unread = most_unread
        self.subscription: Subscription = DEFAULT
        self.owed = b""  # what the last flush gave its lane, until it is written

    @property
    def gone(self) -> bool:
        """Whether nothing that is written now will arrive."""
        return self._connection.state is not State.OPEN or self._connection.transport.is_closing()

    @property
    def unread_bytes(self) -> int:
        """What lies in our hands because the spectator does not read."""
        return self._connection.transport.get_write_buffer_size()

    def pay(self) -> bool:
        """Write what is owed. False: it is dropped for not reading."""
        owed, self.owed = self.owed, b""
        return not owed or self._write(owed)

    def send(self, data: bytes) -> bool:
        """Write `data` after what is owed. False: it is dropped for not reading."""
        owed, self.owed = self.owed, b""
        return self._write(owed + data)

    def close(self, code: int, reason: str) -> None:
        """Close, without waiting for somebody who may never read."""
        connection = self._connection
        if self.gone:
            return
        connection.protocol.send_close(code, reason)
        connection.send_data()
        asyncio.get_running_loop().call_later(_CLOSE_S, connection.transport.abort)

    def _write(self, data: bytes) -> bool:
        if self.gone:
            return True  # its handler notices
        try:
            self._connection.transport.write(data)
        except (OSError, RuntimeError):  # closed between the check and the write
            self._connection.transport.abort()
            return True
        if self.unread_bytes <= self._most_unread:
            return True
        self.close(TRY_AGAIN_LATER, TOO_SLOW)
        return False

"""A visit: one message to the game and its reply, by a session that has no socket.

It is the session of the order server, so that every command has the same limits, codes and rows
here, and its reply is durable before it leaves.
"""

import asyncio
from typing import Any

from cxgame.limits import Share
from cxgame.model.errors import Code, reject
from cxgame.server.http.rest.keys import Caller
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.session import Session
from cxgame.wire.replies import refused


class Visit(Session):
    """A session for one message. Nobody is told of it, and it counts as no connection."""

    __slots__ = ("_outlet", "_share")

    def __init__(
        self,
        host: Host,
        address: str,
        caller: Caller | None = None,
        share: Share[Any] | None = None,
    ) -> None:
        """`caller` is who has shown a key; None may do what needs no login.

        `share` is what the visit is limited by, if anything; it has been counted as one request.
        """
        self._outlet = _Outlet(address)
        super().__init__(host, self._outlet)
        self._is_limited = False  # who asks too often is refused before, by key or address
        self._share = share
        if caller is not None:
            self.account, self.name = caller.account, caller.name
            self.answered = host.rates.of(caller.account)

    async def ask(self, message: bytes) -> bytes:
        """The reply to one message, once what it tells is durable."""
        self.receive(message)
        try:
            return await self._outlet.reply
        finally:
            self.closed()

    def charge(self, more: int) -> int:
        """Count the request as `more` than one."""
        if self._share is None:
            return 0
        return self._share.take_more(self.host.clock.monotonic_ns(), more)

    def messages_left(self) -> int | None:
        """How many requests would be answered now; None without a limit."""
        return None if self._share is None else self._share.left(self.host.clock.monotonic_ns())

    def _announce(self) -> None:
        """Requests come by the hundred: the feed says nothing of them."""


class _Outlet:
    """What a session takes for its connection: it keeps the one reply."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def write(self, payloads: list[bytes], pushed: int = 0) -> None:
        """The reply; lost when the client has gone."""
        if not self.reply.done():
            self.reply.set_result(payloads[0])

    def push(self, frames: bytes) -> bool:
        """There is nobody to push to."""
        return False

    def is_closing(self) -> bool:
        """A visit is over with its reply."""
        return self.reply.done()

    @property
    def unread_bytes(self) -> int:
        """The reply is handed over as it is."""
        return 0

    def close(self, code: int, reason: str) -> None:
        """The server failed on the message."""
        self.write([refused("", reject(Code.INTERNAL_ENGINE), None)])

    def pause_reading(self) -> None:
        """There is only one message."""

    def resume_reading(self) -> None:
        """There is only one message."""

"""What the client follows, kept: asked for until it is agreed, and again on every connection."""

import asyncio
import logging

from cxgame.network import Backoff
from cxgame.simulator.errors import Refused, Unreachable
from cxgame.simulator.frames import Frame
from cxgame.simulator.replies import is_passing
from cxgame.simulator.socket import Socket, Unanswered
from cxgame.simulator.terms import Terms

log = logging.getLogger(__name__)

Stream = tuple[str, str]
"""A channel and a symbol."""


class Subscriptions:
    """The streams that are wanted, and which of them the open connection has agreed to."""

    def __init__(self, socket: Socket, terms: Terms) -> None:
        self.wanted: dict[Stream, None] = {}
        self._socket = socket
        self._terms = terms
        self._agreed: set[Stream] = set()
        self._refusals: dict[Stream, Refused] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def add(self, stream: Stream, until: float) -> None:
        """Follow a stream; return once it is agreed. Raises `Refused`, `Unreachable`.

        `Unreachable` is no end: the stream stays wanted.
        """
        self._refusals.pop(stream, None)
        self.wanted[stream] = None
        self.renew()
        try:
            async with asyncio.timeout_at(until):
                while stream not in self._agreed:
                    if stream in self._refusals:
                        raise self._refusals.pop(stream)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise Unreachable(f"No answer to the subscription of {' '.join(stream)}.") from None

    async def remove(self, stream: Stream) -> None:
        """Follow it no more, from the next connection on at the latest."""
        self.wanted.pop(stream, None)
        if stream not in self._agreed:
            return
        self._agreed.discard(stream)
        channel, symbol = stream
        try:
            await self._socket.ask(
                "UNSUBSCRIBE", self._terms.reply_s, channel=channel, symbol=symbol
            )
        except Unanswered as fault:
            log.info("%s", fault)

    def again(self, stream: Stream) -> None:
        """Have a stream begin anew: something of it is missing."""
        self._agreed.discard(stream)
        self.renew()

    def lost(self) -> None:
        """The connection is gone, and with it all that was agreed."""
        self._agreed.clear()
        if self._task is not None:
            self._task.cancel()

    def renew(self) -> None:
        """Ask for what is wanted and not agreed, over the connection that is open."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._agree(), name="simulator subscriptions")

    async def close(self) -> None:
        """Ask no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _agree(self) -> None:
        backoff = Backoff(0.1, 2.0)
        while self._socket.up.is_set() and (open := self._open()):
            tries = [self._ask(stream) for stream in open]
            if not all(await asyncio.gather(*tries)):
                await asyncio.sleep(next(backoff))

    def _open(self) -> list[Stream]:
        return [stream for stream in self.wanted if stream not in self._agreed]

    async def _ask(self, stream: Stream) -> bool:
        """Ask for one stream; False: ask again."""
        channel, symbol = stream
        try:
            answer: Frame = await self._socket.ask(
                "SUBSCRIBE", self._terms.reply_s, channel=channel, symbol=symbol
            )
        except Unanswered:
            return False
        if answer["type"] == "SUBSCRIBED":
            self._agreed.add(stream)
        elif is_passing(answer):
            return False
        else:
            self.wanted.pop(stream, None)
            self._refusals[stream] = Refused(
                str(answer.get("message")), code=str(answer.get("code"))
            )
        self._changed.set()
        return True

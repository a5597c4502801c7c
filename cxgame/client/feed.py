"""`CxFeedReader`: what happens on the exchange, as it happens, complete and in order."""

import asyncio
import json
import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

from cxgame.client.channels import Frame
from cxgame.client.opening import GAME_OVER, CannotOpen, closing_sentence, open_websocket
from cxgame.client.tape import Tape, Verdict
from cxgame.client.words import MarketChannel, Timeframe
from cxgame.network import Backoff, Heartbeat, Pulse

log = logging.getLogger(__name__)

# Frames held for a slow reader. When they are full we stop reading; then the exchange may drop
# us, and we resume where we were: nothing grows without bound and nothing is missed.
QUEUE_FRAMES = 1_024
# The feed sends a heartbeat each second, whatever the game does.
SILENT_S = 10.0
LOOK_S = 1.0

_SUBSCRIBE, _RESUME, _RESYNC = "subscribe", "resume", "resync"


class CxFeedReader:
    """An async iterator of feed events (dicts).

    ```python
    async with CxFeedReader() as feed:
        async for event in feed:
            print(event["type"])
    ```

    After a break it reconnects and resumes; each event comes once. A frame of type `resync` says
    that the exchange no longer had what was missed: build anew what you derived from the feed.
    The channel `candles` needs a `timeframe`. `after` resumes a former reading: pass the `seq` up
    to which that one came. The iteration ends when the game is over. Entering raises
    ConnectionError if the feed can't be reached within `timeout_s`; so does the iteration, for
    what waiting does not heal; and it raises ValueError if the exchange has no such channel or
    symbol.
    """

    def __init__(
        self,
        uri: str = "ws://127.0.0.1:9876",
        channels: Sequence[MarketChannel | str] = ("full",),
        symbol: str | None = None,
        *,
        timeframe: Timeframe | None = None,
        after: int | None = None,
        ssl_verify: bool = True,
        timeout_s: float = 10.0,
    ) -> None:
        self._uri = uri
        self._subscription: dict[str, Any] = {"channels": list(channels)}
        if symbol is not None:
            self._subscription["symbol"] = symbol
        if timeframe is not None:
            self._subscription["timeframe"] = timeframe
        self._tape = Tape(after)
        self._ssl_verify = ssl_verify
        self._timeout_s = timeout_s
        self._websocket: ClientConnection | None = None
        self._outbox: list[str] = []  # sent before the next read, so that a cancel loses nothing
        self._asked_at: float | None = None  # when a hole made us ask for a resume
        self._fault = ""
        self._fruitless = False  # whether a connection was opened that has not told anything yet
        self._waits = Backoff()
        self._heartbeat = Heartbeat(SILENT_S, step_s=LOOK_S)
        self._greeted = False  # whether this connection has said hello
        self._subscribing = False  # frames that come meanwhile are of the default channel
        self._answering = Heartbeat(timeout_s, step_s=LOOK_S)  # how long that takes
        self._over = False
        self.gaps = 0  # how often frames were missing and asked for again
        self.breaks = 0  # how often the connection was lost

    @property
    def seq(self) -> int | None:
        """The last event's number; None before the first contact."""
        return self._tape.seq

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._connect()
        except TimeoutError:
            raise ConnectionError(self._fault or f"{self._uri} does not answer.") from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._hang_up()

    def resync(self, symbol: str | None = None) -> None:
        """Have a `depth_snapshot` sent again, of all markets or of one: a book was lost.

        It is asked for with the next event that is read.
        """
        self._send(_RESYNC, {} if symbol is None else {"symbol": symbol})

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Frame:
        """The next event. May be cancelled without losing one."""
        while True:
            if self._websocket is None:
                await self._connect()
            try:
                frame = await self._receive()
            except ConnectionClosed as closed:
                await self._broken(closed)
                continue
            except TimeoutError:
                log.warning("The feed is silent. Resuming after event %s.", self._tape.seq)
                self.breaks += 1
                await self._hang_up()
                continue
            if frame is not None:
                return frame

    async def _connect(self) -> None:
        """Open a connection, however long it takes; the `hello` that follows does the rest."""
        if self._fruitless:  # a feed that hangs up on everybody is not to be besieged
            await asyncio.sleep(next(self._waits))
        for delay_s in Backoff():
            try:
                self._websocket = await open_websocket(
                    self._uri, ssl_verify=self._ssl_verify, max_queue=QUEUE_FRAMES
                )
            except CannotOpen as fault:
                if self._over:
                    raise StopAsyncIteration from None
                if not fault.heals:
                    raise ConnectionError(fault.sentence) from None
                self._fault = fault.sentence
                log.info("%s Trying again.", fault.sentence)
                await asyncio.sleep(delay_s)
            else:
                log.debug("Connected to %s", self._uri)
                self._fruitless = True
                self._asked_at = None
                self._outbox.clear()
                self._greeted = False
                self._subscribing = False
                self._heartbeat.rest()
                return

    async def _broken(self, closed: ConnectionClosed) -> None:
        """After a closed connection: the end of the game, or a reason to reconnect."""
        self._websocket = None
        if closed.rcvd is not None and closed.rcvd.reason == GAME_OVER:
            # Thin channels have no frame that says so.
            self._over = True
        if self._over and isinstance(closed, ConnectionClosedOK):
            raise StopAsyncIteration
        self.breaks += 1
        log.warning("%s Resuming after event %s.", closing_sentence(closed), self._tape.seq)

    async def _hang_up(self) -> None:
        websocket, self._websocket = self._websocket, None
        if websocket is not None:
            await websocket.close()

    async def _receive(self) -> Frame | None:
        """Read one message; None if there is nothing in it for the caller."""
        assert self._websocket is not None
        while self._outbox:
            await self._websocket.send(self._outbox[0])
            del self._outbox[0]
        frame = _parse(await self._read(self._websocket))
        if frame is None:
            return None
        is_wanted = self._note(frame)
        if self._is_astray(frame):
            log.warning("The feed sends what nobody asked for; reconnecting")
            self.breaks += 1
            await self._hang_up()
            return None
        if not is_wanted:
            return None
        position = self._tape.seq
        verdict = self._tape.judge(frame)
        if verdict is Verdict.HOLE:
            await self._fill_hole()
        elif self._tape.seq != position:
            self._asked_at = None
        return frame if verdict is Verdict.TAKE else None

    async def _read(self, websocket: ClientConnection) -> str | bytes:
        """The next message. Raises TimeoutError if the feed has been silent for too long."""
        clock = asyncio.get_running_loop().time
        self._heartbeat.rest()  # what passes while nobody reads is not the feed's silence
        while self._heartbeat.look(clock()) is not Pulse.DEAD:
            try:
                async with asyncio.timeout(LOOK_S):
                    return await websocket.recv()
            except TimeoutError:
                continue
        raise TimeoutError

    def _note(self, frame: Frame) -> bool:
        """Act on the frames that are about the feed itself; False: the caller needn't see it."""
        kind = frame.get("type")
        if frame.get("phase") == "closed" or kind == "shutdown":
            self._over = True
        if kind == "hello":
            self._subscribe(frame)
        elif kind == "subscribed":
            self._subscribing = False
            self._fruitless = False
            self._waits.reset()
        elif kind == "error" and frame.get("id") == _SUBSCRIBE:
            raise ValueError(str(frame.get("message")))
        elif self._subscribing:
            return False
        return True

    def _is_astray(self, frame: Frame) -> bool:
        """Whether this goes on without the subscription: the hello, or the answer, was lost.

        The oldest servers say no hello; but neither do they number what they send.
        """
        if not self._greeted:
            return "seq" in frame or "last_seq" in frame
        clock = asyncio.get_running_loop().time
        return self._subscribing and self._answering.look(clock()) is Pulse.DEAD

    def _subscribe(self, hello: Frame) -> None:
        if self._tape.greet(hello):
            log.warning("Another game is on at %s: reading from its present.", self._uri)
            self._over = hello.get("phase") == "closed"
        self._greeted = True
        self._subscribing = True
        self._answering.rest()
        self._send(_SUBSCRIBE, self._subscription)
        self._resume()  # also the first time: what came between hello and subscription

    async def _fill_hole(self) -> None:
        """Frames are missing: have them sent again, or, if that does not help, reconnect."""
        now = asyncio.get_running_loop().time()
        if self._asked_at is None:
            log.info("Events after %s are missing; asking for them", self._tape.seq)
            self.gaps += 1
            self._asked_at = now
            self._resume()
        elif now - self._asked_at > self._timeout_s:
            log.warning("No resume after %s; reconnecting", self._tape.seq)
            await self._hang_up()

    def _resume(self) -> None:
        if self._tape.seq is not None:
            self._send(_RESUME, {"seq": self._tape.seq})

    def _send(self, cmd: str, params: dict[str, Any]) -> None:
        self._outbox.append(json.dumps({"cmd": cmd, "params": params, "id": cmd}))


def _parse(raw: str | bytes) -> Frame | None:
    """A feed frame; None, and a word in the log, for what is none."""
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        frame = None
    if isinstance(frame, dict):
        return frame
    log.warning("The feed sent a message that is no frame")
    return None

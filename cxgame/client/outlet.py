"""One stream's end of the connection: what came for it and was not taken yet, within bounds.

The subscriber puts frames in, the stream takes them out; both in one event loop. A stream that
is too slow loses what waits, is told so by a `gap`, and gets no more until it has come to that
place: then it can begin anew with a snapshot. Nothing grows without bound, and nothing waits.
"""

import asyncio
import time
from collections import deque
from typing import Any, Literal

from cxgame.client.channels import Bases, Frame, Wish

# A busy market has some hundred events a second: seconds of it, and little memory.
QUEUE_FRAMES = 1_000


class Outlet:
    """The queue of one stream. `fault` is why it ended, if it did not end in good order."""

    def __init__(self, wish: Wish, most: int = QUEUE_FRAMES) -> None:
        self.wish = wish
        self.fault: Exception | None = None
        self.admitted = asyncio.Event()  # the exchange has agreed, or refused
        self.begun = False  # was admitted once
        self._most = most
        self._queue: deque[Frame] = deque()
        self._bases = Bases()
        self._some = asyncio.Event()  # something to take, or the end
        self._overflown: Frame | None = None  # the gap at which a slow stream has to arrive
        self._ended = False

    def put(self, frame: Frame) -> None:
        """Queue a frame if it is part of the wish and can be understood."""
        if self._ended or self._overflown is not None:
            if self._overflown is not None and self.wish.fits(frame):
                self._overflown["missed"] += 1
            return
        if not self.wish.fits(frame) or not self._bases.admit(frame):
            return
        if len(self._queue) >= self._most:
            self._overflow()
        else:
            self._push(frame)

    def gap(self) -> None:
        """Note that the connection was lost; several losses in a row are one gap."""
        self._bases.forget()
        is_known = bool(self._queue) and self._queue[-1]["type"] == "gap"
        if self.begun and not is_known:
            self._push(_gap("connection"))

    def clear(self) -> None:
        """Drop what waits."""
        self._queue.clear()

    def end(self, fault: Exception | None = None) -> None:
        """Nothing more will come; what came can still be taken."""
        if not self._ended:
            self._ended, self.fault = True, fault
        self.admitted.set()
        self._some.set()

    async def take(self) -> tuple[Frame, bool] | None:
        """The next frame, and whether snapshots are to be asked for after it; None at the end.

        Raises what it ended with. May be cancelled without losing a frame.
        """
        while not self._queue:
            if self._ended:
                if self.fault is not None:
                    raise self.fault
                return None
            self._some.clear()
            await self._some.wait()
        frame = self._queue.popleft()
        if frame is not self._overflown:
            return frame, False
        self._overflown = None
        return frame, True

    def take_all(self) -> list[tuple[Frame, bool]]:
        """What is there beside, without waiting."""
        taken = []
        while self._queue and self._queue[0] is not self._overflown:
            taken.append((self._queue.popleft(), False))
        return taken

    def _push(self, frame: Frame) -> None:
        self._queue.append(frame)
        self._some.set()

    def _overflow(self) -> None:
        self._overflown = _gap("slow", len(self._queue) + 1)
        self._queue.clear()
        self._bases.forget()
        self._push(self._overflown)


def _gap(reason: Literal["connection", "slow"], missed: int = 0) -> dict[str, Any]:
    return {"type": "gap", "ts": time.time(), "reason": reason, "missed": missed}

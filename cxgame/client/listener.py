"""`Listener`: calls a function for each event, in a thread, for who writes no coroutines."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Generic, TypeVar

from cxgame.client import background
from cxgame.client.stream import Stream

log = logging.getLogger(__name__)

E = TypeVar("E")


class Listener(Generic[E]):
    """A callback at work; what `CxClient.on` returns.

    Each listener has a daemon thread of its own, in which its callback is called, one event after
    the other. So a callback may take its time, and may use `r`; what it shares with other
    threads it has to guard. An exception in it ends the listener and is shown as any thread's is;
    `error` has it then.
    """

    def __init__(self, stream: Stream[E], callback: Callable[[E], object], name: str) -> None:
        self.error: BaseException | None = None
        self._stream = stream
        self._callback = callback
        background.wait_for(stream.__aenter__)
        self._thread = threading.Thread(target=self._listen, name=f"cxgame {name}", daemon=True)
        self._thread.start()

    @property
    def is_listening(self) -> bool:
        """Whether events may still come."""
        return self._thread.is_alive()

    def resync(self, symbol: str | None = None) -> None:
        """Have snapshots sent again, on the channels that have them."""
        background.soon(lambda: self._stream.resync(symbol))

    def stop(self) -> None:
        """End it; no call begins after this returns, unless it is the callback that stops."""
        background.wait_for(self._stream.close)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it has ended, e.g. with the game; False: `timeout_s` came first."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _listen(self) -> None:
        try:
            while events := background.wait_for(self._stream.several):
                for event in events:
                    self._callback(event)
        except CancelledError:
            log.debug("The program ends, and its listeners do")
        except BaseException as error:
            self.error = error
            background.soon(self._stream.let_go)
            raise

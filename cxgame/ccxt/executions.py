"""The private stream of the order server: log in, subscribe, and notice what was lost.

Knows nothing of connections and of ccxt: messages in, messages out. What the frames tell, `own`
makes use of.
"""

from collections.abc import Callable

from cxgame.ccxt.stream import Frame

_LOGIN, _SUBSCRIBE = "auth", "subscribe"


class Executions:
    """Where the subscription to one's own executions stands."""

    def __init__(self, on_snapshot: Callable[[Frame], None], on_next: Callable[[Frame], None]):
        """`on_snapshot`: all is told anew; `on_next`: a frame that follows the one before."""
        self._on_snapshot = on_snapshot
        self._on_next = on_next
        self._seq: int | None = None  # None: a snapshot is to come

    def login(self, user: str, token: str) -> Frame:
        """The message that begins a connection."""
        params = {"username": user, "token": token}
        return {"cmd": "auth", "params": params, "id": _LOGIN}

    def take(self, message: Frame) -> Frame | None:
        """Follow one message that is no refusal; returns what must be sent now, if anything."""
        match message.get("type"):
            case None if message.get("id") == _LOGIN:
                return self._begin()
            case "executions_snapshot":
                self._seq = message["seq"]
                self._on_snapshot(message)
            case "execution" | "wallets":
                return self._numbered(message)
        return None

    def _numbered(self, frame: Frame) -> Frame | None:
        if self._seq is None or frame["seq"] <= self._seq:
            return None
        if frame["seq"] > self._seq + 1:
            return self._begin()
        self._seq = frame["seq"]
        self._on_next(frame)
        return None

    def _begin(self) -> Frame:
        """Subscribe, or subscribe anew; nothing counts until the snapshot is there."""
        self._seq = None
        params = {"channels": ["executions"]}
        return {"cmd": "subscribe", "params": params, "id": _SUBSCRIBE}

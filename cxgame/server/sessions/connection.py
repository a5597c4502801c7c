"""What a session needs of its connection, be that a socket or a test's memory."""

from typing import Protocol


class Connection(Protocol):
    """What a session needs of its connection. None of it may raise."""

    address: str

    def write(self, payloads: list[bytes], pushed: int = 0) -> None:
        """Send each as a text message; lost when the client is gone.

        So many are `pushed` and answer nothing; a client who leaves too much of that unread is
        closed.
        """
        ...

    def close(self, code: int, reason: str) -> None:
        """Take no more messages; close once the replies that are owed have left."""
        ...

    def push(self, frames: bytes) -> bool:
        """Send WebSocket frames as they are. False: the client is gone, or closed for not reading.

        They answer nothing.
        """
        ...

    def is_closing(self) -> bool:
        """Whether nothing that is sent now will arrive."""
        ...

    @property
    def unread_bytes(self) -> int:
        """What the client has not read yet, as far as it lies in our hands."""
        ...

    def pause_reading(self) -> None:
        """Hand over no further message, not even one that has arrived already."""
        ...

    def resume_reading(self) -> None:
        """Go on, but not from within this call."""
        ...

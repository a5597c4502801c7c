"""What a command may answer: a reply, one that something follows, or the work that leads there."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple


class Opening(NamedTuple):
    """A reply, and what is to begin right behind it: called once the reply has its place."""

    reply: bytes
    begin: Callable[[], None]


Ready = bytes | Opening
Answer = Ready | Coroutine[Any, Any, Ready]

"""The types of messages, found in their bytes without reading them: for faults alone.

Cheap rather than strict: a type is the first string that stands after its key. A message without
one has no type, which no fault can name.
"""

import re
from collections.abc import Iterator
from typing import Final

from cxgame.faults import Face

REPLY: Final = "reply"  # the type of what answers a request in the order server's dialect

_KEYS: Final = {Face.ORDERS: b"cmd", Face.SIMULATOR: b"type"}
_STRING: Final = rb'"\s*:\s*"([^"\\]{1,64})"'
_FIRST: Final = {face: re.compile(rb'"' + key + _STRING) for face, key in _KEYS.items()}
_PUSHED: Final = re.compile(rb'\s*\{\s*"type' + _STRING)  # replies have their `type`s further in


def kind_in(face: Face, message: bytes) -> str:
    """The type of what a client sends: its command, or its frame's type."""
    return _text(_FIRST[face].search(message))


def kind_out(message: bytes) -> str:
    """The type of what a client is sent: of a pushed frame its own, else `reply`."""
    return _text(_PUSHED.match(message)) or REPLY


def messages(frames: bytes) -> Iterator[bytes]:
    """The messages in whole, unmasked text frames, in order."""
    start = 0
    while start < len(frames):
        length, start = frames[start + 1], start + 2
        if length > 125:
            extended = 2 if length == 126 else 8
            length = int.from_bytes(frames[start : start + extended])
            start += extended
        yield frames[start : start + length]
        start += length


def _text(found: re.Match[bytes] | None) -> str:
    return "" if found is None else found[1].decode(errors="replace")

"""WebSocket frames (RFC 6455, 5.2), as far as the transport's fast path needs them.

Only what every message of every player passes: the extent of an incoming frame, unmasking, and
the headers of outgoing text frames. Everything else about the protocol belongs to `websockets`.
"""

from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without the compiled part
    from websockets.utils import apply_mask

__all__ = ["FIN_TEXT", "INCOMPLETE", "MASKED", "apply_mask", "frame_end", "text_frames"]

FIN_TEXT: Final = 0x81  # first byte of a complete, unfragmented, uncompressed text frame
INCOMPLETE: Final = -1
MASKED: Final = 0x80  # in the second byte; every frame of a client must carry it
MASK_BYTES: Final = 4


def frame_end(data: bytes, start: int) -> tuple[int, int]:
    """Where the body and the end of the masked frame at `start` lie, as far as the header tells.

    Returns (body, end), the mask being the 4 bytes before the body; (INCOMPLETE, INCOMPLETE)
    while the header is cut off. `end` may lie beyond the data.
    """
    size = len(data)
    if size < start + 2:
        return INCOMPLETE, INCOMPLETE
    length = data[start + 1] & 0x7F
    if length < 126:
        return start + 6, start + 6 + length
    extended = 2 if length == 126 else 8
    body = start + 2 + extended + MASK_BYTES
    if size < start + 2 + extended:
        return INCOMPLETE, INCOMPLETE
    return body, body + int.from_bytes(data[start + 2 : start + 2 + extended])


def _short_headers() -> tuple[bytes, ...]:
    return tuple(bytes((FIN_TEXT, length)) for length in range(126))


_HEADERS: Final = _short_headers()


def text_frames(payloads: list[bytes]) -> bytes:
    """The payloads as unmasked text frames, one after the other, for a single write."""
    if len(payloads) == 1:
        return _header(len(payloads[0])) + payloads[0]
    parts: list[bytes] = []
    for payload in payloads:
        parts.append(_header(len(payload)))
        parts.append(payload)
    return b"".join(parts)


def _header(length: int) -> bytes:
    if length < 126:
        return _HEADERS[length]
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2)
    return b"\x81\x7f" + length.to_bytes(8)

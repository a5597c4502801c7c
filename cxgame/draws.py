"""Randomness as a function: a draw is fixed by (seed, stream, index) and by nothing else.

There is no generator and no state, so the order of drawing doesn't matter, a restart needs to
remember nothing, and a market's prices do not depend on what anybody does. Streams are named
`market/<symbol>`, `bot/<name>` and so on.

This is a stable contract: recorded games and repeated heats rest on these numbers, so they never
change. The digest is blake2b of 8 bytes over `<seed> NUL <stream> NUL <index>` in UTF-8, seed and
index in decimal, read as a big-endian integer. Its upper 52 bits give a uniform number strictly
between 0 and 1, whose inverse normal is the draw.
"""

from hashlib import blake2b
from statistics import NormalDist

_BITS = 52  # with a half added, all 53 bits of a double's mantissa: never 0, never 1
_SCALE = 2.0**-_BITS
_inverse_normal = NormalDist().inv_cdf


def draw(seed: int, stream: str, index: int) -> float:
    """A standard normal number: mean 0, deviation 1, never beyond ±8.3."""
    return _inverse_normal(draw_uniform(seed, stream, index))


def draw_uniform(seed: int, stream: str, index: int) -> float:
    """A number between 0 and 1, neither of them included."""
    return ((draw_u64(seed, stream, index) >> (64 - _BITS)) + 0.5) * _SCALE


def draw_u64(seed: int, stream: str, index: int) -> int:
    """An integer of 64 even bits."""
    # The first and the last NUL delimit the two numbers, so no two triples share a text.
    text = f"{seed}\0{stream}\0{index}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")

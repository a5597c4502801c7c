"""What a fault does to message number n of a stream: a function of seed, stream and n alone.

Knows no time, no connection and no other message. A stream is the messages of one direction of one
connection that one fault concerns, numbered from 0; its name holds whose they are, so that the same
seed does the same to the same session in every game (docs/faults.md).
"""

from math import exp
from typing import Final, NamedTuple

from cxgame.draws import draw, draw_u64, draw_uniform
from cxgame.faults.modes import PROFILES, Corrupt, Delay, Duplicate

MOST_CHANGED: Final = 1_000  # characters of one message: a great book must not hold up the others
_PRINTABLE: Final = range(0x20, 0x7F)  # a changed character is one of these: valid UTF-8, always


class Stream(NamedTuple):
    """A numbered sequence of messages, with the seed that decides about them."""

    seed: int
    name: str  # as `stream_name` makes it

    def is_hit(self, n: int, probability: float) -> bool:
        """Whether message n is one of those that are hit."""
        return draw_uniform(self.seed, self.name, n) < probability

    def part(self, what: str) -> str:
        """The stream of a second draw for the same message."""
        return f"{self.name}/{what}"


def stream_name(who: str, nth: int, face: str, direction: str, label: str) -> str:
    """The name of a stream; `label` is the fault's mode, numbered from the second of a kind on."""
    return f"fault/{who}/{nth}/{face}/{direction}/{label}"


def delay_ms(fault: Delay, stream: Stream, n: int) -> float:
    """How late message n is, given that it is hit."""
    if fault.profile:
        mean, deviation = PROFILES[fault.profile]
        return exp(mean + deviation * draw(stream.seed, stream.part("ms"), n))
    share = draw_uniform(stream.seed, stream.part("ms"), n)
    return fault.min_ms + share * (fault.max_ms - fault.min_ms)


def copies(fault: Duplicate, stream: Stream, n: int) -> int:
    """How many times message n comes again, given that it is hit: 1 to `max_duplicates`."""
    return 1 + draw_u64(stream.seed, stream.part("copies"), n) % fault.max_duplicates


def shuffled(stream: Stream, n: int, count: int) -> list[int]:
    """In which order `count` messages go on, the last of which is message n."""
    name = stream.part(f"order/{n}")
    return sorted(range(count), key=lambda place: draw_u64(stream.seed, name, place))


def corrupted(fault: Corrupt, stream: Stream, n: int, message: bytes) -> bytes:
    """Message n with a share of its characters changed, at least one; it is a text still."""
    if not message:
        return message
    if not message.isascii():
        return _corrupted_text(fault, stream, n, message)
    changed = bytearray(message)
    for place, number in _changes(fault, stream, n, len(message)):
        changed[place] = _other(changed[place], number)
    return bytes(changed)


def _corrupted_text(fault: Corrupt, stream: Stream, n: int, message: bytes) -> bytes:
    """As `corrupted`; a character of several bytes becomes one of one byte."""
    text = message.decode()
    parts: list[str] = []  # slices: one object for each character of a long one takes 0.2 s
    kept_from = 0
    for place, number in sorted(_changes(fault, stream, n, len(text))):
        parts += text[kept_from:place], chr(_other(ord(text[place]), number))
        kept_from = place + 1
    return "".join([*parts, text[kept_from:]]).encode()


def _changes(fault: Corrupt, stream: Stream, n: int, size: int) -> list[tuple[int, int]]:
    """Which places change, each with a number that decides to what."""
    count = min(MOST_CHANGED, max(1, round(fault.corruption_level * size)))
    name = stream.part(f"change/{n}")
    # Every place once: the first `count` of a shuffle, by the exchanges that make it.
    taken: dict[int, int] = {}
    changes = []
    for index in range(count):
        number = draw_u64(stream.seed, name, index)
        chosen = index + (number >> 8) % (size - index)
        changes.append((taken.get(chosen, chosen), number & 0xFF))
        taken[chosen] = taken.get(index, index)
    return changes


def _other(character: int, number: int) -> int:
    """A printable character that is not this one."""
    first, size = _PRINTABLE.start, len(_PRINTABLE)
    if character not in _PRINTABLE:
        return first + number % size
    return first + (character - first + 1 + number % (size - 1)) % size

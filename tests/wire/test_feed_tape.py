"""What is kept for those who catch up."""

from cxgame.wire.feed import Due
from cxgame.wire.feed_frames import FrameMaker
from cxgame.wire.feed_tape import Stretch, Tape
from tests.wire.feed_samples import BTC, WALL_MS, said, trade


def stretch(first: int, count: int) -> Stretch:
    """Some messages in one batch."""
    return Stretch(first, WALL_MS, [said(str(first + index)) for index in range(count)])


def firsts(tape: Tape, seq: int, least: int) -> list[int]:
    return [each.first for each in tape.after(seq, least)]


def test_an_empty_tape_reaches_nothing() -> None:
    """There is no first event and nothing after any."""
    tape = Tape()
    assert tape.first is None
    assert tape.after(0, 100) == []


def test_stretches_after_a_seq_come_in_order() -> None:
    """A stretch that was seen in part comes again; whole ones stay away."""
    tape = Tape()
    for first in (1, 4, 7, 10):
        tape.add(stretch(first, 3))
    assert firsts(tape, 0, 100) == [1, 4, 7, 10]
    assert firsts(tape, 3, 100) == [4, 7, 10]
    assert firsts(tape, 4, 100) == [4, 7, 10]
    assert firsts(tape, 12, 100) == []
    assert firsts(tape, 0, 4) == [1, 4]


def test_the_oldest_are_dropped_whole() -> None:
    """At the limit nothing goes, beyond it the oldest stretch does; one always stays."""
    tape = Tape(kept=6)
    tape.add(stretch(1, 3))
    tape.add(stretch(4, 3))
    assert tape.first == 1
    tape.add(stretch(7, 1))
    assert tape.first == 4
    tape.add(stretch(8, 50))
    assert tape.first == 8


def test_a_stretch_without_its_beginning_keeps_its_seqs() -> None:
    """What is known already is cut off in front."""
    rest = stretch(5, 4).without(3)
    assert (rest.first, rest.last, len(rest.events)) == (8, 8, 1)


def test_frames_are_made_once_and_only_if_wanted() -> None:
    """A trade for somebody who wants no trades costs nothing; asked again, it is the same bytes."""
    maker = FrameMaker((BTC,))
    mixed = Stretch(5, WALL_MS, [said(), trade(1, 1, 2), said()])
    news = list(mixed.frames(0, int(Due.TRADES), maker))
    assert [frame.seq for frame in news] == [6]
    every = list(mixed.frames(5, int(Due.FULL), maker))
    assert [frame.seq for frame in every] == [6, 7]
    assert every[0] is news[0]

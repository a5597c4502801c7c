"""Numbered messages that are missing, repeated or late."""

from random import Random

import pytest

from cxgame.network import Arrival, Sequence, SequenceTracker, sequence

NEXT, GAP, REPEAT, LATE = Arrival.NEXT, Arrival.GAP, Arrival.REPEAT, Arrival.LATE


def arrivals(tracker: SequenceTracker[str], *numbers: int) -> list[Arrival]:
    """How each of these came."""
    return [tracker.note("trades", number).arrival for number in numbers]


@pytest.mark.parametrize(
    ("at", "number", "after", "arrival"),
    [
        (None, 90, None, NEXT),
        (3, 4, None, NEXT),
        (3, 5, None, GAP),
        (3, 9, 3, NEXT),
        (3, 9, 2, NEXT),
        (3, 9, 4, GAP),
        (3, 3, None, REPEAT),
        (3, 1, 0, REPEAT),
    ],
)
def test_a_number_has_its_place(
    at: int | None, number: int, after: int | None, arrival: Arrival
) -> None:
    """By the number before it, which is named where numbers may jump; nothing moves."""
    stream = Sequence(at)
    assert stream.place(number, after) is arrival
    assert stream.at == at


def test_a_gap_says_how_many_are_missing_and_the_stream_goes_on() -> None:
    """Who can't have them again goes on from what has come."""
    tracker = SequenceTracker[str]()
    assert arrivals(tracker, 7, 8) == [NEXT, NEXT]
    assert tracker.note("trades", 12) == (GAP, 3)
    assert tracker.missing("trades") == [9, 10, 11]
    assert arrivals(tracker, 13) == [NEXT]
    assert tracker.at("trades") == 13


def test_late_is_not_twice() -> None:
    """What was missing and comes after all is late, once; after that it is a repeat."""
    tracker = SequenceTracker[str]()
    assert arrivals(tracker, 1, 3, 2, 2, 3) == [NEXT, GAP, LATE, REPEAT, REPEAT]
    assert tracker.missing("trades") == []


def test_streams_are_apart() -> None:
    """Each key has its own numbers, and may begin anew."""
    tracker = SequenceTracker[str]()
    arrivals(tracker, 5)
    assert tracker.note("prices", 1) == (NEXT, 0)
    tracker.forget("trades")
    assert (tracker.at("trades"), tracker.missing("trades")) == (None, [])
    assert arrivals(tracker, 1) == [NEXT]
    tracker.forget_all()
    assert tracker.at("prices") is None


def test_a_stream_may_say_where_it_begins() -> None:
    """So that the loss of its first message is noticed."""
    tracker = SequenceTracker[str]()
    arrivals(tracker, 90)
    tracker.begin("trades", 4)
    assert arrivals(tracker, 4, 6, 7) == [REPEAT, GAP, NEXT]
    assert tracker.missing("trades") == [5]


def test_what_is_owed_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that jumps by millions, or gaps without end, fill no memory."""
    monkeypatch.setattr(sequence, "REMEMBERED", 10)
    tracker = SequenceTracker[str]()
    assert tracker.note("trades", 1).missing == 0
    assert tracker.note("trades", 10**9).missing == 10**9 - 2
    assert len(tracker.missing("trades")) == 10
    for number in range(10**9 + 2, 10**9 + 100, 2):
        tracker.note("trades", number)
    assert len(tracker.missing("trades")) == 10


@pytest.mark.parametrize("seed", range(20))
def test_the_account_of_a_bad_line_is_exact(seed: int) -> None:
    """Losses, repeats and swaps, drawn: what the tracker says adds up to what was done."""
    draw, tracker = Random(seed), SequenceTracker[str]()
    sent = [number for number in range(500) if number == 0 or draw.random() > 0.1]
    sent = [number for number in sent for _ in range(1 + (draw.random() < 0.1))]
    for at in range(2, len(sent) - 1):
        if draw.random() < 0.1:
            sent[at], sent[at + 1] = sent[at + 1], sent[at]
    noted = [tracker.note("trades", number) for number in sent]
    late = sum(each.arrival is LATE for each in noted)
    assert sum(each.missing for each in noted) - late == len(tracker.missing("trades"))
    assert {*tracker.missing("trades")} == {*range(max(sent))} - {*sent}
    assert sum(each.arrival is REPEAT for each in noted) == len(sent) - len({*sent})

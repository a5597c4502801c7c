"""A subscription follows the feed's numbers: nothing is lost, and nothing is told twice."""

from typing import Any

import pytest

from cxgame.ccxt.stream import AGAIN_MS, Renewal, Stream

HELLO = {"type": "hello", "game": "main", "number": 1}
SUBSCRIBED = {"type": "subscribed"}


class Reader:
    """A stream, and what it told."""

    def __init__(self) -> None:
        self.told: list[int | None] = []
        self.begun = 0
        self.stream = Stream(("trades",), None, self._told, self._began)

    def _told(self, _: Stream, frame: dict[str, Any]) -> None:
        self.told.append(frame.get("seq"))

    def _began(self, _: Stream) -> None:
        self.begun += 1

    def take(self, *frames: dict[str, Any]) -> list[Any]:
        return [self.stream.take(frame) for frame in frames]


def match(seq: int, before: int) -> dict[str, Any]:
    """A numbered frame."""
    return {"type": "match", "seq": seq, "prev_seq": before}


@pytest.fixture
def reader() -> Reader:
    """One that has seen events 5 and 8."""
    reader = Reader()
    assert reader.take(HELLO, SUBSCRIBED, match(5, 2), match(8, 5)) == [None] * 4
    return reader


def test_a_subscription_begins_with_what_there_is(reader: Reader) -> None:
    """Whatever came before it is no gap."""
    assert (reader.told, reader.begun) == ([5, 8], 1)


def test_a_frame_that_was_seen_is_dropped(reader: Reader) -> None:
    """As after a `resume` that overlaps."""
    reader.take(match(8, 5), match(9, 8))
    assert reader.told == [5, 8, 9]


def test_a_gap_is_asked_for_once_and_filled_in_order(reader: Reader) -> None:
    """What comes before the answer waits until it comes again."""
    resume = {"cmd": "resume", "params": {"seq": 8}}
    assert reader.take(match(12, 11), match(13, 12)) == [resume, None]
    assert reader.take(match(11, 8), match(12, 11), match(13, 12), match(14, 13)) == [None] * 4
    assert reader.told == [5, 8, 11, 12, 13, 14]


def test_a_new_connection_goes_on_where_the_old_one_ended(reader: Reader) -> None:
    """And looks anew at what is not numbered."""
    asked = reader.take(HELLO, SUBSCRIBED)
    assert asked == [None, {"cmd": "resume", "params": {"seq": 8}}]
    reader.take(match(9, 8))
    assert (reader.told, reader.begun) == ([5, 8, 9], 2)


def test_a_new_game_is_no_gap(reader: Reader) -> None:
    """Its numbers begin anew."""
    reader.stream.known["something"] = 1
    assert reader.take({**HELLO, "number": 2}, SUBSCRIBED, match(1, 0)) == [None] * 3
    assert reader.told == [5, 8, 1]
    assert not reader.stream.known


def test_what_is_out_of_reach_is_forgotten(reader: Reader) -> None:
    """Everything is looked at anew, and the feed goes on from there."""
    reader.stream.known["something"] = 1
    reader.take({"type": "resync", "seq": 90, "first": 40}, match(91, 90))
    assert (reader.told, reader.begun) == ([5, 8, 91], 2)
    assert not reader.stream.known


async def test_a_renewal_is_done_again_for_what_came_meanwhile() -> None:
    """Once for any number of pokes, and not while it runs."""
    done: list[int] = []
    running: list[Any] = []

    async def work() -> bool:
        done.append(len(done))
        if len(done) == 1:
            renewal.poke()
            renewal.poke()
        return True

    async def sleep_ms(_: float) -> None:
        return None

    renewal = Renewal(work, lambda method: running.append(method()), sleep_ms, 5, bool)
    renewal.poke()
    renewal.poke()
    assert len(running) == 1
    await running[0]
    assert done == [0, 1]
    renewal.poke()
    await running[1]
    assert done == [0, 1, 2]


async def test_a_renewal_that_failed_is_tried_again_while_it_is_needed() -> None:
    """And later than one that was done."""
    outcomes = [False, False, True]
    waits: list[float] = []
    running: list[Any] = []

    async def work() -> bool:
        return outcomes.pop(0)

    async def sleep_ms(wait: float) -> None:
        waits.append(wait)

    renewal = Renewal(work, lambda method: running.append(method()), sleep_ms, 5, lambda: True)
    renewal.poke()
    await running[0]
    assert (outcomes, waits) == ([], [AGAIN_MS, AGAIN_MS, 5])
    outcomes[:] = [False]
    gone = Renewal(work, lambda method: running.append(method()), sleep_ms, 5, lambda: False)
    gone.poke()
    await running[1]
    assert outcomes == []

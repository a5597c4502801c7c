"""What happens to message n: the same for a seed, elsewhere than for another, as often as said.

The lists are a contract, as those of `tests/test_draws.py`: a heat that was played with a deck is
repeated with them.
"""

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from cxgame.faults import Direction, Fate, read_fault
from cxgame.faults.modes import Corrupt
from cxgame.faults.plan import MOST_CHANGED, Stream, corrupted, shuffled, stream_name
from tests.support.faults import line_with

FRAME = b'{"type":"TRADE","price":"100.25"}'
STREAM = Stream(7, "fault/ann/1/orders/out/corrupt")

Told = Callable[[Fate], object]  # what a test wants to know of a fate; false: nothing


def fates(table: dict[str, Any], count: int, told: Told, **options: Any) -> dict[int, object]:
    """Which of so many messages a fault hits, and how."""
    line = line_with(table, **options)
    way = Direction.IN if line.is_concerned(Direction.IN) else Direction.OUT
    all_of_them = {n: told(line.next(way, "order", 0.0)) for n in range(count)}
    return {n: how for n, how in all_of_them.items() if how}


def is_lost(fate: Fate) -> bool:
    return fate.is_lost


def is_cut(fate: Fate) -> bool:
    return fate.cut is not None


def is_changed(fate: Fate) -> bool:
    return bool(fate.changes)


def copies(fate: Fate) -> int:
    return fate.copies


def delay_ms(fate: Fate) -> int:
    return round(fate.delay_s * 1000)


DROP = {"fault": "drop", "probability": 0.1}
DELAY = {"fault": "delay", "min_ms": 100, "max_ms": 1000, "probability": 0.1}
DUPLICATE = {"fault": "duplicate", "probability": 0.1}
CORRUPT = {"fault": "corrupt", "probability": 0.1}
DISCONNECT = {"fault": "disconnect", "probability": 0.1}
HALF_OPEN = {"fault": "half_open", "probability": 0.1}
REORDER = {"fault": "reorder", "probability": 0.1}


@pytest.mark.parametrize(
    ("table", "told", "hits"),
    [
        (DROP, is_lost, [1, 27, 34, 36]),
        (CORRUPT, is_changed, [18, 25, 30, 39, 40, 43, 44]),
        ({**DISCONNECT, "probability": 0.05}, is_cut, [22]),
        ({**HALF_OPEN, "probability": 0.05}, is_cut, [6, 15, 24]),
        ({"fault": "silence", "after_messages": 55}, is_lost, [55, 56, 57, 58, 59]),
        ({"fault": "disconnect", "after_messages": 58}, is_cut, [58, 59]),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_exactly_these_are_hit(table: dict[str, Any], told: Told, hits: list[int]) -> None:
    """Of the first 60 messages, seed and name of the session decide which are hit."""
    assert list(fates(table, 60, told)) == hits
    assert list(fates(table, 60, told)) == hits, "twice the same"


def test_exactly_so_are_they_hit() -> None:
    """How often a message comes, how late, and in which order, is drawn by the same seed."""
    assert fates(DUPLICATE, 60, copies) == {17: 1, 34: 2, 38: 2, 45: 1}
    assert fates(DELAY, 60, delay_ms) == {
        12: 591,
        26: 370,
        29: 447,
        33: 259,
        40: 436,
        53: 213,
        55: 856,
    }
    typical = {"fault": "delay", "profile": "typical"}
    late_ms = [107, 162, 157, 275, 199, 138, 163, 134]
    assert list(fates(typical, 8, delay_ms).values()) == late_ms
    assert shuffled(STREAM, 4, 5) == shuffled(STREAM, 4, 5) == [2, 3, 1, 4, 0]


@pytest.mark.parametrize(
    ("options"), [{"seed": 8}, {"who": "bob"}], ids=["another seed", "another session"]
)
def test_others_are_hit_elsewhere(options: dict[str, Any]) -> None:
    """Another seed, or another session, is another stream."""
    assert fates(DROP, 1000, is_lost, **options) != fates(DROP, 1000, is_lost)


def test_the_second_session_is_another() -> None:
    """A session that comes again is not hit at the same places once more."""
    assert stream_name("ann", 2, "orders", "in", "drop") == "fault/ann/2/orders/in/drop"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (DROP, is_lost),
        (CORRUPT, is_changed),
        (DISCONNECT, is_cut),
        (HALF_OPEN, is_cut),
        (DUPLICATE, copies),
        (DELAY, delay_ms),
        (REORDER, lambda fate: fate.window is not None),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_a_tenth_is_a_tenth(table: dict[str, Any], told: Told) -> None:
    """Of 10,000 messages a tenth is hit, give or take four deviations of 30."""
    assert 880 <= len(fates(table, 10_000, told)) <= 1120


def test_one_hits_all_and_nothing_none() -> None:
    """Probabilities of 0 and 1 leave nothing to chance."""
    assert len(fates({**DROP, "probability": 1}, 10_000, is_lost)) == 10_000
    assert not fates({**DROP, "probability": 0}, 10_000, is_lost)


def test_delays_are_spread_as_said() -> None:
    """Uniform ones fill their range; a profile's have its middle and its 99th percentile."""
    uniform = {"fault": "delay", "min_ms": 100, "max_ms": 1000}
    late_ms = sorted(fates(uniform, 10_000, delay_ms).values())  # type: ignore[type-var]
    assert 100 <= late_ms[0] <= 105
    assert 995 <= late_ms[-1] <= 1000
    assert 535 <= median(late_ms) <= 565  # type: ignore[type-var]
    for profile, middle, late in (("typical", 148.4, 298.2), ("stable", 44.7, 71.2)):
        table = {"fault": "delay", "profile": profile}
        late_ms = sorted(fates(table, 10_000, delay_ms).values())  # type: ignore[type-var]
        assert late_ms[5_000] == pytest.approx(middle, rel=0.03)
        assert late_ms[9_900] == pytest.approx(late, rel=0.06)


def test_copies_are_spread_evenly() -> None:
    """Each number of copies up to the most is as likely."""
    table = {"fault": "duplicate", "probability": 1, "max_duplicates": 4}
    found = list(fates(table, 10_000, copies).values())
    assert set(found) == {1, 2, 3, 4}
    assert all(2_300 <= found.count(number) <= 2_700 for number in (1, 2, 3, 4))


def _corrupt(level: float = 0.1) -> Corrupt:
    fault = read_fault({"fault": "corrupt", "probability": 1, "corruption_level": level})
    assert isinstance(fault, Corrupt)
    return fault


@pytest.mark.parametrize("message", [FRAME, "grüße €🎈 an alle".encode(), b"\x00\n\x7f" * 5])
def test_a_corrupt_message_is_still_a_text_of_as_many_characters(message: bytes) -> None:
    """So many characters differ as the level says, and they are printable."""
    for n in range(200):
        was, now = message.decode(), corrupted(_corrupt(), STREAM, n, message).decode()
        assert len(now) == len(was)
        changed = [b for a, b in zip(was, now, strict=True) if a != b]
        assert len(changed) == max(1, round(0.1 * len(was)))
        assert all(each.isascii() and each.isprintable() for each in changed)


def test_corruption_at_its_least_and_most() -> None:
    """Level 0 still changes one character, level 1 all; nothing is nothing."""
    assert (
        sum(a != b for a, b in zip(FRAME, corrupted(_corrupt(0), STREAM, 0, FRAME), strict=True))
        == 1
    )
    assert all(a != b for a, b in zip(FRAME, corrupted(_corrupt(1), STREAM, 0, FRAME), strict=True))
    assert corrupted(_corrupt(1), STREAM, 0, b"") == b""


@pytest.mark.parametrize("character", ["x", "ö"])
def test_a_great_message_is_changed_in_bounded_time(character: str) -> None:
    """At most a thousand characters of one message are changed."""
    great = character.encode() * 1_000_000
    changed = corrupted(_corrupt(), STREAM, 0, great).decode()
    assert len(changed) - changed.count(character) == MOST_CHANGED


def test_exactly_so_is_a_frame_corrupted() -> None:
    """Which characters change, and to what, is drawn as well."""
    line = line_with({"fault": "corrupt", "probability": 1})
    assert [line.next(Direction.OUT, "TRADE", 0.0).applied(FRAME) for _ in range(2)] == [
        b'{"type":"TRADE","pric/e:"10B.25"}',
        b'{"type":"+R$DE","price":"100.55"}',
    ]


def test_a_window_is_shuffled_in_every_way() -> None:
    """Over many windows each of three messages takes each place."""
    orders = {tuple(shuffled(STREAM, n, 3)) for n in range(200)}
    assert len(orders) == 6

"""A book that is told level by level: what does not add up is noticed."""

from typing import Any
from zlib import crc32

import pytest

from cxgame.ccxt.depth import Depth, Verdict, checksum

BIDS = [["999.50", "0.3"], ["999.00", "1.0"]]
ASKS = [["1000.50", "0.2"]]


def snapshot(seq: int = 5) -> dict[str, Any]:
    """All levels."""
    about = {"type": "depth_snapshot", "ts": 1.5, "seq": seq}
    return {**about, "bids": BIDS, "asks": ASKS, "checksum": _sum(BIDS, ASKS)}


def change(seq: int, before: int, bids: Any, asks: Any, after: int) -> dict[str, Any]:
    """Some levels, and the checksum of the book after it."""
    about = {"type": "depth", "ts": 2.5, "seq": seq, "prev_seq": before}
    return {**about, "bids": bids, "asks": asks, "checksum": after}


def _sum(bids: Any, asks: Any) -> int:
    return checksum([*map(tuple, bids)], [*map(tuple, asks)])


@pytest.fixture
def depth() -> Depth:
    """A book as of event 5."""
    depth = Depth()
    assert depth.take(snapshot()) is Verdict.NEW
    return depth


def test_the_checksum_is_of_levels_in_turn() -> None:
    """As the protocol says; a side that has fewer is left out."""
    text = "999.50:0.3:1000.50:0.2:999.00:1.0"
    assert _sum(BIDS, ASKS) == crc32(text.encode())
    assert _sum([], []) == 0


def test_levels_come_change_and_go(depth: Depth) -> None:
    """Best first, on both sides."""
    bids = [["999.50", "0"], ["998.00", "2.0"], ["999.00", "0.5"]]
    asks = [["1000.00", "0.1"]]
    after = _sum([["999.00", "0.5"], ["998.00", "2.0"]], [["1000.00", "0.1"], *ASKS])
    assert depth.take(change(9, 5, bids, asks, after)) is Verdict.NEXT
    assert [*depth.bids] == [("999.00", "0.5"), ("998.00", "2.0")]
    assert [*depth.asks] == [("1000.00", "0.1"), ("1000.50", "0.2")]
    assert (depth.seq, depth.ts) == (9, 2.5)


def test_a_level_that_goes_but_was_not_there_is_no_matter(depth: Depth) -> None:
    """It came and went between two messages."""
    assert depth.take(change(9, 5, [["1.00", "0.00"]], [], _sum(BIDS, ASKS))) is Verdict.NEXT


def test_what_is_known_changes_nothing(depth: Depth) -> None:
    """A message that comes twice."""
    assert depth.take(change(5, 2, [["1.00", "9"]], [], 0)) is Verdict.KNOWN
    assert [*depth.bids] == [("999.50", "0.3"), ("999.00", "1.0")]


@pytest.mark.parametrize(
    "lossy",
    [change(9, 7, [], [], _sum(BIDS, ASKS)), change(9, 5, [["1.00", "1"]], [], _sum(BIDS, ASKS))],
    ids=["gap", "checksum"],
)
def test_what_was_lost_is_noticed_once(depth: Depth, lossy: dict[str, Any]) -> None:
    """Then nothing is taken until the whole book comes again."""
    assert depth.take(lossy) is Verdict.LOST
    assert depth.take(change(10, 9, [], [], 0)) is Verdict.WAITING
    assert depth.take(snapshot(12)) is Verdict.NEW
    assert depth.seq == 12
    assert [*depth.asks] == [("1000.50", "0.2")]


def test_a_snapshot_that_does_not_add_up_is_asked_for_again() -> None:
    """As any other message."""
    assert Depth().take({**snapshot(), "checksum": 1}) is Verdict.LOST

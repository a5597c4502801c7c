"""Spectators who want the same share bytes."""

import pytest

from cxgame.wire.feed import ALL_MARKETS, Due, Subscription
from cxgame.wire.feed_frames import Frame
from cxgame.wire.feed_lanes import Lanes, pack, text_message
from tests.wire.feed_samples import frames, payloads

ACTIVITY, FULL, TRADES = Subscription(), Subscription(("full",)), Subscription(("trades",))


def numbered(seq: int, due: Due = Due.FULL, market: int = ALL_MARKETS) -> Frame:
    return Frame(int(due), market, seq, b'{"seq":%d,"prev_seq":' % seq)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_a_message_of_any_length_is_framed(length: int) -> None:
    """The three forms of a length, at their bounds."""
    assert payloads(text_message(b"x" * length)) == [b"x" * length]


def test_prev_seq_is_the_last_that_was_due() -> None:
    """What is filtered out is no gap; a frame without seq has no `prev_seq`."""
    batch = [
        numbered(5),
        numbered(6, Due.TRADES),
        Frame(int(Due.FULL), ALL_MARKETS, 0, b'{"type":"info"}'),
        numbered(7),
    ]
    data, prev_seq = pack(batch, int(Due.FULL), ALL_MARKETS, 4)
    assert frames(data) == [
        {"seq": 5, "prev_seq": 4},
        {"type": "info"},
        {"seq": 7, "prev_seq": 5},
    ]
    assert prev_seq == 7


def test_a_symbol_keeps_the_other_markets_out() -> None:
    """Frames about no market go to everybody."""
    batch = [numbered(1, market=0), numbered(2, market=1), numbered(3)]
    assert [frame["seq"] for frame in frames(pack(batch, 255, 1, 0)[0])] == [2, 3]
    assert [frame["seq"] for frame in frames(pack(batch, 255, ALL_MARKETS, 0)[0])] == [1, 2, 3]


def test_equal_subscriptions_share_a_lane() -> None:
    """Members come and go; a lane without members ends."""
    lanes: Lanes[str] = Lanes()
    first = lanes.join("ann", ACTIVITY, 3, 0.0)
    assert lanes.join("bob", Subscription(("activity",)), 9, 0.0) is first
    assert first.prev_seq == 3
    assert len(lanes) == 2
    assert len(list(lanes)) == 1
    second = lanes.join("bob", FULL, 9, 0.0)
    assert (second.prev_seq, second.members, first.members) == (9, {"bob"}, {"ann"})
    lanes.leave("ann")
    lanes.leave("ann")
    assert list(lanes) == [second]


def test_all_wants_are_those_of_the_lanes_together() -> None:
    """Nothing is encoded for a channel without members."""
    lanes: Lanes[str] = Lanes()
    assert lanes.wants == 0
    lanes.join("ann", TRADES, 0, 0.0)
    lanes.join("bob", FULL, 0, 0.0)
    assert lanes.wants == Due.TRADES | Due.FULL


def test_thinning_takes_the_detail_of_the_activity_alone() -> None:
    """`full` is never thinned, not even beside the activity; a later member is thinned too."""
    lanes: Lanes[str] = Lanes()
    activity = lanes.join("ann", ACTIVITY, 0, 0.0)
    both = lanes.join("bob", Subscription(("activity", "full")), 0, 0.0)
    trades = lanes.join("cid", TRADES, 0, 0.0)
    lanes.thin(True)
    late = lanes.join("dan", Subscription(("activity",), 1), 0, 0.0)
    assert activity.wants == late.wants == Due.ACTIVITY | Due.THINNED
    assert both.wants == Due.ACTIVITY | Due.DETAIL | Due.FULL
    assert trades.wants == Due.TRADES
    lanes.thin(False)
    assert activity.wants == Due.ACTIVITY | Due.DETAIL


def test_a_lane_notes_when_it_was_sent_something() -> None:
    """Nothing due is nothing sent."""
    lanes: Lanes[str] = Lanes()
    lane = lanes.join("ann", TRADES, 0, 1.0)
    assert lane.pack([numbered(1)], 2.0) == b""
    assert lane.sent_at == 1.0
    assert lane.pack([numbered(2, Due.TRADES)], 3.0)
    assert lane.sent_at == 3.0

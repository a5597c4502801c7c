"""The whole feed without sockets."""

from typing import Any

import pytest
from msgspec import UNSET

from cxgame.model.enums import Phase, Side
from cxgame.model.errors import Code, reject
from cxgame.model.events import Event, PhaseChanged, Standing, Ticker
from cxgame.wire.feed import Refused, Subscribe, Subscription
from cxgame.wire.feed_core import CATCH_UP_EVENTS, FeedCore
from cxgame.wire.feed_requests import parse_request
from cxgame.wire.feed_tape import Stretch
from tests.wire.feed_samples import WALL_MS, closed, frames, now, placed, said, snapshot, trade

ACTIVITY, FULL, TRADES = Subscription(), Subscription(("full",)), Subscription(("trades",))
STANDINGS = (Standing(1, "alice", "1.0", "2.00", "3.00", bot=False),)


def feed(**changes: Any) -> FeedCore[str]:
    """A feed of an open game after event 10."""
    return FeedCore(snapshot(**changes))


def join(core: FeedCore[str], *members: tuple[str, Subscription]) -> None:
    for member, subscription in members:
        core.join(member, subscription, now())


def batch(first: int, *events: Event) -> Stretch:
    return Stretch(first, WALL_MS, events)


def told(packed: list[tuple[Any, bytes]]) -> dict[str, list[dict[str, Any]]]:
    """What each member got."""
    return {member: frames(data) for lane, data in packed for member in lane.members}


def seqs(core: FeedCore[str], member: str, seconds: float = 0.0) -> list[tuple[int, int]]:
    """The seq and prev_seq of what a member gets with the next flush."""
    got = told(core.flush(now(seconds))).get(member, [])
    return [(frame["seq"], frame["prev_seq"]) for frame in got if "seq" in frame]


def test_full_counts_up_by_one() -> None:
    """Every event once, each with the one before it; two frames of an event share its seq."""
    core = feed()
    join(core, ("ann", FULL))
    core.release(batch(11, placed(1), Ticker(0, 1, 1, 2), trade(1, 1, 2)))
    core.release(batch(14, PhaseChanged(Phase.PAUSED, None, ""), said()))
    assert seqs(core, "ann") == [(11, 10), (12, 11), (13, 12), (14, 13), (15, 14)]


def test_a_filter_is_no_gap() -> None:
    """A lane's `prev_seq` names the last event that was due to it."""
    core = feed()
    join(core, ("ann", TRADES), ("bob", ACTIVITY))
    core.release(batch(11, trade(1, 1, 2), Ticker(0, 1, 1, 2), placed(2), trade(2, 1, 2)))
    packed = told(core.flush(now()))
    assert [(f["seq"], f["prev_seq"]) for f in packed["ann"]] == [(11, 10), (14, 11)]
    assert [(f["seq"], f["prev_seq"]) for f in packed["bob"]] == [(11, 10), (13, 11), (14, 13)]


def test_what_is_released_is_invisible_until_the_flush() -> None:
    """Nobody sees a part of what a flush will tell."""
    core = feed()
    core.release(batch(11, placed(1)))
    assert core.seq == 10
    assert core.missed(10) == []
    assert frames(core.greet(now()))[0]["seq"] == 10
    core.flush(now())
    assert core.seq == 11
    assert frames(core.greet(now()))[0]["seq"] == 11


def test_events_are_taken_once() -> None:
    """What a snapshot or an earlier batch covers is passed over, in part too."""
    core = feed()
    join(core, ("ann", FULL))
    assert core.release(batch(8, said(), said()))
    assert core.release(batch(9, said("9"), said("10"), said("11")))
    assert core.release(batch(11, said("11 again")))
    assert seqs(core, "ann") == [(11, 10)]


def test_a_hole_asks_for_a_new_beginning() -> None:
    """Events that follow no known one are refused; after the new snapshot the loss shows."""
    core = feed()
    join(core, ("ann", FULL))
    assert not core.release(batch(13, said()))
    assert core.begin(snapshot(seq=20), now()) == []
    core.release(batch(21, said()))
    assert seqs(core, "ann") == [(21, 20)]


def test_a_new_game_says_hello_to_everybody() -> None:
    """Its numbers begin again, on every channel."""
    core = feed()
    join(core, ("ann", TRADES))
    (hello,) = told(core.begin(snapshot(number=2, seq=0), now()))["ann"]
    core.release(batch(1, trade(1, 1, 2)))
    (match,) = told(core.flush(now()))["ann"]
    assert (hello["type"], hello["number"], hello["seq"]) == ("hello", 2, 0)
    assert (match["seq"], match["prev_seq"]) == (1, 0)


def test_too_much_activity_is_thinned_and_said() -> None:
    """Orders give way to a book; trades, messages and `full` go on; the chain stays whole."""
    core = feed()
    join(core, ("ann", ACTIVITY), ("bob", FULL))
    many = [placed(number) for number in range(1, 202)]
    core.release(batch(11, *many, trade(1, 1, 2, buy_left=1), said()))
    packed = told(core.flush(now()))
    assert [frame["type"] for frame in packed["ann"]] == ["match", "bcast", "info"]
    assert "full" in packed["ann"][2]["message"]
    assert "seq" not in packed["ann"][2]
    assert [(f["seq"], f["prev_seq"]) for f in packed["ann"][:2]] == [(212, 10), (213, 212)]
    assert len(packed["bob"]) == 204
    (book,) = told(core.show(now()))["ann"]
    assert (book["type"], book["last_seq"]) == ("book", 213)
    core.flush(now(10))
    core.release(batch(214, placed(999)))
    assert [frame["type"] for frame in told(core.flush(now(11)))["ann"]] == ["buy"]


def test_the_end_of_thinning_is_said() -> None:
    """A notice, without seq."""
    core = feed()
    join(core, ("ann", ACTIVITY))
    core.release(batch(11, *(said() for _ in range(201))))
    core.flush(now())
    (notice,) = told(core.flush(now(10)))["ann"]
    assert notice == {
        "type": "info",
        "message": "Orders and cancels are shown again.",
        "ts": now(10).ts,
    }


def test_ticks_thin_nothing() -> None:
    """The activity shows no ticks, however many there are."""
    core = feed()
    join(core, ("ann", ACTIVITY))
    core.release(batch(11, *(Ticker(0, n, n, n) for n in range(1, 1_000))))
    assert core.flush(now()) == []


def test_a_book_is_shown_when_it_changed() -> None:
    """Once per change, of the market that changed, to whom it concerns."""
    core = feed()
    join(
        core,
        ("ann", Subscription(("book",))),
        ("bob", Subscription(("book",), 1)),
        ("cid", ACTIVITY),
    )
    assert core.show(now()) == []
    core.release(batch(11, placed(1)))
    core.flush(now())
    packed = told(core.show(now()))
    assert set(packed) == {"ann"}
    assert packed["ann"][0]["bids"] == [["900.00", "0.5000000000"]]
    assert core.show(now()) == []


def test_books_nobody_wants_are_not_shown() -> None:
    """Nor kept for later."""
    core = feed()
    join(core, ("ann", ACTIVITY))
    core.release(batch(11, placed(1)))
    core.flush(now())
    assert core.show(now(0.1)) == []


def test_standings_go_to_their_channel_when_they_change() -> None:
    """The same again is nothing new."""
    core = feed()
    join(core, ("ann", Subscription(("standings",))), ("bob", FULL))
    core.set_standings(STANDINGS, now())
    packed = told(core.flush(now()))
    assert set(packed) == {"ann"}
    assert packed["ann"][0]["standings"] == [
        {"rank": 1, "user": "alice", "equity": "3.00", "bot": False}
    ]
    core.set_standings(STANDINGS, now(1))
    assert core.flush(now(1)) == []


def test_an_idle_lane_hears_a_heart_beat_each_second() -> None:
    """Whoever was told something lately needs none."""
    core = feed(remaining_ms=90_000)
    join(core, ("ann", TRADES), ("bob", FULL))
    assert core.show(now(0.9)) == []
    core.release(batch(11, said()))
    core.flush(now(0.9))
    core.state.set_halted(True, now(1.0))
    packed = told(core.show(now(1.0)))
    assert packed == {
        "ann": [
            {
                "type": "heartbeat",
                "last_seq": 11,
                "phase": "open",
                "remaining": 89.0,
                "halted": True,
                "ts": now(1.0).ts,
            }
        ]
    }
    assert core.show(now(1.5)) == []
    assert set(told(core.show(now(2.0)))) == {"ann", "bob"}


def test_a_subscription_shows_how_things_stand() -> None:
    """Confirmation first, then ticker, books and standings of its channels, without seq."""
    core = feed(quotes=((0, 99, 101), (1, 5, 5)))
    core.set_standings(STANDINGS, now())
    channels = ("ticker", "book", "standings")
    everything = Subscribe(Subscription(channels), None, 4)
    assert [frame["type"] for frame in frames(core.answer(everything, now()))] == [
        "subscribed",
        "ticker",
        "ticker",
        "book",
        "book",
        "standings",
    ]
    one = Subscribe(Subscription(("ticker",), 1), "ETH/USD", UNSET)
    confirmed, ticker = frames(core.answer(one, now()))
    assert (confirmed["channels"], confirmed["symbol"]) == (["ticker"], "ETH/USD")
    assert "id" not in confirmed
    assert (ticker["symbol"], ticker["mid"]) == ("ETH/USD", "0.05")
    assert "seq" not in ticker


def test_without_standings_none_are_shown() -> None:
    """Before the first ones came there is only the confirmation."""
    asked = Subscribe(Subscription(("standings",)), None, UNSET)
    assert [f["type"] for f in frames(feed().answer(asked, now()))] == ["subscribed"]


def test_a_refusal_is_an_error_frame() -> None:
    """Code, sentence and id."""
    refused = Refused(reject(Code.PARAM_MISSING, name="seq"), "a")
    (error,) = frames(feed().refuse(refused, now()))
    assert (error["type"], error["code"], error["id"]) == ("error", "PARAM_MISSING", "a")
    assert error["message"] == 'Missing "seq" in params.'


def test_what_is_missing_outside_of_the_params_is_not_said_to_belong_there() -> None:
    """In the words of the order server."""
    for text, name in (("{}", "cmd"), ('{"cmd":"resume"}', "params")):
        refused = parse_request(text, {})
        assert isinstance(refused, Refused)
        (error,) = frames(feed().refuse(refused, now()))
        assert error["message"] == f'Invalid message: "{name}" is missing.'


def catch_up(core: FeedCore[str], subscription: Subscription, seq: int) -> list[tuple[int, int]]:
    """Everything after a seq, as one spectator catches up on it."""
    found, prev_seq = [], seq
    while stretches := core.missed(seq):
        data, prev_seq = core.replay(subscription, stretches, seq, prev_seq)
        found += [(frame["seq"], frame["prev_seq"]) for frame in frames(data)]
        seq = stretches[-1].last
    return found


def test_what_was_missed_is_sent_again() -> None:
    """From anywhere on the tape, in turns, with the same filter, without a gap or a repeat."""
    core = feed()
    last = 10
    for number in range(3 * CATCH_UP_EVENTS // 2):
        core.release(batch(last + 1, placed(number), trade(number, 1, 2)))
        last += 2
    core.flush(now())
    assert len(core.missed(10)) == CATCH_UP_EVENTS // 2
    assert catch_up(core, FULL, 11) == [(seq, seq - 1) for seq in range(12, last + 1)]
    trades = catch_up(core, TRADES, 10)
    assert trades[0] == (12, 10)
    assert trades[1:] == [(seq, seq - 2) for seq in range(14, last + 1, 2)]
    assert catch_up(core, FULL, last) == []


@pytest.mark.parametrize(("empty", "seq", "first"), [(True, 10, 11), (False, 12, 11)])
def test_resync_names_where_the_feed_is_and_what_it_has(empty: bool, seq: int, first: int) -> None:
    """On an empty tape the first event is the next one."""
    core = feed()
    if not empty:
        core.release(batch(11, closed(1), placed(2, Side.SELL)))
        core.flush(now())
    (resync,) = frames(core.resync(now()))
    assert (resync["type"], resync["seq"], resync["first"]) == ("resync", seq, first)
    assert core.first == first


def test_a_change_of_lanes_is_no_loss() -> None:
    """What the new channels would have carried before is not missed; on `full` it would be."""
    core = feed()
    join(core, ("ann", ACTIVITY), ("bob", ACTIVITY))
    core.release(batch(11, Ticker(0, 1, 1, 2), Ticker(0, 2, 2, 3)))
    core.flush(now())
    join(core, ("ann", TRADES), ("bob", FULL))
    core.release(batch(13, trade(1, 1, 2)))
    packed = told(core.flush(now()))
    assert [(f["seq"], f["prev_seq"]) for f in packed["ann"]] == [(13, 10)]
    assert [(f["seq"], f["prev_seq"]) for f in packed["bob"]] == [(13, 12)]


def test_who_caught_up_goes_on_without_a_loss() -> None:
    """A lane on which nothing was due yet takes the least `prev_seq`; one with a past keeps it."""
    core = feed()
    core.release(batch(11, *(Ticker(0, n, n, n) for n in range(1, 10))))
    core.flush(now())
    join(core, ("ann", TRADES))
    core.join("bob", TRADES, now(), prev_seq=15)
    core.release(batch(20, trade(1, 1, 2)))
    assert seqs(core, "ann") == [(20, 15)]
    core.join("cid", TRADES, now(), prev_seq=20)
    core.join("dan", TRADES, now(), prev_seq=3)
    core.release(batch(21, trade(2, 1, 2)))
    assert seqs(core, "cid") == [(21, 20)]

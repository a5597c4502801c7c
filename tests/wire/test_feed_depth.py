"""Books by level: whoever applies what comes has the book, whenever they ask."""

from decimal import Decimal
from typing import Any

import pytest

from cxgame.model.enums import OrderType, Side
from cxgame.model.events import MarketAdded
from cxgame.model.rules import MarketRules
from cxgame.wire.checksum import book_checksum
from cxgame.wire.feed import ALL_MARKETS, Due, Subscribe, Subscription
from cxgame.wire.feed_core import FeedCore
from cxgame.wire.feed_lanes import Lane
from cxgame.wire.feed_tape import Stretch
from tests.wire.feed_games import PlainBooks, RandomGame
from tests.wire.feed_samples import (
    ONE,
    WALL_MS,
    amended,
    closed,
    frames,
    now,
    placed,
    resting,
    said,
    snapshot,
    trade,
)

DEPTH = Subscription(("depth",))
Told = list[tuple[Lane[str], bytes]]


def begin(core: FeedCore[str], member: str, subscription: Subscription = DEPTH) -> list[Any]:
    """Subscribe as a hub does; the frames that come at once, but for the confirmation."""
    answer = core.answer(Subscribe(subscription, None, 1), now())
    core.join(member, subscription, now())
    return frames(answer)[1:]


def flushed(core: FeedCore[str], first: int, *events: Any) -> dict[str, list[Any]]:
    """What each member is told of a batch."""
    core.release(Stretch(first, WALL_MS, events))
    return told(core.flush(now()))


def told(packed: Told) -> dict[str, list[Any]]:
    return {member: frames(data) for lane, data in packed for member in lane.members}


# One by one


def test_a_snapshot_has_every_level() -> None:
    """Best first, with the event since which the book is so, for each market."""
    orders = [resting(n, Side.BUY, 100 + n % 30, ONE) for n in range(60)]
    core: FeedCore[str] = FeedCore(snapshot(orders=[*orders, resting(99, Side.SELL, 200, ONE)]))
    btc, eth = begin(core, "ann")
    assert len(btc["bids"]) == 30
    assert btc["bids"][0] == ["1.29", "2.0000000000"]
    assert btc["asks"] == [["2.00", "1.0000000000"]]
    assert (btc["type"], btc["symbol"], btc["seq"]) == ("depth_snapshot", "BTC/USD", 10)
    assert (eth["symbol"], eth["bids"], eth["asks"], eth["checksum"]) == ("ETH/USD", [], [], 0)


def test_a_change_names_absolute_sizes_and_what_is_gone() -> None:
    """The levels that are other than before, in one message for all events of a flush."""
    core: FeedCore[str] = FeedCore(snapshot(orders=[resting(1, Side.BUY, 90_000, ONE)]))
    begin(core, "ann")
    (change,) = flushed(core, 11, placed(2), closed(1), placed(3, Side.SELL, 90_100))["ann"]
    assert change == {
        "type": "depth",
        "ts": now().ts,
        "symbol": "BTC/USD",
        "bids": [["900.00", "0.5000000000"]],
        "asks": [["901.00", "0.5000000000"]],
        "checksum": book_checksum([("900.00", "0.5000000000")], [("901.00", "0.5000000000")]),
        "seq": 13,
        "prev_seq": 10,
    }
    (change,) = flushed(core, 14, said(), amended(2, 90_001, ONE // 2))["ann"]
    assert change["bids"] == [["900.01", "0.5000000000"], ["900.00", "0"]]
    assert (change["seq"], change["prev_seq"], change["asks"]) == (15, 13, [])


def test_what_leaves_the_book_as_it_was_is_not_told() -> None:
    """An order that came and went, or events of no order; the chain skips them."""
    orders = [resting(9, Side.SELL, 90_000, ONE), resting(8, Side.BUY, 88_000, ONE)]
    core: FeedCore[str] = FeedCore(snapshot(orders=orders))
    begin(core, "ann")
    assert flushed(core, 11, placed(1, price=89_000), closed(1), said()) == {}
    assert flushed(core, 14, placed(1, price=88_000), closed(1)) == {}
    taken = trade(1, buy=2, sell=9, sell_left=ONE // 2)
    (change,) = flushed(core, 16, placed(2, type=OrderType.MARKET), taken)["ann"]
    assert (change["asks"], change["bids"]) == ([["900.00", "0.5000000000"]], [])
    assert (change["seq"], change["prev_seq"]) == (17, 10)


def test_all_who_follow_share_bytes_and_any_snapshot_fits_into_the_chain() -> None:
    """A latecomer's snapshot names the seq that the next message follows."""
    core: FeedCore[str] = FeedCore(snapshot())
    begin(core, "ann")
    flushed(core, 11, placed(1), said())
    flushed(core, 13, said())
    (late, _) = begin(core, "bob")
    assert (late["seq"], core.seq) == (12, 13)
    core.release(Stretch(14, WALL_MS, [placed(2)]))
    ((lane, data),) = core.flush(now())
    assert lane.members == {"ann", "bob"}
    assert frames(data)[0]["prev_seq"] == 12


def test_markets_have_chains_of_their_own() -> None:
    """A change of one market is none of another, and who named a symbol hears of that alone."""
    core: FeedCore[str] = FeedCore(snapshot())
    begin(core, "ann")
    begin(core, "bob", Subscription(("depth",), 1))
    flushed(core, 11, placed(1))
    heard = flushed(core, 12, placed(2, market=1), placed(3))
    symbols = [(each["symbol"], each["seq"], each["prev_seq"]) for each in heard["ann"]]
    assert symbols == [("BTC/USD", 13, 11), ("ETH/USD", 13, 10)]
    assert [each["symbol"] for each in heard["bob"]] == ["ETH/USD"]


def test_what_was_released_and_not_flushed_comes_after_the_snapshot() -> None:
    """It is neither in it nor lost."""
    core: FeedCore[str] = FeedCore(snapshot())
    core.release(Stretch(11, WALL_MS, [placed(1)]))
    whole, _ = begin(core, "ann", Subscription(("depth", "orders")))[::2]
    assert (whole["seq"], whole["bids"]) == (10, [])
    order, change = told(core.flush(now()))["ann"]
    assert (order["type"], change["type"], change["prev_seq"]) == ("buy", "depth", 10)


def test_a_market_that_opens_begins_with_a_snapshot() -> None:
    """Also when its first orders came at once."""
    core: FeedCore[str] = FeedCore(snapshot())
    begin(core, "ann")
    (whole,) = flushed(
        core, 11, MarketAdded(MarketRules("ADA/USD", "ADA", "USD")), placed(1, market=2)
    )["ann"]
    assert (whole["type"], whole["symbol"], whole["seq"]) == ("depth_snapshot", "ADA/USD", 12)
    assert len(whole["bids"]) == 1


def test_a_new_beginning_sends_whole_books() -> None:
    """After a hole in the events, and in the next game after its hello."""
    core: FeedCore[str] = FeedCore(snapshot(orders=[resting(1, Side.BUY, 90_000, ONE)]))
    begin(core, "ann", Subscription(("depth",), 0))
    (whole,) = told(core.begin(snapshot(seq=20), now()))["ann"]
    assert (whole["type"], whole["seq"], whole["bids"]) == ("depth_snapshot", 20, [])
    hello, whole = told(core.begin(snapshot(number=2, seq=0), now()))["ann"]
    assert (hello["type"], whole["type"], whole["seq"]) == ("hello", "depth_snapshot", 0)
    (change,) = flushed(core, 1, placed(1))["ann"]
    assert (change["type"], change["prev_seq"]) == ("depth", 0)


def test_nobody_who_follows_costs_nothing() -> None:
    """What changed is noted only as long as somebody is there."""
    core: FeedCore[str] = FeedCore(snapshot())
    flushed(core, 11, placed(1))
    assert core.state.books.touched is None
    begin(core, "ann")
    flushed(core, 12, placed(2))
    assert core.state.books.touched is not None
    core.lanes.leave("ann")
    flushed(core, 13, placed(3))
    assert core.state.books.touched is None


def test_thinning_leaves_it_alone() -> None:
    """However much happens, each change is told."""
    core: FeedCore[str] = FeedCore(snapshot())
    begin(core, "ann", Subscription(("depth", "orders"), 0))
    heard = flushed(core, 11, *(placed(number) for number in range(1, 302)))["ann"]
    assert [each["type"] for each in heard] == ["buy"] * 301 + ["depth"]


def test_idle_followers_hear_a_heart_beat() -> None:
    """Each second, like everybody."""
    core: FeedCore[str] = FeedCore(snapshot())
    begin(core, "ann", Subscription(("depth", "orders", "candles"), 0, "1m"))
    (beat,) = told(core.show(now(1)))["ann"]
    assert beat["type"] == "heartbeat"


# Altogether


class Follower:
    """Keeps books as the documentation says, and asserts all that is promised on the way."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.books: dict[str, dict[str, dict[str, str]]] = {}  # symbol, side, price: size
        self.seqs: dict[str, int] = {}

    def take(self, data: bytes, known: PlainBooks, core: FeedCore[str]) -> None:
        """Apply messages; after each the book is the one of the independent fold."""
        for frame in frames(data):
            if frame["type"] not in ("depth_snapshot", "depth"):
                continue
            symbol = frame["symbol"]
            if frame["type"] == "depth":
                assert frame["prev_seq"] == self.seqs[symbol] < frame["seq"] == core.seq
                assert frame["bids"] or frame["asks"]
            else:
                assert frame["seq"] <= core.seq
                self.books[symbol] = {"bids": {}, "asks": {}}
            self.seqs[symbol] = frame["seq"]
            for side in ("bids", "asks"):
                for price, size in frame[side]:
                    if size == "0":
                        del self.books[symbol][side][price]
                    else:
                        self.books[symbol][side][price] = size
            sides = [self.rows(symbol, side) for side in ("bids", "asks")]
            assert frame["checksum"] == book_checksum(*sides)
            if frame["type"] == "depth_snapshot":
                assert [[list(row) for row in side] for side in sides] == [
                    frame["bids"],
                    frame["asks"],
                ]
            self.check(symbol, known, core)

    def rows(self, symbol: str, side: str) -> list[tuple[str, str]]:
        return sorted(
            self.books[symbol][side].items(),
            key=lambda row: Decimal(row[0]),
            reverse=side == "bids",
        )

    def check(self, symbol: str, known: PlainBooks, core: FeedCore[str]) -> None:
        """The book of one market is exactly that of the fold."""
        market = core.state.frames.markets[core.state.frames.symbols[symbol]]
        for side, name in ((Side.BUY, "bids"), (Side.SELL, "asks")):
            levels = known.levels(market.id, side)
            rows = [(market.price_text(price), market.size_text(lots)) for price, lots in levels]
            assert self.rows(symbol, name) == rows

    def check_all(self, known: PlainBooks, core: FeedCore[str]) -> None:
        """It has all books that it follows, and all are right."""
        wanted = {
            symbol
            for symbol, market in core.state.frames.symbols.items()
            if self.subscription.market in (ALL_MARKETS, market)
        }
        assert set(self.books) == wanted
        for symbol in wanted:
            self.check(symbol, known, core)


@pytest.mark.parametrize("seed", range(4))
def test_a_follower_has_the_book_at_every_moment(seed: int) -> None:
    """Random play, joins, resyncs and holes at random moments, several markets."""
    game = RandomGame(seed)
    draw, core = game.draw, FeedCore[str](game.snapshot())
    ahead, known = PlainBooks(), PlainBooks()  # as released, as flushed
    followers: dict[str, Follower] = {}

    def deliver(packed: Told) -> None:
        for lane, data in packed:
            for member in lane.members:
                followers[member].take(data, known, core)

    for step in range(400):
        first, events = game.engine.event_seq + 1, game.step()
        for event in events:
            ahead.fold(event)
        is_lost = draw.random() < 0.01
        if events and not is_lost:
            assert core.release(Stretch(first, game.wall_ms, events))
        if is_lost or draw.random() < 0.4:
            if is_lost:  # what was released before is told, then all begins anew
                core.flush(now(step))
                known = ahead.copy()
                deliver(core.begin(game.snapshot(), now(step)))
            else:
                known = ahead.copy()
                deliver(core.flush(now(step)))
            for follower in followers.values():
                follower.check_all(known, core)
        if draw.random() < 0.1:
            market = draw.choice((ALL_MARKETS, 0, 1))
            follower = followers[str(step)] = Follower(Subscription(("depth",), market))
            answer = core.answer(Subscribe(follower.subscription, None, 1), now(step))
            follower.take(answer, known, core)
            core.join(str(step), follower.subscription, now(step))
        if followers and draw.random() < 0.1:
            member = draw.choice(list(followers))
            again = core.snapshots(followers[member].subscription, now(step), Due.DEPTH)
            followers[member].take(again, known, core)
        if followers and draw.random() < 0.05:
            member = draw.choice(list(followers))
            core.lanes.leave(member)
            del followers[member]
    assert len(core.state.frames.markets) == 3
    assert game.engine.last_trade_id > 10

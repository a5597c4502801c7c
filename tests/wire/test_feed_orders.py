"""Books order by order: who follows the channel `orders` knows every queue as the engine does."""

from typing import Any

import pytest

from cxgame.model.enums import Side
from cxgame.wire.feed import ALL_MARKETS, Due, Subscribe, Subscription
from cxgame.wire.feed_core import SNAPSHOTS, FeedCore
from cxgame.wire.feed_state import Now
from cxgame.wire.feed_tape import Stretch
from cxgame.wire.feed_types import OrdersSnapshot
from tests.wire.feed_games import PlainBooks, RandomGame, queues_of
from tests.wire.feed_samples import (
    ONE,
    WALL_MS,
    amended,
    closed,
    frames,
    now,
    placed,
    resting,
    snapshot,
    trade,
)

ORDERS = Subscription(("orders",), 0)


def ids(core: FeedCore[str], side: str = "bids") -> list[str]:
    """The orders of one side in a snapshot."""
    (whole,) = frames(core.snapshots(ORDERS, now()))
    return [order["id"] for order in whole[side]]


def test_one_book_is_made_for_who_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of hundreds that he follows: each takes some of everybody's time."""
    core: FeedCore[str] = FeedCore(snapshot())
    made: list[int] = []
    orders = core.state.orders

    def counted(market: int, seq: int, at: Now) -> OrdersSnapshot:
        made.append(market)
        return orders(market, seq, at)

    monkeypatch.setattr(core.state, "orders", counted)
    (whole,) = frames(core.snapshots(Subscription(("orders",)), now(), SNAPSHOTS, 1))
    assert (whole["symbol"], made) == ("ETH/USD", [1])


def test_a_snapshot_lists_the_queues() -> None:
    """Best price first, then first come first; what is left of each order."""
    orders = [
        resting(7, Side.BUY, 90_000, ONE),
        resting(3, Side.BUY, 90_000, ONE),
        resting(5, Side.BUY, 90_100, ONE // 2),
        resting(4, Side.SELL, 91_000, ONE),
        resting(9, Side.BUY, 90_200, ONE, market=1),
    ]
    core: FeedCore[str] = FeedCore(snapshot(orders=orders))
    (whole,) = frames(core.snapshots(ORDERS, now()))
    assert (whole["type"], whole["symbol"], whole["seq"]) == ("orders_snapshot", "BTC/USD", 10)
    assert whole["bids"][0] == {"id": "5", "price": "901.00", "size": "0.5000000000"}
    assert [order["id"] for order in whole["bids"]] == ["5", "7", "3"]
    assert [order["id"] for order in whole["asks"]] == ["4"]


def test_an_amended_order_keeps_its_place_or_goes_to_the_end() -> None:
    """As its event says; trades and cuts keep it."""
    core: FeedCore[str] = FeedCore(snapshot())
    taken = trade(1, buy=1, sell=8, buy_left=ONE // 4)
    core.release(Stretch(11, WALL_MS, [placed(1), placed(2), placed(3), taken]))
    core.flush(now())
    assert ids(core) == ["1", "2", "3"]
    core.release(Stretch(15, WALL_MS, [amended(1, 90_000, ONE // 8, in_place=True)]))
    core.flush(now())
    assert ids(core) == ["1", "2", "3"]
    core.release(Stretch(16, WALL_MS, [amended(1, 90_000, ONE), amended(2, 89_000, ONE)]))
    core.flush(now())
    assert ids(core) == ["3", "1", "2"]


def test_the_channel_carries_what_changes_books_and_nothing_else() -> None:
    """In the chain of the tape, of the market that was named."""
    core: FeedCore[str] = FeedCore(snapshot())
    core.join("ann", ORDERS, now())
    elsewhere = placed(9, market=1)
    core.release(Stretch(11, WALL_MS, [placed(1), elsewhere, trade(1, 1, 2), closed(1)]))
    ((_, data),) = core.flush(now())
    told = [(frame["type"], frame["seq"], frame["prev_seq"]) for frame in frames(data)]
    assert told == [("buy", 11, 10), ("match", 13, 11), ("cancel", 14, 13)]


class Follower:
    """Keeps queues by the frames alone, as the documentation says."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.seq = 0
        self.orders: dict[str, dict[str, dict[str, Any]]] = {}  # symbol: id: order

    def take(self, data: bytes) -> None:
        """Apply messages; what is known already is passed over, a loss is none of the channel's."""
        for frame in frames(data):
            if frame["type"] == "orders_snapshot":
                orders = [
                    {"side": side, **order} for side in ("bids", "asks") for order in frame[side]
                ]
                self.orders[frame["symbol"]] = {order["id"]: order for order in orders}
                self.seq = max(self.seq, frame["seq"])
            elif "prev_seq" in frame and frame["seq"] > self.seq:
                assert frame["prev_seq"] <= self.seq
                self.seq = frame["seq"]
                if "symbol" in frame and frame["type"] != "market":
                    self.follow(frame, self.orders.setdefault(frame["symbol"], {}))

    def follow(self, frame: dict[str, Any], orders: dict[str, dict[str, Any]]) -> None:
        message = frame["message"]
        match frame["type"]:
            case "buy" | "sell" as kind:
                side = "bids" if kind == "buy" else "asks"
                size = message["size"]
                row = {"side": side, "id": message["id"], "price": message["price"], "size": size}
                orders[message["id"]] = row
            case "match":
                for id in (message["buy_id"], message["sell_id"]):
                    if id in orders:
                        self.leave(orders, id, lots(orders[id]["size"]) - lots(message["size"]))
            case "reduce" if message["id"] in orders:
                self.leave(orders, message["id"], lots(message["left"]))
            case "cancel":
                orders.pop(message, None)
            case "amend" if message["order_id"] in orders:
                order = orders[message["order_id"]]
                order |= {"price": message["price"], "size": message["left"]}
                if not message["in_place"]:
                    orders[order["id"]] = orders.pop(order["id"])

    def leave(self, orders: dict[str, dict[str, Any]], id: str, left: int) -> None:
        if left:
            orders[id]["size"] = f"{left // ONE}.{left % ONE:010}"
        else:
            del orders[id]

    def queue(self, symbol: str, side: str) -> list[tuple[int, int, int]]:
        """(id, price, lots), best price first, then first come first."""
        found = [
            (int(order["id"]), int(order["price"].replace(".", "")), lots(order["size"]))
            for order in self.orders.get(symbol, {}).values()
            if order["side"] == side
        ]
        return sorted(found, key=lambda order: order[1], reverse=side == "bids")

    def check(self, known: PlainBooks, symbols: dict[str, int]) -> None:
        """Every queue is the one of the independent fold."""
        for symbol, market in symbols.items():
            if self.subscription.market in (ALL_MARKETS, market):
                assert self.queue(symbol, "bids") == known.orders(market, Side.BUY)
                assert self.queue(symbol, "asks") == known.orders(market, Side.SELL)
            else:
                assert symbol not in self.orders


def lots(size: str) -> int:
    return int(size.replace(".", ""))


@pytest.mark.parametrize("seed", range(4))
def test_a_follower_has_every_queue_at_every_moment(seed: int) -> None:
    """Random play, joins, holes and resumes at random moments; at the end as in the engine."""
    game = RandomGame(seed)
    draw, core = game.draw, FeedCore[str](game.snapshot())
    ahead, known = PlainBooks(), PlainBooks()
    followers: dict[str, Follower] = {}
    away: dict[str, Follower] = {}  # off the lanes, as who resumes

    def check() -> None:
        for follower in followers.values():
            follower.check(known, core.state.frames.symbols)

    for step in range(400):
        first, events = game.engine.event_seq + 1, game.step()
        for event in events:
            ahead.fold(event)
        is_lost = draw.random() < 0.01
        if events and not is_lost:
            assert core.release(Stretch(first, game.wall_ms, events))
        if is_lost or step == 399 or draw.random() < 0.4:
            packed = core.flush(now(step))
            known = ahead.copy()
            for lane, data in packed:
                for member in lane.members:
                    followers[member].take(data)
            if is_lost:
                for lane, data in core.begin(game.snapshot(), now(step)):
                    for member in lane.members:
                        followers[member].take(data)
            check()
        if draw.random() < 0.1:
            market = draw.choice((ALL_MARKETS, 0, 1))
            follower = followers[str(step)] = Follower(Subscription(("orders",), market))
            follower.take(core.answer(Subscribe(follower.subscription, None, 1), now(step)))
            core.join(str(step), follower.subscription, now(step))
            follower.check(known, core.state.frames.symbols)
        if followers and draw.random() < 0.1:
            member = draw.choice(list(followers))
            away[member] = followers.pop(member)
            core.lanes.leave(member)
        if away and draw.random() < 0.1:
            member = draw.choice(list(away))
            followers[member] = follower = away.pop(member)
            resume(core, member, follower, step)
            follower.check(known, core.state.frames.symbols)
    assert game.engine.last_trade_id > 10
    late = FeedCore[str](game.snapshot())
    for market, place in enumerate(game.engine.markets):
        queues = [known.orders(market, Side.BUY), known.orders(market, Side.SELL)]
        assert list(queues_of(game.engine, market)) == queues
        of_market = Subscription(("orders",), market)
        whole = late.snapshots(of_market, now())
        assert whole == core.snapshots(of_market, now(), Due.ORDERS)
        assert frames(whole)[0]["symbol"] == place.market.symbol


def resume(core: FeedCore[str], member: str, follower: Follower, step: int) -> None:
    """As a hub does it: what was missed from the tape, or whole books."""
    seq = prev_seq = follower.seq
    while stretches := core.missed(seq):
        if stretches[0].first > seq + 1:
            break
        data, prev_seq = core.replay(follower.subscription, stretches, seq, prev_seq)
        follower.take(data)
        seq = stretches[-1].last
    if seq != core.seq:
        follower.take(core.snapshots(follower.subscription, now(step), SNAPSHOTS))
        prev_seq = core.seq
    core.join(member, follower.subscription, now(step), prev_seq)

"""When triggers fire, and in which order: by trades and mids, fixed and trailing."""

from random import Random

import pytest

from cxgame.engine.triggers import Trigger
from cxgame.model.commands import CancelOrder, Continue, Open, Pause, Start, Tick
from cxgame.model.enums import Liquidity, Mid, SelfTrade, Side, TriggerKind
from cxgame.model.events import TriggerFired
from tests.engine.desk import ALICE, BOB, MARKET, Desk, kinds
from tests.engine.trigger_desk import (
    BUY,
    LAST,
    MID,
    SELL,
    STOP,
    TAKE_PROFIT,
    TRAILING,
    arm,
    code,
    command,
    fired,
    go_on,
    move,
    trade,
    trigger2,
)


@pytest.mark.parametrize(
    ("side", "kind", "before", "at"),
    [
        (BUY, STOP, 219, 220),
        (BUY, TAKE_PROFIT, 181, 180),
        (SELL, STOP, 181, 180),
        (SELL, TAKE_PROFIT, 219, 220),
    ],
)
def test_it_fires_at_its_price_and_not_half_a_tick_before(
    side: Side, kind: TriggerKind, before: int, at: int
) -> None:
    """The price at which it fires counts as reached; the owner alone is told."""
    desk = Desk()
    order = arm(desk, side, kind, at // 2, price=100)
    assert move(desk, before) == []
    applied = desk.do(Tick(0, 2, at // 2, at // 2))
    assert applied.events[1:] == [TriggerFired(0, order.id, ALICE, at)]
    assert not applied.events[1].public
    assert list(desk.engine.triggered) == [order]
    assert desk.engine.violations() == []


def test_the_mid_stands_for_a_last_price_that_is_not_known() -> None:
    """From the first trade after the first trigger on, only trades count."""
    desk = Desk()
    trade(desk, 100)
    by_mid = arm(desk, BUY, STOP, 106, price=90, by=LAST)
    by_last = arm(desk, BUY, STOP, 108, price=90, by=LAST)
    assert move(desk, 212) == [by_mid.id]
    go_on(desk)
    assert trade(desk, 107) == []
    assert move(desk, 240) == []
    assert trade(desk, 108) == [by_last.id]
    go_on(desk)
    assert code(desk, BUY, STOP, 120, price=90) == "ORDER_WOULD_TRIGGER"
    assert code(desk, BUY, STOP, 109, price=90, by=LAST) == ""


def test_each_trade_of_a_command_moves_the_last_price() -> None:
    """What one in the middle reaches fires, though the last one is elsewhere."""
    desk = Desk()
    below, above = arm(desk, SELL, STOP, 96, by=LAST), arm(desk, BUY, STOP, 106, price=90, by=LAST)
    desk.buy(BOB, 1, 95)
    for price in (103, 107, 104):
        desk.sell(BOB, 1, price)
    trailing = arm(desk, SELL, TRAILING, trail=3, by=LAST)
    applied = desk.place(ALICE, BUY, 3, 107)
    assert fired(applied) == [above.id]
    assert trigger2(trailing) == 2 * 107 - 6
    assert desk.engine.markets[0].last == 107
    go_on(desk)
    assert fired(desk.place(ALICE, SELL, 1, 95)) == [trailing.id, below.id]


def test_trades_fire_before_the_mid() -> None:
    """And the mid of a book moves once, at the end of the command."""
    desk = Desk(mid=Mid.BOOK)
    desk.buy(BOB, 1, 98)
    desk.sell(BOB, 1, 102)
    desk.sell(BOB, 1, 110)
    by_mid = arm(desk, BUY, STOP, 103, price=90)
    by_last = arm(desk, BUY, STOP, 102, price=90, by=LAST, account=BOB)
    desk.do(Tick(0, 1, 1, 1))  # another's price: the mid is the book's
    assert fired(desk.place(ALICE, BUY, 1, 102)) == [by_last.id, by_mid.id]


def test_markets_are_looked_at_in_their_order() -> None:
    """Whichever had a trigger first."""
    other = MARKET.__class__(**{f: getattr(MARKET, f) for f in MARKET.__struct_fields__} | {
        "symbol": "ETH/USD", "base": "ETH"})  # fmt: skip
    desk = Desk(MARKET, other, mid=Mid.BOOK)
    second = arm(desk, BUY, STOP, 103, price=90, market=1)
    first = arm(desk, BUY, STOP, 103, price=90)
    assert [place.market.id for place in desk.engine.followed] == [0, 1]
    desk.do(Pause())
    assert move(desk, 206, market=1) == move(desk, 206) == []
    desk.engine.markets[1].mid2 = desk.engine.markets[0].mid2 = 206
    assert fired(desk.do(Start())) == [first.id, second.id]


def test_the_nearest_trigger_fires_first() -> None:
    """Rising before falling, by trigger, then by age; whether it trails or not."""
    desk = Desk()
    ids = {
        name: arm(desk, side, kind, at, price=1, **rest).id
        for name, side, kind, at, rest in [
            ("110 younger rises", SELL, TAKE_PROFIT, 110, {}),
            ("105", BUY, STOP, 105, {}),
            ("110 trails", BUY, TRAILING, 0, {"trail": 10}),
            ("110 youngest", BUY, STOP, 110, {}),
            ("104 trails", BUY, TRAILING, 0, {"trail": 4}),
            ("not reached", BUY, STOP, 111, {}),
        ]
    }
    order = ["104 trails", "105", "110 younger rises", "110 trails", "110 youngest"]
    assert move(desk, 221) == [ids[name] for name in order]
    go_on(desk)
    assert move(desk, 222) == [ids["not reached"]]


def test_of_those_that_wait_for_a_fall_the_highest_fires_first() -> None:
    """The mirror of the others."""
    desk = Desk()
    ids = [
        arm(desk, side, kind, at, price=1000 if side is SELL else 1, **rest).id
        for side, kind, at, rest in [
            (SELL, STOP, 90, {}),
            (BUY, TAKE_PROFIT, 95, {}),
            (SELL, TRAILING, 0, {"trail": 10}),
            (SELL, TRAILING, 0, {"trail_rate": 30_000}),
        ]
    ]
    assert move(desk, 180) == [ids[3], ids[1], ids[0], ids[2]]


def test_one_move_can_reach_both_ways_where_the_mid_stands_for_the_last_price() -> None:
    """Those by either price are one queue: rising first, by trigger."""
    desk = Desk()
    far = arm(desk, BUY, STOP, 106, price=90, by=LAST)
    near = arm(desk, BUY, STOP, 104, price=90, by=MID)
    middle = arm(desk, BUY, STOP, 105, price=90, by=LAST)
    assert move(desk, 212) == [near.id, middle.id, far.id]


def test_a_trail_follows_the_best_price() -> None:
    """A sell's the highest, a buy's the least, and never back."""
    desk = Desk()
    sell, buy = arm(desk, SELL, TRAILING, trail=5), arm(desk, BUY, TRAILING, trail=5, price=90)
    seen = [(trigger2(sell), trigger2(buy))]
    for mid2 in (203, 207, 199, 198, 205):
        assert move(desk, mid2) == []
        seen.append((trigger2(sell), trigger2(buy)))
    assert seen == [(190, 210), (193, 210), (197, 210), (197, 209), (197, 208), (197, 208)]
    assert move(desk, 197) == [sell.id]
    go_on(desk)
    assert trigger2(buy) == 207
    assert move(desk, 207) == [buy.id]


@pytest.mark.parametrize(
    ("rate", "sells", "buys"),
    [(100_000, 180, 220), (1, 199, 201), (5_000, 199, 201), (5_001, 198, 202), (999_999, 0, 400)],
)
def test_a_rate_is_rounded_away_from_the_price(rate: int, sells: int, buys: int) -> None:
    """To half ticks, of the best price."""
    for side, expected in ((SELL, sells), (BUY, buys)):
        trigger = Trigger(command(side, TRAILING, trail_rate=rate), 200)
        assert trigger.trigger2 == expected


def test_a_trail_by_rate_follows_in_proportion() -> None:
    """A tenth of 110 is more than a tenth of 100."""
    desk = Desk()
    order = arm(desk, SELL, TRAILING, trail_rate=100_000)
    move(desk, 221)
    assert trigger2(order) == 198  # 221 - 22.1, rounded down
    assert move(desk, 199) == []
    assert move(desk, 198) == [order.id]


def test_trails_of_different_age_follow_from_where_they_began() -> None:
    """A younger one has not seen the price of before; a price between moves only that."""
    desk = Desk()
    old = arm(desk, SELL, TRAILING, trail=20)
    move(desk, 220)
    move(desk, 200)
    young = arm(desk, SELL, TRAILING, trail=20)
    assert (trigger2(old), trigger2(young)) == (180, 160)
    move(desk, 210)
    assert (trigger2(old), trigger2(young)) == (180, 170)
    move(desk, 230)
    assert (trigger2(old), trigger2(young)) == (190, 190)
    assert move(desk, 190) == [old.id, young.id]


def test_a_sweep_costs_a_trail_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one per level: of prices that go one way, trails follow the last alone."""
    desk = Desk()
    arm(desk, BUY, STOP, 200, price=90, by=LAST)
    trade(desk, 100)
    steps: list[int] = []
    follow = Trigger.follow

    def counted(trigger: Trigger, sign: int, price2: int) -> None:
        steps.append(price2)
        follow(trigger, sign, price2)

    arm(desk, SELL, TRAILING, price=90, by=LAST, trail=5)
    monkeypatch.setattr(Trigger, "follow", counted)
    assert trade(desk, *range(101, 121)) == []
    assert steps == [240]


def test_a_price_at_which_a_command_turns_counts() -> None:
    """A trail follows the highest price of a command, and fires at a lower one after it."""
    desk = Desk()
    arm(desk, BUY, STOP, 101, quantity=1, by=LAST, max_price=103)
    arm(desk, SELL, TAKE_PROFIT, 101, quantity=1, by=LAST)
    trailing = arm(desk, SELL, TRAILING, price=90, by=LAST, trail=5)
    desk.sell(BOB, 1, 103)
    desk.buy(BOB, 1, 98)
    trade(desk, 101)
    assert fired(desk.do(Continue())) == [trailing.id]


def test_nothing_fires_in_a_pause() -> None:
    """When play resumes, the mids are looked at; trails have not followed in between."""
    desk = Desk()
    order, trailing = arm(desk, BUY, STOP, 110, price=90), arm(desk, SELL, TRAILING, trail=5)
    desk.do(Pause())
    assert move(desk, 230) == []
    assert trigger2(trailing) == 190
    assert fired(desk.do(Start())) == [order.id]
    assert trigger2(trailing) == 220
    go_on(desk)
    desk.do(Pause())
    assert move(desk, 240) == move(desk, 226) == []
    assert fired(desk.do(Start())) == []
    assert trigger2(trailing) == 220
    assert desk.engine.violations() == []


def test_what_the_house_fills_when_play_resumes_counts_as_trades() -> None:
    """The last price, then the mids."""
    desk = Desk(liquidity=Liquidity.HOUSE)
    order = arm(desk, SELL, STOP, 95, by=LAST)
    desk.buy(BOB, 1, 90)
    desk.do(Pause())
    desk.do(Tick(0, 1, 85, 88))
    assert kinds(desk.do(Start()).events) == [
        "PhaseChanged",
        "Trade",
        "OrderFilled",
        "TriggerFired",
    ]
    assert list(desk.engine.triggered) == [order]
    assert desk.engine.markets[0].last == 88


def test_while_the_queue_is_not_empty_nothing_else_may_come() -> None:
    """It would find a market that has not settled; an empty queue is no event."""
    desk = Desk()
    assert desk.do(Continue()).events == []
    arm(desk, BUY, STOP, 110, price=90)
    move(desk, 220)
    with pytest.raises(ValueError, match="come before"):
        desk.do(Open())
    assert go_on(desk) == ["OrderPlaced"]
    before = desk.engine.state_hash()
    assert desk.do(Continue()).events == []
    assert desk.engine.state_hash() == before


def test_a_fired_order_has_its_own_fires_in_turn() -> None:
    """A cascade: each sell at the market reaches the stop below, to the end."""
    desk = Desk(max_open_orders=0)
    for price in range(80, 100):
        desk.buy(BOB, 1, price)
    stops = [arm(desk, SELL, STOP, price, quantity=1, by=LAST).id for price in range(98, 79, -1)]
    applied = desk.place(ALICE, SELL, 1, 99, self_trade=SelfTrade.NONE)
    queue: list[int] = []
    while hit := fired(applied):
        queue += hit
        applied = desk.do(Continue())
    assert queue == []
    applied = desk.place(ALICE, SELL, 1, 98)
    while hit := fired(applied):
        assert len(hit) == 1
        queue += hit
        applied = desk.do(Continue())
    assert queue == stops
    assert desk.engine.violations() == []


class Naive:
    """Triggers as one would write them without caring for time."""

    def __init__(self) -> None:
        self.orders: list[tuple[int, Side, TriggerKind, list[int], int, int]] = []

    def add(self, id: int, side: Side, kind: TriggerKind, at2: int, trail: int, rate: int) -> None:
        """`at2` is the trigger, of one that trails the best price."""
        self.orders.append((id, side, kind, [at2], trail, rate))

    def move(self, price2: int) -> list[int]:
        """What fires, in order."""
        hit = []
        for order in list(self.orders):
            id, side, kind, at2, trail, rate = order
            rises = (side is BUY) == (kind is not TAKE_PROFIT)
            trigger = at2[0]
            if kind is TRAILING:
                at2[0] = min(at2[0], price2) if rises else max(at2[0], price2)
                away = 2 * trail or -(-at2[0] * rate // 10**6)
                trigger = at2[0] + away if rises else at2[0] - away
            if price2 >= trigger if rises else price2 <= trigger:
                self.orders.remove(order)
                hit.append((not rises, trigger if rises else -trigger, id))
        return [id for *_, id in sorted(hit)]


@pytest.mark.parametrize("seed", range(10))
def test_a_random_walk_fires_what_a_naive_look_fires(seed: int) -> None:
    """The same orders in the same order, with cancels in between; and all is sound at each step."""
    random, desk, naive = Random(f"walk {seed}"), Desk(max_open_orders=0), Naive()
    mid2, count = 200, 0
    for _ in range(300):
        side, kind = random.choice((BUY, SELL)), random.choice(tuple(TriggerKind))
        at, trail, rate = random.randrange(80, 121), random.randrange(0, 9), 0
        if not trail:
            rate = random.randrange(1, 90_000)
        terms = {"trail": trail, "trail_rate": rate} if kind is TRAILING else {}
        applied = desk.do(command(side, kind, at, price=1, quantity=1, **terms))
        if applied.order is not None:
            trailing = kind is TRAILING
            naive.add(applied.order.id, side, kind, mid2 if trailing else 2 * at, trail, rate)
        mid2 = min(max(mid2 + random.randrange(-6, 7), 160), 240)
        hit = move(desk, mid2)
        assert hit == naive.move(mid2)
        count += len(hit)
        go_on(desk)
        for order in list(desk.engine.orders.values()):
            if order.level is not None or random.random() < 0.02:
                desk.do(CancelOrder(order.account, order.id))
                naive.orders = [each for each in naive.orders if each[0] != order.id]
        assert desk.engine.violations() == []
    assert count > 40

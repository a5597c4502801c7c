"""Orders that wait: their delay, what they take, what is refused, and shares of a volume.

A tick of 1 and a lot of 1; alice and bob have 10,000 USD and 100 BTC each; the mid is 100.
"""

import pytest

from cxgame.engine.pending import SHARE_ONE, dry_run, share_of
from cxgame.model.commands import (
    Advance,
    CancelOrder,
    Pause,
    PlacePending,
    SetBalance,
    Tick,
)
from cxgame.model.enums import (
    OrderStatus,
    OrderType,
    Reason,
    SellFee,
    Side,
)
from cxgame.model.events import OrderRefused, Trade
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, Desk, kinds
from tests.engine.pending_desk import BUY, CHARGED, SELL, advance, house_desk, place, tick, waiting


def test_a_market_order_waits_its_delay_and_no_longer() -> None:
    """On no level, with a hold, and then takes what the house offers."""
    desk = house_desk()
    order = waiting(desk, BUY, 5, delay_ms=300)
    assert desk.owns(ALICE)["USD"] == (10_000 - 5 * 101, 5 * 101)
    assert desk.engine.next_due_ns == 300 * 10**6
    assert advance(desk, 299) == ["TimePassed"]
    assert tick(desk, 98, 101) == ["Ticker"], "nor does a tick set it off before"
    assert advance(desk, 300) == ["Trade", "OrderFilled"]
    assert (order.status, order.filled, order.due_ns) == (OrderStatus.FILLED, 5, 0)
    assert desk.owns(ALICE)["USD"] == (10_000 - 5 * 101, 0)
    assert desk.engine.next_due_ns is None


def test_without_a_delay_it_is_due_at_once() -> None:
    """The next thing that happens in the game is its execution; not the command that placed it."""
    desk = house_desk()
    desk.do(Advance(), 10)
    order = waiting(desk, SELL, 5)
    assert desk.engine.next_due_ns == 10 * 10**6
    with pytest.raises(ValueError, match="due before"):
        desk.do(Pause())
    advance(desk, 10)
    assert order.status is OrderStatus.FILLED


def test_what_is_due_together_goes_in_the_order_of_placing() -> None:
    """Also when the later one was to wait for less time."""
    desk = house_desk()
    second = waiting(desk, BUY, 1, delay_ms=500)
    desk.do(Advance(), 200)
    first = waiting(desk, SELL, 1, delay_ms=100)
    third = waiting(desk, SELL, 1, delay_ms=300)
    events = desk.do(Advance(), 500).events
    trades = [event for event in events if isinstance(event, Trade)]
    takers = [trade.buy_order or trade.sell_order for trade in trades]
    assert takers == [first.id, second.id, third.id]


def test_it_goes_on_at_each_tick_until_it_is_filled() -> None:
    """With the house's volume of that tick."""
    desk = house_desk()
    tick(desk, 99, 101, 2, 2)
    order = waiting(desk, BUY, 5)
    assert advance(desk, 1) == ["Trade"]
    assert (order.left, desk.owns(ALICE)["USD"][1]) == (3, 3 * 101)
    assert tick(desk, 99, 101, 2, 2) == ["Ticker", "Trade"]
    assert tick(desk, 99, 101, 2, 2) == ["Ticker", "Trade", "OrderFilled"]
    assert order.status is OrderStatus.FILLED


def test_the_same_quotes_again_are_a_tick_while_somebody_waits() -> None:
    """And none when nobody does."""
    desk = house_desk()
    tick(desk, 99, 101, 0, 0)
    order = waiting(desk, BUY, 1)
    assert advance(desk, 1) == ["TimePassed"]
    assert tick(desk, 99, 101, 0, 0) == ["Ticker"]
    desk.do(CancelOrder(ALICE, order.id))
    assert tick(desk, 99, 101, 0, 0) == []


def test_it_meets_players_before_the_house_at_their_better_prices() -> None:
    """The book and the house's level are one."""
    desk = house_desk()
    desk.sell(BOB, 2, 100)
    order = waiting(desk, BUY, 3)
    assert advance(desk, 1) == ["Trade", "OrderFilled", "Trade", "OrderFilled"]
    assert order.value == (2 * 100 + 101) * ONE


def test_without_the_house_it_waits_for_players() -> None:
    """An order that comes later fills it at the next tick, not before."""
    desk = Desk()
    order = waiting(desk, BUY, 3)
    advance(desk, 1)
    desk.sell(BOB, 3, 100)
    assert order.left == 3
    assert tick(desk, 99, 101) == ["Ticker", "Trade", "OrderFilled", "OrderFilled"]


# What is refused


@pytest.mark.parametrize(
    ("side", "quantity", "price", "comment"),
    [
        (BUY, 100, 0, "Need 10100.00 USD, have 10000.00"),
        (BUY, 101, 100, "Need 10100.00 USD, have 10000.00"),
        (SELL, 101, 0, "Need 101.00000000 BTC, have 100.00000000"),
        (SELL, 1_001, 1, "Need 1001.00000000 BTC, have 100.00000000, need 10010.00 USD, "
         "have 10000.00"),
        (SELL, 100, 1_001, "Need 10010.00 USD, have 10000.00"),
    ],
)  # fmt: skip
def test_an_order_without_the_funds_is_kept_as_rejected(
    side: Side, quantity: int, price: int, comment: str
) -> None:
    """It has an id and a sentence, holds nothing and is over."""
    fee = comment.count("USD") and side is SELL
    market = (CHARGED,) if fee else ()
    desk = house_desk(*market, sell_fee=SellFee.HOLD)
    applied = place(desk, side, quantity, price, cid="mine")
    (event,) = applied.events
    assert isinstance(event, OrderRefused)
    order = applied.order
    assert order is not None
    assert event.comment == order.comment == comment
    assert (order.id, order.status, order.reason) == (1, OrderStatus.REJECTED, Reason.REJECTED)
    assert (applied.ended, applied.rejection) == ([order], None)
    assert desk.engine.orders == {}
    assert desk.owns(ALICE) == {"BTC": (100, 0), "USD": (10_000, 0)}
    again = place(desk, side, quantity, price, cid="mine")
    assert (again.replayed, again.order_id, again.events) == (True, 1, [])
    desk.do(Tick(0, 3, 98, 100))
    assert waiting(desk, BUY, 1).id == 2


@pytest.mark.parametrize("price", [0, 90])
def test_a_repeated_cid_answers_the_same_order(price: int) -> None:
    """While it waits or rests, and afterwards; another body is refused."""
    desk = house_desk()
    first = place(desk, BUY, 2, price, cid="mine", fingerprint=1).order
    again = place(desk, BUY, 2, price, cid="mine", fingerprint=1)
    assert (again.replayed, again.order, again.events) == (True, first, [])
    assert first is not None
    desk.do(CancelOrder(ALICE, first.id))
    again = place(desk, BUY, 2, price, cid="mine", fingerprint=1)
    assert (again.replayed, again.order, again.order_id) == (True, None, first.id)
    other = place(desk, BUY, 3, price, cid="mine", fingerprint=2).rejection
    assert other is not None
    assert other.code == "ORDER_CID_REUSED"


@pytest.mark.parametrize(
    ("quantity", "price", "code"),
    [(0, 0, "FILTER_MIN_SIZE"), (10**18 + 1, 0, "FILTER_MAX"), (1, 10**15 + 1, "FILTER_MAX")],
)
def test_what_no_filter_lets_through_is_refused_without_a_trace(
    quantity: int, price: int, code: str
) -> None:
    """No id, as any other order."""
    desk = house_desk()
    before = desk.engine.state_hash()
    rejection = place(desk, BUY, quantity, price).rejection
    assert rejection is not None
    assert rejection.code == code
    assert desk.engine.state_hash() == before


def test_the_largest_order_is_refused_for_its_funds_alone() -> None:
    """1e18 lots at 1e15 ticks are numbers like others."""
    desk = house_desk()
    order = place(desk, BUY, 10**18, 10**15).order
    assert order is not None
    assert order.comment == f"Need 1{'0' * 33}.00 USD, have 10000.00"


def test_no_order_is_taken_while_the_game_is_not_open() -> None:
    """It is told which phase that is."""
    desk = house_desk()
    desk.do(Pause())
    rejection = place(desk, BUY, 1).rejection
    assert rejection is not None
    assert rejection.code == "STATE_PAUSED"


def test_an_order_that_waits_counts_as_open() -> None:
    """And is refused where the account has as many as it may."""
    desk = house_desk(max_open_orders=2)
    waiting(desk, BUY, 1, delay_ms=9)
    place(desk, BUY, 1, 90)
    for price in (0, 90):
        rejection = place(desk, BUY, 1, price).rejection
        assert rejection is not None
        assert rejection.code == "LIMIT_ORDERS"
        kind = OrderType.LIMIT if price else OrderType.MARKET
        assert dry_run(desk.engine, PlacePending(ALICE, 0, BUY, kind, price, 1)) == rejection


@pytest.mark.parametrize(
    ("quantity", "price", "expected"),
    [(5, 0, ""), (5, 90, ""), (100, 0, "Need 10100.00 USD, have 10000.00"), (0, 0, None)],
)
def test_a_dry_run_says_what_placing_would_and_changes_nothing(
    quantity: int, price: int, expected: str | None
) -> None:
    """A refusal, a sentence about funds, or nothing to say."""
    desk = house_desk()
    before = desk.engine.state_hash()
    kind = OrderType.LIMIT if price else OrderType.MARKET
    said = dry_run(desk.engine, PlacePending(ALICE, 0, BUY, kind, price, quantity))
    assert desk.engine.state_hash() == before
    applied = place(desk, BUY, quantity, price)
    comment = applied.order.comment if applied.order else None
    assert said == (applied.rejection if expected is None else expected)
    assert comment == expected


def test_a_limit_order_goes_to_the_book_at_once() -> None:
    """It meets players and house, and what is left rests; one level too many is refused."""
    narrow = MarketRules(
        "BTC/USD", "BTC", "USD", tick="1", lot="1", min_size="1", min_price="1",
        start_price="100", max_levels=1,
    )  # fmt: skip
    desk = house_desk(narrow)
    desk.sell(BOB, 1, 100)
    tick(desk, 98, 101, 2, 2)
    applied = place(desk, BUY, 4, 101)
    assert kinds(applied.events) == ["OrderPlaced", "Trade", "OrderFilled", "Trade"]
    assert applied.order is not None
    assert applied.order.level is not None
    tick(desk, 98, 102, 0, 1)
    before = desk.engine.state_hash()
    for price in (97, 103):
        rejection = place(desk, BUY, 4, price).rejection
        assert rejection is not None
        assert rejection.code == "LIMIT_LEVELS"
    assert desk.engine.state_hash() == before


# Shares


def test_a_share_is_a_function_of_draw_and_order() -> None:
    """Never above the volume, never below nothing, around all of it, wider with sigma."""
    lots = 10**12
    for sigma in (100_000, SHARE_ONE, 9 * SHARE_ONE):
        shares = [share_of(lots, sigma, draw, 7) for draw in range(400)]
        cut = [share for share in shares if share is not None and share < lots]
        assert 150 < len(cut) < 250, "half of all lie below the middle"
        assert min(cut) >= 0
        assert (min(cut) == 0) is (sigma >= SHARE_ONE)
        assert shares == [share_of(lots, sigma, draw, 7) for draw in range(400)]
        assert shares != [share_of(lots, sigma, draw, 8) for draw in range(400)]
    narrow = [share_of(lots, 100_000, draw, 7) or 0 for draw in range(400)]
    deviation = sum((share / lots - 1) ** 2 for share in narrow) / 400
    assert 0.4 < deviation / (0.01 / 2) < 1.6


def test_no_volume_and_no_end_have_no_share() -> None:
    """Nor has anything where sigma is 0."""
    assert share_of(None, SHARE_ONE, 1, 1) is None
    assert share_of(0, SHARE_ONE, 1, 1) == 0
    assert share_of(50, 0, 1, 1) == 50


def test_each_order_gets_its_share_of_what_the_one_before_has_left() -> None:
    """Of the volume at that time; the oldest comes first."""
    desk = house_desk(fill_sigma="0.5")
    tick(desk, 99, 101, None, 1_000)
    desk.do(SetBalance(ALICE, "USD", str(10**6 * ONE)))
    orders = [waiting(desk, BUY, 1_000) for _ in range(3)]
    advance(desk, 1, draw=3)
    left = 1_000
    for order in orders:
        share = share_of(left, 500_000, 3, order.id)
        assert share is not None
        assert order.filled == share
        left -= share
    assert desk.engine.markets[0].ask_volume == left


def test_a_resting_order_that_got_no_share_is_asked_again_by_the_same_quotes() -> None:
    """With another draw; when nobody is crossed, nothing happens."""
    desk = house_desk(fill_sigma="3")
    order = desk.buy(ALICE, 10, 95)
    none = next(draw for draw in range(100) if share_of(10, 3_000_000, draw, order.id) == 0)
    some = next(draw for draw in range(100) if share_of(10, 3_000_000, draw, order.id) == 10)
    assert tick(desk, 90, 94, 10, 10, draw=none) == ["Ticker"]
    assert tick(desk, 90, 94, 10, 10, draw=some) == ["Ticker", "Trade", "OrderFilled"]
    tick(desk, 90, 94, 10, 10)
    assert tick(desk, 90, 94, 10, 10) == []
    desk.do(Pause())
    assert tick(desk, 90, 94, 10, 10) == []

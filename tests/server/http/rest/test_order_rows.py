"""Orders as JSON: statuses, comments and bookings in every case."""

import json
from typing import Any

import pytest

from cxgame.history.rows import ClosedOrder, Fill
from cxgame.model.commands import PlaceOrder, PlaceTrigger
from cxgame.model.enums import (
    OrderStatus,
    OrderType,
    Reason,
    Role,
    SellFee,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)
from cxgame.model.market import build_market
from cxgame.model.rules import MarketRules
from cxgame.server.http.rest.order_rows import (
    CLOSED_STATUSES,
    OPEN_STATUSES,
    comment_of,
    is_refused,
    status_of,
    writer,
)
from tests.server.http.rest.trading import trading

LOT = 10**12  # lots in one whole
RULES = MarketRules(
    "BTC/USDT",
    "BTC",
    "USDT",
    tick="0.00000001",
    lot="0.000000000001",
    maker_fee="0.001",
    taker_fee="0.001",
)
MARKET = build_market(0, RULES, 0, 1)
LONELY = "Order expired due to inactivity"
FILLED, CANCEL, REJECTED = OrderStatus.FILLED, OrderStatus.CANCEL, OrderStatus.REJECTED


def ended(status: OrderStatus, filled: int, reason: Reason | None, comment: str = "") -> Any:
    """A buy of one coin at 100 that is over; `filled` in hundredths."""
    lots = filled * LOT // 100
    return ClosedOrder(
        7,
        1,
        0,
        Verb.ORDER,
        Side.BUY,
        OrderType.LIMIT,
        100 * 10**8,
        LOT,
        LOT - lots,
        lots,
        lots * 100 * 10**8 * MARKET.tick_lot_units,
        0,
        0,
        TimeInForce.GTC,
        status,
        "",
        1_000,
        reason,
        comment,
        9_000,
    )


@pytest.mark.parametrize(
    ("order", "status", "comment", "changes"),
    [
        (ended(FILLED, 100, None), "filled", None, 2),
        (ended(CANCEL, 0, Reason.USER), "canceled", "Order canceled by user", 2),
        (ended(CANCEL, 40, Reason.USER), "partially_canceled", "Order canceled by user", 3),
        (ended(CANCEL, 0, Reason.EXPIRED), "expired", LONELY, 2),
        (
            ended(CANCEL, 0, Reason.POST_ONLY),
            "canceled",
            "Order canceled: post-only, and it would have traded at once",
            2,
        ),
        (
            ended(CANCEL, 9, Reason.EXPIRED),
            "partially_expired",
            LONELY,
            3,
        ),
        (ended(REJECTED, 0, Reason.REJECTED, "Need 1, have 0"), "rejected", "Need 1, have 0", 1),
        (ended(REJECTED, 0, Reason.REJECTED, "Insufficient X"), "rejected", "Insufficient X", 2),
        (
            ended(REJECTED, 50, Reason.REJECTED, "Insufficient X"),
            "partially_rejected",
            "Insufficient X",
            3,
        ),
    ],
)
def test_an_end_has_its_status_and_its_words(
    order: Any, status: str, comment: str | None, changes: int
) -> None:
    """The row and the last entry of its history agree, and nothing stays set aside."""
    price, lots = order.price, order.filled
    fills = [Fill(1, 0, 7, Side.BUY, price, lots, 0, Role.MAKER, 7, 0, 5_000)] if lots else []
    row = json.loads(writer(MARKET, True).row(order, fills, with_history=True))
    assert status_of(order) == row["status"] == status
    assert row["comment"] == comment
    assert row["reserved_notion_left"] == row["reserved_fee_left"] == 0.0
    assert (row["ts_update"], row["ts_finish"]) == (9_000, 9_000)
    assert row["history_count"] == len(row["history"]) == changes
    last = row["history"][str(changes - 1)]
    assert (last["status"], last["comment"]) == (status, comment)
    assert last["reserved_notion_left"] == 0.0
    assert is_refused(order) == (changes == 1)
    assert status in CLOSED_STATUSES
    assert status not in OPEN_STATUSES


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_comment(reason: Reason) -> None:
    """Whoever loses an order is told why."""
    assert comment_of(ended(CANCEL, 0, reason)).startswith("Order ")


def history(order: Any, *lots: int) -> list[tuple[Any, ...]]:
    """Status, what it left and what was set aside still, by change; fills of so many hundredths."""
    fills = [
        Fill(trade, 0, 7, Side.BUY, order.price, each * LOT // 100, 0, Role.TAKER, 7, 0, 5_000)
        for trade, each in enumerate(lots, 1)
    ]
    row = json.loads(writer(MARKET, True).row(order, fills, with_history=True))
    assert row["history_count"] == len(row["history"])
    names = ("status", "amount_remain", "reserved_notion_left")
    return [tuple(entry[name] for name in names) for entry in row["history"].values()]


def spent(status: OrderStatus, filled: int, reason: Reason | None = None) -> Any:
    """What could spend 60 and has got so many hundredths of a coin at 100."""
    order = ended(status, filled, reason)
    order.type, order.quantity, order.left, order.budget = OrderType.MARKET, 0, 0, 60 * 10**24
    return order


def test_an_order_that_spends_an_amount_has_the_amount_that_it_has_got() -> None:
    """Nothing of it is ever below zero; what is set aside is what it may spend."""
    row = json.loads(writer(MARKET, True).row(spent(FILLED, 50)))
    assert (row["amount"], row["actual_filled"], row["actual_notion"]) == (0.5, 0.5, 50.0)
    assert (row["initial_booked_notion"], row["initial_booked_fee"]) == (60.0, 0.0)
    assert history(spent(FILLED, 50), 20, 30) == [
        ("new", 0.5, 60.0),
        ("partially_filled", 0.3, 30.0),
        ("filled", 0.0, 0.0),
    ]
    assert history(spent(CANCEL, 20, Reason.UNFILLED), 20) == [
        ("new", 0.2, 60.0),
        ("partially_filled", 0.0, 0.0),
        ("partially_canceled", 0.0, 0.0),
    ]


def test_an_order_that_was_cut_ends_where_it_is_complete() -> None:
    """By meeting one of its own owner: what was cut off is not waited for."""
    order = ended(FILLED, 60, None)
    order.left = 0
    assert history(order, 20, 40) == [
        ("new", 1.0, 100.0),
        ("partially_filled", 0.4, 40.0),
        ("filled", 0.0, 0.0),
    ]


async def test_what_waits_to_spend_an_amount_shows_what_it_holds() -> None:
    """A stop of another face, that will buy for 500."""
    async with trading() as trader:
        office = trader.office
        market = office.engine.market_ids["BTC/USDT"]
        budget = str(500 * 10**24)
        order = PlaceOrder(
            office.owner.id, market, Verb.ORDER, Side.BUY, OrderType.MARKET, budget=budget
        )
        stop = PlaceTrigger(order, TriggerKind.STOP, TriggerBy.MID, 65_000 * 10**8)
        placed = office.rig.bench.submit(stop)
        shown = await trader.get(str(placed.order_id))
        assert (shown["amount"], shown["status"]) == (0.0, "new")
        assert shown["initial_booked_notion"] == shown["reserved_notion_left"] == 500.0
        assert (await trader.balance("USDT"))[1] == 500.0
        trader.price(65_000)
        shown = await trader.get(str(placed.order_id))
        assert shown["status"] == "filled"
        assert shown["amount"] == shown["actual_filled"] > 0
        assert [entry["amount_remain"] for entry in shown["history"].values()] == [
            shown["amount"],
            0.0,
        ]


async def test_a_fee_out_of_the_proceeds_is_not_set_aside() -> None:
    """Where the rules say so, a seller books none."""
    async with trading(sell_fee=SellFee.PROCEEDS) as trader:
        placed = await trader.order("sell", 0.5, 100_000)
        assert (placed["initial_booked_fee"], placed["reserved_fee_left"]) == (0.0, 0.0)
        assert (await trader.balance("USDT"))[1] == 0.0


async def test_a_sell_below_the_market_books_the_fee_at_the_market() -> None:
    """It will be filled at the better price, where the fee is higher."""
    async with trading() as trader:
        trader.price(60_000, bid=0, ask=0)
        placed = await trader.order("sell", 0.5, 50_000)
        assert (placed["initial_booked_notion"], placed["initial_booked_fee"]) == (25_000.0, 30.0)
        assert (await trader.balance("USDT"))[1] == 30.0
        trader.price(60_000)
        filled = await trader.get(placed["id"])
        assert (filled["actual_fee"], filled["initial_booked_fee"]) == (30.0, 30.0)


async def test_a_cut_hold_shows_what_is_left_of_it() -> None:
    """And the order is rejected when it would be filled."""
    async with trading() as trader:
        placed = await trader.order("buy", 0.01, 50_000)
        await trader.do("PATCH", "/admin/balance/USDT", json={"free": 0, "used": 300})
        cut = await trader.get(placed["id"])
        assert (cut["reserved_notion_left"], cut["reserved_fee_left"]) == (300.0, 0.0)
        trader.price(49_000)
        order = await trader.get(placed["id"])
        assert (order["status"], order["history_count"]) == ("rejected", 2)
        assert order["comment"].startswith("Insufficient USDT reserved to buy")

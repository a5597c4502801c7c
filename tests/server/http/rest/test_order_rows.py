"""Orders as JSON: statuses, comments and bookings in every case."""

import json
from typing import Any

import pytest

from cxgame.history.rows import ClosedOrder, Fill
from cxgame.model.enums import (
    OrderStatus,
    OrderType,
    Reason,
    Role,
    SellFee,
    Side,
    TimeInForce,
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

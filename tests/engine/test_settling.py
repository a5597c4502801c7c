"""Settling: what moves in a trade, what is released, and which cids stay known."""

from typing import TypeVar

import pytest
from msgspec.structs import replace

from cxgame.engine import settling
from cxgame.engine.settling import REMEMBERED_NS, REMEMBERED_ORDERS
from cxgame.model.commands import CancelOrder
from cxgame.model.enums import Reason, SelfTrade, Side
from cxgame.model.events import Event, OrderClosed, OrderReduced, Trade
from cxgame.model.units import ONE
from tests.engine.desk import ALICE, BOB, MARKET, Desk

Kind = TypeVar("Kind", bound=Event)

DAY_MS = REMEMBERED_NS // 10**6


def only(kind: type[Kind], events: list[Event]) -> Kind:
    """The one event of a kind."""
    (event,) = [event for event in events if isinstance(event, kind)]
    return event


def test_a_trade_moves_value_one_way_and_quantity_the_other() -> None:
    """Out of what the orders hold, at the resting order's price; the surplus comes back."""
    desk = Desk()
    desk.sell(BOB, 4, 90)
    bid = desk.buy(ALICE, 10, 100)
    assert desk.owns(ALICE) == {"BTC": (104, 0), "USD": (10_000 - 4 * 90 - 6 * 100, 600)}
    assert desk.owns(BOB) == {"BTC": (96, 0), "USD": (10_360, 0)}
    assert (bid.left, bid.filled, bid.taker_value, bid.hold) == (6, 4, 360 * ONE, 600 * ONE)


def test_a_trade_tells_both_sides() -> None:
    """With what is left of each order, and who took."""
    desk = Desk()
    desk.sell(BOB, 4, 90)
    trade = only(Trade, desk.place(ALICE, Side.BUY, 3, 90).events)
    assert (trade.trade, trade.price, trade.quantity) == (1, 90, 3)
    assert (trade.buy_order, trade.sell_order, trade.taker_side) == (2, 1, Side.BUY)
    assert (trade.buy_account, trade.sell_account) == (ALICE, BOB)
    assert (trade.buy_left, trade.sell_left) == (0, 1)


def test_each_role_pays_its_fee_to_the_house() -> None:
    """The buyer's out of the hold, the seller's out of what was earned."""
    desk = Desk(replace(MARKET, maker_fee="0.01", taker_fee="0.05"))
    desk.sell(BOB, 4, 100)
    order = desk.buy(ALICE, 4, 100)
    assert (order.taker_fee, order.maker_fee) == (20 * ONE, 0)
    assert desk.owns(ALICE)["USD"] == (10_000 - 400 - 20, 0)
    assert desk.owns(BOB)["USD"] == (10_000 + 400 - 4, 0)
    assert desk.owns(0)["USD"] == (-20_000 + 24, 0)


def test_a_cut_is_no_trade() -> None:
    """Both lose the smaller remainder; what goes on holds less, what is used up is closed."""
    desk = Desk(self_trade=SelfTrade.DECREMENT)
    ask = desk.sell(ALICE, 5, 90)
    events = desk.place(ALICE, Side.BUY, 3, 90).events
    cuts = [event for event in events if isinstance(event, OrderReduced)]
    assert [(cut.order, cut.quantity, cut.left) for cut in cuts] == [(1, 3, 2), (2, 3, 0)]
    closed = only(OrderClosed, events)
    assert (closed.order, closed.reason, closed.left) == (2, Reason.SELF_TRADE, 0)
    assert (ask.left, ask.filled, ask.hold) == (2, 0, 2 * ONE)
    assert desk.owns(ALICE) == {"BTC": (98, 2), "USD": (10_000, 0)}
    assert desk.engine.markets[0].book.depth(Side.SELL, 9) == [(90, 2)]


def end_one(desk: Desk, cid: str = "") -> None:
    """Place an order and cancel it."""
    desk.do(CancelOrder(ALICE, desk.buy(ALICE, 1, 90, cid=cid).id))


def test_a_cid_is_known_for_so_many_closed_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own order counts as the first of them; open orders are always known."""
    assert REMEMBERED_ORDERS == 1_000
    monkeypatch.setattr(settling, "REMEMBERED_ORDERS", 3)
    desk = Desk()
    desk.buy(ALICE, 1, 80, cid="open")
    end_one(desk, "first")
    end_one(desk)
    end_one(desk, "third")
    known = desk.engine.accounts[ALICE].cids
    assert list(known) == ["open", "first", "third"]
    end_one(desk)
    assert list(known) == ["open", "third"]


def test_a_cid_is_known_for_a_day() -> None:
    """Looked at when an order of the account ends, with or without a cid."""
    assert REMEMBERED_NS == 86_400 * 10**9
    desk = Desk()
    end_one(desk, "first")
    desk.now_ms = 1
    end_one(desk, "second")
    known = desk.engine.accounts[ALICE].cids
    desk.now_ms = DAY_MS - 1
    end_one(desk)
    assert list(known) == ["first", "second"]
    desk.now_ms = DAY_MS
    end_one(desk)
    assert list(known) == ["second"]
    desk.now_ms = DAY_MS + 1
    end_one(desk)
    assert list(known) == []


def test_a_cid_is_free_after_a_day_in_which_nothing_else_ended() -> None:
    """It names another order then; a repeat a moment earlier still found the first."""
    desk = Desk()
    end_one(desk, "mine")
    desk.buy(ALICE, 1, 80, cid="open")
    desk.now_ms = DAY_MS - 1
    before = desk.engine.state_hash()
    assert desk.place(ALICE, Side.BUY, 1, 90, cid="mine").replayed
    desk.now_ms = DAY_MS
    assert desk.place(ALICE, Side.BUY, 1, 80, cid="open").replayed
    assert desk.place(ALICE, Side.BUY, 10**9, 90, cid="mine").rejection is not None
    assert desk.engine.state_hash() == before, "what is not journaled changes nothing"
    applied = desk.place(ALICE, Side.BUY, 1, 90, cid="mine")
    assert (applied.replayed, applied.order_id) == (False, 3)
    desk.do(CancelOrder(ALICE, 3))
    assert list(desk.engine.accounts[ALICE].cids) == ["open", "mine"]

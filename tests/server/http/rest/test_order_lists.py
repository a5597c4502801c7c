"""Lists of orders: filters, their order, and the three places where orders are found."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cxgame.history import recent as memory
from cxgame.history.reading import Reach
from cxgame.history.rows import Bounds, ClosedOrder, Fill
from cxgame.model.commands import CancelOrder
from cxgame.model.enums import OrderStatus, OrderType, Reason, Role, Side, TimeInForce, Verb
from cxgame.server.http.rest import order_lists
from tests.server.http.rest.trading import Trader, trading


@pytest.fixture
async def trader() -> AsyncIterator[Trader]:
    """Funded, at a price of 60,000."""
    async with trading() as one:
        yield one


class Kept:
    """A database of the past with some orders and fills in it."""

    is_there = True

    def __init__(self, orders: list[ClosedOrder], fills: list[Fill]) -> None:
        self.orders = orders
        self._fills = fills
        self.pages = 0
        self.reached = Reach(2**62, 2**62)

    async def ask(self, question: Any, otherwise: Any) -> Any:
        return question(self)

    def reach(self) -> Reach:
        return self.reached

    def closed(
        self, account: int, bounds: Bounds, limit: int, *, first: int, ended_since_ms: int
    ) -> list[ClosedOrder]:
        self.pages += 1
        newest_first = sorted(self.orders, key=lambda order: -order.id)
        return [
            order
            for order in newest_first
            if first <= order.id < bounds.before and order.ended_ms >= ended_since_ms
        ][:limit]

    def order(self, account: int, order_id: int) -> ClosedOrder | None:
        return next((order for order in self.orders if order.id == order_id), None)

    def fills_of(self, account: int, order_id: int, limit: int) -> list[Fill]:
        return [fill for fill in self._fills if fill.order == order_id]

    def close(self) -> None:
        """Nothing is open."""


def ended(id: int, ended_ms: int, filled: int = 0) -> ClosedOrder:
    """An old buy of the account 1, cancelled with some of it filled."""
    return ClosedOrder(
        id,
        1,
        0,
        Verb.ORDER,
        Side.BUY,
        OrderType.LIMIT,
        5_000_000_000_000,
        10**10,
        10**10 - filled,
        filled,
        filled * 5_000_000_000_000 * 10**4,
        0,
        0,
        TimeInForce.GTC,
        OrderStatus.CANCEL,
        "",
        ended_ms - 5,
        reason=Reason.USER,
        ended_ms=ended_ms,
    )


def fill(trade: int, order: int, lots: int, wall_ms: int) -> Fill:
    """A buyer's fill at 50,000."""
    return Fill(
        trade, 0, order, Side.BUY, 5_000_000_000_000, lots, 0, Role.TAKER, order, 0, wall_ms
    )


async def test_filters_leave_what_is_asked_for(trader: Trader) -> None:
    """By status, symbol, side and number; all of them together."""
    low = (await trader.order("buy", 0.001, 50_000))["id"]
    other = (await trader.order("buy", 0.1, 1_000, symbol="ETH/USDT"))["id"]
    sell = (await trader.order("sell", 0.001, 70_000))["id"]
    gone = (await trader.order("sell", 0.001, 71_000))["id"]
    await trader.do("POST", f"/orders/{gone}/cancel")
    assert await trader.ids() == [gone, sell, other, low]
    assert await trader.ids(status="new") == [sell, other, low]
    assert await trader.ids(status="canceled") == [gone]
    assert await trader.ids(status="filled") == []
    assert await trader.ids(symbol="ETH/USDT") == [other]
    assert await trader.ids(side="buy") == [other, low]
    assert await trader.ids(tail=2) == [gone, sell]
    assert await trader.ids(tail=0) == await trader.ids(tail=-1) == [gone, sell, other, low]
    assert await trader.ids(side="sell", status="new", symbol="BTC/USDT", tail=5) == [sell]


async def test_what_changed_last_comes_first(trader: Trader) -> None:
    """A fill or an end brings an old order to the front."""
    old = (await trader.order("buy", 0.01, 50_000))["id"]
    await trader.pass_s(1)
    new = (await trader.order("buy", 0.01, 40_000))["id"]
    assert await trader.ids() == [new, old]
    await trader.pass_s(1)
    trader.price(49_000, bid=1, ask=0.004)  # a part of the old one is filled
    assert await trader.ids(status="partially_filled") == [old]
    assert await trader.ids() == [old, new]
    await trader.pass_s(1)
    await trader.do("POST", f"/orders/{new}/cancel")
    assert await trader.ids() == [new, old]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("status=open", "status"),
        ("side=BUY", "side"),
        ("tail=two", "tail"),
        ("tail=1.5", "tail"),
        (f"tail={'9' * 19}", "tail"),
        ("tail=-%2B5", "tail"),
        ("tail=", "tail"),
        ("include_history=maybe", "include_history"),
    ],
)
async def test_a_filter_that_is_none_is_refused(trader: Trader, query: str, name: str) -> None:
    """422, naming it."""
    answer = await trader.office.http.get(f"/orders?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", name]


async def test_an_unknown_symbol_is_not_found(trader: Trader) -> None:
    """404 and not an empty list: it is a mistake."""
    for symbol in ("NO/SUCH", "", "btc/usdt"):
        assert await trader.refused("GET", f"/orders?symbol={symbol}") == (404, "FILTER_SYMBOL")


async def test_a_reset_forgets_all_orders(trader: Trader) -> None:
    """None of them is shown again, under no path; and ids go on."""
    first = await trader.order("buy", 0.01, 50_000)
    await trader.do("DELETE", "/admin/data")
    assert await trader.ids() == []
    assert (await trader.refused("GET", f"/orders/{first['id']}"))[0] == 404
    assert int((await trader.order("buy", 0.01, 1))["id"]) > int(first["id"])


async def test_old_orders_are_hidden(trader: Trader) -> None:
    """Those that ended before a moment, which a job moves on."""
    jobs = trader.office.run_jobs()
    gone = (await trader.order("buy", 0.01, 50_000))["id"]
    await trader.do("POST", f"/orders/{gone}/cancel")
    still = (await trader.order("buy", 0.01, 50_000))["id"]
    jobs.hidden_before_ms = trader.office.rig.bench.clock.wall_ms() + 1
    assert await trader.ids() == [still]
    assert (await trader.refused("GET", f"/orders/{gone}"))[0] == 404


async def test_what_memory_has_forgotten_comes_from_the_database(
    trader: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once each, with the fills that are there, and only where it is needed."""
    monkeypatch.setattr(memory, "KEPT", 2)
    monkeypatch.setattr(order_lists, "PAGE", 2)
    for _ in range(5):
        await trader.pass_s(1)
        placed = await trader.order("buy", 0.01, 50_000)
        await trader.do("POST", f"/orders/{placed['id']}/cancel")
    ended_ms = trader.office.rig.bench.clock.wall_ms() - 100_000
    orders = [ended(id, ended_ms + id, filled=id == 2) for id in (1, 2, 3, 4)]
    kept: Any = Kept(orders, [fill(7, 2, 1, ended_ms)])
    trader.office.rig.host.past = kept
    assert await trader.ids(tail=2) == ["5", "4"]
    assert kept.pages == 0, "memory has those that ended last"
    assert await trader.ids() == ["5", "4", "3", "2", "1"]
    assert await trader.ids(status="partially_canceled") == ["2"]
    order = await trader.get("2")
    assert (order["history_count"], order["history"]["1"]["price"]) == (3, 50_000.0)
    assert (await trader.get("1"))["history_count"] == 2


async def test_fills_are_put_together_from_both(trader: Trader) -> None:
    """What the database has, and what happened since."""
    trader.price(60_000, bid=1, ask=0.002)
    placed = await trader.order("buy", 0.01)
    await trader.pass_s(0.01)
    recent = trader.office.rig.game.recent
    first = recent.fills(1)[0]
    recent._fills.clear()  # as if a thousand others had come
    kept: Any = Kept([], [first])
    trader.office.rig.host.past = kept
    trader.price(60_000, bid=1, ask=0.003)
    order = await trader.get(placed["id"])
    amounts = [entry["actual_filled"] for entry in order["history"].values()]
    assert amounts == [None, 0.002, 0.003]
    (row,) = await trader.do("GET", "/orders")
    assert row["history_count"] == order["history_count"] == 3


async def test_an_order_that_ends_while_the_database_is_asked_stands_there_once(
    trader: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though by then the database has it, too."""
    monkeypatch.setattr(memory, "KEPT", 2)
    old = int((await trader.order("buy", 0.01, 50_000))["id"])
    for _ in range(3):
        gone = (await trader.order("buy", 0.01, 50_000))["id"]
        await trader.do("POST", f"/orders/{gone}/cancel")
    rig, ended_ms = trader.office.rig, trader.office.rig.bench.clock.wall_ms()

    class Overtaken(Kept):
        async def ask(self, question: Any, otherwise: Any) -> Any:
            if rig.bench.submit(CancelOrder(trader.office.owner.id, old)).rejection is None:
                self.orders.append(ended(old, ended_ms))
            return question(self)

    past: Any = Overtaken([ended(2, ended_ms)], [])
    rig.host.past = past
    listed = await trader.do("GET", "/orders/list")
    assert sorted(listed["orders"]) == ["1", "2", "3", "4"]


async def test_what_is_in_neither_is_not_known_yet(
    trader: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database is written anew, say: 503 and not 404, and no list with a hole."""
    monkeypatch.setattr(memory, "KEPT", 2)
    for number in range(5):
        await trader.pass_s(1)
        gone = await trader.order("buy", 0.01, 50_000, cid=f"c{number}")
        await trader.do("POST", f"/orders/{gone['id']}/cancel")
    still = (await trader.order("buy", 0.01, 50_000))["id"]
    rig = trader.office.rig
    kept: Any = Kept([], [])
    rig.host.past, kept.reached = kept, Reach()
    waits = (503, "STATE_UNKNOWN")
    answer = await trader.office.http.get("/orders/2")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "Try again" in answer.json()["error"]
    assert await trader.refused("POST", "/orders/2/cancel") == waits
    repeat = {"symbol": "BTC/USDT", "side": "buy", "amount": 0.01, "cid": "c0"}
    repeat |= {"type": "limit", "limit_price": 50_000}
    assert await trader.refused("POST", "/orders", json=repeat) == waits
    assert await trader.refused("GET", "/orders") == waits
    assert await trader.refused("GET", "/orders/list?status=canceled") == waits
    assert await trader.ids(status="new") == [still], "open ones are known"
    assert await trader.ids(tail=2) == [still, "5"]
    assert (await trader.get("5"))["status"] == "canceled", "memory has it"
    assert (await trader.refused("GET", "/orders/99"))[0] == 404, "there was never such an order"
    jobs = trader.office.run_jobs()
    jobs.hidden_before_ms = rig.bench.clock.wall_ms() + 1
    assert await trader.ids() == [still], "what is not shown lacks nothing"
    jobs.hidden_before_ms = 0
    kept.reached = Reach(rig.bench.clock.wall_ms())
    assert (await trader.refused("GET", "/orders/2"))[0] == 404
    assert await trader.ids() == [still, "5", "4"]

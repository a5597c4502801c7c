"""Orders: placed, looked at, cancelled, refused."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from cxgame.auth import sha256
from cxgame.config import Settings
from cxgame.limits import Limits
from cxgame.model.commands import CancelOrder, Deposit, Pause, Start
from cxgame.model.enums import Side
from cxgame.model.units import ONE
from cxgame.server.http.rest import orders
from cxgame.server.http.rest.keys import Keys
from tests.server.http.rest.office import KEY
from tests.server.http.rest.trading import Trader, trading

BUY = {"symbol": "BTC/USDT", "side": "buy", "amount": 0.01}


@pytest.fixture
async def trader() -> AsyncIterator[Trader]:
    """Funded, at a price of 60,000."""
    async with trading() as one:
        yield one


async def test_a_limit_order_looks_as_clients_expect(trader: Trader) -> None:
    """Every member, with what is booked; the history only when it is asked for."""
    placed = await trader.order("buy", 0.01, 50_000)
    shown = await trader.get(placed["id"])
    history = shown.pop("history")
    assert shown == placed
    stamp = placed["ts_create"]
    assert placed == {
        "id": "1",
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "limit",
        "amount": 0.01,
        "notion_currency": "USDT",
        "fee_currency": "USDT",
        "fee_rate": 0.001,
        "actual_filled": 0.0,
        "price": None,
        "limit_price": 50_000.0,
        "status": "new",
        "initial_booked_notion": 500.0,
        "reserved_notion_left": 500.0,
        "actual_notion": 0.0,
        "initial_booked_fee": 0.5,
        "reserved_fee_left": 0.5,
        "actual_fee": 0.0,
        "ts_create": stamp,
        "ts_update": stamp,
        "ts_finish": None,
        "comment": None,
        "history_count": 1,
    }
    assert history == {
        "0": {
            "ts": stamp,
            "status": "new",
            "price": None,
            "amount_remain": 0.01,
            "actual_filled": None,
            "actual_notion": None,
            "actual_fee": None,
            "reserved_notion_left": 500.0,
            "reserved_fee_left": 0.5,
            "comment": None,
        }
    }


async def test_lack_of_funds_is_an_order_of_its_own(trader: Trader) -> None:
    """Status 200, `rejected`, with a comment; it is kept, and holds nothing."""
    placed = await trader.order("buy", 1000)
    assert (placed["status"], placed["history_count"]) == ("rejected", 1)
    assert placed["comment"] == "Need 60060000.00 USDT, have 10000.00"
    assert placed["ts_finish"] == placed["ts_create"]
    assert placed["reserved_notion_left"] == placed["reserved_fee_left"] == 0.0
    history = (await trader.get(placed["id"])).pop("history")
    assert [entry["status"] for entry in history.values()] == ["rejected"]
    assert await trader.ids(status="rejected") == [placed["id"]]
    assert await trader.balance("USDT") == (10_000.0, 0.0)
    placed = await trader.order("sell", 5)
    assert placed["comment"].startswith("Need 5.00000000 BTC, have 1.00000000")


async def test_a_market_order_is_accepted_first_and_filled_later(trader: Trader) -> None:
    """It waits as long as was drawn, and its history tells both."""
    face = trader.office.app.state.face
    face.settings = replace(Settings(), min_answer_time=3.0, max_answer_time=5.0)
    placed = await trader.order("buy", 0.01)
    assert (placed["status"], placed["limit_price"]) == ("new", None)
    assert placed["initial_booked_notion"] == 600.0
    await trader.pass_s(2.9)
    assert (await trader.get(placed["id"]))["status"] == "new"
    await trader.pass_s(2.2)
    filled = await trader.get(placed["id"])
    assert (filled["status"], filled["price"], filled["actual_fee"]) == ("filled", 60_000.0, 0.6)
    assert filled["ts_finish"] == filled["ts_update"] > filled["ts_create"]
    assert filled["history_count"] == 2
    entry = filled["history"]["1"]
    assert (entry["status"], entry["actual_filled"], entry["amount_remain"]) == (
        "filled",
        0.01,
        0.0,
    )


async def test_the_wait_is_drawn_by_seed() -> None:
    """The same game draws the same, another order another."""
    waits: list[list[int]] = []
    for _ in range(2):
        async with trading() as trader:
            settings = replace(Settings(), min_answer_time=1.0, max_answer_time=9.0)
            trader.office.app.state.face.settings = settings
            for _ in range(3):
                await trader.order("buy", 0.01)
            heap = trader.office.engine.timers.heap
            waits.append(sorted(due.due_ns for due in heap))
    assert waits[0] == waits[1]
    assert len(set(waits[0])) == 3


async def test_a_volume_fills_in_parts(trader: Trader) -> None:
    """Each part is an entry; what is left can be cancelled, with a comment."""
    trader.price(60_000, bid=1, ask=0.004)
    placed = await trader.order("buy", 0.01)
    await trader.pass_s(0.01)
    partly = await trader.get(placed["id"])
    assert (partly["status"], partly["actual_filled"]) == ("partially_filled", 0.004)
    assert partly["reserved_notion_left"] == 360.0
    answer = await trader.do("POST", f"/orders/{placed['id']}/cancel")
    assert answer["freed"] == {"BTC": 0.0, "USDT": 360.36}
    order = answer["canceled_order"]
    assert (order["status"], order["history_count"]) == ("partially_canceled", 3)
    assert order["comment"] == "Order canceled by user"
    history = (await trader.get(placed["id"]))["history"]
    assert [entry["status"] for entry in history.values()] == [
        "new",
        "partially_filled",
        "partially_canceled",
    ]
    assert history["2"]["comment"] == "Order canceled by user"
    assert (await trader.balance("USDT"))[1] == 0.0


async def test_a_marketable_limit_order_is_answered_new(trader: Trader) -> None:
    """What matched at once shows when it is asked for."""
    placed = await trader.order("buy", 0.01, 61_000)
    assert (placed["status"], placed["actual_filled"]) == ("new", 0.0)
    filled = await trader.get(placed["id"])
    assert (filled["status"], filled["price"]) == ("filled", 60_000.0)


async def test_a_seller_books_the_fee_in_quote(trader: Trader) -> None:
    """And gets it back with what was set aside."""
    placed = await trader.order("sell", 0.5, 100_000)
    assert (placed["initial_booked_notion"], placed["initial_booked_fee"]) == (50_000.0, 50.0)
    assert await trader.balance("USDT") == (9_950.0, 50.0)
    answer = await trader.do("POST", f"/orders/{placed['id']}/cancel")
    assert answer["freed"] == {"BTC": 0.5, "USDT": 50.0}
    assert answer["canceled_order"]["status"] == "canceled"


async def test_an_order_is_cancelled_once(trader: Trader) -> None:
    """Then it is in the wrong state: 409; and what never was is 404."""
    placed = await trader.order("buy", 0.01, 50_000)
    path = f"/orders/{placed['id']}/cancel"
    await trader.do("POST", path)
    answer = await trader.office.http.post(path)
    assert answer.status_code == 409
    assert answer.json()["error"] == "Only *open* orders can be canceled"
    for id in ("99", "zzz", "1e1", "9" * 30, "-1"):
        assert (await trader.refused("POST", f"/orders/{id}/cancel")) == (404, "ORDER_NOT_FOUND")
        answer = await trader.office.http.get(f"/orders/{id}")
        assert answer.json()["detail"] == f"Order {id} not found"


async def test_nobody_sees_or_cancels_anothers_order(trader: Trader) -> None:
    """For him there is no such order."""
    rig = trader.office.rig
    alice = await rig.player("alice")
    placed = await trader.order("buy", 0.01, 50_000)
    async with trader.office.client(alice.token) as http:
        assert (await http.get("/orders")).json() == []
        assert (await http.get(f"/orders/{placed['id']}")).status_code == 404
        assert (await http.post(f"/orders/{placed['id']}/cancel")).status_code == 404


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (BUY, (True, None)),
        ({**BUY, "amount": 1}, (False, "need 60060.00 USDT, have 10000.00")),
        ({**BUY, "amount": 1, "price": 9_000}, (True, None)),
        ({**BUY, "amount": 1, "limit_price": "9999"}, (False, "need 10009.00 USDT, have 10000.00")),
        ({**BUY, "side": "sell", "amount": 2}, (False, "need 2.00000000 BTC, have 1.00000000")),
    ],
)
async def test_a_dry_run_says_what_is_lacking(trader: Trader, body: Any, verdict: Any) -> None:
    """And places nothing."""
    answer = await trader.do("POST", "/orders/can_execute", json=body)
    assert (answer["ok"], answer["reason"]) == verdict
    assert await trader.ids() == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"symbol": "NO/SUCH"}, 404, "FILTER_SYMBOL"),
        ({"symbol": None}, 422, "PARAM_TYPE"),
        ({"side": "BUY"}, 422, "PARAM_TYPE"),
        ({"side": 1}, 422, "PARAM_TYPE"),
        ({"type": "stop"}, 422, "PARAM_TYPE"),
        ({"amount": 0}, 400, "FILTER_MIN_SIZE"),
        ({"amount": -1}, 400, "FILTER_MIN_SIZE"),
        ({"amount": "0.0000000000001"}, 400, "FILTER_MIN_SIZE"),
        ({"amount": 1e30}, 400, "FILTER_MAX"),
        ({"amount": None}, 422, "PARAM_TYPE"),
        ({"amount": "many"}, 422, "PARAM_NUMBER"),
        ({"type": "limit"}, 400, "FILTER_MIN_PRICE"),
        ({"type": "limit", "limit_price": None}, 400, "FILTER_MIN_PRICE"),
        ({"type": "limit", "limit_price": -5}, 400, "FILTER_MIN_PRICE"),
        ({"type": "limit", "limit_price": 1e29}, 400, "FILTER_MAX"),
        ({"type": "limit", "limit_price": [1]}, 422, "PARAM_TYPE"),
        ({"cid": ""}, 422, "PARAM_TYPE"),
        ({"cid": "x" * 65}, 422, "PARAM_TYPE"),
    ],
)
async def test_what_cannot_be_is_refused(
    trader: Trader, changes: Any, status: int, code: str
) -> None:
    """With a status, a code and a sentence; nothing is stored."""
    assert await trader.refused("POST", "/orders", json={**BUY, **changes}) == (status, code)
    assert await trader.ids() == []


async def test_what_is_missing_is_named(trader: Trader) -> None:
    """As FastAPI names it, beside our own code."""
    answer = await trader.office.http.post("/orders", json={"side": "buy"})
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "PARAM_MISSING"
    assert body["detail"] == [
        {"type": "missing", "loc": ["body", "amount"], "msg": "Field required", "input": None}
    ]


async def test_unknown_members_are_ignored(trader: Trader) -> None:
    """As clients of other exchanges send them; a market order needs no price."""
    placed = await trader.order("buy", 0.01, leverage=3, limit_price=1, type="market")
    assert (placed["type"], placed["limit_price"]) == ("market", None)


async def test_an_order_without_a_symbol_is_of_the_default_market(trader: Trader) -> None:
    """BTC/USDT, or the first one where there is no such market."""
    body = {"side": "buy", "amount": 0.001}
    assert (await trader.do("POST", "/orders", json=body))["symbol"] == "BTC/USDT"
    only = trader.office.engine.markets[1].market.rules
    async with trading(markets=(only,)) as other:
        body = {"side": "buy", "amount": 0.1}
        assert (await other.do("POST", "/orders", json=body))["symbol"] == "ETH/USDT"


async def test_numbers_are_rounded_in_nobodys_disfavour(trader: Trader) -> None:
    """A quantity down to the lot, a buy's price down and a sell's up to the tick; text will do."""
    buy = await trader.order("buy", "0.0100000000019", "1e-8")
    assert (buy["amount"], buy["limit_price"]) == (0.010000000001, 1e-08)
    buy = await trader.order("buy", 0.01, "100.000000009")
    assert buy["limit_price"] == 100.0
    sell = await trader.order("sell", 0.01, "100000.000000001")
    assert sell["limit_price"] == 100_000.00000001


async def test_the_same_cid_is_the_same_order(trader: Trader) -> None:
    """Sent again it is answered as it is now; with another body it is refused."""
    first = await trader.order("buy", 0.01, 50_000, cid="mine")
    assert (await trader.order("buy", 0.01, 50_000, cid="mine"))["id"] == first["id"]
    assert await trader.refused("POST", "/orders", json={**BUY, "amount": 0.02, "cid": "mine"}) == (
        409,
        "ORDER_CID_REUSED",
    )
    await trader.do("POST", f"/orders/{first['id']}/cancel")
    again = await trader.order("buy", 0.01, 50_000, cid="mine")
    assert (again["id"], again["status"]) == (first["id"], "canceled")
    waiting = await trader.order("buy", 0.01, cid="later")
    assert (await trader.order("buy", 0.01, cid="later"))["id"] == waiting["id"]
    assert (await trader.order("buy", 0.01, cid=None))["id"] != waiting["id"]


async def test_a_paused_game_takes_no_orders(trader: Trader) -> None:
    """409, as for every wrong state; cancelling works."""
    placed = await trader.order("buy", 0.01, 50_000)
    trader.office.rig.bench.submit(Pause())
    assert await trader.refused("POST", "/orders", json=BUY) == (409, "STATE_PAUSED")
    await trader.do("POST", f"/orders/{placed['id']}/cancel")
    trader.office.rig.bench.submit(Start())


async def test_an_expired_order_says_so(trader: Trader) -> None:
    """Its status and its comment."""
    placed = await trader.order("buy", 0.01, 50_000)
    owner = trader.office.owner.id
    trader.office.rig.bench.submit(CancelOrder(owner, int(placed["id"]), expired=True))
    order = await trader.get(placed["id"])
    assert (order["status"], order["comment"]) == ("expired", "Order expired due to inactivity")


async def test_two_users_trade_over_rest(trader: Trader) -> None:
    """On one book, at the resting order's price; each sees his own order."""
    bob = await trader.office.rig.player("bob")
    account = trader.office.engine.account_ids["bob"]
    trader.office.rig.bench.submit(Deposit(account, "USDT", str(10_000 * ONE)))
    trader.price(60_000, bid=0, ask=0)  # the house does nothing
    sold = await trader.order("sell", 0.1, 61_000)
    async with trader.office.client(bob.token) as http:
        body = {**BUY, "type": "limit", "limit_price": 61_500, "amount": 0.1}
        bought = (await http.post("/orders", json=body)).json()
        shown = (await http.get(f"/orders/{bought['id']}")).json()
    assert (shown["status"], shown["price"]) == ("filled", 61_000.0)
    shown = await trader.get(sold["id"])
    assert (shown["status"], shown["actual_fee"]) == ("filled", 6.1)


@pytest.mark.parametrize("streamed", [3, 100])
async def test_a_long_list_lets_others_have_their_turn(
    trader: Trader, monkeypatch: pytest.MonkeyPatch, streamed: int
) -> None:
    """And every order of it is there once, though some end while it is written or sent."""
    monkeypatch.setattr(orders, "STREAMED", streamed)
    ids = [str(trader.office.place(Side.BUY, 10**6, "100")) for _ in range(500)]
    await trader.office.rig.game.settled()
    listing = asyncio.create_task(trader.do("GET", "/orders", params={"status": "new"}))
    turns = 0
    while not listing.done():
        await asyncio.sleep(0)
        turns += 1
        if turns == 8:
            owner = trader.office.owner.id
            trader.office.rig.bench.submit(CancelOrder(owner, int(ids[0])))
    rows = [row["id"] for row in await listing]
    assert turns > 5
    assert set(ids[1:]) <= set(rows) <= set(ids)
    assert len(rows) == len(set(rows))
    assert all(row["status"] == "new" for row in await trader.do("GET", "/orders?status=new"))


async def test_a_players_young_order_costs_more_to_cancel(trader: Trader) -> None:
    """Of the budget of the key; what that does not cover leaves the order open."""
    office = trader.office
    limits = Limits(rate_limit=1, rate_burst=10, young_cancel_ms=1_000, young_cancel_cost=6)
    office.rig.host.limits = limits
    office.app.state.face.keys = Keys(sha256(KEY), limits=limits)
    bob = await office.rig.player("bob")
    office.rig.bench.submit(Deposit(bob.session.account, "USDT", str(10_000 * ONE)))
    body = {**BUY, "type": "limit", "limit_price": 50_000}
    async with office.client(bob.token) as http:
        first, second = [(await http.post("/orders", json=body)).json()["id"] for _ in range(2)]
        assert (await http.post(f"/orders/{first}/cancel")).status_code == 200  # six, of eight
        refused = await http.post(f"/orders/{second}/cancel")
        assert (refused.status_code, refused.json()["code"]) == (429, "LIMIT_RATE")
        assert refused.headers["retry-after"] == "5"
        assert office.engine.orders.keys() == {int(second)}
        office.rig.bench.clock.pass_s(1)
        assert (await http.post(f"/orders/{second}/cancel")).status_code == 200
    placed = await trader.order("buy", 0.01, 50_000)
    for _ in range(2):  # the owner is not counted
        await trader.do("POST", f"/orders/{placed['id']}/cancel")
        placed = await trader.order("buy", 0.01, 50_000)

"""Orders over `/api/v1`: what becomes of them, and what their owner is shown."""

from pathlib import Path

import pytest

from cxgame.history import recent as memory
from cxgame.model.commands import Advance, PlacePending
from cxgame.model.enums import OrderType, Side
from cxgame.server.sessions.old_orders import NOT_KNOWN_YET
from cxgame.server.sessions.past_reader import PastReader
from tests.server.http.simulator.exchange import ASK, BID, Exchange, Session, order

AT = "2023-11-14T22:13:20.000Z"  # the hour of the tests' clock


async def test_a_limit_order_rests_and_holds(alice: Session) -> None:
    """It is answered as it stands; what it could cost is no longer available."""
    answer = await alice.ask("POST", "/orders", json=order("BUY", "0.5", "49000"))
    assert answer.status_code == 201
    assert answer.json() == {
        "order_id": "1",
        "symbol": "BTC/USD",
        "side": "BUY",
        "type": "LIMIT",
        "status": "OPEN",
        "price": "49000",
        "quantity": "0.5",
        "filled_quantity": "0",
        "created_at": AT,
    }
    assert await alice.available("USD") == ("100000", "75500")


async def test_a_market_order_ends_at_once(alice: Session) -> None:
    """It trades with the house at its price; money and coins have moved when it is answered."""
    placed = await alice.place("BUY", "1")
    assert (placed["status"], placed["price"], placed["filled_quantity"]) == ("FILLED", None, "1")
    assert await alice.available("USD") == ("49997.5", "49997.5")
    assert await alice.available("BTC") == ("11", "11")
    sold = await alice.place("SELL", "2", symbol="ETH/USD")
    assert sold["status"] == "FILLED"
    assert await alice.available("USD") == ("55997.2", "55997.2")


async def test_a_limit_order_at_the_house_fills_at_its_price(alice: Session) -> None:
    """A better limit costs nothing."""
    placed = await alice.place("BUY", "1", "60000")
    assert (placed["status"], placed["price"]) == ("FILLED", "60000")
    assert await alice.available("USD") == ("49997.5", "49997.5")


async def test_fok_is_all_or_nothing(exchange: Exchange, alice: Session) -> None:
    """More than is there is refused whole, and nothing has moved."""
    exchange.quote(4_999_700, 5_000_300, ask_volume=10**10, bid_volume=10**10)  # one BTC
    status, error, code = await alice.declined("BUY", "1.5", "50010", time_in_force="FOK")
    assert (status, code) == (400, "ORDER_FOK")
    assert "fill" in error
    assert await alice.available("USD") == ("100000", "100000")
    filled = await alice.place("BUY", "1", "50010", time_in_force="FOK")
    assert (filled["status"], filled["filled_quantity"]) == ("FILLED", "1")


async def test_ioc_and_market_orders_rest_nowhere(exchange: Exchange, alice: Session) -> None:
    """What they do not get at once is cancelled, and its hold is free."""
    exchange.quote(4_999_700, 5_000_300, ask_volume=10**10, bid_volume=10**10)
    ioc = await alice.place("BUY", "1.5", "50010", time_in_force="IOC")
    assert (ioc["status"], ioc["filled_quantity"]) == ("CANCELLED", "1")
    assert await alice.available("USD") == ("49997", "49997")
    exchange.quote(4_999_710, 5_000_310, ask_volume=10**10, bid_volume=10**10)
    market = await alice.place("SELL", "1.5")
    assert (market["status"], market["filled_quantity"]) == ("CANCELLED", "1")
    assert (await alice.do("GET", "/orders", params={"status": "OPEN"}))["orders"] == []


async def test_numbers_may_be_text_or_json_and_carry_an_exponent(alice: Session) -> None:
    """What a `Decimal` prints is read, and comes back as short as it can be."""
    for quantity, price in (("1E-4", "4.9E+4"), (0.0001, 49_000), ("0.00010", "49000.00")):
        placed = await alice.place("BUY", quantity, price)
        assert (placed["quantity"], placed["price"]) == ("0.0001", "49000")


async def test_one_order_with_its_last_change(exchange: Exchange, alice: Session) -> None:
    """A fill by somebody else shows when it is looked at, with its time."""
    placed = await alice.place("BUY", "2", "49000")
    exchange.rig.bench.clock.pass_s(5)
    exchange.quote(4_899_000, 4_899_900, ask_volume=10**10)
    found = await alice.do("GET", f"/orders/{placed['order_id']}")
    assert (found["status"], found["filled_quantity"]) == ("PARTIALLY_FILLED", "1")
    assert (found["created_at"], found["updated_at"]) == (AT, "2023-11-14T22:13:25.000Z")


async def test_cancelling_gives_back_the_hold(alice: Session) -> None:
    """The order stays to be seen."""
    id = (await alice.place("SELL", "4", "60000"))["order_id"]
    assert await alice.available("BTC") == ("10", "6")
    assert await alice.do("DELETE", f"/orders/{id}") == {"order_id": id, "status": "cancelled"}
    assert await alice.available("BTC") == ("10", "10")
    assert (await alice.do("GET", f"/orders/{id}"))["status"] == "CANCELLED"


async def test_lists_by_market_and_status(exchange: Exchange, alice: Session) -> None:
    """All of the caller's orders, oldest first, or those that are asked for, in any case."""
    first = (await alice.place("BUY", "1", "49000"))["order_id"]
    second = (await alice.place("BUY", "1"))["order_id"]
    third = (await alice.place("SELL", "1", "3100", symbol="ETH/USD"))["order_id"]
    fourth = (await alice.place("SELL", "1", "51000"))["order_id"]
    await alice.do("DELETE", f"/orders/{fourth}")
    waiting = exchange.rig.bench.submit(
        PlacePending(
            exchange.engine.account_ids["alice"],
            0,
            Side.BUY,
            OrderType.MARKET,
            0,
            10**6,
            delay_ms=9_000,
        )
    )

    async def ids(**filters: str) -> list[str]:
        body = await alice.do("GET", "/orders", params=filters)
        return [row["order_id"] for row in body["orders"]]

    assert await ids() == [first, second, third, fourth, str(waiting.order_id)]
    assert await ids(status="OPEN") == [first, third]
    assert await ids(status="open", symbol="ETH/USD") == [third]
    assert await ids(status="FILLED") == [second]
    assert await ids(status="CANCELLED") == [fourth]
    assert await ids(status="PENDING") == [str(waiting.order_id)]
    assert await ids(status="REJECTED") == await ids(status="PARTIALLY_FILLED") == []


async def test_a_part_of_what_waits_may_have_traded(exchange: Exchange, alice: Session) -> None:
    """It waits on: PENDING, also in the list of such orders."""
    await alice.available("USD")
    exchange.quote(4_999_700, 5_000_300, ask_volume=10**6, bid_volume=10**6)
    account = exchange.engine.account_ids["alice"]
    command = PlacePending(account, 0, Side.BUY, OrderType.MARKET, 0, 3 * 10**6)
    waiting = exchange.rig.bench.submit(command).order_id
    await exchange.rig.game.settled()
    exchange.rig.bench.clock.pass_s(1)
    exchange.rig.bench.submit(Advance())
    shown = await alice.do("GET", f"/orders/{waiting}")
    assert (shown["status"], shown["filled_quantity"]) == ("PENDING", "0.0001")
    for status, listed in (("PENDING", [shown]), ("OPEN", []), ("PARTIALLY_FILLED", [])):
        found = await alice.do("GET", "/orders", params={"status": status})
        assert found == {"orders": listed}


async def test_long_lists_come_whole(alice: Session) -> None:
    """More orders than are written in one go, and more than leave in one part."""
    placed = [(await alice.place("BUY", "0.001", 100 + at))["order_id"] for at in range(120)]
    listed = (await alice.do("GET", "/orders"))["orders"]
    assert [row["order_id"] for row in listed] == placed


@pytest.mark.parametrize("name", ["client_order_id", "cid"])
async def test_a_repeat_places_nothing(alice: Session, name: str) -> None:
    """The same body under the same id is the same order, as it is now: 200 instead of 201."""
    body = order("BUY", "1", "49000", **{name: "mine"})
    placed = await alice.do("POST", "/orders", json=body)
    assert placed["client_order_id"] == "mine"
    await alice.do("DELETE", f"/orders/{placed['order_id']}")
    again = await alice.ask("POST", "/orders", json=body)
    assert again.status_code == 200
    assert again.json() == {**placed, "status": "CANCELLED"}
    assert len((await alice.do("GET", "/orders"))["orders"]) == 1
    other = await alice.refused("POST", "/orders", json={**body, "quantity": "2"})
    assert (other[0], other[2]) == (409, "ORDER_CID_REUSED")


async def test_a_repeat_is_the_sessions_own(alice: Session, bob: Session) -> None:
    """Another session may use the same id."""
    body = order("BUY", "1", "49000", client_order_id="same")
    first = await alice.ask("POST", "/orders", json=body)
    second = await bob.ask("POST", "/orders", json=body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["order_id"] != second.json()["order_id"]


async def test_the_best_prices_are_the_houses(alice: Session) -> None:
    """What the ticker says is what a market order gets."""
    ticker = await alice.do("GET", "/ticker", params={"symbol": "BTC/USD"})
    assert (ticker["bid"], ticker["ask"], ticker["last_price"]) == (BID, ASK, "50000")


async def test_an_old_order_is_not_known_while_the_history_is_written(
    exchange: Exchange, alice: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is told, and not that there is no such order; lists have no hole."""
    monkeypatch.setattr(memory, "KEPT", 2)
    for number in range(4):
        await alice.place("BUY", "0.1", client_order_id=f"c{number}")
    exchange.rig.host.past = PastReader(tmp_path / "h.sqlite")  # there is nothing yet
    told = (503, NOT_KNOWN_YET, "STATE_UNKNOWN")
    assert (await alice.ask("GET", "/orders/1")).headers["retry-after"] == "1"
    assert await alice.refused("GET", "/orders/1") == told
    assert await alice.refused("DELETE", "/orders/1") == told
    assert await alice.refused("GET", "/orders") == told
    assert await alice.declined("BUY", "0.1", client_order_id="c0") == told
    assert (await alice.do("GET", "/orders/4"))["status"] == "FILLED"
    assert await alice.do("GET", "/orders?status=open") == {"orders": []}
    assert (await alice.refused("GET", "/orders/5"))[0] == 404

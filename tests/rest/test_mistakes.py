"""Mistakes that exchanges of this kind have made: each is impossible here."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.rest.conftest import Api, Desk

NOT_NUMBERS = ["Infinity", "-Infinity", "NaN", "1e400", '"ten"', "null", "true", "[1]", "{}"]
FREE = {"/", "/health", "/healthz", "/readyz", "/metrics", "/admin/health", "/admin/healthz"} | {
    f"/api/v1/{public}" for public in ("symbols", "ticker", "prices", "orderbook", "trades")
}
SEED_PATHS = {
    *("/tickers", "/tickers/{symbol}", "/balance", "/balance/list", "/balance/{asset}"),
    *("/balance/{asset}/deposit", "/balance/{asset}/withdrawal", "/orders", "/orders/list"),
    *("/orders/{oid}", "/orders/can_execute", "/orders/{oid}/cancel", "/overview/assets"),
    *("/overview/capital", "/overview/trades", "/admin/tickers/{symbol}/price"),
    *("/admin/balance/{asset}", "/admin/fund", "/admin/data"),
}


@pytest.fixture
def funded(desk: Desk) -> Desk:
    """With 10,000 USDT and 1 BTC."""
    desk.do("POST", "/balance/USDT/deposit", json={"amount": 10_000})
    desk.do("POST", "/balance/BTC/deposit", json={"amount": 1})
    return desk


@pytest.fixture
def stranger(api: Api) -> Iterator[httpx.Client]:
    """Somebody without a key."""
    with httpx.Client(base_url=api.url, timeout=20) as http:
        yield http


def raw(body: str) -> dict[str, Any]:
    """A body exactly as it is written."""
    return {"content": body.encode(), "headers": {"content-type": "application/json"}}


def test_a_bid_of_less_than_half_a_cent_costs_what_it_says(funded: Desk) -> None:
    """Nothing is rounded away: 0.003 USDT are held, and given back."""
    placed = funded.order("buy", 0.0000001, 30_000.0)
    free, used = funded.balance("USDT")
    assert used == pytest.approx(0.003 * 1.001, abs=1e-12)
    assert free == pytest.approx(10_000 - used, abs=1e-9)
    funded.do("POST", f"/orders/{placed['id']}/cancel")
    assert funded.balance("USDT") == (10_000.0, 0.0)


def test_placing_and_cancelling_prints_no_cent(funded: Desk) -> None:
    """However often, and at whatever odd price."""
    for number in range(20):
        placed = funded.order("buy", 0.0333333333 + number / 7, 123.45678901 + number)
        freed = funded.do("POST", f"/orders/{placed['id']}/cancel")["freed"]
        assert freed["USDT"] == pytest.approx(
            placed["reserved_notion_left"] + placed["reserved_fee_left"], abs=1e-9
        )
    assert funded.balance("USDT") == (10_000.0, 0.0)


def test_a_fill_draws_on_its_own_orders_hold(funded: Desk) -> None:
    """Another order's hold is the same before and after."""
    resting = funded.order("buy", 0.1, 40_000.0)
    held = funded.balance("USDT")[1]
    funded.closed(funded.order("buy", 0.05)["id"])
    assert funded.balance("USDT")[1] == held
    assert funded.get(resting["id"])["reserved_notion_left"] == 4_000.0


def test_an_order_beyond_the_funds_is_kept_as_rejected(funded: Desk) -> None:
    """Status 200 and `rejected`, as clients rely on; nothing is held."""
    placed = funded.order("buy", 1_000.0)
    assert placed["status"] == "rejected"
    assert placed["comment"] == "Need 60060000.00 USDT, have 10000.00"
    assert funded.get(placed["id"])["status"] == "rejected"
    assert funded.balance("USDT") == (10_000.0, 0.0)
    placed = funded.order("sell", 5.0)
    assert placed["comment"].startswith("Need 5.00000000 BTC, have 1.00000000")


def test_a_sell_below_the_last_price_books_its_fee_at_the_last(funded: Desk) -> None:
    """It fills at the better price, whose fee is the larger."""
    placed = funded.order("sell", 0.5, 100.0)
    assert placed["initial_booked_fee"] == pytest.approx(30.0)
    filled = funded.closed(placed["id"])
    assert (filled["price"], filled["actual_fee"]) == (60_000.0, pytest.approx(30.0))


def test_a_price_that_moved_against_the_booking_leaves_no_debt(funded: Desk) -> None:
    """A buy of all one has, at a price that rises before the fill, never overdraws."""
    funded.price(60_000.0, ask_volume=0.0, bid_volume=0.0)
    placed = funded.order("buy", 0.16)
    funded.price(66_000.0)
    over = funded.closed(placed["id"])
    assert over["status"] in ("rejected", "partially_rejected")
    assert over["comment"].startswith("Insufficient USDT reserved to buy")
    assert funded.balance("USDT") == (10_000.0, 0.0)


@pytest.mark.parametrize("number", NOT_NUMBERS)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/orders", '{"symbol":"BTC/USDT","side":"buy","amount":%s}'),
        (
            "POST",
            "/orders",
            '{"symbol":"BTC/USDT","side":"buy","amount":1,"type":"limit","limit_price":%s}',
        ),
        ("POST", "/orders/can_execute", '{"symbol":"BTC/USDT","side":"buy","amount":%s}'),
        ("POST", "/balance/USDT/deposit", '{"amount":%s}'),
        ("POST", "/balance/USDT/withdrawal", '{"amount":%s}'),
        ("POST", "/admin/fund", '{"asset":"USDT","amount":%s}'),
        ("PATCH", "/admin/balance/USDT", '{"free":%s}'),
        ("PATCH", "/admin/tickers/BTC/USDT/price", '{"price":%s}'),
    ],
)
def test_what_is_no_number_is_refused(
    funded: Desk, method: str, path: str, body: str, number: str
) -> None:
    """Infinity cannot be deposited, nor anything else be done with it; nothing changes."""
    status, _ = funded.refused(method, path, **raw(body % number))
    assert status in (400, 422)
    assert funded.balance("USDT") == (10_000.0, 0.0)
    assert funded.do("GET", "/orders") == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/orders", {"symbol": "NO/SUCH", "side": "buy", "amount": 1}),
        ("POST", "/orders/can_execute", {"symbol": "NO/SUCH", "side": "buy", "amount": 1}),
        ("POST", "/balance/ZZZ/deposit", {"amount": 1}),
        ("POST", "/balance/ZZZ/withdrawal", {"amount": 1}),
        ("POST", "/admin/fund", {"asset": "ZZZ", "amount": 1}),
        ("PATCH", "/admin/balance/ZZZ", {"free": 1}),
        ("PATCH", "/admin/tickers/NO/SUCH/price", {"price": 1}),
        ("GET", "/balance/ZZZ", None),
        ("GET", "/orders/zzz", None),
        ("GET", "/orders/999999999", None),
        ("POST", "/orders/999999999/cancel", None),
        ("GET", "/no/such/path", None),
    ],
)
def test_what_is_unknown_is_not_found(funded: Desk, method: str, path: str, body: Any) -> None:
    """404 with a code; never a 200 with an error in it, never a 500."""
    status, answer = funded.refused(method, path, json=body)
    assert status == 404, answer


def test_an_unknown_ticker_is_an_entry_of_its_list(desk: Desk) -> None:
    """The known ones come along."""
    found = desk.do("GET", "/tickers/BTC/USDT,NO/SUCH")
    assert found["BTC/USDT"]["price"] == 60_000.0
    assert found["NO/SUCH"] == {"error": "Ticker NO/SUCH not available"}


def test_an_order_is_cancelled_once(funded: Desk) -> None:
    """The second time is 409, and frees nothing again."""
    placed = funded.order("buy", 0.01, 50_000.0)
    first = funded.do("POST", f"/orders/{placed['id']}/cancel")
    assert first["canceled_order"]["status"] == "canceled"
    assert first["freed"] == {"BTC": 0.0, "USDT": pytest.approx(500.5)}
    status, _ = funded.refused("POST", f"/orders/{placed['id']}/cancel")
    assert status == 409
    assert funded.balance("USDT") == (10_000.0, 0.0)


def test_ids_are_never_used_again(funded: Desk) -> None:
    """Not after a reset either, which forgets the orders."""
    before = funded.order("buy", 0.01, 50_000.0)["id"]
    funded.do("DELETE", "/admin/data")
    assert funded.do("GET", "/orders", params={"tail": 0}) == []
    assert funded.do("GET", "/balance") == {}
    assert funded.refused("GET", f"/orders/{before}")[0] == 404
    funded.do("POST", "/admin/fund", json={"asset": "USDT", "amount": 1_000})
    after = funded.order("buy", 0.01, 50_000.0)["id"]
    assert int(after) > int(before)


def test_everything_needs_the_key(stranger: httpx.Client, desk: Desk) -> None:
    """Each operation of the OpenAPI answers 401 without a key and with a wrong one."""
    paths = desk.do("GET", "/openapi.json")["paths"]
    assert {path.replace("{order_id}", "{oid}") for path in paths} >= SEED_PATHS
    asked = 0
    for path, operations in paths.items():
        for method in operations:
            if path in FREE:
                continue
            url = path.replace("{symbol}", "BTC/USDT").replace("{asset}", "USDT")
            url = url.replace("{oid}", "1").replace("{order_id}", "1")
            for headers in ({}, {"x-api-key": "wrong"}):
                answer = stranger.request(method.upper(), url, headers=headers)
                assert answer.status_code == 401, (method, path, answer.text)
                # The simulator's refusals have no detail.
                detail = set() if path.startswith("/api/v1") else {"detail"}
                assert answer.json().keys() >= {"error", "code"} | detail
                asked += 1
    assert asked > 30


def test_health_needs_none(stranger: httpx.Client) -> None:
    """Whoever watches a server has no key."""
    for path in ("/", "/healthz", "/readyz", "/health", "/admin/health", "/admin/healthz"):
        answer = stranger.get(path)
        assert answer.status_code == 200, path
    assert stranger.get("/admin/health").json()["status"] == "ok"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"symbol":"BTC/USDT"}', b"{" * 10_000],
    ids=["empty", "cut", "list", "null", "text", "bytes", "short", "deep"],
)
def test_a_body_that_is_none_is_refused(funded: Desk, body: bytes) -> None:
    """With 4xx, whatever it is."""
    headers = {"content-type": "application/json"}
    status, _ = funded.refused("POST", "/orders", content=body, headers=headers)
    assert status in (400, 422)


def test_a_giant_body_is_refused_unread(funded: Desk) -> None:
    """413."""
    headers = {"content-type": "application/json"}
    body = b'{"symbol":"' + b"x" * 200_000 + b'"}'
    assert funded.refused("POST", "/orders", content=body, headers=headers)[0] == 413


def test_a_withdrawal_beyond_what_is_free_is_refused(funded: Desk) -> None:
    """400, with what there is and what was asked for."""
    body = {"amount": 1_000_000_000}
    status, answer = funded.refused("POST", "/balance/USDT/withdrawal", json=body)
    assert status == 400
    assert answer["detail"] == "Insufficient balance: 10000.0 USDT, requested 1000000000.0 USDT"


def test_an_admins_cut_leaves_no_debt(funded: Desk) -> None:
    """An order whose hold was taken away ends rejected when it would be filled."""
    placed = funded.order("buy", 0.1, 50_000.0)
    row = funded.do("PATCH", "/admin/balance/USDT", json={"free": 7, "used": 0})
    assert (row["free"], row["used"]) == (7.0, 0.0)
    funded.price(49_000.0)
    over = funded.get(placed["id"])
    assert over["status"] == "rejected"
    assert over["comment"].startswith("Insufficient USDT reserved to buy")
    assert funded.balance("USDT") == (7.0, 0.0)


def test_a_float_is_echoed(funded: Desk) -> None:
    """Amounts and prices come back within 1e-9."""
    for number in (0.1 + 0.2, 1 / 3, 0.05, 1e-9, 12.3456789012):
        placed = funded.order("buy", number, 0.01)
        assert placed["amount"] == pytest.approx(number, abs=1e-9)
        assert placed["limit_price"] == 0.01

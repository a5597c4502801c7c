"""Balances: rows, deposits, withdrawals, and who may make them."""

import pytest

from cxgame.model.enums import Side
from cxgame.model.units import MAX_UNITS, ONE
from tests.server.http.rest.office import Office

LOT = 10**12  # lots in one whole


async def test_an_account_begins_with_nothing(office: Office) -> None:
    """No rows, and an empty list of assets."""
    assert await office.do("GET", "/balance") == {}
    assert await office.do("GET", "/balance/list") == {"length": 0, "assets": []}


async def test_a_deposit_is_free_at_once(office: Office) -> None:
    """The answer is the row; the same row stands in the list."""
    row = await office.do("POST", "/balance/USDT/deposit", json={"amount": 1234.5})
    assert row == {"asset": "USDT", "free": 1234.5, "used": 0.0, "total": 1234.5}
    assert await office.do("GET", "/balance/USDT") == row
    assert await office.do("GET", "/balance") == {"USDT": row}


async def test_a_deposit_without_an_amount_is_the_default(office: Office) -> None:
    """100,000, under both names of the operation."""
    row = await office.do("POST", "/balance/USDT/deposit", json={})
    assert row["free"] == 100_000.0
    row = await office.do("POST", "/admin/fund", json={"asset": "USDT"})
    assert row["free"] == 200_000.0


async def test_rows_are_sorted_by_asset(office: Office) -> None:
    """Whatever came first."""
    for asset in ("USDT", "ETH", "BTC"):
        await office.do("POST", f"/balance/{asset}/deposit", json={"amount": 1})
    assert list(await office.do("GET", "/balance")) == ["BTC", "ETH", "USDT"]
    listed = await office.do("GET", "/balance/list")
    assert listed == {"length": 3, "assets": ["BTC", "ETH", "USDT"]}


async def test_what_was_given_or_traded_keeps_its_row(office: Office) -> None:
    """Of an asset that is all gone the row is zeros."""
    await office.do("POST", "/balance/BTC/deposit", json={"amount": 1})
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 1})
    await office.do("POST", "/balance/USDT/withdrawal", json={"amount": 1})
    office.place(Side.SELL, LOT, "60000")
    rows = await office.do("GET", "/balance")
    assert rows["BTC"] == {"asset": "BTC", "free": 0.0, "used": 0.0, "total": 0.0}
    assert rows["USDT"]["free"] == 60_000.0


async def test_what_an_order_holds_is_used(office: Office) -> None:
    """`total` is the sum of both columns."""
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 1000})
    office.place(Side.BUY, LOT // 100, "50000")
    row = await office.do("GET", "/balance/USDT")
    assert row == {"asset": "USDT", "free": 500.0, "used": 500.0, "total": 1000.0}


async def test_a_known_asset_is_zeros_and_an_unknown_one_is_404(office: Office) -> None:
    """Case matters."""
    row = await office.do("GET", "/balance/ETH")
    assert row == {"asset": "ETH", "free": 0.0, "used": 0.0, "total": 0.0}
    for asset in ("ZZZ", "eth", "x" * 10_000, "%00", "%F0%9F%92%B0"):
        assert await office.refused("GET", f"/balance/{asset}") == (404, "FILTER_SYMBOL")
        path = f"/balance/{asset}/deposit"
        assert await office.refused("POST", path, json={}) == (404, "FILTER_SYMBOL")


async def test_a_withdrawal_takes_what_is_free(office: Office) -> None:
    """More than that is refused, with both amounts, and takes nothing."""
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 100})
    office.place(Side.BUY, LOT // 1000, "50000")
    answer = await office.http.post("/balance/USDT/withdrawal", json={"amount": 50.5})
    assert answer.status_code == 400
    text = "Insufficient balance: 50.0 USDT, requested 50.5 USDT"
    assert answer.json() == {"error": text, "detail": text, "code": "FUNDS_WITHDRAWAL"}
    row = await office.do("POST", "/balance/USDT/withdrawal", json={"amount": 50})
    assert row == {"asset": "USDT", "free": 0.0, "used": 50.0, "total": 50.0}


async def test_an_amount_keeps_every_digit(office: Office) -> None:
    """24 decimals in, the same 24 decimals out; finer ones are rounded down."""
    number = "123456789.123456789012345678901234"
    body = f'{{"amount":{number}9}}'
    headers = {"content-type": "application/json"}
    answer = await office.http.post("/balance/BTC/deposit", content=body, headers=headers)
    assert f'"free":{number},' in answer.text


@pytest.mark.parametrize(
    ("amount", "status"),
    [
        ("0", 422),
        ("-0", 422),
        ("-1", 422),
        ("1e-25", 422),  # rounds down to nothing
        ("NaN", 422),
        ("Infinity", 422),
        ("-Infinity", 422),
        ("1e400", 422),
        ("1" + "0" * 39, 400),
        ("1" + "0" * 41, 422),
        ("1000000000000000.1", 400),
        ('"ten"', 422),
        ('""', 422),
        ('"1_000"', 422),
        ("null", 422),
        ("true", 422),
        ("[1]", 422),
        ("{}", 422),
        ("[" * 30_000 + "]" * 30_000, 422),
    ],
)
async def test_what_is_no_amount_is_refused(office: Office, amount: str, status: int) -> None:
    """Nothing is deposited, funded or withdrawn by it."""
    headers = {"content-type": "application/json"}
    for path in ("/balance/USDT/deposit", "/balance/USDT/withdrawal", "/admin/fund"):
        body = f'{{"asset":"USDT","amount":{amount}}}'
        assert (await office.refused("POST", path, content=body, headers=headers))[0] == status
    assert await office.do("GET", "/balance") == {}


async def test_the_largest_amount_is_taken(office: Office) -> None:
    """What is refused begins above it."""
    body = {"amount": MAX_UNITS // ONE}
    assert (await office.do("POST", "/balance/USDT/deposit", json=body))["free"] == 1e15


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/balance"),
        ("GET", "/balance/list"),
        ("GET", "/balance/USDT"),
        ("POST", "/balance/USDT/deposit"),
        ("POST", "/balance/USDT/withdrawal"),
        ("POST", "/admin/fund"),
        ("PATCH", "/admin/balance/USDT"),
        ("PATCH", "/admin/tickers/BTC/USDT/price"),
        ("DELETE", "/admin/data"),
        ("POST", "/admin/reset"),
        ("GET", "/tickers"),
        ("GET", "/tickers/BTC/USDT"),
        ("GET", "/overview/capital"),
        ("GET", "/overview/assets"),
        ("GET", "/overview/trades"),
    ],
)
async def test_everything_needs_a_key(office: Office, method: str, path: str) -> None:
    """Without one, and with a wrong one, it is 401."""
    for key, code in ((None, "AUTH_REQUIRED"), ("wrong", "AUTH_TOKEN")):
        async with office.client(key) as stranger:
            answer = await stranger.request(method, path, json={})
            assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_a_player_reads_his_own_and_makes_no_money(office: Office) -> None:
    """His token is a key; what is for admins is 403 to him."""
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 5})
    alice = await office.rig.player("alice")
    async with office.client(alice.token) as http:
        assert (await http.get("/balance")).json() == {}
        for method, path in (
            ("POST", "/balance/USDT/deposit"),
            ("POST", "/balance/USDT/withdrawal"),
            ("POST", "/admin/fund"),
            ("PATCH", "/admin/balance/USDT"),
            ("PATCH", "/admin/tickers/BTC/USDT/price"),
            ("DELETE", "/admin/data"),
            ("POST", "/admin/reset"),
        ):
            body = {"asset": "USDT", "amount": 1, "price": 1}
            assert (await http.request(method, path, json=body)).status_code == 403
        assert (await http.get("/balance")).json() == {}

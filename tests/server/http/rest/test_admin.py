"""The admin's hand: prices, balances, a clean slate."""

from collections.abc import AsyncIterator

import pytest

from cxgame.model.commands import OpenAccount, Pause
from cxgame.model.enums import Side
from tests.server.http.rest.office import Office, market
from tests.server.http.rest.office import office as opened

LOT = 10**12  # lots in one whole
PRICE = "/admin/tickers/BTC/USDT/price"


@pytest.fixture
async def funded(office: Office) -> AsyncIterator[Office]:
    """With 10,000 USDT and 1 BTC."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT", "amount": 10_000})
    await office.do("POST", "/admin/fund", json={"asset": "BTC", "amount": 1})
    yield office
    assert office.engine.violations() == []


async def columns(office: Office, asset: str) -> tuple[float, float]:
    """Free and used."""
    row = await office.do("GET", f"/balance/{asset}")
    return row["free"], row["used"]


async def test_a_price_by_hand_fills_the_orders_that_it_reaches(funded: Office) -> None:
    """Before the answer; a volume that is not said is worth 1e12 of the quote."""
    funded.place(Side.BUY, LOT // 10, "50000")
    answer = await funded.do("PATCH", PRICE, json={"price": 40_000})
    assert await columns(funded, "BTC") == (1.1, 0.0)
    assert await columns(funded, "USDT") == (6_000.0, 0.0)
    assert answer.keys() == {
        *("symbol", "price", "timestamp", "bid", "ask", "bid_volume", "ask_volume")
    }
    assert (answer["bid"], answer["ask"]) == (40_000.0, 40_000.0)
    most = 1_000_000.0  # that many lots at the most, which is less here
    assert (answer["bid_volume"], answer["ask_volume"]) == (most, most - 0.1)
    answer = await funded.do("PATCH", PRICE, json={"price": 4_000_000})
    assert (answer["bid_volume"], answer["ask_volume"]) == (250_000.0, 250_000.0)


async def test_a_volume_of_nothing_fills_nothing(funded: Office) -> None:
    """0 is a volume."""
    funded.place(Side.BUY, LOT // 10, "50000")
    body = {"price": 40_000, "bid_volume": 0, "ask_volume": 0.04}
    answer = await funded.do("PATCH", PRICE, json=body)
    assert (answer["bid_volume"], answer["ask_volume"]) == (0.0, 0.0)
    assert await columns(funded, "BTC") == (1.04, 0.0)


async def test_a_paused_game_takes_a_price_and_fills_nothing(funded: Office) -> None:
    """It fills when play resumes."""
    funded.place(Side.BUY, LOT // 10, "50000")
    funded.rig.bench.submit(Pause())
    answer = await funded.do("PATCH", PRICE, json={"price": 40_000})
    assert answer["price"] == 40_000.0
    assert await columns(funded, "BTC") == (1.0, 0.0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{}", 422, "PARAM_MISSING"),
        ('{"price":0}', 422, "PARAM_TYPE"),
        ('{"price":-1}', 422, "PARAM_TYPE"),
        ('{"price":null}', 422, "PARAM_TYPE"),
        ('{"price":Infinity}', 422, "PARAM_JSON"),
        ('{"price":1e400}', 422, "PARAM_NUMBER"),
        ('{"price":1e-9}', 400, "FILTER_MIN_PRICE"),
        ('{"price":10000000.1}', 400, "FILTER_MAX"),
        ('{"price":1,"bid_volume":-1}', 422, "PARAM_TYPE"),
        ('{"price":1,"ask_volume":"much"}', 422, "PARAM_NUMBER"),
        ("[]", 422, "PARAM_TYPE"),
        ("{", 422, "PARAM_JSON"),
        ("", 422, "PARAM_JSON"),
    ],
)
async def test_what_is_no_price_is_refused(
    office: Office, body: str, status: int, code: str
) -> None:
    """And the old one stays."""
    headers = {"content-type": "application/json"}
    assert await office.refused("PATCH", PRICE, content=body, headers=headers) == (status, code)
    assert (await office.do("GET", "/tickers/BTC/USDT"))["BTC/USDT"]["price"] == 60_000.0


@pytest.mark.parametrize("symbol", ["X/Y", "BTC", "btc/usdt", "%00", "a/b/c"])
async def test_a_price_of_an_unknown_symbol_is_404(office: Office, symbol: str) -> None:
    """Whatever it looks like."""
    path = f"/admin/tickers/{symbol}/price"
    assert await office.refused("PATCH", path, json={"price": 1}) == (404, "FILTER_SYMBOL")


async def test_the_bounds_of_a_price_are_taken(office: Office) -> None:
    """One tick, and the most ticks."""
    for price in (0.00000001, 10_000_000):
        answer = await office.do("PATCH", PRICE, json={"price": price})
        assert (answer["bid"], answer["price"]) == (price, price)


async def test_a_balance_is_put_where_it_is_wanted(funded: Office) -> None:
    """Without `used` that column stays; without `free` there is 1."""
    path = "/admin/balance/USDT"
    funded.place(Side.BUY, LOT // 100, "50000")
    row = await funded.do("PATCH", path, json={"free": 7.5})
    assert row == {"asset": "USDT", "free": 7.5, "used": 500.0, "total": 507.5}
    row = await funded.do("PATCH", path, json={"free": 7.5, "used": None})
    assert row["used"] == 500.0
    row = await funded.do("PATCH", path, json={"used": 600})
    assert row == {"asset": "USDT", "free": 1.0, "used": 600.0, "total": 601.0}
    row = await funded.do("PATCH", path, json={"free": 0, "used": 0})
    assert row == {"asset": "USDT", "free": 0.0, "used": 0.0, "total": 0.0}


@pytest.mark.parametrize("number", ["-1", "NaN", "1e400", "1e16", '"x"', "true", "[]"])
@pytest.mark.parametrize("column", ["free", "used"])
async def test_what_is_no_balance_is_refused(funded: Office, column: str, number: str) -> None:
    """And both columns stay."""
    headers = {"content-type": "application/json"}
    content = f'{{"{column}":{number}}}'
    path = "/admin/balance/USDT"
    status, _ = await funded.refused("PATCH", path, content=content, headers=headers)
    assert status in (400, 422)
    assert await columns(funded, "USDT") == (10_000.0, 0.0)


async def test_a_balance_of_an_unknown_asset_is_404(office: Office) -> None:
    """And the asset stays unknown."""
    path = "/admin/balance/ZZZ"
    assert await office.refused("PATCH", path, json={"free": 1}) == (404, "FILTER_SYMBOL")
    assert "ZZZ" not in office.engine.ledger.assets


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/admin/data"), ("POST", "/admin/reset")])
async def test_a_clean_slate(funded: Office, method: str, path: str) -> None:
    """No orders, balances, deposits, totals; prices and the count of ids stay."""
    funded.place(Side.BUY, LOT // 100, "60000")
    last = funded.place(Side.BUY, LOT // 100, "50000")
    assert await funded.do(method, path) == {"status": "ok"}
    assert funded.engine.orders == {}
    assert await funded.do("GET", "/balance") == {}
    assert await funded.do("GET", "/overview/capital") == dict.fromkeys(
        ("equity", "deposits", "withdrawals", "profit_loss"), 0.0
    )
    trades = await funded.do("GET", "/overview/trades")
    assert trades["BUY"] == {"count": {}, "amount": {}, "notional": {}, "fee": {}}
    assert await funded.do("GET", "/tickers") == ["BTC/USDT", "ETH/USDT"]
    await funded.do("POST", "/admin/fund", json={"asset": "USDT", "amount": 10_000})
    assert funded.place(Side.BUY, LOT // 100, "50000") == last + 1
    assert funded.owner.first_order == last + 1


async def test_a_clean_slate_is_confirmed_where_others_play(funded: Office) -> None:
    """Then it is theirs, too; house bots are no others."""
    funded.rig.bench.submit(OpenAccount("maker", bot=True))
    assert await funded.do("DELETE", "/admin/data") == {"status": "ok"}
    await funded.do("POST", "/admin/fund", json={"asset": "USDT", "amount": 10_000})
    await funded.rig.player("alice")
    for query in ("", "?confirm=", "?confirm=yes", "?confirm=main.1"):
        refused = await funded.refused("DELETE", f"/admin/data{query}")
        assert refused == (409, "STATE_SHARED")
        assert await columns(funded, "USDT") == (10_000.0, 0.0)
    assert await funded.do("DELETE", "/admin/data?confirm=main") == {"status": "ok"}
    assert await columns(funded, "USDT") == (0.0, 0.0)


async def test_a_clean_slate_reaches_every_account() -> None:
    """Of a game that grants: nobody has anything afterwards."""
    async with opened(grants={"BTC": "1.0", "USDT": "5.0"}) as office:
        await office.rig.player("alice")
        await office.do("POST", "/admin/reset?confirm=main")
        for account in office.engine.accounts[1:]:
            assert not any(account.free)
            assert not any(account.held)
        assert office.engine.violations() == []


async def test_a_game_without_a_cash_asset_values_in_its_first_quote() -> None:
    """The deposit's value, which the engine notes then, is nothing."""
    async with opened(cash_asset="", markets=(market("BTC/EUR"),)) as office:
        await office.do("POST", "/balance/EUR/deposit", json={"amount": 5})
        overview = await office.do("GET", "/overview/assets")
        assert overview["misc"]["cash_asset"] == "EUR"
        assert overview["balance_source"]["total_equity"] == 5.0


async def test_health_needs_no_key(office: Office) -> None:
    """Under its three names."""
    async with office.client(None) as stranger:
        for path in ("/health", "/admin/health", "/admin/healthz"):
            answer = await stranger.get(path)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_health_tells_of_books_that_are_not_right(office: Office) -> None:
    """After the next check; how many things are wrong, not which."""
    jobs = office.run_jobs()
    await jobs.check()
    assert jobs.violations == []
    office.owner.free[0] += 1
    await jobs.check()
    async with office.client(None) as stranger:
        answer = await stranger.get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "violations": len(jobs.violations)}
    assert len(jobs.violations) == 1
    office.owner.free[0] -= 1
    await jobs.check()
    assert await office.do("GET", "/health") == {"status": "ok"}


async def test_a_halted_game_takes_no_money(office: Office) -> None:
    """What would change it is 503, and to be sent again; reads show what was released."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT", "amount": 1})
    await office.rig.halt()
    for method, path, body in (
        ("POST", "/balance/USDT/deposit", {"amount": 1}),
        ("POST", "/balance/USDT/withdrawal", {"amount": 1}),
        ("POST", "/admin/fund", {"asset": "USDT", "amount": 1}),
        ("PATCH", "/admin/balance/USDT", {"free": 1}),
        ("PATCH", PRICE, {"price": 1}),
        ("DELETE", "/admin/data", None),
    ):
        assert await office.refused(method, path, json=body) == (503, "STATE_HALTED")
    for path in ("/balance", "/overview/assets", "/tickers/BTC/USDT"):
        answer = await office.http.get(path)
        assert (answer.status_code, "x-cxgame-as-of" in answer.headers) == (200, True)
    await office.rig.resume()
    assert await columns(office, "USDT") == (1.0, 0.0)

"""Tickers: which there are, what they show, and from when that is."""

import pytest

from cxgame.model.commands import AddMarket, Tick
from cxgame.model.enums import Side
from tests.server.http.rest.office import Office, market

LOT = 10**12  # lots in one whole


async def test_a_market_without_a_quote_is_not_listed(office: Office) -> None:
    """ETH/BTC has none yet; it is listed once it has."""
    assert await office.do("GET", "/tickers") == ["BTC/USDT", "ETH/USDT"]
    error = {"error": "Ticker ETH/BTC not available"}
    assert await office.do("GET", "/tickers/ETH/BTC") == {"ETH/BTC": error}
    await office.do("PATCH", "/admin/tickers/ETH/BTC/price", json={"price": 0.05})
    assert "ETH/BTC" in await office.do("GET", "/tickers")
    assert (await office.do("GET", "/tickers/ETH/BTC"))["ETH/BTC"]["price"] == 0.05


async def test_several_symbols_are_asked_for_with_commas(office: Office) -> None:
    """Unknown ones are entries with an error, and the answer is 200."""
    rows = await office.do("GET", "/tickers/ETH/USDT,BTC/USDT, X/Y ,,btc/usdt")
    assert list(rows) == ["ETH/USDT", "BTC/USDT", "X/Y", "btc/usdt"]
    assert rows["X/Y"] == {"error": "Ticker X/Y not available"}
    assert rows["btc/usdt"] == {"error": "Ticker btc/usdt not available"}
    assert (rows["ETH/USDT"]["price"], rows["BTC/USDT"]["price"]) == (3_000.0, 60_000.0)


@pytest.mark.parametrize("path", ["X/Y", "%00", "%2F", "..%2F..", "a" * 5_000, "%F0%9F%92%B0"])
async def test_one_unknown_symbol_is_an_entry_too(office: Office, path: str) -> None:
    """Whatever is asked for."""
    rows = await office.do("GET", f"/tickers/{path}")
    assert len(rows) == 1
    assert next(iter(rows.values())).keys() == {"error"}


async def test_a_ticker_shows_quotes_and_what_is_left_of_their_volumes(office: Office) -> None:
    """What an order has taken of a volume is gone from it."""
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 100_000})
    body = {"price": 50_000, "bid_volume": 2, "ask_volume": 1.5}
    answer = await office.do("PATCH", "/admin/tickers/BTC/USDT/price", json=body)
    office.place(Side.BUY, LOT, "50000")
    row = (await office.do("GET", "/tickers/BTC/USDT"))["BTC/USDT"]
    assert row.pop("info") == "Quotes of BTC/USDT"
    assert answer == {**row, "ask_volume": 1.5}
    assert row == {
        "symbol": "BTC/USDT",
        "price": 50_000.0,
        "timestamp": 1_700_000_000.0,
        "bid": 50_000.0,
        "ask": 50_000.0,
        "bid_volume": 2.0,
        "ask_volume": 0.5,
    }


async def test_a_volume_without_end_is_a_large_number(office: Office) -> None:
    """As a source that names none."""
    office.rig.bench.submit(Tick(0, 99, 10**12, 2 * 10**12))
    row = (await office.do("GET", "/tickers/BTC/USDT"))["BTC/USDT"]
    assert (row["bid_volume"], row["ask_volume"]) == (1e9, 1e9)


@pytest.mark.parametrize(
    ("carry", "price"),
    [
        ("", 15_000.00000002),  # half a tick, exactly
        ("{}", 15_000.00000002),
        ("no JSON", 15_000.00000002),
        ('{"price":"NaN"}', 15_000.00000002),
        ('{"price":60000}', 15_000.00000002),
        ('{"price":"14999.123456789012345678"}', 14_999.123456789012345678),
        ('{"price":"1E-7","model":"gbm","carry":[1]}', 1e-7),
    ],
)
async def test_the_price_is_as_its_source_wrote_it(
    office: Office, carry: str, price: float
) -> None:
    """Else it is the mid."""
    bid, ask = 10_000 * 10**8 + 1, 20_000 * 10**8 + 3
    office.rig.bench.submit(Tick(0, 99, bid, ask, None, None, carry))
    row = (await office.do("GET", "/tickers/BTC/USDT"))["BTC/USDT"]
    assert (row["price"], row["bid"], row["ask"]) == (price, 10_000.00000001, 20_000.00000003)


async def test_the_timestamp_is_of_the_last_change(office: Office) -> None:
    """Time that passes without one, other markets and orders do not move it."""
    clock = office.rig.bench.clock
    clock.pass_s(10)
    await office.do("PATCH", "/admin/tickers/BTC/USDT/price", json={"price": 50_000})
    clock.pass_s(10)
    await office.do("PATCH", "/admin/tickers/ETH/USDT/price", json={"price": 2_000})
    await office.do("POST", "/balance/USDT/deposit", json={"amount": 100})
    rows = await office.do("GET", "/tickers/BTC/USDT,ETH/USDT")
    times = [rows[symbol]["timestamp"] - 1_700_000_000 for symbol in ("BTC/USDT", "ETH/USDT")]
    assert times == [pytest.approx(10), pytest.approx(20)]


async def test_a_change_that_is_not_released_yet_is_of_now(office: Office) -> None:
    """The price and its time are shown together."""
    await office.do("GET", "/tickers/BTC/USDT")
    office.rig.bench.clock.pass_s(10)
    office.rig.bench.submit(Tick(0, 99, 10**12, 10**12))
    row = (await office.do("GET", "/tickers/BTC/USDT"))["BTC/USDT"]
    assert row["price"] == 10_000.0
    assert row["timestamp"] == pytest.approx(1_700_000_010)


async def test_a_timestamp_that_a_source_wrote_is_shown(office: Office) -> None:
    """It is known after a restart, too."""
    carry = '{"price":"10000.0","timestamp":1795218184.250533}'
    office.rig.bench.submit(Tick(0, 99, 10**12, 10**12, None, None, carry))
    row = (await office.do("GET", "/tickers/BTC/USDT"))["BTC/USDT"]
    assert row["timestamp"] == 1795218184.250533


async def test_a_market_that_opens_in_play_has_a_ticker(office: Office) -> None:
    """From its first quote on."""
    await office.do("GET", "/tickers/BTC/USDT")
    office.rig.bench.submit(AddMarket(market("DOGE/USDT")))
    assert "error" in (await office.do("GET", "/tickers/DOGE/USDT"))["DOGE/USDT"]
    office.rig.bench.submit(Tick(3, 1, 10**7, 10**7))
    assert (await office.do("GET", "/tickers/DOGE/USDT"))["DOGE/USDT"]["bid"] == 0.1

"""Prices that other programs write, and our own mirror."""

import logging
from collections.abc import AsyncIterator

import pytest

from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.link import Link
from cxgame.store.tickers import Ticker, Tickers
from tests.store.embedded_fixture import ValkeyThread
from tests.store.proxy import Proxy


@pytest.fixture
async def tickers(shared_valkey: ValkeyThread) -> AsyncIterator[Tickers]:
    tickers = Tickers(shared_valkey.endpoint)
    yield tickers
    await tickers.close()


@pytest.fixture
def symbol(game_name: str) -> str:
    return f"{game_name}/USD"


async def feed(link: Link, key: str, **fields: str) -> None:
    await link.call("HSET", key, *(part for pair in fields.items() for part in pair))


async def test_a_whole_ticker_is_read_as_text(tickers: Tickers, symbol: str, link: Link) -> None:
    """Every field as it was written: no number is made of it here."""
    await feed(
        link,
        f"tickers:{symbol}",
        price="60000.0",
        timestamp="1795218184.250533",
        bid="59994.10",
        ask="6.0006e4",
        bidVolume="0",
        askVolume="1000000000.0",
        symbol=symbol,
    )
    expected = Ticker(
        symbol, "60000.0", "1795218184.250533", "59994.10", "6.0006e4", "0", "1000000000.0"
    )
    assert await tickers.read([symbol, "NO/NE"]) == {symbol: expected}


async def test_price_and_time_are_enough(tickers: Tickers, symbol: str, link: Link) -> None:
    """The older key, and only what everybody writes."""
    await feed(link, f"sym_{symbol}", price="56000", timestamp="1795218184", bid="")
    assert await tickers.read([symbol]) == {symbol: Ticker(symbol, "56000", "1795218184")}


async def test_the_newer_key_comes_first(tickers: Tickers, symbol: str, link: Link) -> None:
    """With both there, `tickers:` is the price."""
    await feed(link, f"sym_{symbol}", price="1", timestamp="1")
    await feed(link, f"tickers:{symbol}", price="2", timestamp="1")
    assert (await tickers.read([symbol]))[symbol].price == "2"


async def test_our_own_mirror_is_passed_over(tickers: Tickers, symbol: str, link: Link) -> None:
    """What our oracle shows is no price from outside, until somebody else writes one there."""
    await tickers.mirror([Ticker(symbol, "1000.00", "7.5", "999.00", "1001.00")])
    assert await tickers.read([symbol]) == {}
    await feed(link, f"tickers:{symbol}", price="1200", timestamp="8")
    assert (await tickers.read([symbol]))[symbol].price == "1200"


async def test_the_mirror_shows_the_oracle(tickers: Tickers, symbol: str, link: Link) -> None:
    """A hash with the fields everybody knows; what is not said any more disappears."""
    await tickers.mirror([Ticker(symbol, "1000.00", "7.5", "999.00", "1001.00", "5", "6")])
    await tickers.mirror([Ticker(symbol, "1001.00", "8.5", "1000.00", "1002.00")])
    flat = await link.call("HGETALL", f"tickers:{symbol}")
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    assert fields.pop(b"writer").startswith(b"cxgame ")
    assert fields == {
        b"symbol": symbol.encode(),
        b"price": b"1001.00",
        b"timestamp": b"8.5",
        b"bid": b"1000.00",
        b"ask": b"1002.00",
    }


async def test_what_a_feeder_writes_is_a_price_from_outside(
    tickers: Tickers, symbol: str, link: Link
) -> None:
    """Also over our own mirror, of which nothing stays."""
    await tickers.mirror([Ticker(symbol, "1000.00", "7.5", "999.00", "1001.00")])
    fed = Ticker(symbol, "1000.00", "7.5")
    await tickers.write([fed])
    assert await tickers.read([symbol]) == {symbol: fed}
    flat = await link.call("HGETALL", f"tickers:{symbol}")
    assert set(flat[::2]) == {b"symbol", b"price", b"timestamp"}


async def test_one_bad_key_does_not_hide_the_others(
    tickers: Tickers, symbol: str, link: Link
) -> None:
    """All are written, many more than go at once, and then the refusal is raised."""
    await link.call("SET", f"tickers:{symbol}", "a text")
    many = [Ticker(f"{i}{symbol}", "5", "1") for i in range(500)]
    with pytest.raises(StoreError, match="WRONGTYPE"):
        await tickers.write([Ticker(symbol, "5", "1"), *many])
    assert len(await tickers.read([ticker.symbol for ticker in many])) == 500


async def test_a_valkey_that_is_away_is_waited_for(tickers: Tickers) -> None:
    """As long as is asked for; writing itself does not wait."""
    await tickers.reach(0.0)
    async with Proxy("/nonexistent") as proxy:
        proxy.refusing = True
        absent = Tickers(proxy.endpoint)
        with pytest.raises(StoreUnavailable):
            await absent.reach(0.2)
        assert proxy.connections > 1
        with pytest.raises(StoreUnavailable):
            await absent.write([Ticker("A/B", "1", "1")])
        await absent.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"timestamp": "1"},
        {"price": "1"},
        {"price": "0", "timestamp": "1"},
        {"price": "0.000e5", "timestamp": "1"},
        {"price": "-5", "timestamp": "1"},
        {"price": "NaN", "timestamp": "1"},
        {"price": "Infinity", "timestamp": "1"},
        {"price": "1e400", "timestamp": "1"},
        {"price": "1_000", "timestamp": "1"},
        {"price": "\uff11\uff12", "timestamp": "1"},
        {"price": " 5", "timestamp": "1"},
        {"price": "5\n", "timestamp": "1"},
        {"price": "1" * 41, "timestamp": "1"},
        {"price": "5", "timestamp": "yesterday"},
        {"price": "5", "timestamp": "1", "bid": "x"},
        {"price": "5", "timestamp": "1", "ask": "0"},
        {"price": "5", "timestamp": "1", "bidVolume": "-1"},
    ],
    ids=lambda fields: ",".join(f"{name}={text[:12]!a}" for name, text in fields.items()),
)
async def test_a_bad_ticker_is_left_out_and_logged_once(
    tickers: Tickers,
    symbol: str,
    link: Link,
    fields: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A price nobody can trust is no price, and does not hide the others."""
    await feed(link, f"tickers:{symbol}", **fields)
    await feed(link, f"tickers:OK{symbol}", price="5", timestamp="1")
    with caplog.at_level(logging.WARNING, logger="cxgame.store"):
        for _ in range(2):
            assert set(await tickers.read([symbol, f"OK{symbol}"])) == {f"OK{symbol}"}
    assert len(caplog.messages) == 1


async def test_a_key_of_another_type_is_left_out(
    tickers: Tickers, symbol: str, link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    """`sym_` may be a plain text: not a ticker."""
    await link.call("SET", f"sym_{symbol}", "5")
    with caplog.at_level(logging.WARNING, logger="cxgame.store"):
        assert await tickers.read([symbol]) == {}
    assert "not a hash" in caplog.text


async def test_symbols_are_found(tickers: Tickers, symbol: str, link: Link) -> None:
    """Both spellings, each symbol once."""
    for key in (f"tickers:{symbol}", f"sym_{symbol}", f"sym_X{symbol}"):
        await feed(link, key, price="1", timestamp="1")
    assert {symbol, f"X{symbol}"} <= set(await tickers.symbols())
    assert (await tickers.symbols()).count(symbol) == 1


async def test_an_absent_valkey_gives_no_prices(caplog: pytest.LogCaptureFixture) -> None:
    """Neither reading nor writing raises; each trouble is logged once."""
    async with Proxy("/nonexistent") as proxy:
        proxy.refusing = True
        tickers = Tickers(proxy.endpoint)
        with caplog.at_level(logging.WARNING, logger="cxgame.store"):
            for _ in range(2):
                assert await tickers.read(["A/B"]) == {}
                await tickers.mirror([Ticker("A/B", "1", "1")])
        assert len(caplog.messages) == 2
        await tickers.close()

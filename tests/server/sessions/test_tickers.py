"""Tickers: what `book` and `candles` say, of many markets in one reply; exact, however cheap."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cxgame.model.enums import Liquidity
from cxgame.server.sessions.past_reader import PastReader
from tests.server.rig import Rig
from tests.server.sessions.test_past import PlayedRig


async def slowly(rig: Rig, symbol: str) -> dict[str, Any]:
    """The same from the commands for one market."""
    player = rig.connect()
    book = await player.done("book", symbol=symbol, depth=2)
    hours = await player.done("candles", symbol=symbol, interval="1h", limit=24)
    row: dict[str, Any] = {"symbol": symbol, "timestamp": (await player.done("time"))["ts"]}
    for side, levels in (("bid", book["bids"]), ("ask", book["asks"])):
        row[side], row[f"{side}_size"] = levels[0] if levels else (None, None)
    if not hours:
        return row | dict.fromkeys(("open", "high", "low", "last", "volume"))
    return row | {
        "open": hours[0]["open"],
        "high": max((hour["high"] for hour in hours), key=Decimal),
        "low": min((hour["low"] for hour in hours), key=Decimal),
        "last": hours[-1]["close"],
        "volume": f"{sum(Decimal(hour['volume']) for hour in hours):f}",
    }


async def check(rig: Rig) -> list[dict[str, Any]]:
    """The tickers of all markets, which are what the other commands say."""
    rows: list[dict[str, Any]] = await rig.connect().done("tickers")
    for row in rows:
        assert row == await slowly(rig, row["symbol"])
    return rows


@pytest.mark.parametrize("stored", [False, True])
async def test_tickers_are_what_book_and_candles_say(stored: bool, tmp_path: Path) -> None:
    """Also when they are asked for again: after trades, an hour later, and two days later."""
    rig = await PlayedRig().play()
    if stored:
        rig.keep(tmp_path / "h.sqlite")
    rows = await check(rig)
    assert [row["symbol"] for row in rows] == ["BTC/USD", "ETH/USD"]
    assert all(row["last"] for row in rows)
    for hours, symbol, price in ((0, "BTC/USD", "1700"), (1, "ETH/USD", "1"), (48, "BTC/USD", "3")):
        rig.bench.clock.pass_s(hours * 3600 + 1)
        await rig.alice.done("cancel_all")
        await rig.bob.done("cancel_all")
        order = {"type": "limit", "symbol": symbol, "price": price, "size": "0.5"}
        await rig.alice.done("order", side="buy", **order)
        await rig.bob.done("order", side="sell", **order)
        rows = await check(rig)
        traded = next(row for row in rows if row["symbol"] == symbol)
        assert Decimal(traded["last"]) == Decimal(price)
    assert [row["volume"] for row in rows] == ["0.5000000000", "0.0000000000"]
    assert [row["open"] == row["high"] for row in rows] == [True, True]
    await rig.stop()


async def test_what_memory_has_lost_is_in_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More was traded since the last time than is remembered."""
    rig = await PlayedRig().play()
    rig.remember_little(monkeypatch)
    rig.keep(tmp_path / "h.sqlite")
    before = (await check(rig))[0]
    for player in (rig.alice, rig.bob):
        await player.done("cancel_all")
    for price in range(1001, 1011):
        for player, side in ((rig.alice, "buy"), (rig.bob, "sell")):
            await player.done("order", side=side, type="limit", price=str(price), size="0.1")
    rig.host.past.close()
    (tmp_path / "h.sqlite").unlink()
    rig.keep(tmp_path / "h.sqlite")
    after = (await check(rig))[0]
    assert Decimal(after["volume"]) - Decimal(before["volume"]) >= Decimal("0.7"), "more than six"
    await rig.stop()


@pytest.mark.parametrize("behind", [0, 40])
async def test_a_database_that_comes_late_is_asked_again(behind: int, tmp_path: Path) -> None:
    """It is written anew after a start, say; what was missing until then is there soon after."""
    rig = await PlayedRig().play()
    rig.start_from_snapshot(60, tells_order=True)
    path = tmp_path / "h.sqlite"
    rig.host.past = PastReader(path)
    ours = rig.connect()
    assert (await ours.done("tickers"))[0]["volume"] is None
    rig.keep(path, len(rig.bench.journal.batches) - 10)  # not yet up to where memory begins
    rig.bench.clock.pass_s(5)
    assert (await ours.done("tickers"))[0]["volume"] is None
    rig.host.past.close()
    path.unlink()
    rig.keep(path, behind)
    rig.bench.clock.pass_s(5)
    assert (await check(rig))[0]["volume"] is not None
    await rig.stop()


async def test_the_house_has_no_end() -> None:
    """Then the size is null; beside players it counts with them."""
    rig = await Rig(liquidity=Liquidity.HOUSE).start()
    (row,) = await rig.connect().done("tickers")
    assert (row["bid"], row["bid_size"]) == ("1000.00", None)
    rig.tick(100_000, bid_volume=5 * 10**10, ask_volume=10**10)
    alice = await rig.player("alice")
    await alice.done("order", side="buy", type="limit", price="999.99", size="1")
    (row,) = await rig.connect().done("tickers", symbols=["BTC/USD"])
    assert (row["bid_size"], row["ask_size"]) == ("5.0000000000", "1.0000000000")
    await rig.stop()


async def test_only_markets_that_are_there(rig: Rig) -> None:
    """One that is not is named."""
    reply = await rig.connect()("tickers", symbols=["BTC/USD", "NO/SUCH"])
    assert reply["code"] == "FILTER_SYMBOL"
    assert await rig.connect().refused("tickers", symbols=[]) == "PARAM_TYPE"
    assert await rig.connect().refused("tickers", symbols=["BTC/USD"] * 1_001) == "PARAM_TYPE"
    assert len(await rig.connect().done("tickers", symbols=["BTC/USD"] * 2)) == 2


async def test_a_halted_game_shows_what_it_had_released(rig: Rig) -> None:
    """Of the day, too; and goes on afterwards."""
    alice = await rig.player("alice")
    await alice.done("sell", price="1100", size="1")
    await alice.done("buy", price="900", size="1")
    (before,) = await alice.done("tickers")
    await rig.halt()
    reply = await alice("tickers")
    assert (reply["halted"], reply["data"][0]["bid"]) == (True, before["bid"])
    await rig.resume()
    assert (await alice.done("tickers"))[0]["bid"] == before["bid"]

"""Candles of the past: what the trades come to, in pages, and where nobody knows."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cxgame.history.candles import INTERVALS
from tests.server.sessions.played import PlayedRig


@pytest.fixture
async def rig() -> AsyncIterator[PlayedRig]:
    """A game that was played and is remembered whole."""
    rig = await PlayedRig().play()
    yield rig
    await rig.stop()


def naive_candles(trades: list[Any], interval: int, now_ms: int) -> list[Any]:
    """Candles of the rows of `trades`, oldest first, computed in another way."""
    by_start: dict[int, list[Any]] = {}
    for trade in trades:
        by_start.setdefault(int(trade["timestamp"]) // interval * interval, []).append(trade)
    rows = []
    close = ""
    for start in range(min(by_start), now_ms // 1000 + 1, interval):
        here = by_start.get(start, [])
        prices = [trade["price"] for trade in here] or [close]
        close = prices[-1]
        rows.append(
            {
                "timestamp": float(start),
                "open": prices[0],
                "high": max(prices, key=float),
                "low": min(prices, key=float),
                "close": close,
                "volume": f"{sum(round(float(trade['size']) * 10) for trade in here) / 10:.10f}",
                "trades": len(here),
                "closed": (start + interval) * 1000 <= now_ms,
            }
        )
    return rows


@pytest.mark.parametrize("word", INTERVALS)
async def test_candles_are_what_the_trades_come_to(
    rig: PlayedRig, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From memory alone, and from a database that is behind; without gaps, up to now."""
    rig.bench.clock.pass_s(200)
    now_ms = rig.bench.clock.wall_ms()
    for symbol in ("BTC/USD", "ETH/USD"):
        trades = await rig.alice.done("trades", symbol=symbol)
        expected = naive_candles(trades, INTERVALS[word], now_ms)[-1_000:]
        assert await rig.alice.done("candles", symbol=symbol, interval=word) == expected
    rig.remember_little(monkeypatch)
    rig.keep(tmp_path / "h.sqlite", behind=3)
    assert await rig.alice.done("candles", symbol="ETH/USD", interval=word) == expected


async def test_candles_come_in_pages(
    rig: PlayedRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`until` the first one's time goes on before it; `more` says that there is something."""
    whole = await rig.alice.done("candles", interval="1m")
    rig.remember_little(monkeypatch)
    rig.keep(tmp_path / "h.sqlite")
    rows: list[Any] = []
    until: dict[str, int] = {}
    while True:
        reply = await rig.alice("candles", interval="1m", limit=4, **until)
        rows = reply["data"] + rows
        if "more" not in reply:
            break
        assert len(reply["data"]) == 4
        until = {"until": int(reply["data"][0]["timestamp"] * 1000)}
    assert rows == whole
    since = int(whole[2]["timestamp"] * 1000)
    window = {"since": since - 59_999, "until": since + 60_001}
    reply = await rig.alice("candles", **window)
    assert reply["data"] == whole[2:4]
    assert "more" not in reply


@pytest.mark.parametrize("word", INTERVALS)
async def test_without_a_database_no_candle_is_half_a_truth(
    rig: PlayedRig, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory has the last few trades: candles begin where nothing is missing from them."""
    whole = await rig.alice.done("candles", interval=word)
    rig.remember_little(monkeypatch)
    some = await rig.alice.done("candles", interval=word)
    assert len(some) < len(whole)
    assert len(some) > 0 or word in ("15m", "30m", "1h", "4h", "1d")
    assert some == whole[len(whole) - len(some) :]


async def test_before_the_first_trade_there_is_no_candle(tmp_path: Path) -> None:
    """Nobody knows a price yet."""
    rig = await PlayedRig().start()
    assert await rig.connect().done("candles") == []
    assert await rig.connect().done("trades") == []
    await rig.stop()

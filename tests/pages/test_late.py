"""Who opens the page late: candles and curves of the time before, and how many watch."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from cxgame.client.feed import CxFeedReader
from tests.pages.browsing import PageServer, Spectator, browser
from tests.support.programs import Server

pytestmark = pytest.mark.ci

BOTS = ("--oracle", "gbm:volatility=4", "--bots", "maker,random:6")
WITHIN_S = 60


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


async def volumes(feed_uri: str, up_to: int) -> dict[int, float]:
    """What was traded in each second, by the feed from its beginning."""
    found: dict[int, float] = {}
    async with asyncio.timeout(WITHIN_S), CxFeedReader(feed_uri, after=0) as feed:
        async for event in feed:
            if event["type"] == "match" and int(event["trade_id"]) <= up_to:
                second = int(event["ts"])
                found[second] = found.get(second, 0) + float(event["message"]["size"])
                if int(event["trade_id"]) == up_to:
                    break
    return found


async def test_candles_before_the_page_are_those_of_the_trades(
    chromium: Browser, tmp_path: Path
) -> None:
    """Each trade is in one of them, and once: also those that come while the page is open."""
    with Server(tmp_path, *BOTS) as server, PageServer(tmp_path, server.feed_uri) as pages:
        await asyncio.sleep(5)
        one = await Spectator.at(chromium, pages.url)
        await one.until("cxgame.store.market?.past?.bars.length > 2")
        past = await one.see("cxgame.store.market.past.lastTrade")
        await one.until(f"Number(cxgame.store.market.last?.id) > {past + 50}")
        # At once, or a trade could come in between.
        last, interval, bars = await one.see(
            """[Number(cxgame.store.market.last.id), cxgame.store.intervalS,
                cxgame.store.market.candles.bars.map((bar) => [bar.time, bar.volume])]"""
        )
        known = await volumes(server.feed_uri, last)
    wanted: dict[int, float] = {}
    for second, volume in known.items():
        start = second - second % interval
        wanted[start] = wanted.get(start, 0) + volume
    assert dict(map(tuple, bars)) == pytest.approx(wanted)
    assert one.complaints == []


async def test_curves_begin_before_the_page(chromium: Browser, tmp_path: Path) -> None:
    """For everybody who is among the best, and all who watch are counted."""
    with Server(tmp_path, *BOTS) as server, PageServer(tmp_path, server.feed_uri) as pages:
        await asyncio.sleep(12)
        one = await Spectator.at(chromium, pages.url)
        await one.until("cxgame.store.curves.size >= 7")
        early = "(curve) => curve[0].ts < cxgame.store.helloTs - 5"
        await one.until(f"[...cxgame.store.curves.values()].every({early})")
        drawn = "#standings polyline"
        points = await one.see(
            f'[...document.querySelectorAll("{drawn}")].map((each) => each.getAttribute("points"))'
        )
        assert len(points) == 7
        assert all(len(each.split()) > 2 for each in points)
        two = await Spectator.at(chromium, pages.url)
        await one.until("document.querySelector('#spectators').textContent === '2'")
        await two.page.close()
        await one.until("document.querySelector('#spectators').textContent === '1'")
    assert one.complaints == []

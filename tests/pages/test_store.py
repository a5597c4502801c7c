"""What the page knows and shows of rounds, games, prices: as the frames of a feed tell it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.pages.browsing import PageServer, Spectator, browser
from tests.pages.test_prices import Exchange, exchange

pytestmark = pytest.mark.ci

__all__ = ["exchange"]  # a fixture

NO_FEED = "ws://127.0.0.1:9"  # nobody listens there
MARKET = {"symbol": "BTC/USD", "base": "BTC", "quote": "USD", "tick": "0.01"}
ROWS = "#standings .user"
# Keeps what the chart library draws: volumes, the oracle's line, candles.
SERIES = """
let library;
globalThis.series = [];
Object.defineProperty(globalThis, "LightweightCharts", {
    get: () => library,
    set(made) {
        const createChart = (...how) => {
            const chart = made.createChart(...how), { addSeries } = chart;
            chart.addSeries = (...what) => {
                series.push(addSeries.apply(chart, what));
                return series.at(-1);
            };
            return chart;
        };
        library = { ...made, createChart };
    },
});
"""


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


def hello(number: int, ts: float, phase: str = "open") -> dict[str, Any]:
    """The greeting of a game."""
    return {"type": "hello", "seq": 1, "game": "main", "number": number, "phase": phase,
            "remaining": None, "markets": [MARKET], "house": False, "ts": ts}  # fmt: skip


def ranked(type: str, ts: float, *users: str, **more: Any) -> dict[str, Any]:
    """Standings, best first."""
    places = [
        {"rank": rank, "user": user, "equity": f"{9 - rank}000.00", "bot": False}
        for rank, user in enumerate(users, 1)
    ]
    return {"type": type, "standings": places, "ts": ts, **more}


def said(ts: float, text: str) -> dict[str, Any]:
    """What a player said."""
    return {"type": "bcast", "user": "anna", "message": text, "ts": ts, "seq": 2, "prev_seq": 1}


async def told(one: Spectator, *frames: dict[str, Any]) -> None:
    """Let the page be told frames, all between two of its paints."""
    await one.until("cxgame.store !== undefined")
    script = "(frames) => { for (const each of frames) (each.number ?? 0) > 1"
    calls = "cxgame.store.reset(each) : cxgame.store.take(each); }"
    await one.page.evaluate(f"{script} ? {calls}", list(frames))


async def test_another_games_messages_take_the_place_of_the_last_ones(
    chromium: Browser, tmp_path: Path
) -> None:
    """Also where nothing was painted in between, as in a window that is hidden or a replay."""
    with PageServer(tmp_path, NO_FEED) as pages:
        one = await Spectator.at(chromium, pages.url)
        await told(one, hello(1, 10), said(10, "one"), said(10, "two"), said(10, "three"))
        await one.page.wait_for_selector("#messages >> text=three")
        await told(one, hello(2, 20), said(20, "anew"))
        await one.page.wait_for_selector("#messages >> text=anew")
        assert await one.texts("#messages .text") == ["anew"]


async def test_the_standings_of_a_round_that_is_over_stay(
    chromium: Browser, tmp_path: Path
) -> None:
    """While prices move on; the next round shows how things stand, to who comes late as well."""
    with PageServer(tmp_path, NO_FEED) as pages:
        one = await Spectator.at(chromium, pages.url)
        await told(one, hello(1, 10), ranked("standings", 10, "anna", "bert", players=2))
        await told(one, ranked("results", 20, "anna", "bert", round=1))
        await told(one, ranked("standings", 21, "bert", "anna", players=2, spectators=7))
        await one.page.wait_for_selector("#spectators:text-is('7')")
        assert await one.texts("#standings-heading") == ["Final standings"]
        assert await one.texts(ROWS) == ["anna", "bert"]
        await told(one, {"type": "round", "round": 2, "ts": 30})
        await one.page.wait_for_selector("#standings-heading:text-is('Standings')")
        assert await one.texts(ROWS) == ["bert", "anna"]

        late = await Spectator.at(chromium, pages.url)
        await told(
            late,
            hello(1, 40),
            ranked("standings", 31, "bert", "anna", players=2),
            ranked("results", 20, "anna", "bert", round=1),  # by the resume
            {"type": "round", "round": 2, "ts": 30},
        )
        await late.page.wait_for_selector(ROWS)
        assert await late.texts(ROWS) == ["bert", "anna"]
        times = "[...cxgame.store.curves.values()].map((curve) => curve.map((each) => each.ts))"
        assert await late.see(times) == [[31], [31]]


async def test_a_round_that_goes_on_is_not_final(chromium: Browser, tmp_path: Path) -> None:
    """An organiser may open the game again without another round."""
    with PageServer(tmp_path, NO_FEED) as pages:
        one = await Spectator.at(chromium, pages.url)
        await told(one, hello(1, 10), ranked("results", 20, "anna", "bert", round=1))
        await told(one, ranked("standings", 21, "bert", "anna", players=2))
        await one.page.wait_for_selector("#standings-heading:text-is('Final standings')")
        await told(one, {"type": "start", "message": "Open for business.", "ts": 30})
        await one.page.wait_for_selector("#standings-heading:text-is('Standings')")
        assert await one.texts(ROWS) == ["bert", "anna"]


async def test_the_time_that_is_left_does_not_jump_back(chromium: Browser, tmp_path: Path) -> None:
    """When the line breaks: it stands where it was, though nobody told it for a minute."""
    with PageServer(tmp_path, NO_FEED) as pages:
        one = await Spectator.at(chromium, pages.url)
        await told(one, {**hello(1, 10), "remaining": 600})
        left = await one.see(
            """(() => {
                const { store } = cxgame, { now } = performance;
                store.setConnection("live");
                performance.now = () => now.call(performance) + 60_000;
                const before = store.remainingNow;
                store.setConnection("reconnecting");
                const after = store.remainingNow;
                performance.now = now;
                return [before, after];
            })()"""
        )
    assert left[1] <= left[0] <= 541


async def test_prices_that_are_asked_for_are_those_that_are_shown(
    chromium: Browser, exchange: Exchange, tmp_path: Path
) -> None:
    """Once the feed is gone: not the last trade and the book from before that."""
    exchange.answers["/tickers/BTC/USDT,ETH/USDT"] = {
        "BTC/USDT": {"symbol": "BTC/USDT", "price": 5e-8, "bid": 4e-8, "ask": 6e-8}
    }
    flags = ("--api-uri", exchange.uri, "--refresh-seconds", "1")
    market = {**MARKET, "symbol": "BTC/USDT", "tick": "0.00000001"}
    terms = {"price": "0.00000009", "size": "1", "buy_id": "1", "sell_id": "2"}
    with PageServer(tmp_path, NO_FEED, *flags) as pages:
        one = await Spectator.at(chromium, pages.url)
        await told(
            one,
            {**hello(1, 10), "markets": [market]},
            {"type": "match", "message": terms, "symbol": "BTC/USDT", "trade_id": "1",
             "side": "buy", "ts": 10, "seq": 2, "prev_seq": 1},
            {"type": "book", "symbol": "BTC/USDT", "bids": [["0.00000008", "1"]],
             "asks": [["0.00000010", "1"]], "ts": 10},
        )  # fmt: skip
        await one.page.wait_for_selector("#fault:has-text('prices alone')")
        for id, text in (("last", "0.00000005"), ("bid", "0.00000004"), ("ask", "0.00000006")):
            await one.page.wait_for_selector(f"#{id}:text-is('{text}')", state="attached")
        assert await one.texts("#bids .sum") == ["oracle"]


async def test_the_depth_chart_sums_up(chromium: Browser, tmp_path: Path) -> None:
    """To the hundredth: sums of floats are a hair beside themselves."""
    book = {"type": "book", "symbol": "BTC/USD", "ts": 10, "asks": [],
            "bids": [["9.00", "0.7"], ["8.00", "0.1"]]}  # fmt: skip
    with PageServer(tmp_path, NO_FEED) as pages:
        one = await Spectator.at(chromium, pages.url)
        await one.see(
            """(() => {
                const paper = CanvasRenderingContext2D.prototype, { fillText } = paper;
                globalThis.drawn = [];
                paper.fillText = function (text, ...where) {
                    if (this.canvas.id === "depth") globalThis.drawn.push(text);
                    fillText.call(this, text, ...where);
                };
            })()"""
        )
        await told(one, hello(1, 10), book)
        await one.until("drawn.includes('9.00')")
        assert await one.see("drawn.slice(-3)") == ["8.00", "9.00", "0.8"]


async def test_volumes_change_with_the_look(chromium: Browser, tmp_path: Path) -> None:
    """Bars that were drawn in the dark are not left in its colours."""
    trades = [
        {"type": "match", "symbol": "BTC/USD", "trade_id": str(id), "side": "buy", "ts": 10 + id,
         "message": {"price": "9.00", "size": "1", "buy_id": "1", "sell_id": "2"}}
        for id in range(1, 4)
    ]  # fmt: skip
    with PageServer(tmp_path, NO_FEED) as pages:
        one = Spectator(await chromium.new_page(color_scheme="dark"))
        await one.page.add_init_script(SERIES)
        await one.page.goto(pages.url)
        await told(one, hello(1, 10), *trades)
        if await one.see("cxgame.config.charts") is None:
            pytest.skip("the chart library is not installed: pip install --no-deps lwcharts")
        buy = "getComputedStyle(document.documentElement).getPropertyValue('--buy').trim()"
        worn = f"series[0]?.data().every((bar) => bar.color === {buy} + '80')"
        await one.until(f"series[0]?.data().length === 3 && {worn}")
        await one.page.click("#theme")
        await one.until(worn)
        assert one.complaints == []


@pytest.mark.parametrize("width", [390, 1440])
async def test_large_amounts_and_small_prices_have_room(
    chromium: Browser, tmp_path: Path, width: int
) -> None:
    """None is cut off, and none stands on what is beside it."""
    place = {"rank": 1, "user": "a-name-of-32-characters-is-there", "bot": False}
    rich = {"type": "standings", "ts": 10, "standings": [{**place, "equity": "123456789.10"}]}
    terms = {"price": "0.00001234", "size": "1", "buy_id": "1", "sell_id": "2"}
    match = {"type": "match", "symbol": "BTC/USD", "trade_id": "1", "side": "buy", "ts": 10}
    with PageServer(tmp_path, NO_FEED) as pages:
        one = await Spectator.at(chromium, pages.url, width)
        await told(one, hello(1, 10), rich, {**match, "message": terms})
        for selector in ("#trades td.price", "#standings .equity"):
            await one.page.wait_for_selector(selector)
            hidden = "(cell) => cell.scrollWidth - cell.clientWidth"
            assert await one.page.eval_on_selector(selector, hidden) <= 0


@pytest.mark.parametrize("width", [390, 1100, 1440])
async def test_large_prices_have_room_in_the_ladder(
    chromium: Browser, tmp_path: Path, width: int
) -> None:
    """As in the tape; and what stands beside them is not cut for it."""
    book = {"type": "book", "symbol": "BTC/USD", "ts": 10,
            "bids": [["1000000000000.25", "0.1234"], ["9.00", "1234.5"]],
            "asks": [["1000000000000.50", "0.1234"], ["8888888888888.88", "1234.5"]]}  # fmt: skip
    with PageServer(tmp_path, NO_FEED) as pages:
        one = await Spectator.at(chromium, pages.url, width)
        await told(one, hello(1, 10), book)
        await one.page.wait_for_selector("#bids td.price >> text=1\u202f000")
        cut = """(cells) => cells.filter((each) => each.scrollWidth > each.clientWidth)
            .map((each) => each.textContent)"""
        assert await one.page.eval_on_selector_all(".ladder .rows td", cut) == []
        assert await one.texts("#bids .sum") == ["0.12", "1\u202f234.62"]


async def test_the_chart_of_a_cheap_coin_is_as_fine_as_its_prices(
    chromium: Browser, tmp_path: Path
) -> None:
    """Its axis does not begin below nothing because the first trades have one price."""
    market = {**MARKET, "tick": "0.00000001"}
    terms = {"price": "0.00001234", "size": "1", "buy_id": "1", "sell_id": "2"}
    match = {"type": "match", "symbol": "BTC/USD", "trade_id": "1", "side": "buy", "ts": 10}
    with PageServer(tmp_path, NO_FEED) as pages:
        one = Spectator(await chromium.new_page())
        await one.page.add_init_script(SERIES)
        await one.page.goto(pages.url)
        await told(one, {**hello(1, 10), "markets": [market]}, {**match, "message": terms})
        if await one.see("cxgame.config.charts") is None:
            pytest.skip("the chart library is not installed: pip install --no-deps lwcharts")
        await one.until("series[2]?.data().length === 1 && series[2].priceToCoordinate(1.234e-5)")
        least, most = await one.see(
            "[document.getElementById('chart').clientHeight * 0.7, 0].map((y) =>"
            " series[2].coordinateToPrice(y))"
        )
        assert 1.2e-5 < least < 1.234e-5 < most < 1.3e-5

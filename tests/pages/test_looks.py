"""How the page looks and is used: sizes, keys, looks, and what it does without this or that."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Route

from cxgame.server.pages.files import CHARTS, load_files
from tests.pages.browsing import PageServer, Spectator, browser
from tests.pages.test_prices import Exchange, exchange
from tests.support.programs import Server
from tests.support.serving import player

pytestmark = pytest.mark.ci

__all__ = ["exchange"]  # a fixture

NO_FEED = "ws://127.0.0.1:9"  # nobody listens there
GAME = (
    *("--oracle", "gbm", "--bots", "maker,random:3", "--time-limit", "3600"),
    *("--symbol", "BTC/USD", "--symbol", "ETH/USD"),
)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """The page of a game with two markets, on which bots trade."""
    folder = tmp_path_factory.mktemp("game")
    with Server(folder, *GAME) as server, PageServer(folder, server.feed_uri) as pages:
        yield pages


async def live(chromium: Browser, url: str, width: int = 1440, height: int = 900) -> Spectator:
    """A spectator who sees trades and standings."""
    one = await Spectator.at(chromium, url, width, height)
    await one.until("cxgame.store.market?.trades.length > 5 && cxgame.store.players === 4")
    await one.page.wait_for_selector("#standings li >> nth=3")
    return one


@pytest.mark.parametrize(("width", "height"), [(390, 844), (768, 1024), (1440, 900)])
async def test_it_fits(chromium: Browser, game: PageServer, width: int, height: int) -> None:
    """Nothing is wider than the window, from a telephone on; on a desk nothing is higher."""
    one = await live(chromium, game.url, width, height)
    root = "document.documentElement"
    assert await one.see(f"{root}.scrollWidth") == width
    if width >= 1100:
        assert await one.see(f"{root}.scrollHeight") == height
    for panel in ("price", "depth", "ladder", "tape", "standings", "messages"):
        box = await one.page.locator(f".board > .{panel}").bounding_box()
        assert box is not None
        assert box["width"] > 250
        assert box["height"] > 120
    assert one.complaints == []


async def test_the_projector_shows_all_at_once(chromium: Browser, game: PageServer) -> None:
    """Larger, without anything to scroll; Escape leads back to the page."""
    desk = await live(chromium, game.url)
    wall = await live(chromium, f"{game.url}?view=projector", 1920, 1080)
    size = "parseFloat(getComputedStyle(document.querySelector('#last')).fontSize)"
    assert await wall.see(size) > 1.2 * await desk.see(size)
    root = "document.documentElement"
    assert await wall.see(f"[{root}.scrollWidth, {root}.scrollHeight]") == [1920, 1080]
    box = await wall.page.locator(".bottom").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 1080
    await wall.page.keyboard.press("Escape")
    assert await wall.see("location.search") == ""
    assert await wall.see(f"{root}.dataset.view ?? ''") == ""


async def test_markets_are_chosen_by_keys(chromium: Browser, game: PageServer) -> None:
    """Tab reaches the markets, the arrows go along them, Enter chooses."""
    one = await live(chromium, game.url)
    assert await one.texts("#markets .symbol") == ["BTC/USD", "ETH/USD"]
    await one.page.locator("#markets button").first.focus()
    await one.page.keyboard.press("ArrowRight")
    await one.page.keyboard.press("Enter")
    await one.page.wait_for_selector("#markets button:nth-child(2)[aria-pressed=true]")
    await one.until("document.getElementById('last-symbol').textContent === 'ETH/USD'")
    # Everything that can be pressed or scrolled is reached.
    reached = set()
    await one.page.locator("body").press("Tab")
    for _ in range(20):
        reached.add(await one.see("document.activeElement.id || document.activeElement.className"))
        await one.page.keyboard.press("Tab")
    assert {"skip", "theme", "projector", "standings", "scroll"} <= reached


async def test_dark_and_light(chromium: Browser, game: PageServer) -> None:
    """As the system has it, until the button is pressed; then this browser keeps it."""
    context = await chromium.new_context(color_scheme="light")
    one = Spectator(await context.new_page())
    await one.page.goto(game.url)
    await one.until("cxgame.store.market !== null")
    background = "getComputedStyle(document.querySelector('.panel')).backgroundColor"
    light = await one.see(background)
    await one.page.locator("#theme").click()
    dark = await one.see(background)
    assert light != dark
    await one.page.reload()
    await one.until("cxgame.store.market !== null")
    assert await one.see(background) == dark
    await one.page.emulate_media(color_scheme="dark")
    assert await one.see(background) == dark
    assert one.complaints == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_serious(
    chromium: Browser, game: PageServer, scheme: str, width: int
) -> None:
    """Contrast, names, landmarks, order: in both looks and both sizes."""
    one = await live(chromium, game.url, width)
    await one.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await asyncio.sleep(1)  # colours that flash have faded
    results = await Axe().run(one.page)
    serious = [
        f"{found['id']}: {found['nodes'][0]['html'][:200]}"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical")
    ]
    assert serious == []


async def test_without_the_chart_library_the_page_draws(
    chromium: Browser, game: PageServer
) -> None:
    """Candles on our own canvas, in the colours of buying and selling, and no attribution."""
    one = Spectator(await chromium.new_page())

    async def without(route: Route) -> None:
        answer = await route.fetch()
        told = {**await answer.json(), "charts": None}
        await route.fulfill(response=answer, body=json.dumps(told))

    await one.page.route("**/config.json", without)
    await one.page.goto(game.url)
    await one.until("cxgame.store.market?.candles.bars.length > 3")
    assert await one.page.locator("#attribution").is_visible() is False
    assert await one.see("document.querySelectorAll('#chart canvas').length") == 1
    seen = """(() => {
        const canvas = document.querySelector("#chart canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set();
        for (let at = 0; at < data.length; at += 4) {
            if (data[at + 3] === 255) colours.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
        }
        return [...colours];
    })()"""
    style = "getComputedStyle(document.documentElement)"
    drawn = await one.see(seen)
    for name in ("--buy", "--sell"):
        colour = await one.see(f"{style}.getPropertyValue('{name}').trim()")
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        assert f"{red},{green},{blue}" in drawn
    assert one.complaints == []


async def test_with_it_there_is_its_attribution(chromium: Browser, game: PageServer) -> None:
    """Who made the charts is named where they are shown, with a link."""
    if CHARTS not in load_files():
        pytest.skip("the chart library is not installed: pip install --no-deps lwcharts")
    one = await live(chromium, game.url)
    await one.page.wait_for_selector("#attribution:not([hidden]) a[href*=tradingview]")
    assert await one.see("document.querySelectorAll('#chart canvas').length") > 1
    assert one.complaints == []


async def test_prices_alone_when_the_feed_cannot_be_reached(
    chromium: Browser, exchange: Exchange, tmp_path: Path
) -> None:
    """The page asks for them in the rhythm that is set, and says what it shows."""
    flags = ("--api-uri", exchange.uri, "--refresh-seconds", "1")
    with PageServer(tmp_path, NO_FEED, *flags) as pages:
        one = await Spectator.at(chromium, pages.url)
        await one.page.wait_for_selector("#fault:has-text('prices alone, every 1 s')")
        await one.until("document.getElementById('last').textContent === '100.5'")
        assert await one.texts("#markets .symbol") == ["BTC/USDT"]
        exchange.answers["/tickers/BTC/USDT,ETH/USDT"] = {
            "BTC/USDT": {"symbol": "BTC/USDT", "price": 99.5}
        }
        await one.until("document.getElementById('last').textContent === '99.5'")
        assert await one.texts("#change") == ["▼ \u22121.00 %"]


async def test_a_feed_that_cannot_be_reached_is_said(chromium: Browser, tmp_path: Path) -> None:
    """Where there are no prices to be had either; and no longer once the feed is there."""
    with Server(tmp_path, "--oracle", "constant") as server:
        port, feed = server.ports["feed"], server.feed_uri
        async with player(server.ports["exchange"], "anna"):
            pass
        server.interrupt()
        with PageServer(tmp_path, feed, "--refresh-seconds", "1") as pages:
            one = await Spectator.at(chromium, pages.url)
            await one.page.wait_for_selector("#fault:has-text('The feed cannot be reached')")
            with Server(tmp_path, "--oracle", "constant", "--feed-port", str(port)):
                await one.page.wait_for_selector("#fault", state="hidden")
                await one.page.wait_for_selector("#connection[data-state=live]")


async def test_an_empty_book_shows_the_oracles_quote(chromium: Browser, tmp_path: Path) -> None:
    """Marked as what it is; the house's levels are marked, too, where the feed tells them."""
    with (
        Server(tmp_path, "--oracle", "constant:price=1000") as server,
        PageServer(tmp_path, server.feed_uri) as pages,
    ):
        one = await Spectator.at(chromium, pages.url)
        await one.page.wait_for_selector("#asks tr.marked .sum:text('oracle')")
        await one.page.wait_for_selector("#bids tr.marked .sum:text('oracle')")
        async with player(server.ports["exchange"], "anna") as anna:
            assert (await anna.ask("sell", price="1100.00", size="2"))["status"]
            await one.page.wait_for_selector("#asks tr:not(.marked) .price:text('1\u202f100.00')")
        house = {"type": "book", "symbol": "BTC/USD", "bids": [["999.00", "5", "house"]]}
        await one.see(f"cxgame.store.take({json.dumps({**house, 'asks': [], 'ts': 1.0})})")
        await one.page.wait_for_selector("#bids tr.marked .sum:text('house')")
        assert await one.texts("#bids .price") == ["999.00"]

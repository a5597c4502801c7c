"""What is pressed on the organiser's page: twice by mistake, for another, while logging out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route

from tests.pages.browsing import browser
from tests.pages.test_admin import ROWS, Desk, desk

pytestmark = pytest.mark.ci


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


async def pressed(one: Desk, selector: str, count: int) -> None:
    """A press that is the browser's so-manieth in a row at that place."""
    box = await one.page.locator(selector).bounding_box()
    assert box is not None
    await one.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await one.page.mouse.down(click_count=count)
    await one.page.mouse.up(click_count=count)


async def test_a_double_click_is_one_press(chromium: Browser, tmp_path: Path) -> None:
    """It does not pause what it has opened, and is no second press for what cannot be undone."""
    async with desk(chromium, tmp_path, "--no-started") as (one, server, _):
        await one.page.wait_for_selector("#next:has-text('Open the game'):not([disabled])")
        await pressed(one, "#next", 1)
        await one.page.wait_for_selector("#next:has-text('Pause'):not([aria-busy])")
        await pressed(one, "#next", 2)
        await one.page.dblclick("#shutdown")
        await one.page.wait_for_selector("#shutdown.armed")
        assert await one.see("cxgame.office.phase") == "open"
        await one.page.click("#fault-form [type=submit]")
        await one.page.wait_for_selector("#faults-rows tr:not([hidden])")
        await one.page.wait_for_selector("#fault-form [type=submit]:not([aria-busy])")
        await pressed(one, "#fault-form [type=submit]", 2)
        await one.page.click("#fault-form [type=submit]")
        await one.says("faults-hint", "2 in force")
        assert await one.see("cxgame.office.faults.faults.length") == 2
        assert await one.see("cxgame.office.acts.map((act) => act.act).includes('pause')") is False
        assert server.process.poll() is None
        assert one.complaints == []


async def test_a_first_press_is_for_one_player_alone(chromium: Browser, tmp_path: Path) -> None:
    """Also in browsers where a button that is pressed does not take the focus."""
    async with desk(chromium, tmp_path, names=("anna", "boris")) as (one, _, _players):
        await one.page.wait_for_selector(f"{ROWS} >> nth=1")
        for name in ("anna", "boris"):
            script = "(link) => link.click()"
            await one.page.eval_on_selector(f"{ROWS} .link:has-text('{name}')", script)
            await one.page.wait_for_selector(f"#one-heading:text-is('{name}')")
            assert await one.texts("#promote") == ["Make organiser"]
            await one.page.eval_on_selector("#promote", script)
            await one.page.wait_for_selector("#promote.armed")


async def test_who_logs_out_leaves_nothing(chromium: Browser, tmp_path: Path) -> None:
    """Not even what was asked before; a server that is away keeps him logged in, and he sees it."""
    async with desk(chromium, tmp_path, names=("anna",)) as (one, _, _players):
        await one.page.wait_for_selector(ROWS)

        async def away(route: Route) -> None:
            await route.abort()

        await one.page.route("**/admin/session", away)
        await one.page.click("#leave")
        await one.page.wait_for_selector("#leave:not([aria-busy])")
        assert await one.page.is_visible("#desk")
        await one.page.unroute("**/admin/session")

        asked, answered = asyncio.Event(), asyncio.Event()

        async def late(route: Route) -> None:
            answer = await route.fetch()
            asked.set()
            await answered.wait()
            await route.fulfill(response=answer)

        await one.page.route("**/admin/commands/players", late)
        await asked.wait()
        await one.page.click("#leave")
        await one.page.wait_for_selector("#gate:not([hidden])")
        async with one.page.expect_response("**/admin/commands/players"):
            answered.set()
        await one.see("new Promise((done) => setTimeout(done, 100))")
        assert await one.see("cxgame.office.players") is None
        assert await one.texts("#connected") == ["\u2013"]


async def test_a_market_that_is_told_twice_is_there_once(chromium: Browser, tmp_path: Path) -> None:
    """By the greeting, and by the resume of when it opened; another game has its own."""
    symbols = "#quote-symbol option"
    async with desk(chromium, tmp_path) as (one, _, _players):
        await one.page.wait_for_selector(symbols, state="attached")
        market = "{type: 'market', symbol: 'BTC/USD', base: 'BTC', quote: 'USD'}"
        await one.see(f"cxgame.office.take({market})")
        await one.see("cxgame.office.take({type: 'market', symbol: 'A/B', base: 'A', quote: 'B'})")
        await one.page.wait_for_selector(f"{symbols} >> nth=1", state="attached")
        assert await one.texts(symbols) == ["BTC/USD", "A/B"]
        greeting = "{type: 'hello', game: 'main', number: 2, markets: [{symbol: 'C/D', base: 'C',"
        await one.see(
            "(cxgame.office.clear(), cxgame.office.take({type: 'market', symbol: 'X/Y',"
            f" base: 'X', quote: 'Y'}}), cxgame.office.take({greeting} quote: 'D'}},"
            " {symbol: 'E/F', base: 'E', quote: 'F'}]}))"
        )
        await one.page.wait_for_selector(f"{symbols}:text-is('C/D')", state="attached")
        assert await one.texts(symbols) == ["C/D", "E/F"]


async def test_a_team_may_have_any_name(chromium: Browser, tmp_path: Path) -> None:
    """Also one that every object of JavaScript has."""
    async with desk(chromium, tmp_path) as (one, _, _players):
        await one.page.fill("#names-new", "constructor=anna+boris")
        await one.page.click("#names-add")
        await one.says("list-answer", "2 added.")
        assert await one.texts("#names p") == ["constructor anna, boris"]
        assert one.complaints == []

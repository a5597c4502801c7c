"""The organiser's page in two tabs of one browser, which share a session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.pages.browsing import browser
from tests.pages.test_admin import SECRET, Desk
from tests.support.programs import Server

pytestmark = pytest.mark.ci


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


@asynccontextmanager
async def tabs(chromium: Browser, folder: Path) -> AsyncIterator[tuple[Desk, Desk, str]]:
    """Two tabs in which the organiser has logged in, one after the other, and their address."""
    with Server(folder, CXGAME_ADMIN_SECRET=SECRET) as server:
        url = f"http://127.0.0.1:{server.ports['http']}/admin"
        context = await chromium.new_context(viewport={"width": 1440, "height": 900})
        both = [Desk(await context.new_page()) for _ in range(2)]
        for one in both:
            await one.page.goto(url)
            await one.page.wait_for_selector("#gate:not([hidden])")
        for one in both:
            await one.enter()
            await one.page.wait_for_selector("#desk:not([hidden])")
        yield both[0], both[1], url


async def test_a_login_in_one_tab_leaves_the_other_at_work(
    chromium: Browser, tmp_path: Path
) -> None:
    """It asks for the session that is now, and does once what was pressed."""
    async with tabs(chromium, tmp_path) as (first, second, _):
        await first.page.fill("#message", "Ten minutes left.")
        await first.page.press("#message", "Enter")
        await second.until("cxgame.office.acts.some((act) => act.act === 'announce')")
        await first.page.wait_for_selector("#next:has-text('Pause')")
        await first.page.click("#next")
        for one in (first, second):
            await one.shows("paused")
            assert await one.see("cxgame.office.fault") is None
        said = "cxgame.office.acts.filter((act) => act.act === 'announce').length"
        assert await second.see(said) == 1


async def test_whichever_tab_logs_out_ends_the_session(chromium: Browser, tmp_path: Path) -> None:
    """Also the one that was logged in first: the cookie is gone, and so is the other's desk."""
    async with tabs(chromium, tmp_path) as (first, second, url):
        await first.page.click("#leave")
        for one in (first, second):
            await one.page.wait_for_selector("#gate:not([hidden])")
        assert await first.page.context.cookies(url) == []

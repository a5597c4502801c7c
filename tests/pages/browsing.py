"""A real browser before a real game: Debian's Chromium, driven by Playwright.

Chromium comes by `make browser`. Where it is missing the tests are skipped and say so; in CI they
fail, because there it has to be.
"""

import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.support.programs import Program

WITHIN_MS = 30_000  # a bound, not an expectation: the machine may be busy
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
MISSING = "there is no Chromium on the PATH: `make browser` installs Debian's"


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser without a window."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        # Its sandbox wants what a container does not give; what it opens here is our own.
        started = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        await started.close()


class PageServer(Program):
    """`cxgame page` on a free port, ready."""

    def __init__(self, folder: Path, feed_uri: str, *flags: str) -> None:
        ready = folder / "page.json"
        ready.unlink(missing_ok=True)
        words = (sys.executable, "-m", "cxgame", "page", "--page-bind", "127.0.0.1")
        where = ("--page-port", "0", "--ready-file", str(ready), "--feed-uri", feed_uri)
        super().__init__(folder, *words, *where, *flags, log=folder / "page.log")
        try:
            self.url = f"http://127.0.0.1:{self.until_ready(ready)['page']}/"
        except AssertionError:
            self.kill()
            raise


class Spectator:
    """Who watches the page, and hears whatever the browser complains about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(WITHIN_MS)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("console", self._console)

    @classmethod
    async def at(cls, browser: Browser, url: str, width: int = 1440, height: int = 900) -> Self:
        """Open the page in a window of that size, and wait until it is live."""
        spectator = cls(await browser.new_page(viewport={"width": width, "height": height}))
        await spectator.page.goto(url)
        return spectator

    async def until(self, condition: str, argument: Any = None) -> None:
        """Return once an expression of JavaScript is true; `cxgame` is what the page holds."""
        function = f"(argument) => globalThis.cxgame !== undefined && ({condition})"
        await self.page.wait_for_function(function, arg=argument)

    async def see(self, expression: str) -> Any:
        """The value of an expression."""
        return await self.page.evaluate(f"() => {expression}")

    async def texts(self, selector: str) -> list[str]:
        """What stands in the elements that are shown, in order."""
        script = "(all) => all.filter((each) => !each.hidden).map((each) => each.textContent)"
        found: list[str] = await self.page.eval_on_selector_all(selector, script)
        return found

    def _console(self, message: Any) -> None:
        # A line that breaks is reported by the browser itself: tests break it on purpose.
        if message.type in ("error", "warning") and "WebSocket" not in message.text:
            self.complaints.append(f"console: {message.text}")

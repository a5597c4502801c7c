"""The organiser's page in a browser, before a game that is played: what is pressed is done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from tests.pages.browsing import Spectator, browser
from tests.support.programs import Server
from tests.support.serving import player

pytestmark = pytest.mark.ci

SECRET = "open sesame"
ROWS = "#people-rows tr:not([hidden])"
PAYLOAD = "<img src=x onerror=globalThis.pwned=1><script>globalThis.pwned=1</script>"


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


class Desk(Spectator):
    """The organiser at his page."""

    async def enter(self, secret: str = SECRET) -> None:
        """Log in by the form."""
        await self.page.fill("#secret", secret)
        await self.page.press("#secret", "Enter")

    async def says(self, id: str, text: str) -> None:
        """Return once the answer of a panel holds a text."""
        await self.until(
            "document.getElementById(argument[0]).textContent.includes(argument[1])", [id, text]
        )

    async def twice(self, selector: str) -> None:
        """Press what cannot be undone, and mean it."""
        await self.page.click(selector)
        await self.page.click(f"{selector}.armed")

    async def shows(self, phase: str) -> None:
        """Return once the game is in a phase."""
        await self.until("cxgame.office.phase === argument", phase)


@asynccontextmanager
async def desk(
    chromium: Browser, folder: Path, *flags: str, names: tuple[str, ...] = (), width: int = 1440
) -> AsyncIterator[tuple[Desk, Server, dict[str, Any]]]:
    """A game with some players, and the organiser logged in."""
    with Server(folder, *flags, CXGAME_ADMIN_SECRET=SECRET) as server:
        async with AsyncExitStack() as stack:
            players: dict[str, Any] = {}
            for name in names:
                one = player(server.ports["exchange"], name)
                players[name] = await stack.enter_async_context(one)
            url = f"http://127.0.0.1:{server.ports['http']}/admin"
            organiser = await Desk.at(chromium, url, width)
            await organiser.page.wait_for_selector("#gate:not([hidden])")
            await organiser.enter()
            await organiser.page.wait_for_selector("#desk:not([hidden])")
            yield organiser, server, players


async def test_the_secret_opens_the_page_and_nothing_keeps_it(
    chromium: Browser, tmp_path: Path
) -> None:
    """A wrong one does not; a reload finds the session; logging out ends it."""
    with Server(tmp_path, CXGAME_ADMIN_SECRET=SECRET) as server:
        url = f"http://127.0.0.1:{server.ports['http']}/admin"
        one = await Desk.at(chromium, url)
        await one.page.wait_for_selector("#gate:not([hidden])")
        await one.enter("wrong")
        await one.page.wait_for_selector("text=This is not the admin secret.")
        assert await one.page.input_value("#secret") == ""
        await one.enter()
        await one.page.wait_for_selector("#desk:not([hidden])")
        assert await one.page.evaluate("document.cookie") == ""
        (cookie,) = await one.page.context.cookies(url)
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"
        await one.page.reload()
        await one.page.wait_for_selector("#desk:not([hidden])")
        storage = await one.see("JSON.stringify({...localStorage, ...sessionStorage})")
        assert SECRET not in storage + one.page.url + await one.page.content()
        await one.page.click("#leave")
        await one.page.wait_for_selector("#gate:not([hidden])")
        await one.page.reload()
        await one.page.wait_for_selector("#gate:not([hidden])")
        assert await one.page.context.cookies(url) == []
        log = (tmp_path / "server.log").read_text()
        assert cookie["value"] not in log
        assert SECRET not in log
    # The browser itself says so of the secret that was wrong, and when the server ends.
    assert all("Failed to load resource" in each for each in one.complaints), one.complaints


async def test_a_game_is_run_by_the_large_button(chromium: Browser, tmp_path: Path) -> None:
    """Open, pause, go on, end the round, the next one; and each is in the log."""
    async with desk(chromium, tmp_path, "--no-started", names=("anna",)) as (one, _, players):
        await one.shows("registration")
        await one.page.click("#next:has-text('Open the game')")
        await one.shows("open")
        reply = await players["anna"].ask("sell", price="1100", size="1")
        assert reply["status"]
        await one.page.click("#next:has-text('Pause')")
        await one.shows("paused")
        await one.page.click("#next:has-text('Go on')")
        await one.shows("open")
        await one.page.click("#end-round")
        await one.says("course-answer", "Press again to end the round.")
        assert await one.see("cxgame.office.phase") == "open"
        await one.page.click("#end-round.armed")
        await one.shows("paused")
        orders = await players["anna"].ask("orders")
        assert orders["data"] == {"maker": [], "market": []}
        await one.page.click("#next:has-text('Next round')")
        await one.page.click("#next:has-text('Go on')")
        await one.shows("open")
        assert await one.see("cxgame.office.round") == 2
        acts = await one.see("cxgame.office.acts.map((act) => act.act).reverse()")
        assert acts == ["open", "pause", "open", "pause", "end_round", "start_round", "open"]
        assert one.complaints == []


async def test_players_are_found_sorted_and_sent_away(chromium: Browser, tmp_path: Path) -> None:
    """Who is disconnected has no connection left; who is kept out cannot come back."""
    names = ("anna", "boris", "chiara")
    async with desk(chromium, tmp_path, names=names) as (one, server, players):
        await one.page.wait_for_selector(f"{ROWS} >> nth=2")
        await one.page.click("#people-head button:has-text('Player')")
        await one.page.click("#people-head button:has-text('Player')")
        assert await one.texts(f"{ROWS} .link") == ["chiara", "boris", "anna"]
        assert await one.page.get_attribute("#people-head th:nth-child(2)", "aria-sort") == (
            "descending"
        )
        await one.page.fill("#search", "BOR")
        await one.page.click(f"{ROWS} .link:has-text('boris')")
        assert await one.texts(f"{ROWS} .link") == ["boris"]
        await one.page.click("#kick")
        await one.says("one-answer", "1 connection closed.")
        await one.until("cxgame.office.player.connections === 0")
        await one.page.fill("#names-new", "anna, boris\nred=chiara")
        await one.page.click("#names-add")
        await one.says("list-answer", "3 added.")
        await one.page.wait_for_selector("#keep-out:not([hidden])")
        await one.twice("#keep-out")
        await one.says("one-answer", "boris is off the whitelist. 0 connections closed.")
        await one.until("!document.getElementById('names').textContent.includes('boris')")
        assert await one.texts("#names p") == ["Alone anna", "red chiara"]
        async with player(server.ports["exchange"]) as again:
            token = players["boris"].token
            reply = await again.ask("auth", username="boris", token=token)
            assert reply["code"] == "AUTH_NOT_LISTED"
        assert (await players["anna"].ask("price"))["status"]
        assert one.complaints == []


async def test_a_new_token_is_shown_once(chromium: Browser, tmp_path: Path) -> None:
    """It works, the old one does not; and it is gone from the page with the next player."""
    async with desk(chromium, tmp_path, names=("anna", "boris")) as (one, server, players):
        await one.page.click(f"{ROWS} .link:has-text('anna')")
        await one.twice("#rotate")
        await one.page.wait_for_selector("#token-shown:not([hidden])")
        token = await one.page.inner_text("#token")
        async with player(server.ports["exchange"]) as again:
            old = await again.ask("auth", username="anna", token=players["anna"].token)
            assert old["code"] == "AUTH_TOKEN"
            assert (await again.ask("auth", username="anna", token=token))["status"]
        await one.page.click(f"{ROWS} .link:has-text('boris')")
        await one.until("document.getElementById('token').textContent === ''")
        assert token not in await one.page.content()
        assert token not in (tmp_path / "server.log").read_text()
        await one.twice("#rotate")
        await one.page.wait_for_selector("#token-shown:not([hidden])")
        token = await one.page.inner_text("#token")
        await one.page.click("#leave")
        await one.page.wait_for_selector("#gate:not([hidden])")
        await one.until("document.getElementById('token').textContent === ''")
        assert token not in await one.page.content()


async def test_balances_prices_words_and_books(chromium: Browser, tmp_path: Path) -> None:
    """What is set is what the player has, what is said is said to everyone, as text."""
    async with desk(chromium, tmp_path, names=("anna",)) as (one, _, players):
        await one.page.click(f"{ROWS} .link:has-text('anna')")
        await one.page.fill("#adjust-free", "500")
        await one.page.click("text=Set balance")
        await one.says("one-answer", "anna has 500.00 USD free, 0.00 held.")
        assert (await players["anna"].ask("wallets"))["data"]["usd"] == "500.00"
        await one.page.fill("#adjust-free", "much")
        await one.page.click("text=Set balance")
        await one.page.wait_for_selector("#one-answer.bad")
        await one.page.fill("#quote-price", "1010")
        await one.page.click("text=Set price")
        await one.says("quote-answer", "BTC/USD is quoted at 1010.00.")
        await one.page.fill("#message", PAYLOAD)
        await one.page.press("#message", "Enter")
        await one.page.wait_for_selector("#acts [data-act=announce]")
        assert await one.texts("#acts [data-act=announce] .text") == [f"“{PAYLOAD}”"]
        await one.page.click("#audit")
        await one.says("audit-answer", "The books are right.")
        assert await one.texts("#totals dd >> nth=0") == ["0.0"]
        assert await one.see("globalThis.pwned") is None
        assert one.complaints == []


async def test_the_end_of_the_game_wants_two_presses(chromium: Browser, tmp_path: Path) -> None:
    """One alone is forgotten with the next thing that is done."""
    async with desk(chromium, tmp_path) as (one, server, _):
        await one.shows("open")
        await one.page.click("#shutdown")
        await one.page.focus("#message")
        await one.page.wait_for_selector("#shutdown:not(.armed)")
        assert await one.page.text_content("#shutdown") == "End the game"
        await one.twice("#shutdown")
        assert await asyncio.to_thread(server.process.wait, 30) == 0


@pytest.mark.parametrize("width", [390, 900, 1440])
@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_it_fits_and_everybody_can_use_it(
    chromium: Browser, tmp_path: Path, width: int, scheme: Any
) -> None:
    """Nothing is wider than the window; axe finds no serious violation; Tab reaches the button."""
    long = "a-name-of-32-characters-is-there"
    async with desk(chromium, tmp_path, names=("anna", long), width=width) as (one, _, _players):
        await one.page.emulate_media(color_scheme=scheme)
        await one.page.click(f"{ROWS} .link:has-text('{long}')")
        await one.page.fill("#names-new", f"anna, {long}")
        await one.page.click("#names-add")
        await one.page.wait_for_selector("#names p")
        await one.page.fill("#fault-to", f"{long}, {long[::-1]}")
        await one.page.click("text=Switch on")
        await one.page.wait_for_selector("#faults-rows tr")
        assert await one.see("document.documentElement.scrollWidth") == width
        found = await Axe().run(one.page)
        bad = [
            each["id"]
            for each in found.response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert bad == []
        await one.page.focus(".skip")
        await one.page.keyboard.press("Enter")
        await one.page.keyboard.press("Tab")
        assert await one.see("document.activeElement.id !== ''")


async def test_faults_are_switched_on_dealt_and_cleared(chromium: Browser, tmp_path: Path) -> None:
    """Whoever is meant feels them, the table counts hits, and what is wrong is said."""
    rows = "#faults-rows tr:not([hidden])"
    async with desk(chromium, tmp_path, names=("anna", "boris")) as (one, _, players):
        assert await one.texts("#faults-hint") == ["none"]
        await one.page.select_option("#fault-mode", "rate_limit")
        await one.page.fill("#fault-parameter", "1")
        await one.page.fill("#fault-to", "anna")
        await one.page.fill("#fault-for", "600")
        await one.page.click("text=Switch on")
        await one.says("faults-answer", "Switched on.")
        replies = [await players["anna"].ask("time") for _ in range(20)]
        assert replies[-1]["code"] == "LIMIT_RATE"
        assert (await players["boris"].ask("time"))["status"]
        await one.until("cxgame.office.faults.faults[0].hits > 0")
        await one.page.fill("#fault-parameter", "0.5")
        await one.page.click("text=Switch on")
        await one.page.wait_for_selector("#faults-answer.bad")
        deck = b'[[deal]]\nfault = "delay"\nprofile = "typical"\nat = 600\nto = ["<b>x</b>"]\n'
        file: Any = {"name": "deck.toml", "mimeType": "text/plain", "buffer": deck}
        await one.page.set_input_files("#deck", files=[file])
        await one.says("faults-answer", "deck.toml is dealt from now on.")
        await one.says("faults-hint", "1 in force, 1 to come")
        cells = await one.texts(f"{rows} td:nth-child(3)")
        assert cells == ["anna", "<b>x</b>"]
        await one.page.click(f"{rows} button")
        await one.says("faults-answer", "Cleared.")
        assert (await players["anna"].ask("time"))["status"]
        await one.page.click("#faults-clear")
        await one.says("faults-answer", "Nothing is in force any more.")
        await one.page.wait_for_selector("#faults-empty:not([hidden])")
        assert one.complaints == []

"""The monitor's page: what it measures, what it shows to whom, how it looks."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from tests.pages.browsing import Spectator, browser
from tests.pages.test_watching import PAYLOADS
from tests.support.programs import Server, run
from tests.support.serving import player

pytestmark = pytest.mark.ci

DECK = """
[[deal]]
at = 0
fault = "delay"
direction = "both"
ms = 20
faces = ["orders", "rest"]

[[deal]]
at = 0
fault = "drop"
probability = 0.5
faces = ["orders"]
messages = ["price"]
to = ["alice"]
"""
GAME = ("--sandbox", "--bots", "maker", "--symbol", "BTC/USD", "--symbol", "ETH/USD")
SECRET = "a secret of the test"
CXGAME = (sys.executable, "-m", "cxgame")
LINES = ("feed", "orders", "rest")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A game on a bad line."""
    folder = tmp_path_factory.mktemp("game")
    (folder / "deck.toml").write_text(DECK)
    flags = (*GAME, "--oracle", "gbm", "--faults", "deck.toml")
    with Server(folder, *flags, CXGAME_ADMIN_SECRET=SECRET) as server:
        yield server


def url_of(game: Server) -> str:
    """The address of the monitor."""
    return f"http://127.0.0.1:{game.ports['http']}/monitor"


async def live(chromium: Browser, game: Server, width: int = 1440, height: int = 900) -> Spectator:
    """Somebody who sees three lines that are live, and the faults."""
    one = await Spectator.at(chromium, url_of(game), width, height)
    for line in LINES:
        await one.until(f"cxgame.health.lines.{line}.state === 'live'")
    await one.page.wait_for_selector("#faults li >> nth=1")
    return one


async def shown(one: Spectator, kind: str, text: str) -> None:
    """Type who one is."""
    await one.page.select_option("#who-kind", kind)
    await one.page.fill("#who-text", text)
    await one.page.press("#who-text", "Enter")


async def test_it_measures_its_own_lines(chromium: Browser, game: Server) -> None:
    """Round trips as long as the delay that is in force, both ways; what is answered; the feed."""
    one = await live(chromium, game)
    for line in ("orders", "rest"):
        assert await one.see(f"cxgame.health.lines.{line}.last") >= 40
    cells = "#lines tbody tr:nth-child({}) td"
    await one.page.wait_for_selector("#lines tbody tr:nth-child(3) td:has-text('100 %')")
    feed = await one.texts(cells.format(1))
    assert feed[:1] == ["live"]
    assert feed[5] == "0"
    await one.until("cxgame.health.framesPerS > 0")
    await one.page.wait_for_selector("#rates dd >> nth=5")
    assert one.complaints == []


async def test_a_line_that_breaks_comes_back_and_is_counted(
    chromium: Browser, game: Server
) -> None:
    """The feed and the order server each have their own count."""
    one = await live(chromium, game)
    await one.see("(cxgame.feed.drop(), cxgame.probe.drop())")
    for line in ("feed", "orders"):
        await one.until(f"cxgame.health.lines.{line}.breaks === 1")
        await one.until(f"cxgame.health.lines.{line}.state === 'live'")
    await one.page.wait_for_selector("#lines tr:nth-child(1) td.breaks:text-is('1')")
    assert await one.see("cxgame.health.lines.rest.breaks") == 0


async def test_totals_that_begin_anew_are_no_rate(chromium: Browser, game: Server) -> None:
    """The requests of a server that was started again are fewer than before."""
    one = await live(chromium, game)
    rates = await one.see(
        """(() => {
            const { report } = cxgame.health, { ts, totals } = report;
            cxgame.health.take({ ...report, ts: ts + 1, totals: { ...totals, requests: 0 } });
            return cxgame.health.rates.map((rate) => rate.requests);
        })()"""
    )
    assert min(rates) >= 0


async def test_faults_are_told_without_names(chromium: Browser, game: Server) -> None:
    """What, which way, how often; for whom only an organiser learns."""
    one = await live(chromium, game)
    names = await one.texts("#faults b")
    assert names == ["delay ↔", "drop → server"]
    assert "alice" not in "".join(await one.texts("body"))
    await one.until("cxgame.health.report.faults[0].hits > 0")
    await shown(one, "token", SECRET)
    await one.page.wait_for_selector("#faults .what:has-text('to alice')")
    await one.page.wait_for_selector("#sessions-hint:has-text('of everybody')")
    await one.page.wait_for_selector("#sessions th:text-is('bot-maker')")
    await one.page.click("#who-leave")
    await one.page.wait_for_selector("#sessions-hint:has-text('of the account')")
    assert await one.page.is_hidden("#balances")
    assert one.complaints == []


async def test_a_session_and_a_player_see_their_own(chromium: Browser, game: Server) -> None:
    """Balances and connections; what was typed stays nowhere; a wrong one is told."""
    one = await live(chromium, game)
    await shown(one, "session", "nobody-has-begun-this")
    await one.page.wait_for_selector("#who-note:text-is('No session of this id has begun.')")
    async with player(game.ports["exchange"], "carol") as carol:
        assert carol.token is not None
        await shown(one, "token", carol.token)
        await one.page.wait_for_selector("#account-hint:has-text('carol')")
        await one.page.wait_for_selector("#balances tbody tr >> nth=1")
        assert await one.texts("#sessions tbody tr:not([hidden]) th") == ["carol"]
        kept = """[document.documentElement.outerHTML, JSON.stringify(localStorage),
            JSON.stringify(sessionStorage), location.href, document.cookie,
            JSON.stringify(cxgame, (_, each) => each instanceof Map ? [...each] : each),
            ...[...document.querySelectorAll("input")].map((each) => each.value)].join()"""
        assert carol.token not in await one.see(kept)


async def test_names_are_texts(chromium: Browser, game: Server) -> None:
    """Whatever a fault is addressed to, nothing of it runs."""
    one = await live(chromium, game)
    drop = ("set", "drop", "--probability", "0", "--faces", "feed")
    organised(game, *drop, "--to", PAYLOADS[0][:60].replace(",", ""))
    await shown(one, "token", SECRET)
    await one.page.wait_for_selector("#faults li:nth-child(3) .what:has-text('to ')")
    assert await one.see("document.querySelectorAll('#faults *:not(li, b, span)').length") == 0
    organised(game, "clear", "3")
    await one.page.wait_for_selector("#faults li:nth-child(3)", state="hidden")
    assert one.complaints == []


def organised(game: Server, *words: str) -> None:
    """Change the faults, as an organiser."""
    uri = f"ws://127.0.0.1:{game.ports['exchange']}"
    faults = (*CXGAME, "admin", "faults", *words, "--uri", uri)
    told = run(game.folder, *faults, CXGAME_ADMIN_SECRET=SECRET)
    assert told.returncode == 0, told.stdout


async def test_a_server_that_is_away_is_told(chromium: Browser, tmp_path: Path) -> None:
    """What is shown is called old, and lines are broken."""
    with Server(tmp_path, "--oracle", "gbm") as server:
        one = await Spectator.at(chromium, url_of(server))
        await one.until(
            "cxgame.health.report !== null && cxgame.health.lines.feed.state === 'live'"
        )
        server.kill()
        await one.page.wait_for_selector("#fault:has-text('does not answer')")
        await one.page.wait_for_selector("#condition:text-is('unreachable')")
        for line in LINES:
            await one.until(f"cxgame.health.lines.{line}.state === 'broken'")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900)])
async def test_it_fits(chromium: Browser, game: Server, width: int, height: int) -> None:
    """Nothing is wider than the window; on a desk nothing is higher."""
    one = await live(chromium, game, width, height)
    await shown(one, "token", SECRET)
    await one.page.wait_for_selector("#sessions tbody tr")
    assert await one.see("document.documentElement.scrollWidth") == width
    if width >= 1200:
        assert await one.see("document.documentElement.scrollHeight") == height
    for panel in ("lines", "throughput", "account", "depth", "faults", "sessions"):
        box = await one.page.locator(f".watch > .{panel}").bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert box["height"] > 90


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
async def test_axe_finds_nothing_serious(
    chromium: Browser, game: Server, scheme: str, width: int
) -> None:
    """Contrast, names, landmarks, order, in both looks and both sizes."""
    one = await live(chromium, game, width)
    await one.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await shown(one, "token", SECRET)
    await one.page.wait_for_selector("#sessions tbody tr")
    await asyncio.sleep(1)  # colours that change have changed
    results = await Axe().run(one.page)
    serious = [
        f"{found['id']}: {found['nodes'][0]['html'][:200]}"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical")
    ]
    assert serious == []

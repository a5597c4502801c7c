"""The player's page: who gets in, what becomes of the token, hostile texts, sizes, keys, looks."""

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from tests.pages.browsing import PageServer, browser
from tests.pages.playing import Seat, done, game_of_two
from tests.pages.test_watching import PAYLOADS
from tests.support.programs import Server, run
from tests.support.serving import player

pytestmark = pytest.mark.ci

GAME = (
    *("--oracle", "gbm", "--bots", "maker,random:3", "--time-limit", "3600"),
    *("--symbol", "BTC/USD", "--symbol", "ETH/USD", "--taker-fee", "0.001"),
)
WRONG = "0" * 64


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A game with two markets, on which bots trade."""
    with Server(tmp_path_factory.mktemp("game"), *GAME) as server:
        yield server


async def busy(chromium: Browser, game: Server, name: str, width: int = 1440) -> Seat:
    """A seat with open orders, fills, a refusal and an order in detail."""
    async with player(game.ports["exchange"], name) as one:
        url = f"http://127.0.0.1:{game.ports['http']}/play"
        await done(one.ask("order", side="buy", type="limit", price="500", size="1"))
        await done(one.ask("order", side="sell", type="limit", price="5000", size="0.5"))
        await done(one.ask("order", side="buy", type="limit", price="1500", size="0.3"))
        seat = await Seat.taken(chromium, url, name, one.token, width)
    await seat.page.wait_for_selector("#orders tbody tr >> nth=1")
    await seat.page.wait_for_selector("#fills tbody tr")
    await seat.page.click("#fills tbody tr:last-child button.link")
    await seat.write(price="1400", size="0.01")
    await seat.place()
    await seat.write(price="1400", size="1000000")
    await seat.page.wait_for_selector("#t-answer[data-kind=bad]")
    return seat


async def test_who_gets_in(chromium: Browser, tmp_path: Path) -> None:
    """A wrong token is told in words, and so is an unknown name; the right one, or a password,
    leads in.
    """
    async with game_of_two(tmp_path) as (server, url, anna, _):
        seat = await Seat.at(chromium, url)
        for name, token, said in (
            ("anna", WRONG, "This is not the token of anna."),
            ("anna", "open", "This is neither the token nor the password of anna."),
            ("nobody", WRONG, "There is no player nobody in this game."),
        ):
            await seat.login(name, token)
            await seat.page.wait_for_selector(f"#login-answer:text-is('{said}')")
            assert await seat.page.is_hidden("#table")
            assert await seat.page.input_value("#login-token") == ""
        await seat.login("anna", (anna.token or "").upper())
        await seat.inside()
        async with player(server.ports["exchange"]) as carl:
            await done(carl.ask("register", username="carl", password="swordfish"))
        await seat.page.click("#leave")
        await seat.login("carl", "swordfish")
        await seat.inside()
        assert await seat.texts("#user") == ["carl"]
        assert "<your token>" in (await seat.texts("#snippet"))[0]
        # Who gets another token has to bring it.
        await seat.page.click("#leave")
        await seat.login("anna", anna.token)
        await seat.inside()
        await done(anna.ask("rotate"))
        await seat.page.wait_for_selector("#login-answer:text-is('This is not the token of anna.')")
        assert await seat.page.is_hidden("#table")
        assert seat.complaints == []


async def test_the_token_stays_in_memory(chromium: Browser, tmp_path: Path) -> None:
    """It is in no address, no storage, no log, nowhere in the page, and not within reach of its
    objects; shown when asked for, and gone after the logout.
    """
    async with game_of_two(tmp_path) as (server, url, anna, _):
        token = anna.token or ""
        seat = await Seat.at(chromium, url)
        asked: list[str] = []
        said: list[str] = []
        seat.page.on("request", lambda request: asked.append(request.url))
        seat.page.on("websocket", lambda socket: asked.append(socket.url))
        seat.page.on("console", lambda message: said.append(message.text))
        await seat.login("anna", token)
        await seat.inside()
        await seat.write(price="900", size="1")
        await seat.place()
        kept = """[location.href, document.cookie, JSON.stringify(localStorage), document.title,
            JSON.stringify(sessionStorage), document.documentElement.outerHTML,
            ...[...document.querySelectorAll("input")].map((each) => each.value),
            JSON.stringify(history.state), window.name,
            JSON.stringify(cxgame, (_, each) => each instanceof Map ? [...each] : each)].join()"""
        assert token not in await seat.see(kept)
        assert await seat.see("indexedDB.databases()") == []
        assert not [each for each in (*asked, *said, server.said) if token in each]
        assert [each for each in asked if "/overview/" in each], "REST is asked, by a header"
        await seat.page.click("#bot-reveal")
        assert token in (await seat.texts("#snippet"))[0]
        await seat.page.click("#bot-reveal")
        assert token not in await seat.see(kept)
        await seat.page.click("#leave")
        await seat.page.wait_for_selector("#gate:not([hidden])")
        assert token not in await seat.see(kept)
        assert "anna" not in await seat.see("document.body.innerText")
        await seat.page.reload()
        await seat.page.wait_for_selector("#login")
        assert await seat.page.is_hidden("#table")


@pytest.mark.parametrize("library", ["client", "ccxt"])
async def test_the_program_to_copy_runs(chromium: Browser, tmp_path: Path, library: str) -> None:
    """As it was copied: it plays as this player."""
    if library == "ccxt":
        pytest.importorskip("ccxt")
    async with game_of_two(tmp_path) as (_, url, anna, _):
        context = await chromium.new_context()
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        seat = Seat(await context.new_page())
        await seat.page.goto(url)
        await seat.login("anna", anna.token)
        await seat.inside()
        await seat.page.click(f"#bot-{library}")
        shown = (await seat.texts("#snippet"))[0]
        assert "•" in shown
        await seat.page.click("#bot-copy")
        await seat.page.wait_for_selector("#bot-said:has-text('Copied')")
        program = await seat.see("navigator.clipboard.readText()")
        assert program == re.sub("•+", anna.token or "", shown)
        ended = await asyncio.to_thread(run, tmp_path, sys.executable, "-c", program)
        assert ended.returncode == 0, ended.stdout
        assert "10000" in ended.stdout


async def test_texts_of_others_are_text(chromium: Browser, tmp_path: Path) -> None:
    """Markup in symbols, ids, names, reasons and refusals runs nothing and builds nothing."""
    async with game_of_two(tmp_path) as (_, url, anna, _):
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        for at, text in enumerate(PAYLOADS, start=100):
            for call in hostile(str(at), text):
                await seat.see(call)
        await seat.page.wait_for_selector("#orders tbody tr >> nth=19")
        await seat.page.wait_for_selector("#refusals li >> nth=19")
        assert set(PAYLOADS) <= set(await seat.texts("#f-symbol option"))
        assert set(PAYLOADS) <= set(await seat.texts("#wallets tbody th"))
        assert set(PAYLOADS) <= set(await seat.texts("#orders td.symbol"))
        assert await seat.see("'pwned' in globalThis") is False
        kinds = "img, script, iframe, link, style, a, svg *, math, details details, form form, meta"
        assert await seat.see(f"document.querySelectorAll('main :is({kinds})').length") == (
            await seat.see("document.querySelectorAll('#donut circle').length")
        )
        # The past of orders that do not exist is asked for in vain.
        assert [each for each in seat.complaints if "404" not in each] == []


def hostile(id: str, text: str) -> list[str]:
    """Calls that bring a text in wherever an exchange that lies could."""
    order = {
        "id": id, "symbol": text, "side": "buy", "type": text, "status": "open", "user": text,
        "price": text, "quantity": text, "size": text, "filled_size": text, "fee": text,
        "average_price": text, "timestamp": 1.0, "cid": text, "time_in_force": text,
        "trigger": {"kind": text, "by": text, "price": text, "armed": True},
    }  # fmt: skip
    fill = {"trade_id": text, "price": text, "size": text, "fee": text, "role": text, "side": text}
    market = {"symbol": text, "base": text, "quote": text, "tick": text}
    amounts = {"free": text, "held": text, "total": text}
    frames = [
        {"type": "execution", "event": "filled", "order": order, "fill": fill, "ts": 1.0},
        {"type": "execution", "event": text, "order": order, "reason": text, "ts": 2.0},
        {"type": "wallets", "wallets": {text: amounts}, "ts": 2.0},
        {"type": "ticker", "symbol": text, "mid": text, "ts": 2.0},
    ]
    calls = [f"cxgame.account.take({json.dumps(frame)})" for frame in frames]
    calls.append(f"cxgame.account.setMarkets([{json.dumps(market)}])")
    calls.append(f"cxgame.account.addRefusal({json.dumps(text)}, {json.dumps(amounts)})")
    calls.append(f"cxgame.account.refusals[0].message = {json.dumps(text)}")
    return [*calls, f"cxgame.account.select({json.dumps(id)})"]


async def test_the_page_served_alone(chromium: Browser, tmp_path: Path) -> None:
    """`cxgame page` leads to an exchange elsewhere; money history is with the server alone."""
    async with game_of_two(tmp_path) as (server, _, anna, _):
        flags = ("--exchange-uri", server.uri, "--title", PAYLOADS[0])
        with PageServer(tmp_path, server.feed_uri, *flags) as pages:
            seat = await Seat.at(chromium, pages.url)
            await seat.page.click("#to-play")
            await seat.page.wait_for_url("**/play")
            await seat.login("anna", anna.token)
            await seat.inside()
            await seat.write(price="900", size="1")
            await seat.place()
            assert await seat.texts("h1") == [PAYLOADS[0]]
            await seat.page.click("#to-watch")
            await seat.page.wait_for_selector("#standings")
            assert seat.complaints == []


async def test_equity_of_before_the_login(chromium: Browser, game: Server) -> None:
    """What the server has kept of it, each five seconds, is in the curve."""
    async with player(game.ports["exchange"], "late") as late:
        seat = await Seat.at(chromium, f"http://127.0.0.1:{game.ports['http']}/play")
        times: list[float] = []
        for _ in range(15):  # a bound: a machine may be busy
            began = time.time()
            await seat.login("late", late.token)
            await seat.inside()
            await seat.until("cxgame.account.samples.length > 1")
            times = await seat.see("cxgame.account.samples.map((sample) => sample.ts)")
            if times[0] < began:
                break
            await seat.page.click("#leave")
            await asyncio.sleep(2)
        assert times == sorted(times)
        assert times[0] < began < times[-1]


async def test_drawdown_and_multiples(chromium: Browser, game: Server) -> None:
    """Below the highest so far, now and at worst; each unit paid in, as it was defined."""
    seat = await Seat.at(chromium, f"http://127.0.0.1:{game.ports['http']}/play")
    found = await seat.see(
        """Promise.all([import("/static/js/play/views/performance.js"),
            import("/static/js/play/money.js")]).then(([{ drawdown }, { multiples }]) => [
                drawdown([100, 200, 150, 180].map((value) => ({ value }))), drawdown([]),
                multiples({ equity: 1500, deposits: 1000, withdrawals: 250 }),
                multiples({ equity: 1500, deposits: 0, withdrawals: 0 })])"""
    )
    assert found == [
        {"deepest": 0.25, "current": pytest.approx(0.1)},
        {"deepest": 0, "current": 0},
        {"rvpi": 1.5, "dpi": 0.25, "tvpi": 1.75},
        None,
    ]


@pytest.mark.parametrize("width", [390, 768, 1440])
async def test_it_fits(chromium: Browser, game: Server, width: int) -> None:
    """Nothing is wider than the window, from a telephone on, and every panel has room."""
    seat = await busy(chromium, game, f"fits-{width}", width)
    assert await seat.see("document.documentElement.scrollWidth") == width
    panels = ("portfolio", "performance", "ticket", "orders", "details", "fills", "quality", "bot")
    for panel in panels:
        box = await seat.page.locator(f".table > .{panel}").bounding_box()
        assert box is not None
        assert box["width"] > 250
        assert box["height"] > 120
    for table in ("wallets", "orders", "fills"):
        wide = f"document.getElementById('{table}')"
        assert await seat.see(f"{wide}.scrollWidth <= {wide}.parentElement.clientWidth"), table
    assert seat.complaints == []


async def test_an_order_by_keys_alone(chromium: Browser, tmp_path: Path) -> None:
    """Log in, fill in the ticket, place and cancel without a mouse."""
    async with game_of_two(tmp_path) as (_, url, anna, _):
        seat = await Seat.at(chromium, url)
        keys = seat.page.keyboard
        await seat.page.focus("#login-user")
        await keys.type("anna")
        await keys.press("Tab")
        await keys.type(anna.token or "")
        await keys.press("Enter")
        await seat.inside()
        active = "document.activeElement.id"
        await seat.page.focus("#t-buy")
        await keys.press("ArrowRight")
        assert await seat.see("document.getElementById('t-sell').checked") is True
        while await seat.see(active) != "t-price":
            await keys.press("Tab")
        await keys.type("1100")
        await keys.press("Tab")
        await keys.type("0.5")
        await seat.page.wait_for_selector("#t-answer[data-kind=good]")
        await keys.press("Enter")
        await seat.page.wait_for_selector("#orders tbody tr")
        for _ in range(40):
            if await seat.see("document.activeElement.closest('td.act') !== null"):
                break
            await keys.press("Tab")
        await keys.press("Enter")
        await seat.page.wait_for_selector("#orders tbody tr", state="detached")
        assert (await done(anna.ask("orders")))["maker"] == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_serious(
    chromium: Browser, game: Server, scheme: str, width: int
) -> None:
    """Contrast, names, landmarks, order: in both looks and both sizes, inside and outside."""
    seat = await busy(chromium, game, f"axe-{scheme}-{width}", width)
    await seat.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await seat.page.evaluate("document.getElementById('t-more').open = true")
    for inside in (True, False):
        if not inside:
            await seat.page.click("#leave")
        await asyncio.sleep(1)  # colours that change have changed
        results = await Axe().run(seat.page)
        serious = [
            f"{found['id']}: {found['nodes'][0]['html'][:200]}"
            for found in results.response["violations"]
            if found["impact"] in ("serious", "critical")
        ]
        assert serious == []


async def test_nothing_is_told_by_colour_alone(chromium: Browser, game: Server) -> None:
    """Sides have an arrow and a word, gains a sign, shares a number, states a word."""
    seat = await busy(chromium, game, "grey")
    assert set(await seat.texts("#fills td.turn")) == {"▲ buy"}
    assert {"▲ buy", "▼ sell"} <= set(await seat.texts("#orders td.turn"))
    assert re.fullmatch(r"[+\u2212]?[\d\u202f]+\.\d\d", (await seat.figures("figures"))["P&L"])
    assert len(await seat.texts("#wallets td.share")) == 3
    assert await seat.texts("#connection") == ["live"]

"""The page in a browser, before a game that is played: what it shows is what happened."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from cxgame.client.feed import CxFeedReader
from tests.pages.browsing import PageServer, Spectator, browser
from tests.support.processes import ServerProcess
from tests.support.programs import Server
from tests.support.serving import player

pytestmark = pytest.mark.ci

BOTS = ("--oracle", "gbm:volatility=4", "--bots", "maker,random:6")
TRADES = "(cxgame.store.market?.trades ?? [])"
SHOWN = "{id: trade.id, price: trade.priceText, size: trade.sizeText, side: trade.side}"
SECRET = "open sesame"
SAID = "#messages li.is-player .text"
WITHIN_S = 60

# What somebody tries who wants his text to be run in the browsers of all spectators.
PAYLOADS = [
    "<script>globalThis.pwned=1</script>",
    "<img src=x onerror=globalThis.pwned=1>",
    "<svg onload=globalThis.pwned=1>",
    "<svg><script>globalThis.pwned=1</script></svg>",
    "<iframe src=javascript:parent.pwned=1></iframe>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<a href=javascript:globalThis.pwned=1 id=click>here</a>",
    "<body onload=globalThis.pwned=1>",
    "<details open ontoggle=globalThis.pwned=1>",
    "<input autofocus onfocus=globalThis.pwned=1>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button>go",
    '"><script>globalThis.pwned=1</script>',
    "'-globalThis.pwned=1-'",
    "${globalThis.pwned=1}{{constructor.constructor('globalThis.pwned=1')()}}",
    "</title></textarea></script><script>globalThis.pwned=1</script>",
    "javascript:globalThis.pwned=1//\u202e\u2028<math><mtext><img src=x onerror=pwned=1>",
]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


def numbered(shown: list[dict[str, str]]) -> list[int]:
    """The ids of trades as numbers."""
    return [int(trade["id"]) for trade in shown]


async def happened(feed_uri: str, up_to: int) -> dict[str, dict[str, str]]:
    """All trades of a game by their ids, as the complete channel of the feed tells them."""
    found: dict[str, dict[str, str]] = {}
    async with asyncio.timeout(WITHIN_S), CxFeedReader(feed_uri, after=0) as feed:
        async for event in feed:
            if event["type"] != "match":
                continue
            at = event["message"]
            terms = {"price": at["price"], "size": at["size"], "side": event["side"]}
            found[event["trade_id"]] = {"id": event["trade_id"], **terms}
            if int(event["trade_id"]) >= up_to:
                break
    return found


async def test_trades_that_are_shown_happened(chromium: Browser, tmp_path: Path) -> None:
    """Each with its price, size and side, none missing, none twice; the tape has the latest."""
    with Server(tmp_path, *BOTS) as server, PageServer(tmp_path, server.feed_uri) as pages:
        await asyncio.sleep(2)  # some happen before anybody watches
        one = await Spectator.at(chromium, pages.url)
        await one.until(f"{TRADES}.length > 150")
        shown = await one.see(f"{TRADES}.map((trade) => ({SHOWN}))")
        rows = await one.see(
            """[...document.querySelectorAll("#trades tr")].map((row) => ({
                id: row.dataset.trade, side: row.className,
                price: row.querySelector(".price").textContent.replace("\\u202f", ""),
            }))"""
        )
        known = await happened(server.feed_uri, max(*numbered(shown), *numbered(rows)))
    assert [known[trade["id"]] for trade in shown] == shown
    ids = numbered(shown)
    assert ids == list(range(1, len(ids) + 1)), "from the beginning, by the resume"
    assert len(rows) == 60
    for row in rows:
        assert {**row, "size": known[row["id"]]["size"]} == known[row["id"]]
    assert numbered(rows) == sorted(numbered(rows), reverse=True)
    assert one.complaints == []


async def test_standings_are_those_of_the_exchange(chromium: Browser, tmp_path: Path) -> None:
    """Rank, name and equity to the cent, as wallets and mid give them; and who has overtaken."""
    oracle = ("--oracle", "constant:price=1000")
    with Server(tmp_path, *oracle) as server, PageServer(tmp_path, server.feed_uri) as pages:
        port = server.ports["exchange"]
        async with player(port, "anna") as anna, player(port, "bert") as bert:
            one = await Spectator.at(chromium, pages.url)
            await one.until("cxgame.store.standings.length === 2")
            assert (await anna.ask("order", side="sell", type="limit", price="1100", size="2"))[
                "status"
            ]
            assert (await bert.ask("order", side="buy", type="limit", price="1100", size="2"))[
                "status"
            ]
            await one.until("cxgame.store.standings[0]?.equity === '20200.00'")
            wanted = {}
            for name, each in (("anna", anna), ("bert", bert)):
                total = (await each.ask("wallets"))["data"]["assets"]
                dollars, coins = float(total["USD"]["total"]), float(total["BTC"]["total"])
                wanted[name] = f"{dollars + coins * 1000:,.2f}".replace(",", "\u202f")
            await one.page.wait_for_selector("#standings li >> nth=1 >> text=\u2212400.00")
            rows = "#standings li"
            assert await one.texts(f"{rows} .rank") == ["1", "2"]
            assert await one.texts(f"{rows} .user") == ["anna", "bert"]
            assert await one.texts(f"{rows} .equity") == [wanted["anna"], wanted["bert"]]
            assert await one.texts(f"{rows} .gap") == ["leader", "\u2212400.00"]
            # Bert sells dear what he bought dear: he is ahead then.
            assert (await anna.ask("order", side="buy", type="limit", price="1300", size="3"))[
                "status"
            ]
            assert (await bert.ask("order", side="sell", type="limit", price="1300", size="3"))[
                "status"
            ]
            await one.until("cxgame.store.standings[0]?.user === 'bert'")
            await one.until("document.querySelector('#standings .user').textContent === 'bert'")
            assert await one.texts(f"{rows} .moved") == ["▲1", "▼1"]
    assert one.complaints == []


async def test_a_restart_of_the_server_leaves_no_hole(chromium: Browser, tmp_path: Path) -> None:
    """The page comes back by itself and resumes: each trade once, without a reload."""
    server = ServerProcess(tmp_path, *BOTS)
    await server.start()
    try:
        with PageServer(tmp_path, server.feed_uri) as pages:
            one = await Spectator.at(chromium, pages.url)
            await one.until(f"{TRADES}.length > 30")
            await one.see("globalThis.before = true")
            for end in (server.terminate, server.kill):
                await end()
                await one.until("cxgame.store.connection === 'reconnecting'")
                await one.page.wait_for_selector("#connection[data-state=reconnecting]")
                count = await one.see(f"{TRADES}.length")
                await server.start()
                await one.until(
                    f"cxgame.store.connection === 'live' && {TRADES}.length > argument", count + 30
                )
            shown = await one.see(f"{TRADES}.map((trade) => ({SHOWN}))")
            assert await one.see("globalThis.before") is True
            known = await happened(server.feed_uri, numbered(shown)[-1])
    finally:
        await server.stop()
    assert numbered(shown) == list(range(1, len(shown) + 1))
    assert [known[trade["id"]] for trade in shown] == shown
    assert one.complaints == []


async def test_a_lost_line_and_a_hole_are_filled(chromium: Browser, tmp_path: Path) -> None:
    """What did not arrive is asked for again: nothing is missing and nothing comes twice."""
    with Server(tmp_path, *BOTS) as server, PageServer(tmp_path, server.feed_uri) as pages:
        one = await Spectator.at(chromium, pages.url)
        await one.until(f"{TRADES}.length > 20")
        await one.see("cxgame.feed.drop()")
        await one.until(f"{TRADES}.length > 60")
        # Five messages are swallowed on their way.
        await one.see(
            """(() => {
                const receive = cxgame.feed._receive;
                let left = 5;
                globalThis.swallowed = [];
                cxgame.feed._receive = function (text) {
                    if (left > 0 && text.includes('"match"')) {
                        left -= 1;
                        globalThis.swallowed.push(text);
                        return;
                    }
                    receive.call(this, text);
                };
            })()"""
        )
        await one.until("globalThis.swallowed.length === 5")
        count = await one.see(f"{TRADES}.length")
        await one.until(f"{TRADES}.length > argument", count + 30)
        ids = numbered(await one.see(f"{TRADES}.map((trade) => ({SHOWN}))"))
    assert ids == list(range(1, len(ids) + 1))


async def test_the_end_of_a_game_is_shown(chromium: Browser, tmp_path: Path) -> None:
    """Phase, standings and messages say so, and nothing is called broken when the feed has gone."""
    with (
        Server(tmp_path, "--oracle", "constant", "--no-started", "--time-limit", "2",
               "--fresh", CXGAME_ADMIN_SECRET=SECRET) as server,
        PageServer(tmp_path, server.feed_uri, "--refresh-seconds", "1") as pages,
    ):  # fmt: skip
        one = await Spectator.at(chromium, pages.url)
        await one.page.wait_for_selector("#phase[data-phase=registration]")
        async with player(server.ports["exchange"], "anna") as anna:
            assert (await anna.ask("start", secret=SECRET))["status"]
            await one.page.wait_for_selector("#phase[data-phase=open]")
            await one.page.wait_for_selector("#phase[data-phase=closed]")
        server.wait()
        await one.page.wait_for_selector("#connection[data-state=over]")
        await one.until("cxgame.feed.fruitless > 3")
        assert await one.texts("#phase-text") == ["Final"]
        assert await one.texts("#standings-heading") == ["Final standings"]
        assert await one.texts("#standings .user") == ["anna"]
        assert await one.page.locator("#fault").is_visible() is False
        said = await one.texts("#messages .is-phase .text")
        assert said == ["Shutting down.", "Open for business."]
    assert one.complaints == []


async def test_what_players_write_is_never_run(chromium: Browser, tmp_path: Path) -> None:
    """Twenty attempts in messages, names and the title are shown as text, or refused as names."""
    quiet = ("--oracle", "constant", "--bcast-rate", "100")
    title = "<script>globalThis.pwned=1</script>"
    with (
        Server(tmp_path, *quiet) as server,
        PageServer(tmp_path, server.feed_uri, "--title", title) as pages,
    ):
        async with player(server.ports["exchange"]) as nobody:
            for payload in PAYLOADS:
                refused = await nobody.ask("register", username=payload)
                assert refused["code"] == "PARAM_NAME", payload
        async with player(server.ports["exchange"], "mallory") as mallory:
            one = await Spectator.at(chromium, pages.url)
            await one.until("cxgame.store.connection === 'live'")
            for payload in PAYLOADS:
                assert (await mallory.ask("bcast", message=payload))["status"], payload
            await one.until("document.querySelectorAll('#messages li.is-player').length === 20")
            assert await one.texts(SAID) == PAYLOADS[::-1]
            # And once more for who comes later and is told by the resume.
            late = await Spectator.at(chromium, pages.url)
            await late.until("document.querySelectorAll('#messages li.is-player').length === 20")
            for each in (one, late):
                assert await each.texts(SAID) == PAYLOADS[::-1]
                assert await each.see("'pwned' in globalThis") is False
                kinds = "[...document.querySelectorAll('#messages *')].map((each) => each.tagName)"
                assert set(await each.see(kinds)) == {"LI", "TIME", "B", "SPAN"}
                assert await each.texts("h1") == [title]
                assert each.complaints == []


async def test_a_name_from_a_feed_that_is_not_ours_is_text_too(
    chromium: Browser, tmp_path: Path
) -> None:
    """Whoever opens the page on a feed that lies sees markup as text wherever texts are shown."""
    with PageServer(tmp_path, "ws://127.0.0.1:9") as pages:
        one = await Spectator.at(chromium, pages.url)
        await one.until("cxgame.store !== undefined")
        for frame in hostile_frames():
            await one.see(f"cxgame.store.take({json.dumps(frame)})")
        await one.page.wait_for_selector("#trades tr .who:text('House')")
        assert await one.see("'pwned' in globalThis") is False
        assert (
            await one.see("document.querySelectorAll('main img, main script, nav img').length") == 0
        )
        assert PAYLOADS[1] in await one.texts("#standings .user")
        assert await one.texts("#markets .symbol") == [PAYLOADS[2]]
    assert [text for text in one.complaints if "Polling" not in text] == []


def hostile_frames() -> list[dict[str, Any]]:
    """One of each kind that carries a text, with markup in all of them."""
    script, image, symbol = PAYLOADS[0], PAYLOADS[1], PAYLOADS[2]
    order = {"id": "1", "user": script}
    match = {"size": "1", "price": "10", "buy_id": "1", "sell_id": "0"}
    place = {"rank": 1, "user": image, "equity": script, "bot": True}
    return [
        {"type": "hello", "seq": 1, "game": script, "number": 1, "phase": image, "ts": 1.0,
         "remaining": None, "markets": [{"symbol": symbol, "tick": "0.01"}]},
        {"type": "buy", "message": order, "symbol": symbol, "ts": 1.0, "seq": 2, "prev_seq": 1},
        {"type": "match", "message": match, "symbol": symbol, "trade_id": "1", "side": script,
         "ts": 2.0, "seq": 3, "prev_seq": 2},
        {"type": "ticker", "symbol": symbol, "bid": script, "ask": image, "mid": "1", "ts": 2.0},
        {"type": "book", "symbol": symbol, "bids": [[script, image]], "asks": [[image, script]],
         "ts": 2.0},
        {"type": "standings", "standings": [place], "players": 1, "ts": 2.0},
        {"type": "info", "message": script, "user": image, "ts": 2.0, "seq": 4, "prev_seq": 3},
        {"type": "start", "message": script, "ts": 2.0},
    ]  # fmt: skip

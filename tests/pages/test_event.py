"""What an event wants: names masked, a feed that is told later, the page inside another one."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocket

from tests.pages.browsing import Spectator, browser
from tests.support.programs import Server
from tests.support.serving import player

pytestmark = pytest.mark.ci

GAME = ("--oracle", "constant:price=1000", "--bots", "random:2")
DELAY_S = 4
PARTS = ("price", "tape", "standings", "ladder", "depth", "messages", "top")


def page_of(server: Server) -> str:
    """The spectators' page of a server."""
    return f"http://127.0.0.1:{server.ports['http']}/"


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


async def test_masked_names_are_nowhere_on_the_page(chromium: Browser, tmp_path: Path) -> None:
    """Nor in anything that the page was sent; each player has one mask."""
    with Server(tmp_path, *GAME, "--mask-names", "--title", "Summer Cup") as server:
        sent: list[str] = []
        one = Spectator(await chromium.new_page())

        def listen(line: WebSocket) -> None:
            line.on("framereceived", lambda text: sent.append(str(text)))

        one.page.on("websocket", listen)
        await one.page.goto(page_of(server))
        async with player(server.ports["exchange"], "winston") as winston:
            await winston.ask("bcast", message="good luck")
            await winston.ask("order", side="buy", type="limit", price="1010", size="0.5")
            await one.page.wait_for_selector("#messages >> text=good luck")
            await one.until("cxgame.store.standings.length === 3")
            masks = await one.see("cxgame.store.standings.map((row) => row.user).sort()")
        assert masks == ["Bot 1", "Bot 2", "Player 1"]
        speaker = "#messages li.is-player .user"
        assert await one.texts(speaker) == ["Player 1"]
        assert await one.page.text_content("#title") == "Summer Cup"
        assert "winston" not in await one.page.content()
    assert any("Player 1" in text for text in sent)
    assert not [text for text in sent if "winston" in text or "bot-random" in text]
    assert one.complaints == []


async def test_a_delayed_feed_is_shown_later(chromium: Browser, tmp_path: Path) -> None:
    """And in order; the page says by how much, and sees the end of the game."""
    with Server(tmp_path, *GAME, "--feed-delay", str(DELAY_S), "--time-limit", "14") as server:
        one = await Spectator.at(chromium, page_of(server))
        async with player(server.ports["exchange"], "winston") as winston:
            said = time.monotonic()
            await winston.ask("bcast", message="hello")
            await one.page.wait_for_selector("#messages >> text=hello")
            assert time.monotonic() - said >= DELAY_S
        hello, joined = (await one.texts("#messages .user"))[:2]
        assert hello == joined == "winston"
        assert "\u22120:04" in str(await one.page.text_content("#connection"))
        await one.until("cxgame.store.phase === 'closed' && cxgame.store.results !== null")
    assert one.complaints == []


async def test_another_page_may_show_it_in_a_frame(chromium: Browser, tmp_path: Path) -> None:
    """One that is named: chart, trades and standings alone, without tools or scroll bars."""

    place: list[str] = []

    async def article(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        frame = f'<iframe src="{place[0]}?view=embed" width="800" height="450"></iframe>'
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
        writer.write(f"{head}<!doctype html>{frame}".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(article, "127.0.0.1", 0) as site:
        school = f"http://127.0.0.1:{site.sockets[0].getsockname()[1]}"
        with Server(tmp_path, *GAME, "--frame-ancestors", school) as server:
            place.append(page_of(server))
            one = Spectator(await chromium.new_page())
            await one.page.goto(f"{school}/")
            frame = one.page.frame_locator("iframe")
            await frame.locator("#standings li").nth(1).wait_for()
            await frame.locator("#trades tr").first.wait_for()
            seen = {each: await frame.locator(f".{each}:visible").count() for each in PARTS}
            (inside,) = one.page.frames[1:]
            root = "document.documentElement"
            size = await inside.evaluate(f"[{root}.scrollWidth, {root}.scrollHeight]")
    assert {each for each, count in seen.items() if count} == {"price", "tape", "standings"}
    assert size == [800, 450]
    assert [each for each in one.complaints if "favicon" not in each] == []

"""The page of a replay: the recorded game again, paused, hastened, and from any moment."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser

from tests.pages.browsing import Spectator, browser
from tests.support.programs import Program, Server

pytestmark = pytest.mark.ci

GAME = ("--oracle", "gbm:volatility=4", "--bots", "maker,random:4", "--time-limit", "12")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a game that was played to its end."""
    folder = tmp_path_factory.mktemp("game")
    with Server(folder, "--data-dir", "data", *GAME) as server:
        assert server.wait() == 0
    return folder / "data"


@pytest.fixture
def replay(recorded: Path, tmp_path: Path) -> Iterator[str]:
    """The address of the page of its replay."""
    words = (sys.executable, "-m", "cxgame", "replay", recorded, "--feed-port", "0")
    log = tmp_path / "replay.log"
    with Program(tmp_path, *words, "--bind", "127.0.0.1", log=log) as program:
        program.until_said("The page is at ")
        yield program.said.split("The page is at ")[1].split()[0]


async def test_a_replay_is_paused_hastened_and_sought(chromium: Browser, replay: str) -> None:
    """By the bar: it goes back as well, and what is shown then is of that moment."""
    one = await Spectator.at(chromium, replay)
    await one.until("cxgame.store.market?.trades.length > 5")
    await one.page.click("#replay-play")
    await one.page.wait_for_selector("#replay-play[data-playing=false]")
    at = "Number(document.querySelector('#replay-seek').value)"
    await one.until(f"Math.abs({at} - {await one.see(at)}) < 0.01")
    await one.page.click("#replay-play")
    await one.page.select_option("#replay-speed", "100")
    await one.until("cxgame.store.phase === 'closed'")
    last = await one.see("Number(cxgame.store.market.last.id)")
    assert await one.texts("#standings-heading") == ["Final standings"]
    await one.page.select_option("#replay-speed", "1")
    await one.page.click("#replay-play")
    await one.page.wait_for_selector("#replay-play[data-playing=false]")
    await one.page.fill("#replay-seek", "4")
    await one.until("cxgame.store.phase === 'open' && cxgame.feed.state === 'live'")
    await one.until(f"Math.abs({at} - 4) < 1")
    await one.page.click("#replay-play")
    await one.until("cxgame.store.market?.trades.length > 0")
    assert await one.see("Number(cxgame.store.market.trades[0].id)") < last
    assert one.complaints == []


async def test_a_slider_that_is_let_go_where_it_was_moves_on(
    chromium: Browser, replay: str
) -> None:
    """A browser tells of such a drag that it was begun and let go, and of no change."""
    one = await Spectator.at(chromium, replay)
    await one.page.wait_for_selector("#replay-seek:not([disabled])")
    value = await one.see(
        """(() => {
            const seek = document.querySelector("#replay-seek");
            seek.dispatchEvent(new Event("input"));
            seek.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
            return seek.value;
        })()"""
    )
    await one.until("document.querySelector('#replay-seek').value !== argument", value)


async def test_what_is_left_runs_down_as_fast_as_the_replay(chromium: Browser, replay: str) -> None:
    """It stands still in a pause, where the feed's heartbeats say; also for who comes then."""
    one = await Spectator.at(chromium, replay)
    await one.until("cxgame.store.phase === 'open' && cxgame.store.remainingNow !== null")
    await one.page.click("#replay-play")
    await one.page.wait_for_selector("#replay-play[data-playing=false]")
    await one.see(
        """(() => {
            const { store } = cxgame, { take } = store;
            globalThis.beats = 0;
            store.take = (frame) => {
                take.call(store, frame);
                if (frame.type === "heartbeat") beats += 1;
            };
        })()"""
    )
    await one.until("beats > 0")
    left = await one.see("cxgame.store.remainingNow")
    await one.until("beats > 1")
    assert await one.see("cxgame.store.remainingNow") == left > 0
    late = await Spectator.at(chromium, replay)
    await late.until("cxgame.store.remainingNow === argument", left)
    await one.page.select_option("#replay-speed", "0.5")
    await one.page.click("#replay-play")
    await one.until("cxgame.store.pace === 0.5")
    passed = """(() => {
        const { store } = cxgame, left = store.remainingNow, { now } = performance;
        performance.now = () => now.call(performance) + 10_000;
        const passed = left - store.remainingNow;
        performance.now = now;
        return passed;
    })()"""
    assert 4.9 < await one.see(passed) < 7.5  # of ten seconds that seem to pass
    await one.page.select_option("#replay-speed", "0")
    await one.until("cxgame.store.phase === 'closed'")
    assert await one.texts("#clock") == ["0:00"]
    assert one.complaints == []


async def test_only_this_computer_controls_it(replay: str) -> None:
    """And only a page of the replay's own; nobody else's, and no other name for this computer."""
    place = f"{replay}static/replay.json"
    pause = {"action": "pause"}
    async with httpx.AsyncClient() as here:
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert (await here.post(place, json=pause, headers=foreign)).status_code == 403
        renamed = {"Host": "evil.example"}
        assert (await here.post(place, json=pause, headers=renamed)).status_code == 403
        assert (await here.post(place, content=b'{"action":"pause"}')).status_code == 403
        assert (await here.post(place, json={"action": "explode"})).status_code == 403
        assert (await here.get(place)).json()["playing"] is True
        assert (await here.post(place, json=pause)).json()["playing"] is False
        told = (await here.post(place, json={"action": "speed", "speed": 0})).json()
        assert (told["speed"], told["controls"]) == (0, True)
        assert (await here.get(place, headers=renamed)).json()["controls"] is False

"""The player's page as hours pass: lines that break, halts, and games one after the other."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser

from cxgame.store.datadir import read_running
from tests.pages.browsing import browser
from tests.pages.playing import QUIET, Seat, done, game_of_two
from tests.support.processes import ServerProcess
from tests.support.serving import player
from tests.support.waiting import WAIT_S

pytestmark = pytest.mark.ci

SECRET = "open sesame"


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


async def until_ready(server: ServerProcess, status: int) -> None:
    """Return once the server calls itself ready, or not."""
    async with asyncio.timeout(WAIT_S), httpx.AsyncClient(base_url=server.http_url) as http:
        while (await http.get("/readyz")).status_code != status:
            await asyncio.sleep(0.05)


async def test_a_name_in_other_letters_is_the_same_player(
    chromium: Browser, tmp_path: Path
) -> None:
    """Who logs in as ANNA has anna's rank."""
    async with game_of_two(tmp_path) as (_, url, anna, _bert):
        seat = await Seat.taken(chromium, url, "ANNA", anna.token)
        await seat.until("document.getElementById('rank').textContent === '1 of 2'")


async def test_steps_go_on_after_a_break(chromium: Browser, tmp_path: Path) -> None:
    """What happened to an order before and while the line was broken is among them."""
    async with game_of_two(tmp_path) as (_, url, anna, bert):
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        order = await done(anna.ask("order", side="sell", type="limit", price="1100", size="2"))
        await seat.page.click(f"#orders tr[data-order='{order['id']}'] button.link")
        take = {"side": "buy", "type": "limit", "price": "1100"}
        await done(bert.ask("order", **take, size="0.5"))
        await seat.page.wait_for_selector("#details-steps li:has-text('Filled 0.5')")
        await seat.see("cxgame.breakOff()")
        await done(bert.ask("order", **take, size="0.25"))
        await seat.page.wait_for_selector("#connection[data-state=live]")
        await seat.page.wait_for_selector("#details-steps li:has-text('Filled 0.25')")
        steps = await seat.texts("#details-steps .text")
        assert [step.split(" at ")[0] for step in steps] == ["Placed", "Filled 0.5", "Filled 0.25"]


async def test_what_is_kept_of_hours_is_bounded(chromium: Browser, tmp_path: Path) -> None:
    """An order that a bot amends all the time, and orders that come while nobody looks."""
    async with game_of_two(tmp_path) as (_, url, anna, _bert):
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        order = await done(anna.ask("order", side="sell", type="limit", price="1100", size="2"))
        await seat.until("cxgame.account.events.size === 1")
        sizes = await seat.page.evaluate(
            """(order) => {
                const { account } = cxgame;
                let seq = account._seq;
                const tell = (id, event) => account.take({type: "execution", event, ts: 1,
                    seq: ++seq, order: {...order, id: String(id)}});
                for (let count = 0; count < 2000; count++) tell(order.id, "amended");
                for (let id = 1; id <= 6000; id++) tell(id, "accepted");
                return [account.events.get("6000").length, account.fresh.size,
                    Math.max(...[...account.events.values()].map((each) => each.length))];
            }""",
            order,
        )
    assert sizes[0] == 1
    assert sizes[1] <= 5000
    assert sizes[2] <= 750


async def test_a_halt_is_shown_as_long_as_it_lasts(chromium: Browser, tmp_path: Path) -> None:
    """What the page asks for meanwhile does not end it."""
    server = ServerProcess(tmp_path, *QUIET)
    await server.start()
    try:
        async with player(server.ports["exchange"], "anna") as anna:
            seat = await Seat.taken(chromium, f"{server.http_url}/play", "anna", anna.token)
            running = read_running(server.data)
            assert running is not None
            os.kill(running.valkey_pid, signal.SIGSTOP)
            try:
                await until_ready(server, 503)
                await seat.page.wait_for_selector("#phase[data-phase=halted]")
                await seat.see(
                    """(() => {
                        const { account } = cxgame, { setTime } = account;
                        globalThis.flags = [];
                        account.setTime = (...told) => {
                            setTime.apply(account, told);
                            flags.push(account.halted);
                        };
                    })()"""
                )
                await seat.until("flags.length > 0")
                assert await seat.see("flags[0]") is True
            finally:
                os.kill(running.valkey_pid, signal.SIGCONT)
            await until_ready(server, 200)
            await seat.page.wait_for_selector("#phase[data-phase=open]")
    finally:
        await server.stop()


async def test_who_is_not_told_what_happens_asks_again(chromium: Browser, tmp_path: Path) -> None:
    """A game that is halted just then refuses it; the page does not stay empty."""
    async with game_of_two(tmp_path) as (_, url, anna, _bert):
        seat = await Seat.at(chromium, url)
        await seat.see(
            """(() => {
                const { send } = WebSocket.prototype;
                let left = 1;
                WebSocket.prototype.send = function (text) {
                    const spoilt = text.includes('"subscribe"') && left-- > 0;
                    send.call(this, spoilt ? text.replace("executions", "nothing") : text);
                };
            })()"""
        )
        await seat.login("anna", anna.token)
        await seat.inside()
        assert await seat.see("cxgame.account.refusals.map((each) => each.cmd)") == ["subscribe"]
        await done(anna.ask("order", side="sell", type="limit", price="1100", size="1"))
        await seat.page.wait_for_selector("#orders tbody tr")


async def test_what_was_lost_on_its_way_is_told_again(chromium: Browser, tmp_path: Path) -> None:
    """And what comes twice counts once: faults of the network do both."""
    async with game_of_two(tmp_path) as (_, url, anna, bert):
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        await seat.see(
            """(() => {
                const { account } = cxgame, { take } = account;
                let left = 2;
                account.take = (frame) => {
                    if (frame.type === "execution" && left > 0) left -= 1;
                    else for (let twice = 0; twice < 2; twice++) take.call(account, frame);
                };
            })()"""
        )
        order = await done(anna.ask("order", side="sell", type="limit", price="1100", size="2"))
        row = f"#orders tr[data-order='{order['id']}']"
        await seat.page.wait_for_selector(row)
        await seat.page.click(f"{row} button.link")
        await done(bert.ask("order", side="buy", type="limit", price="1100", size="0.5"))
        await seat.page.wait_for_selector(f"{row} .done:text-is('0.5')")
        await done(bert.ask("order", side="buy", type="limit", price="1100", size="0.25"))
        await seat.page.wait_for_selector(f"{row} .done:text-is('0.75')")
        assert [row[:2] for row in await seat.rows("fills", "size")] == [
            ("2", "0.25"),
            ("1", "0.5"),
        ]
        steps = [text for text in await seat.texts("#details-steps .text") if "0.25" in text]
        assert len(steps) == 1


async def test_another_game_begins_on_a_clean_page(chromium: Browser, tmp_path: Path) -> None:
    """The end is told for as long as nobody plays on; then nothing of the last game is left."""
    server = ServerProcess(tmp_path, *QUIET)
    await server.start()
    try:
        port = server.ports["exchange"]
        async with player(port, "anna") as anna, player(port, "bert") as bert:
            seat = await Seat.taken(chromium, f"{server.http_url}/play", "anna", anna.token)
            await done(anna.ask("order", side="sell", type="limit", price="1100", size="2"))
            await done(bert.ask("order", side="buy", type="limit", price="1100", size="2"))
            await seat.page.wait_for_selector("#fills tbody tr")
            await done(bert.ask("shutdown", secret=SECRET))
            assert await server.wait() == 0
        await seat.page.wait_for_selector("#fault:has-text('The game is over')")
        await seat.see(
            """(() => {
                globalThis.tries = 0;
                globalThis.WebSocket = class extends WebSocket {
                    constructor(uri) {
                        super(uri);
                        tries += 1;
                    }
                };
            })()"""
        )
        await seat.until("tries > 1")
        assert await seat.texts("#fault") == ["The game is over; what is shown is how it ended."]
        server.flags = ("--oracle", "constant:price=500", "--symbol", "ETH/EUR")
        await server.start()
        await seat.page.wait_for_selector("#connection[data-state=live]")
        await seat.page.wait_for_selector("#t-symbol option:text-is('ETH/EUR')", state="attached")
        await seat.until("cxgame.account.samples.length > 0")
        assert await seat.texts("#t-symbol option") == ["ETH/EUR"]
        assert await seat.texts("#f-symbol option") == ["All markets", "ETH/EUR"]
        assert await seat.texts("#portfolio-hint") == ["in EUR"]
        assert await seat.rows("fills") == []
        assert set(await seat.owns()) == {"ETH", "EUR"}
        worth: list[float] = await seat.see("cxgame.account.samples.map((each) => each.value)")
        assert len(set(worth)) == 1
    finally:
        await server.stop()


async def test_a_double_click_cancels_one_order(chromium: Browser, tmp_path: Path) -> None:
    """Not the next one, whose button comes to stand there."""
    async with game_of_two(tmp_path) as (_, url, anna, _bert):
        for price in ("900", "910"):
            await done(anna.ask("order", side="buy", type="limit", price=price, size="1"))
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        await seat.page.wait_for_selector("#orders tbody tr >> nth=1")
        box = await seat.page.locator("#orders tbody tr:first-child .act button").bounding_box()
        assert box is not None
        at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await seat.page.mouse.move(*at)
        for count in (1, 2):
            await seat.page.mouse.down(click_count=count)
            await seat.page.mouse.up(click_count=count)
            await seat.page.wait_for_selector("#orders tbody tr >> nth=1", state="detached")
        await seat.page.dblclick("#cancel-all")
        assert await seat.texts("#cancel-all") == ["Sure? All 1"]
        rows: dict[str, Any] = await done(anna.ask("orders"))
        assert [row["price"] for row in rows["maker"]] == ["900.00"]


async def test_a_trial_of_what_was_written_before_is_passed_over(
    chromium: Browser, tmp_path: Path
) -> None:
    """Its answer comes when the ticket says something else."""
    async with game_of_two(tmp_path) as (_, url, anna, _bert):
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        await seat.see(
            """(() => {
                const { send } = WebSocket.prototype;
                globalThis.held = [];
                WebSocket.prototype.send = function (text) {
                    if (text.includes('"validate"')) held.push(() => send.call(this, text));
                    else send.call(this, text);
                };
            })()"""
        )
        await seat.write(price="900", size="1")
        await seat.until("held.length === 1")
        await seat.write(size="")
        await seat.page.wait_for_selector("#t-answer:has-text('How much?')")
        trips = await seat.see("(held[0](), cxgame.account.trips.length)")
        await seat.until("cxgame.account.trips.length > argument", trips)  # answers come in order
        assert await seat.page.get_attribute("#t-answer", "data-kind") == "none"


async def test_prices_of_many_places_are_shown_in_full(chromium: Browser, tmp_path: Path) -> None:
    """The average price of a cheap coin is not cut to six places."""
    flags = ("--preset", "mockx", "--symbol", "PEPE/USDT", "--oracle", "constant:price=0.00001234")
    async with game_of_two(tmp_path, *flags) as (_, url, anna, bert):
        await done(anna.ask("wallets"))
        seat = await Seat.taken(chromium, url, "bert", bert.token)
        await seat.see(
            """cxgame.account.take({type: "execution", event: "filled", ts: 1,
                seq: cxgame.account._seq + 1, order: {id: "9",
                symbol: "PEPE/USDT", side: "buy", status: "open", type: "limit", size: "1",
                quantity: "2", price: "0.00001234", filled_size: "1", fee: "0", timestamp: 1,
                average_price: "0.00001234"}})"""
        )
        await seat.page.click("#orders tr[data-order='9'] button.link")
        assert (await seat.figures("details-facts"))["Average"] == "0.00001234"

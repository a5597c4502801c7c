"""The player's page before a real game: what it shows is what a client is told, and what it does
happens.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.pages.browsing import browser
from tests.pages.playing import QUIET, Seat, done, equal, game_of_two
from tests.support.processes import ServerProcess
from tests.support.serving import Player, player

pytestmark = pytest.mark.ci


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


async def trade(maker: Player, taker: Player, price: str, size: str) -> None:
    """The maker sells to the taker."""
    await done(maker.ask("order", side="sell", type="limit", price=price, size=size))
    await done(taker.ask("order", side="buy", type="limit", price=price, size=size))


async def test_what_is_shown_is_what_a_client_is_told(chromium: Browser, tmp_path: Path) -> None:
    """Portfolio, open orders, ended ones and fills, of the time before the login as well."""
    fees = ("--maker-fee", "0.001", "--taker-fee", "0.002")
    async with game_of_two(tmp_path, *QUIET, *fees) as (_, url, anna, bert):
        for price in ("1010.00", "1020.00", "1030.00"):
            await trade(anna, bert, price, "0.25")
        await done(anna.ask("order", side="buy", type="limit", price="900", size="1"))
        await done(anna.ask("order", side="sell", type="limit", price="1100", size="0.5"))
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        await seat.until("cxgame.account.fills.size === 3 && cxgame.account.ended.size === 3")
        await seat.page.wait_for_selector("#fills tbody tr >> nth=2")

        wallets = (await done(anna.ask("wallets")))["assets"]
        assert await seat.owns() == wallets
        worth = float(wallets["USD"]["total"]) + 1000 * float(wallets["BTC"]["total"])
        shares = await seat.rows("wallets", "value", "share")
        assert {name: value for name, value, _ in shares}["BTC"] == "9250.00"
        assert await seat.texts("#equity") == [f"{worth:,.2f}".replace(",", "\u202f")]
        told = await seat.page.get_attribute("#donut", "aria-label")
        assert told == "Shares of the portfolio: " + ", ".join(
            f"{name} {share.replace('%', ' %')}" for name, _, share in shares
        )

        orders = (await done(anna.ask("orders")))["maker"]
        assert [(row["id"], row["price"]) for row in orders] == [
            (id, price) for id, price in await seat.rows("orders", "price")
        ]
        ended = (await done(anna.ask("completed")))[::-1]
        await seat.page.select_option("#f-status", "ended")
        rows = await seat.rows("orders", "price", "size", "status")
        assert [row[0] for row in rows] == [row["id"] for row in ended]
        assert {row[3] for row in rows} == {"filled"}

        fills = (await done(anna.ask("fills")))[::-1]
        shown = await seat.rows("fills", "price", "size", "fee", "role", "order")
        assert len(shown) == len(fills)
        for (id, price, size, fee, role, order), row in zip(shown, fills, strict=True):
            assert (id, price, role, order) == (
                *(row["fill_id"], row["price"], row["role"], row["order_id"]),
            )
            assert equal(size, row["filled_size"])
            assert equal(fee, row["fee"])
        figures = await seat.figures("figures")
        assert figures["Fees"] == f"{sum(float(row['fee']) for row in fills):.2f}"
        assert figures["Fills"] == "3"
        assert seat.complaints == []


async def test_an_order_is_tried_placed_and_cancelled(chromium: Browser, tmp_path: Path) -> None:
    """What would happen is said first, and nothing has happened then; Enter places it."""
    async with game_of_two(tmp_path) as (_, url, anna, bert):
        await done(bert.ask("order", side="sell", type="limit", price="1005", size="0.2"))
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        await seat.write(price="1006", size="0.5")
        await seat.page.wait_for_selector("#t-answer[data-kind=good]")
        assert await seat.texts("#t-answer p") == [
            "Buys 0.2 BTC at 1\u202f005 on average, fee 0 USD.",
            "0.3 BTC of it rest in the book at 1\u202f006.00.",
        ]
        assert await done(anna.ask("orders")) == {"maker": [], "market": []}
        await seat.page.press("#t-size", "Enter")
        await seat.page.wait_for_selector("#t-answer[data-kind=done]")
        [order] = (await done(anna.ask("orders")))["maker"]
        assert (order["price"], order["filled_size"]) == ("1006.00", "0.2000000000")
        row = f"#orders tr[data-order='{order['id']}']"
        await seat.page.wait_for_selector(row)
        assert await seat.page.eval_on_selector(row, "(row) => row.getAnimations().length") == 1
        # Once more by Enter: it is tried again and not placed twice.
        assert await seat.page.get_attribute("#t-go", "aria-disabled") == "true"
        await seat.page.press("#t-size", "Enter")
        await seat.page.wait_for_selector("#t-answer[data-kind=good]")
        assert len((await done(anna.ask("orders")))["maker"]) == 1
        await seat.page.click(f"{row} button:has-text('Cancel')")
        await seat.page.wait_for_selector(row, state="detached")
        assert (await done(anna.ask("orders")))["maker"] == []
        await seat.until("cxgame.account.wallets.get('USD').held === '0.00'")
        steps = await seat.texts("#details-steps .text")
        assert steps[:2] == ["Placed", "Filled 0.2 at 1\u202f005.00 as taker"]
        assert steps[2].startswith("Cancelled")
        assert seat.complaints == []


async def test_an_order_that_would_be_refused_cannot_be_placed(
    chromium: Browser, tmp_path: Path
) -> None:
    """The exchange's own words say why; trying is no refusal of the line's."""
    async with game_of_two(tmp_path) as (_, url, anna, _):
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        for price, size, said in (
            ("900", "1000", "Refused: Not enough USD"),
            ("900.001", "1", "Refused: "),
            ("nine", "1", "Refused: "),
        ):
            await seat.write(price=price, size=size)
            await seat.page.wait_for_selector(f"#t-answer[data-kind=bad]:has-text('{said}')")
            assert await seat.page.get_attribute("#t-go", "aria-disabled") == "true"
            await seat.write(price="", size="")
            await seat.page.wait_for_selector("#t-answer[data-kind=none]")
        assert (await seat.figures("quality"))["Refusals a minute"] == "0"
        # What is refused after all is told and counted.
        await done(anna.ask("order", side="buy", type="limit", price="900", size="1"))
        await seat.page.wait_for_selector("#orders tbody tr")
        await seat.see(
            """(() => { const row = [...document.querySelectorAll("#orders .act button")][0];
                row.click(); row.disabled = false; row.click(); })()"""
        )
        await seat.page.wait_for_selector("#refusals li:has-text('ORDER_NOT_FOUND')")
        assert (await seat.figures("quality"))["Refusals a minute"] == "1"


async def test_a_fill_by_another_player_appears(chromium: Browser, tmp_path: Path) -> None:
    """The order, the fill, the money and the share change without a touch."""
    async with game_of_two(tmp_path) as (_, url, anna, bert):
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        order = await done(anna.ask("order", side="sell", type="limit", price="1100", size="2"))
        await seat.page.click(f"#orders tr[data-order='{order['id']}'] button.link")
        await done(bert.ask("order", side="buy", type="limit", price="1100", size="0.5"))
        await seat.page.wait_for_selector("#fills tbody tr")
        assert await seat.rows("fills", "price", "size", "role", "order") == [
            ("1", "1100.00", "0.5", "maker", order["id"])
        ]
        assert await seat.rows("orders", "size", "done", "status") == [
            (order["id"], "2", "0.5", "partlyfilled")
        ]
        assert await seat.owns() == (await done(anna.ask("wallets")))["assets"]
        assert await seat.texts("#details-steps .text") == [
            "Placed",
            "Filled 0.5 at 1\u202f100.00 as maker",
        ]
        await seat.until("cxgame.account.place.rank === 1")
        await seat.until("document.getElementById('rank').textContent === '1 of 2'")
        await done(bert.ask("order", side="buy", type="limit", price="1100", size="1.5"))
        await seat.page.wait_for_selector("#orders tbody tr", state="detached")


KINDS: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"type": "limit", "price": "900", "size": "1", "tif": "gtd", "expires": "+1h"},
     {"type": "limit", "price": "900.00", "time_in_force": "gtd"}),
    ({"type": "limit", "price": "900", "size": "1", "tif": "day"}, {"time_in_force": "day"}),
    ({"type": "limit", "price": "1020", "size": "1", "trigger": "stop", "at": "1010"},
     {"trigger": {"kind": "stop", "by": "last", "price": "1010.00", "armed": True}}),
    ({"side": "sell", "type": "market", "size": "1", "trigger": "take_profit", "at": "1 200",
      "by": "mid"},
     {"side": "sell", "trigger": {"kind": "take_profit", "by": "mid", "price": "1200.00",
                                  "armed": True}}),
    ({"side": "buy", "type": "market", "size": "0.5", "trigger": "trailing", "trail": "25.00",
      "most": "1100", "by": "last"},
     {"quantity": "0.5000000000", "trigger": {
         "kind": "trailing", "by": "last", "price": "1025.00", "armed": True, "trail": "25.00",
         "max_price": "1100.00"}}),
    ({"side": "buy", "type": "market", "amount": "50", "size": "", "trigger": "trailing",
      "trail": "2%"},
     {"amount": "50.00", "trigger": {"kind": "trailing", "by": "last", "price": "1020.00",
                                     "armed": True, "trail_percent": "2"}}),
]  # fmt: skip


async def test_every_type_of_order(chromium: Browser, tmp_path: Path) -> None:
    """As it is written it stands among the open orders; then all are cancelled by two presses."""
    async with game_of_two(tmp_path) as (_, url, anna, _):
        seat = await Seat.taken(chromium, url, "anna", anna.token)
        for count, (written, wanted) in enumerate(KINDS, start=1):
            await seat.write(**written)
            await seat.place()
            orders = await done(anna.ask("orders"))
            rows = sorted(orders["maker"] + orders["market"], key=lambda row: -int(row["id"]))
            assert len(rows) == count
            assert {name: rows[0].get(name) for name in wanted} == wanted
        await seat.page.wait_for_selector(f"#orders tbody tr >> nth={len(KINDS) - 1}")
        await seat.page.select_option("#f-type", "trigger")
        assert len(await seat.rows("orders")) == 4
        await seat.page.select_option("#f-type", "")
        await seat.page.select_option("#f-side", "sell")
        assert len(await seat.rows("orders")) == 1
        await seat.page.click("#cancel-all")
        assert await seat.texts("#cancel-all") == ["Sure? All 1"]
        await seat.page.click("#cancel-all")
        await seat.page.wait_for_selector("#orders tbody tr", state="detached")
        await seat.page.select_option("#f-side", "")
        await seat.page.click("#cancel-all")
        await seat.page.click("#cancel-all")
        await seat.page.wait_for_selector("#orders tbody tr", state="detached")
        assert await done(anna.ask("orders")) == {"maker": [], "market": []}
        assert seat.complaints == []


async def test_older_rows_come_page_by_page(chromium: Browser, tmp_path: Path) -> None:
    """The latest fifty first; none missing, none twice."""
    async with game_of_two(tmp_path) as (_, url, anna, bert):
        await done(anna.ask("order", side="sell", type="limit", price="1100", size="9"))
        for _ in range(60):
            await done(bert.ask("order", side="buy", type="limit", price="1100", size="0.1"))
        seat = await Seat.taken(chromium, url, "bert", bert.token)
        await seat.page.wait_for_selector("#fills tbody tr >> nth=49")
        assert (await seat.figures("figures"))["Fills"] == "≥50"
        await seat.page.click("#fills-older")
        await seat.page.wait_for_selector("#fills tbody tr >> nth=59")
        ids = [int(row[0]) for row in await seat.rows("fills")]
        assert ids == list(range(60, 0, -1))
        assert await seat.page.is_hidden("#fills-older")
        await seat.page.select_option("#f-status", "all")
        await seat.page.click("#orders-older")
        await seat.page.wait_for_selector("#orders tbody tr >> nth=59")
        # An order from before: its steps and its trades are asked for.
        await seat.page.click("#orders tbody tr:last-child button.link")
        await seat.page.wait_for_selector("#details-trades tbody tr")
        await seat.page.wait_for_selector("#details-steps li:has-text('Filled 0.1 at')")
        assert (await seat.texts("#details-steps .text"))[0] == "Placed"


async def test_it_survives_a_restart_of_the_server(chromium: Browser, tmp_path: Path) -> None:
    """It says so, logs in again by itself, and shows what happened meanwhile."""
    server = ServerProcess(tmp_path, *QUIET)
    await server.start()
    try:
        port = server.ports["exchange"]
        async with player(port, "anna") as anna:
            token = anna.token
            await done(anna.ask("order", side="buy", type="limit", price="900", size="1"))
        assert token is not None
        seat = await Seat.taken(chromium, f"{server.http_url}/play", "anna", token)
        await seat.page.wait_for_selector("#orders tbody tr")
        for end in (server.terminate, server.kill):
            await end()
            await seat.page.wait_for_selector("#connection[data-state=reconnecting]")
            await seat.page.wait_for_selector("#fault:has-text('as it was')")
            assert len(await seat.rows("orders")) > 0
            await server.start()
            async with player(port, "anna", token=token) as anna:
                await done(anna.ask("cancel_all"))
                order = await done(
                    anna.ask("order", side="buy", type="limit", price="950", size="2")
                )
            await seat.page.wait_for_selector("#connection[data-state=live]")
            await seat.page.wait_for_selector(f"#orders tr[data-order='{order['id']}']")
            assert [row[0] for row in await seat.rows("orders")] == [order["id"]]
            assert await seat.page.is_hidden("#fault")
        await seat.write(price="901", size="0.5")
        await seat.place()
    finally:
        await server.stop()
    told = [text for text in seat.complaints if "ERR_CONNECTION_REFUSED" not in text]
    assert told == []


def numbers(text: str) -> Any:
    """The value of a figure."""
    return json.loads(text.split("\u202f")[0].split(" ")[0].replace("\u2212", "-").lstrip("+"))


async def test_money_paid_in_and_out(chromium: Browser, tmp_path: Path) -> None:
    """Deposits, withdrawals, profit and the multiples, as REST tells them."""
    flags = ("--preset", "mockx", "--symbol", "BTC/USDT", *QUIET)
    async with game_of_two(tmp_path, *flags, CXGAME_ADMIN_SECRET="sesame") as (_, url, anna, _):
        await done(anna.ask("grant", username="anna", secret="sesame"))
        seat = await Seat.at(chromium, url)
        api = seat.page.context.request
        headers = {"x-api-key": anna.token or ""}
        base = url.removesuffix("/play")
        for path, amount in (("USDT/deposit", 4000), ("BTC/deposit", 1), ("USDT/withdrawal", 500)):
            answer = await api.post(
                f"{base}/balance/{path}", data={"amount": amount}, headers=headers
            )
            assert answer.ok, await answer.text()
        await seat.login("anna", anna.token)
        await seat.inside()
        await seat.page.wait_for_selector("#figures dt:has-text('TVPI')")
        figures = {word: numbers(text) for word, text in (await seat.figures("figures")).items()}
        assert figures["Deposits"] == 5000
        assert figures["Withdrawals"] == 500
        assert figures["P&L"] == 0
        assert (figures["RVPI"], figures["DPI"], figures["TVPI"]) == (0.9, 0.1, 1.0)

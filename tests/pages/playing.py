"""A player at the page: Chromium at /play of a real server, logged in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser

from tests.pages.browsing import Spectator
from tests.support.programs import Server
from tests.support.serving import Player, player

QUIET = ("--oracle", "constant:price=1000")


class Seat(Spectator):
    """Who plays by hand."""

    @classmethod
    async def taken(
        cls, browser: Browser, url: str, name: str, token: str | None, width: int = 1440
    ) -> Self:
        """Open the page and log in."""
        seat = await cls.at(browser, url, width, 900)
        await seat.login(name, token)
        await seat.inside()
        return seat

    async def login(self, name: str, token: str | None) -> None:
        """Fill in the form and send it."""
        assert token is not None
        await self.page.fill("#login-user", name)
        await self.page.fill("#login-token", token)
        await self.page.press("#login-token", "Enter")

    async def inside(self) -> None:
        """Return once the page shows how things stand."""
        await self.page.wait_for_selector("#table:not([hidden])")
        await self.page.wait_for_selector("#wallets tbody tr")
        await self.until("cxgame.account.trips.length > 0")

    async def write(self, **fields: str) -> None:
        """Fill in the ticket: lists are chosen from, all else is typed."""
        if {"trigger", "at", "trail", "by", "most", "stp"} & set(fields):
            await self.page.evaluate("document.getElementById('t-more').open = true")
        for name, value in fields.items():
            if name == "side":
                await self.page.check(f"#t-{value}", force=True)
            elif await self.page.locator(f"select#t-{name}").count():
                await self.page.select_option(f"#t-{name}", value)
            else:
                await self.page.fill(f"#t-{name}", value)

    async def place(self) -> None:
        """Wait until the order that is written was tried, place it, and wait for the answer."""
        await self.page.wait_for_selector("#t-answer[data-kind=good]")
        await self.page.click("#t-go[aria-disabled=false]")
        await self.page.wait_for_selector("#t-answer[data-kind=done]")

    async def rows(self, table: str, *columns: str) -> list[tuple[str, ...]]:
        """The cells of a table by their classes, the heading of the row first; without spaces."""
        script = """([table, columns]) =>
            [...document.querySelectorAll(`#${table} tbody tr`)].filter((row) => !row.hidden)
                .map((row) => [row.querySelector("th"), ...columns.map((each) =>
                    row.querySelector(`td.${each}`))].map((cell) => cell.textContent
                        .replace(/[\\u202f\\s]/g, "")))"""
        found = await self.page.evaluate(script, [table, list(columns)])
        return [tuple(row) for row in found]

    async def owns(self) -> dict[str, dict[str, str]]:
        """The portfolio, each amount in full."""
        script = """Object.fromEntries([...document.querySelectorAll("#wallets tbody tr")]
            .filter((row) => !row.hidden).map((row) => [row.dataset.asset,
                Object.fromEntries(["free", "held", "total"].map((each) =>
                    [each, row.querySelector(`.${each}`).title]))]))"""
        found: dict[str, dict[str, str]] = await self.see(script)
        return found

    async def figures(self, list_id: str) -> dict[str, str]:
        """Words and their figures, without spaces that group."""
        words = await self.texts(f"#{list_id} dt")
        values = await self.texts(f"#{list_id} dd")
        return dict(zip(words, (text.replace("\u202f", "") for text in values), strict=True))


@asynccontextmanager
async def game_of_two(
    folder: Path, *flags: str, **variables: str
) -> AsyncIterator[tuple[Server, str, Player, Player]]:
    """A server with Anna and Bert: the server, the address of the page, and the two."""
    with Server(folder, *(flags or QUIET), **variables) as server:
        port = server.ports["exchange"]
        async with player(port, "anna") as anna, player(port, "bert") as bert:
            yield server, f"http://127.0.0.1:{server.ports['http']}/play", anna, bert


async def done(asked: Any) -> Any:
    """What an accepted request is answered."""
    reply = await asked
    assert reply["status"], reply
    return reply["data"]


def equal(shown: str, told: str) -> bool:
    """Whether a table shows an amount as it is; six places are enough there."""
    cut: Callable[[str], float] = lambda text: float(f"{float(text):.12f}"[:-6])  # noqa: E731
    return cut(shown) == cut(told)

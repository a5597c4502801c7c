"""The player's page when a round ends: his rank is settled with the standings."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.pages.browsing import browser
from tests.pages.playing import QUIET, Seat, done, game_of_two

pytestmark = pytest.mark.ci

SECRET = "open sesame"
FIRST, SECOND = "1 of 2", "2 of 2"
LATEST = "cxgame.account.place._latest.standings[0].user === argument"  # who leads as things stand


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browser() as started:
        yield started


async def shows(seat: Seat, label: str, rank: str) -> None:
    """Return once the bar shows a rank under a label."""
    await seat.page.wait_for_selector(f"#rank-label:text-is('{label}')")
    await seat.page.wait_for_selector(f"#rank:text-is('{rank}')")


async def test_the_rank_of_a_round_that_is_over_stays(chromium: Browser, tmp_path: Path) -> None:
    """Though prices move, and though the line breaks meanwhile; until the game goes on."""
    async with game_of_two(tmp_path, *QUIET, CXGAME_ADMIN_SECRET=SECRET) as (_, url, anna, bert):

        async def organise(command: str, **params: Any) -> None:
            await done(anna.ask(command, secret=SECRET, **params))

        await done(anna.ask("order", side="sell", type="limit", price="990", size="5"))
        await done(bert.ask("order", side="buy", type="limit", price="990", size="5"))
        seat = await Seat.taken(chromium, url, "bert", bert.token)
        await shows(seat, "Rank", FIRST)
        await organise("end_round")
        await shows(seat, "Final rank", FIRST)
        await organise("set_price", symbol="BTC/USD", price="500")
        await seat.until(LATEST, "anna")
        await shows(seat, "Final rank", FIRST)
        await seat.see("cxgame.breakOff()")
        trips = await seat.see("cxgame.account.trips.length")
        await seat.until("cxgame.account.trips.length > argument", trips)
        await shows(seat, "Final rank", FIRST)
        await organise("start")
        await shows(seat, "Rank", SECOND)
        assert seat.complaints == []


async def test_a_round_that_was_missed_is_not_taken_for_the_last_one(
    chromium: Browser, tmp_path: Path
) -> None:
    """Who comes back when another one is paused is shown how things stand."""
    async with game_of_two(tmp_path) as (_, url, _anna, bert):
        seat = await Seat.taken(chromium, url, "bert", bert.token)
        told = await seat.see(
            """(() => {
                const { account } = cxgame, time = {ts: 1, phase: "paused", remaining: null};
                const places = (...users) => users.map((user, at) => ({rank: at + 1, user}));
                account.setTime({...time, game_time: 1e6}, false);
                account.take({type: "results", round: 1, standings: places("anna", "bert")});
                account.setTime({...time, game_time: 1e6}, false);
                account.take({type: "standings", players: 2, standings: places("bert", "anna")});
                const before = account.place.rank;
                account.setTime({...time, game_time: 1e6 + 60}, false);
                return [before, account.place.rank];
            })()"""
        )
    assert told == [2, 1]

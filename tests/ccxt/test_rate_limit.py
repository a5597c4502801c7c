"""Who asks too fast is made to wait, by ccxt itself or by what the exchange says."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import ccxt
import pytest

from cxgame.config.limits import Limits
from tests.ccxt.conftest import Venue
from tests.support.programs import Server

PER_S, BURST = 20, 10
SYMBOL = "BTC/USDT"


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Venue]:
    """A game that takes few messages a second."""
    flags = ("--rate-limit", str(PER_S), "--rate-burst", str(BURST))
    with Server(tmp_path, "--symbol", SYMBOL, *flags) as running:
        opened = Venue(running)
        yield opened
        for exchange in opened.opened:
            exchange.session.close()


async def test_what_came_too_fast_is_sent_again_when_the_exchange_says(slow: Venue) -> None:
    """Orders too: what is refused for its haste was not looked at."""
    player = slow.watcher(enableRateLimit=False, options={"rateLimitWaits": 100})
    try:
        await player.load_markets()
        order = (SYMBOL, "limit", "buy", "0.01", "900")
        placed = await asyncio.gather(*(player.create_order(*order) for _ in range(3 * BURST)))
        assert len({each["id"] for each in placed}) == 3 * BURST
        assert len(await player.fetch_open_orders()) == 3 * BURST
    finally:
        await player.close()


def test_who_does_not_want_to_wait_is_told_how_long(slow: Venue) -> None:
    """As `RateLimitExceeded`, which programs on ccxt know."""
    player = slow.player(enableRateLimit=False, options={"rateLimitWaits": 0})

    def ask_on() -> None:
        for _ in range(50 * BURST):
            player.fetch_time()

    with pytest.raises(ccxt.RateLimitExceeded, match="LIMIT_RATE") as refusal:
        ask_on()
    assert 0 < refusal.value.wait_ms <= 1000 // PER_S


def test_ccxt_itself_keeps_to_the_usual_limit(venue: Venue) -> None:
    """Its pause between requests is what a server allows that has no other setting."""
    assert venue.player().rateLimit >= 1000 / Limits().rate_limit

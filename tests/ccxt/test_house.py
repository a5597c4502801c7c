"""A game with a house: its prices are among the players', also where they have no end."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ccxt.conftest import Venue
from tests.support.programs import Server

SYMBOL = "BTC/USD"
WITHIN_S = 20


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Venue]:
    """A game in which the house buys and sells at a price that moves."""
    with Server(
        tmp_path, "--oracle", "gbm", "--tick-interval", "0.2", "--liquidity", "house"
    ) as it:
        opened = Venue(it)
        yield opened
        for exchange in opened.opened:
            exchange.session.close()


def test_one_can_look_and_trade_at_once(house: Venue) -> None:
    """Though no player has ever offered anything."""
    player = house.player()
    book = player.fetch_order_book(SYMBOL)
    (bid,), (ask,) = book["bids"], book["asks"]
    assert bid[0] <= ask[0]  # this oracle knows no spread
    assert bid[1] == ask[1] == player.options["endlessAmount"]
    ticker = player.fetch_ticker(SYMBOL)
    assert ticker["bid"] <= ticker["ask"]
    assert (ticker["last"], ticker["bidVolume"]) == (None, None)
    bought = player.create_order(SYMBOL, "market", "buy", Decimal("0.5"))
    assert (bought["status"], bought["filled"]) == ("closed", Decimal("0.5"))
    assert player.fetch_ticker(SYMBOL)["last"] == bought["average"]


async def test_the_watched_book_moves_with_the_house(house: Venue) -> None:
    """And has the players' orders beside it."""
    watcher, player = house.watcher(), house.player()
    player.create_order(SYMBOL, "limit", "buy", Decimal("0.5"), Decimal(1))
    try:
        seen = set()
        async with asyncio.timeout(WITHIN_S):
            while len(seen) < 3:
                book = await watcher.watch_order_book(SYMBOL)
                assert book["bids"][-1] == [1, Decimal("0.5")]
                assert len(book["bids"]) == 2
                seen.add(book["bids"][0][0])
            ticker = await watcher.watch_ticker(SYMBOL)
        assert ticker["bid"] <= ticker["ask"]
    finally:
        await watcher.close()

"""A market that follows its ticker ticks when that changes, and stops when it is too old."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import pytest

from cxgame.oracle.following import Followed, Following
from cxgame.oracle.handing import SLICE
from cxgame.oracle.tape import Quote, Start

FED = {"price": "60000.10", "timestamp": "1795218184.25", "bid": "59994.0", "ask": "60006.0"}


def look(market: Followed, now_s: float, **fields: str) -> Quote | None:
    """One look at a ticker with these fields."""
    return market.look(fields, now_s)


def test_each_change_is_the_next_tick() -> None:
    """Indexes count on from the journal's, and what stands is no news."""
    market = Followed("BTC/USD", "main", Start(41, Decimal(5)))
    first, same = market.look(FED, 0.0), market.look(FED, 1.0)
    second = look(market, 2.0, price="7")
    assert first is not None
    assert second is not None
    assert (first.index, same, second.index) == (42, None, 43)


def test_what_is_not_said_is_the_price_and_without_end() -> None:
    """A bare price is bid and ask for any volume; a volume of zero stays zero."""
    market = Followed("BTC/USD", "main")
    bare = look(market, 0.0, price="7")
    assert bare == Quote(
        "BTC/USD", 0, Decimal(7), Decimal(7), Decimal(7), None, None, '{"price":"7"}', is_fed=True
    )
    empty = look(market, 1.0, price="7", bidVolume="0", askVolume="2.5")
    assert empty is not None
    assert (empty.bid_volume, empty.ask_volume) == (0, Decimal("2.5"))


def test_the_last_price_is_kept_as_it_was_written() -> None:
    """Not the middle of bid and ask: with all its digits, and its time in seconds."""
    quote = Followed("BTC/USD", "main").look({**FED, "timestamp": "1795218184250"}, 0.0)
    assert quote is not None
    assert json.loads(quote.carry) == {"price": "60000.10", "timestamp": 1795218184.25}
    assert '"price":"60000.10"' in quote.carry


@pytest.mark.parametrize("price", ["0", "-5", "NaN", ""])
def test_what_is_no_price_is_skipped(price: str) -> None:
    """The market stays where it was."""
    market = Followed("BTC/USD", "main")
    market.look(FED, 0.0)
    assert market.look({**FED, "price": price}, 1.0) is None
    again = market.again()
    assert again is not None
    assert again.price == Decimal("60000.10")


def test_an_old_ticker_offers_nothing_until_there_is_news() -> None:
    """Its age counts from when the change was seen; it is said once, and news trade again."""
    market = Followed("BTC/USD", "main", max_age_s=10.0)
    fresh = market.look(FED, 100.0)
    assert market.look(FED, 110.0) is None
    stale = market.look(FED, 110.1)
    assert fresh is not None
    assert stale is not None
    assert (stale.index, stale.bid, stale.ask, stale.carry) == (
        1,
        fresh.bid,
        fresh.ask,
        fresh.carry,
    )
    assert (stale.bid_volume, stale.ask_volume) == (0, 0)
    assert market.look(FED, 150.0) is None
    assert market.again() is None
    news = market.look({**FED, "timestamp": "1795218199"}, 160.0)
    assert news is not None
    assert (news.index, news.bid_volume) == (2, None)
    assert market.look(FED, 165.0) is not None
    assert market.look(FED, 175.0) is None
    assert market.look(FED, 175.1) is not None


def test_a_ticker_that_is_gone_ages_too() -> None:
    """Without a key, or out of reach, the last price has no longer life than one that stands."""
    market = Followed("BTC/USD", "main", max_age_s=10.0)
    market.look(FED, 0.0)
    assert [market.look(None, now_s) is not None for now_s in (5.0, 10.1, 11.0)] == [
        False,
        True,
        False,
    ]


def test_after_a_restart_the_age_counts_from_the_first_look() -> None:
    """The journal's price stands that long, though its ticker has vanished meanwhile."""
    sides = Decimal("59994"), Decimal("60006")
    start = Start(7, Decimal(60000), '{"price":"60001"}', sides)
    market = Followed("BTC/USD", "main", start, max_age_s=10.0)
    assert market.look(None, 1000.0) is None
    assert market.again() is None
    stale = market.look(None, 1010.1)
    assert stale is not None
    assert ((stale.bid, stale.ask), stale.carry, stale.bid_volume) == (sides, start.carry, 0)


def test_without_a_price_nothing_can_be_stale() -> None:
    """A market that never had a ticker has nothing to take back."""
    market = Followed("BTC/USD", "main", max_age_s=10.0)
    assert [market.look(None, now_s) for now_s in (0.0, 100.0)] == [None, None]


def test_a_price_set_by_hand_is_news() -> None:
    """It is young again, it is no ticker's, and what stands in the store does not undo it."""
    market = Followed("BTC/USD", "main", max_age_s=10.0)
    market.look(FED, 0.0)
    quote = market.set_price(Decimal(5), Decimal(5), Decimal(5), None, Decimal(2))
    assert quote == Quote(
        "BTC/USD", 1, Decimal(5), Decimal(5), Decimal(5), None, Decimal(2), '{"price":"5"}'
    )
    assert not quote.is_fed
    assert [market.look(FED, now_s) is not None for now_s in (9.0, 19.0, 19.1)] == [
        False,
        False,
        True,
    ]


def test_what_stands_can_be_offered_again() -> None:
    """The same quote at the next index; of nothing there is no more."""
    market = Followed("BTC/USD", "main")
    assert market.again() is None
    first = market.look({**FED, "askVolume": "3"}, 0.0)
    again = market.again()
    assert first is not None
    assert again is not None
    assert (again.index, again.ask_volume, again.carry) == (1, Decimal(3), first.carry)
    look(market, 1.0, price="7", bidVolume="0", askVolume="0")
    assert market.again() is None


class Shelf:
    """Tickers in memory, which note how they are asked."""

    def __init__(self, tickers: dict[str, dict[str, str]]) -> None:
        self.tickers = tickers
        self.asked: list[int] = []

    async def read_many(self, symbols: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """All fields."""
        self.asked.append(len(symbols))
        return {symbol: self.tickers[symbol] for symbol in symbols if symbol in self.tickers}


async def looked(
    following: Following,
    shelf: Shelf,
    unfinished: Callable[[str], bool] = lambda _: False,
) -> list[str]:
    """The symbols that tick at one look."""
    seen: list[str] = []
    await following.look(shelf, lambda quote: seen.append(quote.symbol), lambda: 0.0, unfinished)
    return seen


def many(count: int) -> tuple[Following, Shelf, list[str]]:
    """Markets with a ticker each."""
    symbols = [f"C{number}/USD" for number in range(count)]
    following = Following("main")
    for symbol in symbols:
        following.add(symbol)
    return following, Shelf({symbol: dict(FED) for symbol in symbols}), symbols


async def test_many_tickers_are_read_in_few_calls() -> None:
    """A slice is one call, and only what has changed is submitted."""
    following, shelf, symbols = many(2 * SLICE + 1)
    assert await looked(following, shelf) == symbols
    assert shelf.asked == [SLICE, SLICE, 1]
    shelf.tickers[symbols[3]]["price"] = "60001"
    assert await looked(following, shelf) == [symbols[3]]


async def test_others_have_their_turn_between_two_slices() -> None:
    """Even when every answer is there at once, the loop goes round for each slice."""
    following, shelf, _ = many(4 * SLICE)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await looked(following, shelf)
    task.cancel()
    assert turns >= 4


async def test_what_is_unfinished_ticks_although_it_stands() -> None:
    """Orders that wait for more than the last offer go on at the next look."""
    following, shelf, symbols = many(3)
    await looked(following, shelf)
    assert await looked(following, shelf, lambda symbol: symbol == symbols[1]) == [symbols[1]]


async def test_a_price_set_by_hand_is_not_undone_by_what_was_read_before() -> None:
    """While tickers are being read an admin sets a price; what arrives then is older."""
    following, shelf, symbols = many(2)
    await looked(following, shelf)

    class Slow(Shelf):
        async def read_many(self, symbols: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
            found = {symbol: dict(fields) for symbol, fields in self.tickers.items()}
            following[symbols[0]].set_price(Decimal(5))
            following[symbols[0]].mirrored({**FED, "price": "5"})
            return found

    assert await looked(following, Slow(shelf.tickers)) == []
    shelf.tickers[symbols[0]]["timestamp"] = "1795218190"
    assert await looked(following, shelf) == [symbols[0]]


async def test_a_market_that_joins_is_looked_at_next_time() -> None:
    """Also when it joins in the middle of a look."""
    following, shelf, _ = many(1)
    shelf.tickers["NEW/USD"] = dict(FED)
    seen: list[str] = []

    def submit(quote: Quote) -> None:
        seen.append(quote.symbol)
        if "NEW/USD" not in following:
            following.add("NEW/USD")

    for _ in range(2):
        await following.look(shelf, submit, lambda: 0.0, lambda _: False)
    assert seen == ["C0/USD", "NEW/USD"]

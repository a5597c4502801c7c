"""A bot that is told rather than asks: it keeps the book and its account, and hears of its fills.

It quotes one tick better than the best of the others on each side, while they leave it room; its
own orders are in the book too, so it takes them out first. It amends what it has rather than
cancel and place anew. The library keeps book and account right, also over a lost connection;
until they are, the bot does nothing.
"""

import asyncio
import sys
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Literal

from cxgame.client import CxClient, Level, LiveAccount, LiveBook, Response, dec, random_username
from cxgame.config import bot_environment

SIZE = dec("0.2")  # coins per quote
ROOM = dec("0.001")  # the least distance between both quotes that is worth it: 0.1 %
PAUSE_S = 0.2  # quotes are changed this often at most

Side = Literal["buy", "sell"]


async def main() -> None:
    """Quote until the game is over."""
    env = bot_environment()
    name = env.user or random_username("booker")
    async with CxClient(name, token=env.token, uri=env.uri, ssl_verify=env.ssl_verify) as cx:
        entered = await cx.register()
        if not entered:
            raise SystemExit(entered.msg)
        print(f"I am {cx.user}.")
        await cx.cancel_on_disconnect()  # no quotes stay behind while we can't see the book
        market = await market_of(cx, env.symbol)
        async with cx.live_book(market["symbol"]) as book, cx.live_account() as account:
            telling = asyncio.create_task(tell_fills(cx))
            bot = BookBot(cx, market, book, account)
            while await book.wait():
                await bot.quote()
                await asyncio.sleep(PAUSE_S)
            await telling


async def market_of(cx: CxClient, symbol: str | None) -> dict[str, Any]:
    """The market to trade: the one named, or else the game's first."""
    markets = await cx.markets()
    for market in markets.data if markets else ():
        if symbol in (None, market["symbol"]):
            return dict(market)
    raise SystemExit(f"There is no market {symbol}." if markets else markets.msg)


async def tell_fills(cx: CxClient) -> None:
    """Say what becomes of the orders, as soon as it happens."""
    async for event in cx.executions():
        if event["type"] == "execution" and event["event"] == "filled":
            fill = event["fill"]
            print(f"{fill['side']} {fill['size']} at {fill['price']} as {fill['role']}")


class BookBot:
    """One order on each side, at the head of the queue."""

    def __init__(
        self, cx: CxClient, market: dict[str, Any], book: LiveBook, account: LiveAccount
    ) -> None:
        self.cx = cx
        self.book = book
        self.account = account
        self.symbol: str = market["symbol"]
        self.tick = dec(market["tick"])

    async def quote(self) -> None:
        """Put both quotes where they belong now."""
        if not (self.book.synced and self.account.synced):
            return
        price = await self.cx.price(self.symbol)
        if not price or not price.data:
            return  # not now, or there is none yet
        mid: Decimal = price.data
        half = mid * ROOM / 2
        bid = self.others_best("buy", self.book.bids) or mid - 2 * half
        ask = self.others_best("sell", self.book.asks) or mid + 2 * half
        # Better than the others, but never beyond the middle: who buys there gives money away.
        bid = self.round(min(bid + self.tick, mid - half), ROUND_FLOOR)
        ask = self.round(max(ask - self.tick, mid + half), ROUND_CEILING)
        answers = await asyncio.gather(self.place("buy", bid), self.place("sell", ask))
        refused = "".join(f" {answer.msg}" for answer in answers if not answer)
        print(f"{bid} / {ask}, the spread was {self.book.spread}.{refused}")

    def others_best(self, side: Side, levels: Iterable[Level]) -> Decimal | None:
        """The best price at which somebody else has an order."""
        mine: dict[Decimal, Decimal] = {}
        for row in self.account.open_orders(self.symbol, side):
            price = dec(row["price"] or 0)
            mine[price] = mine.get(price, Decimal(0)) + dec(row.get("size", 0))
        return next((price for price, size in levels if size > mine.get(price, 0)), None)

    async def place(self, side: Side, price: Decimal) -> Response:
        """Have one order of this side, at this price: leave it, move it, or place it."""
        orders = self.account.open_orders(self.symbol, side)
        if not orders:
            return await self.cx.order(side, "limit", price, SIZE, self.symbol, post_only=True)
        order = orders[0]
        if dec(order["price"] or 0) == price:
            return Response(True, "It is there already.")
        return await self.cx.amend(order["id"], price, post_only=True)

    def round(self, price: Decimal, rounding: str) -> Decimal:
        """A price on the market's tick: the exchange takes no other."""
        return (price / self.tick).to_integral_value(rounding) * self.tick


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
    except ConnectionError as error:  # nobody is there, or not any more
        sys.exit(str(error))

"""A market maker: offers to buy a little below the market and to sell a little above it.

It earns the gap between the two when others trade with it, and risks that the market runs away
while it holds too much or too little. So it leans: the more coins it holds above what it began
with, the lower it quotes both prices, and the other way round. Change the four numbers and see.
"""

import asyncio
import sys
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from cxgame.client import CxClient, CxFeedReader, dec, random_username
from cxgame.config import bot_environment

HALF_SPREAD = dec("0.001")  # each quote's distance from the market price: 0.1 %
SIZE = dec("0.2")  # coins per quote
LEAN = dec("0.0005")  # how far the prices move per coin that is too much: 0.05 %
REQUOTE_S = 0.5  # quotes are renewed this often at most


async def main() -> None:
    """Quote until the game is over."""
    env = bot_environment()
    cx = CxClient(
        env.user or random_username("maker"),
        token=env.token,
        uri=env.uri,
        ssl_verify=env.ssl_verify,
        timeout_s=2.0,  # a quote is not worth a longer wait
    )
    async with cx:
        await enter(cx)
        maker = MarketMaker(cx, await market_of(cx, env.symbol))
        async with CxFeedReader(env.feed_uri, ["activity"], ssl_verify=env.ssl_verify) as feed:
            await maker.follow(feed)


async def enter(cx: CxClient) -> None:
    """Register. A user who is known by this token is welcomed back."""
    response = await cx.register()
    if not response:
        raise SystemExit(response.msg)
    print(f"I am {cx.user}.")


async def market_of(cx: CxClient, symbol: str | None) -> dict[str, Any]:
    """The market to trade: the one named, or else the game's first."""
    markets = await cx.markets()
    for market in markets.data if markets else ():
        if symbol in (None, market["symbol"]):
            return dict(market)
    raise SystemExit(f"There is no market {symbol}." if markets else markets.msg)


class MarketMaker:
    """Two orders at a time, one on each side."""

    def __init__(self, cx: CxClient, market: dict[str, Any]) -> None:
        self.cx = cx
        self.symbol: str = market["symbol"]
        self.base: str = market["base"]
        self.tick = dec(market["tick"])
        self.wanted: Decimal | None = None  # coins to hold: what there was at the beginning

    async def follow(self, feed: CxFeedReader) -> None:
        """Renew the quotes as time goes on. The feed says something once a second at least."""
        loop = asyncio.get_running_loop()
        phase, next_quote = "", 0.0
        async for event in feed:
            phase = event.get("phase", phase)
            if phase == "open" and loop.time() >= next_quote:
                await self.quote()
                next_quote = loop.time() + REQUOTE_S

    async def quote(self) -> None:
        """Replace the orders by new ones around the market price."""
        cancelled = await self.cx.cancel_all(self.symbol)
        if cancelled.code == "AUTH_UNKNOWN_USER":
            await enter(self.cx)  # the server began anew and knows nobody
        if not cancelled:
            return  # out of reach for the moment; the next event tries again
        price, wallets = await asyncio.gather(self.cx.price(self.symbol), self.cx.wallets())
        if not price or not wallets:
            return
        held = dec(wallets.data["assets"][self.base]["total"])
        self.wanted = held if self.wanted is None else self.wanted
        fair = price.data * (1 - LEAN * (held - self.wanted))
        bid = self.round(fair * (1 - HALF_SPREAD), ROUND_FLOOR)
        ask = self.round(fair * (1 + HALF_SPREAD), ROUND_CEILING)
        answers = await asyncio.gather(
            self.cx.order("buy", "limit", bid, SIZE, self.symbol, post_only=True),
            self.cx.order("sell", "limit", ask, SIZE, self.symbol, post_only=True),
        )
        refused = "".join(f" {answer.msg}" for answer in answers if not answer)
        print(f"{bid} / {ask}, holding {held}.{refused}")

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

"""A bot that does anything at random: the "zero intelligence" trader of the textbooks.

It shows a bot's skeleton with coroutines: enter, act until the feed says that the game is over,
and go on after whatever happens in between (a pause, a lost connection, a restarted server).
The same CXGAME_SEED makes the same decisions, as far as the market lets it.
"""

import asyncio
import random
import sys
from decimal import Decimal
from typing import Any

from cxgame.client import CxClient, CxFeedReader, Response, random_username
from cxgame.config import bot_environment

ACTIONS = ("buy", "sell", "buy_market", "sell_market", "cancel")
PAUSE_S = 0.1, 0.4  # between two actions: the least and the most
# Refusals that say "not now": the market is not open, or the exchange is out of reach.
WAIT_CODES = {"CLIENT_CONNECTION", "LIMIT_RATE", "STATE_UNKNOWN", "STATE_HALTED"}
WAIT_CODES |= {"STATE_NOT_OPEN", "STATE_PAUSED", "STATE_CLOSED"}
WAIT_S = 0.5


async def main() -> None:
    """Play until the game is over."""
    env = bot_environment()
    cx = CxClient(
        env.user or random_username("random"),
        token=env.token,
        uri=env.uri,
        ssl_verify=env.ssl_verify,
    )
    async with cx:
        await enter(cx)
        bot = RandomBot(cx, await market_of(cx, env.symbol), random.Random(env.seed))
        async with (
            CxFeedReader(env.feed_uri, ["activity"], ssl_verify=env.ssl_verify) as feed,
            asyncio.TaskGroup() as tasks,
        ):
            playing = tasks.create_task(bot.play())
            async for _ in feed:  # ends with the game; after a break it goes on by itself
                pass
            playing.cancel()


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


class RandomBot:
    """Decides by dice."""

    def __init__(self, cx: CxClient, market: dict[str, Any], dice: random.Random) -> None:
        self.cx = cx
        self.symbol: str = market["symbol"]
        self.tick = Decimal(market["tick"])
        self.dice = dice

    async def play(self) -> None:
        """One action after the other, for ever."""
        while True:
            action = self.dice.choice(ACTIONS)
            response = await self.act(action)
            print(f"{action}: {response.msg}")
            if response.code in WAIT_CODES:
                await asyncio.sleep(WAIT_S)
            elif response.code == "AUTH_UNKNOWN_USER":
                await enter(self.cx)  # the server began anew and knows nobody
            await asyncio.sleep(self.dice.uniform(*PAUSE_S))

    async def act(self, action: str) -> Response:
        """Try to do it; the response says whether it worked."""
        size = Decimal(self.dice.randint(1, 500)) / 1000
        if action == "cancel":
            return await self.cancel_any()
        if action == "sell_market":
            return await self.cx.sell_market(size, self.symbol)
        price = await self.cx.price(self.symbol)
        if not price:
            return price
        away = Decimal(self.dice.randint(1, 200)) / 10_000  # up to 2 % from the market
        if action == "buy":
            return await self.cx.buy(self.round(price.data * (1 - away)), size, self.symbol)
        if action == "sell":
            return await self.cx.sell(self.round(price.data * (1 + away)), size, self.symbol)
        return await self.cx.buy_market(self.round(price.data * size) + 10, self.symbol)

    async def cancel_any(self) -> Response:
        """Take one of the open orders back."""
        orders = await self.cx.orders()
        if not orders or not orders.data:
            return orders
        return await self.cx.cancel(self.dice.choice(orders.data)["id"])

    def round(self, price: Decimal) -> Decimal:
        """A price down to the market's tick: the exchange takes no other."""
        return price // self.tick * self.tick


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
    except ConnectionError as error:  # nobody is there, or not any more
        sys.exit(str(error))

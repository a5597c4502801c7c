"""A bot in play: it watches the feed, looks at its account, decides, acts, until the game is over.

Whatever happens in between (a pause, a lost connection, a restarted server) it waits out; only
what waiting does not heal ends it, as `CannotPlay`.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from cxgame.bots.roster import BotSpec, strategy
from cxgame.bots.view import Action, Cancel, Draws, Limit, OpenOrder, Strategy, Terms, View
from cxgame.client import CxClient, CxFeedReader, Response, random_username
from cxgame.client.channels import DAMAGED

CHANNELS = ("ticker", "book", "trades")
WAIT_S = 0.5

# Refusals that say "not now".
_LATER = frozenset(
    "CLIENT_CONNECTION LIMIT_RATE LIMIT_CONNECTIONS STATE_UNKNOWN STATE_HALTED".split()
)
_TAKEN, _IF_YOURS = "AUTH_USER_TAKEN", " If the name is yours, set CXGAME_TOKEN to its token."
_UNKNOWN_USER = "AUTH_UNKNOWN_USER"  # another game has begun
_REPLACED = "AUTH_TOKEN"  # it was replaced, and who plays by the old one is out

log = logging.getLogger("cxgame.bots")


class CannotPlay(Exception):
    """The exchange does not let the bot play; the text is one line for the person who asked."""


async def run_bot(
    name: str | BotSpec,
    *,
    uri: str,
    feed_uri: str,
    user: str | None = None,
    token: str | None = None,
    symbol: str | None = None,
    seed: int | None = None,
    ssl_verify: bool = True,
    entered: Callable[[CxClient], None] | None = None,
) -> None:
    """Play one bot of the house until the game is over.

    Without `user` it takes the spec's name, or one of its own making; without `symbol` the
    game's first market; without `seed` its draws are not repeated. `entered` is called once the
    exchange has let it in. Raises `UnknownBot`, and `CannotPlay` or ConnectionError if it cannot
    enter.
    """
    if isinstance(name, BotSpec):
        user = user or name.user
        name = name.name
    mind = strategy(name)
    user = user or random_username(name)
    draws = Draws(secrets.randbits(63) if seed is None else seed, user)
    async with CxClient(user, token=token, uri=uri, ssl_verify=ssl_verify) as cx:
        await enter(cx)
        if entered is not None:
            entered(cx)
        bot = Bot(cx, await market_of(cx, symbol), mind, draws)
        symbol = bot.view.terms.symbol
        async with CxFeedReader(feed_uri, CHANNELS, symbol, ssl_verify=ssl_verify) as feed:
            log.info("%s plays %s on %s", user, name, symbol)
            await _follow(feed, bot)
    log.info("%s: the game is over", user)


async def _follow(feed: CxFeedReader, bot: "Bot") -> None:
    """Play as long as the feed goes on."""
    try:
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(bot.play())
            async for frame in feed:
                bot.see(frame)
            playing.cancel()
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def enter(cx: CxClient) -> None:
    """Register, or come back with the token. Raises `CannotPlay`."""
    while not (response := await cx.register()):
        if response.code not in _LATER or response.code == "CLIENT_CONNECTION":
            hint = _IF_YOURS if response.code == _TAKEN and cx.token is None else ""
            raise CannotPlay(f"{cx.user} cannot play: {response.msg}{hint}")
        await asyncio.sleep(WAIT_S)


async def market_of(cx: CxClient, symbol: str | None) -> Terms:
    """The market to trade: the one named, or the game's first. Raises `CannotPlay`."""
    response = await cx.markets()
    if not response:
        raise CannotPlay(f"{cx.user} cannot play: {response.msg}")
    for market in response.data:
        if symbol in (None, market["symbol"]):
            return Terms.of(market)
    raise CannotPlay(f"there is no market {symbol}")


class Bot:
    """One account in play."""

    def __init__(self, cx: CxClient, terms: Terms, mind: Strategy, draws: Draws) -> None:
        self.view = View(terms)
        self.phase = ""
        self._cx = cx
        self._mind = mind
        self._draws = draws

    def see(self, frame: dict[str, Any]) -> None:
        """Take in what the feed says; what was damaged on its way says nothing."""
        try:
            self._see(frame)
        except DAMAGED:
            log.debug("%s: a frame that makes no sense", self._cx.user)

    async def play(self) -> None:
        """Decide and act, again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._mind.period_s)
            if self.phase == "open" and await self._look():
                actions = self._mind.decide(self.view, self._draws)
                for response in await asyncio.gather(*map(self._act, actions)):
                    await self._heed(response)

    def _see(self, frame: dict[str, Any]) -> None:
        view = self.view
        self.phase = frame.get("phase", self.phase)
        match frame["type"]:
            case "ticker":
                view.mid = Decimal(frame["mid"])
            case "book":
                view.bid = Decimal(frame["bids"][0][0]) if frame["bids"] else None
                view.ask = Decimal(frame["asks"][0][0]) if frame["asks"] else None
            case "match":
                view.last = Decimal(frame["message"]["price"])

    async def _look(self) -> bool:
        """Bring the account up to date; False if that cannot be done now."""
        wallets, orders = await asyncio.gather(self._cx.wallets(), self._cx.orders())
        if not wallets or not orders:
            await self._heed(wallets if orders else orders)
            return False
        try:
            self._take_in(wallets, orders)
        except DAMAGED:
            log.debug("%s: an account that makes no sense", self._cx.user)
            return False
        await self._begin()
        return True

    def _take_in(self, wallets: Response, orders: Response) -> None:
        view, terms = self.view, self.view.terms
        base, quote = wallets.data["assets"][terms.base], wallets.data["assets"][terms.quote]
        view.base_free, view.base_total = Decimal(base["free"]), Decimal(base["total"])
        view.quote_free, view.quote_total = Decimal(quote["free"]), Decimal(quote["total"])
        view.orders = [
            OpenOrder(row["id"], row["side"], Decimal(row["price"]), Decimal(row["size"]))
            for row in orders.data["maker"]
            if row["symbol"] == terms.symbol
        ]

    async def _begin(self) -> None:
        """The first time: what it owns, at the price then."""
        view = self.view
        if view.stake:
            return
        if view.price is None:  # no oracle has quoted and nobody has traded yet
            response = await self._cx.price(view.terms.symbol)
            view.last = response.data if response else None
        if view.price is not None:
            view.begin(view.price)

    async def _act(self, action: Action) -> Response:
        cx, symbol = self._cx, self.view.terms.symbol
        match action:
            case Cancel(order_id):
                return await cx.cancel(order_id)
            case Limit(side, price, size):
                return await cx.order(
                    "buy" if side == "buy" else "sell", "limit", price, size, symbol
                )
            case _:
                take = cx.buy_market if action.side == "buy" else cx.sell_market
                return await take(action.amount, symbol)

    async def _heed(self, response: Response) -> None:
        """Wait if it is not the time; most other refusals are the market's ordinary answers."""
        if response:
            return
        log.debug("%s: %s", self._cx.user, response.msg)
        if response.code == _UNKNOWN_USER:
            await enter(self._cx)
        elif response.code == _REPLACED:
            raise CannotPlay(f"{self._cx.user} cannot play on: {response.msg}")
        elif response.code in _LATER:
            await asyncio.sleep(WAIT_S)

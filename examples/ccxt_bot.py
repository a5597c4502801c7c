"""A bot for ccxt: the same program plays here and, with one line changed, on a real exchange.

It keeps a small buy order below the best bid and a small sell order above the best ask, and says
what was filled. `CCXT_KEY` is the API key (here: your token; without one, a player is registered),
`CCXT_SECRET` the secret where an exchange has one, `CCXT_SYMBOL` (or `CXGAME_SYMBOL`) the market;
without it, it is the game's first.
"""

import asyncio
import os
from typing import Any

import ccxt.async_support as ccxt

import cxgame.ccxt

EXCHANGE = "cxgame"  # the line to change: "binance", "kraken", ...

SYMBOL = os.environ.get("CCXT_SYMBOL") or os.environ.get("CXGAME_SYMBOL")
ROUNDS = int(os.environ.get("CCXT_ROUNDS", "1000000"))
AWAY = 0.001  # share of the price between our orders and the best ones
WAIT_S = 1.0


async def main() -> None:
    """Quote until the rounds are over, then take the orders back."""
    exchange = getattr(ccxt, EXCHANGE)(config())
    try:
        symbol = await market_of(exchange)
        if EXCHANGE == cxgame.ccxt.ID and not exchange.apiKey:
            await enter(exchange)
        await quote(exchange, symbol)
    finally:
        await exchange.close()


def config() -> dict[str, Any]:
    """Who plays, and where."""
    chosen = {"apiKey": os.environ.get("CCXT_KEY"), "secret": os.environ.get("CCXT_SECRET")}
    if EXCHANGE != cxgame.ccxt.ID:
        return chosen
    rest = os.environ.get("CXGAME_HTTP_URI", "http://127.0.0.1:8000")
    return {**chosen, "urls": {"api": {"rest": rest}}}


async def market_of(exchange: Any) -> str:
    """The market to trade: the one named, or else the game's first."""
    try:
        known = [market["symbol"] for market in await exchange.fetch_markets()]
        await exchange.load_markets()
    except ccxt.NetworkError as error:
        raise SystemExit(f"No exchange answers: {error}") from None
    if SYMBOL is None and EXCHANGE != cxgame.ccxt.ID:  # where money is real, nothing is guessed
        raise SystemExit("CCXT_SYMBOL must say which market to trade.")
    symbol = SYMBOL or known[0]
    if symbol not in known:
        raise SystemExit(f"There is no market {symbol}.")
    return symbol


async def enter(exchange: Any) -> None:
    """Become a player of the game: a token for this run."""
    name = f"ccxt-{exchange.milliseconds()}"
    reply = await exchange.request("register", "public", "POST", {"username": name})
    exchange.apiKey = reply["data"]
    say(f"I am {name}.")


async def quote(exchange: Any, symbol: str) -> None:
    """Renew both orders, round by round."""
    seen = exchange.milliseconds()
    for _ in range(ROUNDS):
        try:
            await exchange.cancel_all_orders(symbol)
            for trade in await exchange.fetch_my_trades(symbol, seen):
                seen = trade["timestamp"] + 1
                say(f"{trade['side']} {trade['amount']} at {trade['price']}, fee {trade['fee']}")
            await place(exchange, symbol)
        except ccxt.InsufficientFunds as error:
            say(str(error))
        except ccxt.NetworkError as error:  # a pause, a limit, a lost connection: try again
            say(f"waiting: {error}")
        await asyncio.sleep(WAIT_S)
    await exchange.cancel_all_orders(symbol)


async def place(exchange: Any, symbol: str) -> None:
    """One order on each side of the book, of the least that the market takes."""
    book = await exchange.fetch_order_book(symbol, 5)
    if not book["bids"] or not book["asks"]:
        return
    for side, price in (
        ("buy", book["bids"][0][0] * (1 - AWAY)),
        ("sell", book["asks"][0][0] * (1 + AWAY)),
    ):
        least = amount(exchange.market(symbol), price)
        order = await exchange.create_order(symbol, "limit", side, least, price)
        say(f"{side} order {order['id']} at {price:.2f}")


def amount(market: dict[str, Any], price: float) -> float:
    """Twice the least amount and the least cost of the market."""
    limits = market["limits"]
    cost = (limits.get("cost") or {}).get("min") or 10
    return 2 * max(limits["amount"]["min"] or 0, cost / price)


def say(text: str) -> None:
    """To whoever watches."""
    print(text, flush=True)


if __name__ == "__main__":
    asyncio.run(main())

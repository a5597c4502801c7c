"""A trader by `ccxt.pro`: what it watches, and its own way of asking again."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import ccxt.pro

import cxgame.ccxt
from tests.network.trader import SYMBOL, Order, again_until_answered

TIMEOUT_MS = 3000
AGAIN_S = 0.05


def player(token: str, rest: str, feed: str, exchange: str) -> Any:
    """The class, for this player; its numbers are exact."""
    assert cxgame.ccxt.ID in ccxt.pro.exchanges
    api = {"rest": rest, "feed": feed, "exchange": exchange}
    about = {"apiKey": token, "urls": {"api": api}, "number": Decimal, "timeout": TIMEOUT_MS}
    return ccxt.pro.cxgame(about)


class CcxtHand:
    """Carries wishes out by ccxt."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self.doubts = 0

    async def place(self, order: Order) -> str | None:
        """As `Hand`."""
        params = {"clientOrderId": order.cid, "timeInForce": order.time_in_force}
        if order.stop is not None:
            params["triggerPrice"] = order.stop
        given = (SYMBOL, order.type, order.side, order.size, order.price, params)
        placed = await self._ask(lambda: self._exchange.create_order(*given))
        return placed["id"] if placed else None

    async def amend(self, cid: str, price: str, size: str) -> bool:
        """As `Hand`."""
        given = (None, SYMBOL, "limit", "buy", size, price, {"clientOrderId": cid})
        return bool(await self._ask(lambda: self._exchange.edit_order(*given)))

    async def cancel(self, cid: str) -> bool:
        """As `Hand`."""
        given = (None, SYMBOL, {"clientOrderId": cid})
        return bool(await self._ask(lambda: self._exchange.cancel_order(*given)))

    async def _ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        async def once() -> Any:
            try:
                return await call()
            except ccxt.OperationFailed:
                self.doubts += 1
                return None
            except ccxt.ExchangeError:
                return False

        return await again_until_answered(once)


class CcxtView:
    """What `watch_…` has told."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self._watching: list[asyncio.Task[None]] = []
        self._book: Any = None
        self._orders: dict[str, Any] = {}
        self._balance: Any = None
        self.trades: Counter[tuple[str, str]] = Counter()  # by id and order
        self.breaks: Counter[str] = Counter()

    async def open(self) -> None:
        """Begin to watch."""
        exchange = self._exchange
        await again_until_answered(self._loaded)
        self._watching = [
            asyncio.create_task(self._watch("book", exchange.watch_order_book, SYMBOL)),
            asyncio.create_task(self._watch("orders", exchange.watch_orders)),
            asyncio.create_task(self._watch("trades", exchange.watch_my_trades)),
            asyncio.create_task(self._watch("balance", exchange.watch_balance)),
        ]

    async def close(self) -> None:
        """Watch no more."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._exchange.close()

    def books(self) -> list[Any]:
        """The levels of the book."""
        for task in self._watching:
            if task.done():
                task.result()  # what it raised
        if self._book is None:
            return []
        halves = ("bids", "asks")
        return [{half: [tuple(level) for level in self._book[half]] for half in halves}]

    def orders(self) -> dict[str, Any]:
        """Price, size and what was filled, of open orders, by id."""
        return {
            id: (row["info"]["price"], row["info"]["quantity"], row["info"]["filled_size"])
            for id, row in self._orders.items()
            if row["status"] == "open"
        }

    def wallets(self) -> dict[str, Any]:
        """Free, held and total, by asset."""
        rows = {} if self._balance is None else self._balance["info"]["assets"]
        return {
            asset: tuple(Decimal(row[part]) for part in ("free", "held", "total"))
            for asset, row in rows.items()
        }

    async def _loaded(self) -> Any:
        with contextlib.suppress(ccxt.OperationFailed):
            return await self._exchange.load_markets()

    async def _watch(self, kind: str, watch: Any, *about: str) -> None:
        while True:
            try:
                self._take(kind, await watch(*about))
            except ccxt.OperationFailed:
                self.breaks[kind] += 1
                await asyncio.sleep(AGAIN_S)

    def _take(self, kind: str, told: Any) -> None:
        if kind == "book":
            self._book = told
        elif kind == "balance":
            self._balance = told
        elif kind == "orders":
            self._orders |= {row["id"]: row for row in told}
        else:
            self.trades.update((row["id"], row["order"]) for row in told)

"""Every command of the order server as a coroutine; those about orders are in `trading`,
those of organisers in `organising`.

Each answers a `Response`; a refusal is one with `status` False and a `code`, never an exception.
Prices, sizes and amounts may be text, Decimal, int or float, and are sent exactly as written.
`symbol` may be left out: the game's first market.
"""

import asyncio
from dataclasses import replace
from typing import Any

from cxgame.client.organising import Organising
from cxgame.client.response import CLIENT_CONNECTION, STATE_UNKNOWN, OrderList, Response
from cxgame.client.session import Credentials
from cxgame.client.trading import Params, Trading
from cxgame.client.values import dec, new_token
from cxgame.client.words import Timeframe

_PAGE_ROWS = 1_000  # the most that the exchange gives at once
_AGAIN_S = 0.1  # before rows are asked for again that the exchange has not written yet

__all__ = ["Commands", "Params"]


class Commands(Trading, Organising):
    """The commands; whoever derives from it says how one call is made."""

    _credentials: Credentials

    def _deadline(self) -> float:
        """The time by which a call that begins now must have answered."""
        raise NotImplementedError

    # Who you are

    async def register(self, *, password: str | None = None, team: str | None = None) -> Response:
        """Create the user and enter the game; data: the token. Logs in.

        Without a token the client brings one of its own and keeps it: registering again after a
        lost reply is answered `Registered` again.
        """
        who = self._credentials
        who.offered = who.token or who.offered or new_token()
        params = {"username": who.user, "token": who.offered, "password": password, "team": team}
        response = await self._call("register", params)
        if response.status:
            who.token = response.data if isinstance(response.data, str) else who.offered
            who.password = None  # the token has logged in
        elif response.code == STATE_UNKNOWN:
            who.token = who.offered
        return response

    async def auth(self, *, password: str | None = None) -> Response:
        """Log in, with the client's token or with a password."""
        who = self._credentials
        secret = {"token": who.token} if password is None else {"password": password}
        response = await self._call("auth", {"username": who.user, **secret})
        if response.status:
            who.password = password  # to log in again in the same way after a lost connection
        return response

    async def rotate(self) -> Response:
        """Change the token; data: the new one. Closes the user's other connections.

        The client makes the new token, and after a lost reply tries which one counts. If that
        stays open too, data holds the new token, which may be in force.
        """
        who, until, token = self._credentials, self._deadline(), new_token()
        response = await self._call("rotate", {"token": token}, until)
        if response.code == STATE_UNKNOWN:
            login = await self._call("auth", {"username": who.user, "token": token}, until)
            response = login if login.status else response
            response = replace(response, data=token)
        if response.status:
            who.token = response.data if isinstance(response.data, str) else token
            who.password = None  # by which it is not known that one may still log in
        return response

    async def bcast(self, message: str) -> Response:
        """Say something to everyone on the feed. Never repeated by itself."""
        return await self._call("bcast", {"message": message})

    async def broadcast(self, message: str) -> Response:
        """The same as `bcast`."""
        return await self.bcast(message)

    # What there is to see. Lists come whole unless `limit` is given.

    async def price(self, symbol: str | None = None) -> Response:
        """The market (mid) price; data: a Decimal."""
        response = await self._call("price", {"symbol": symbol})
        return _with_price(response) if response.status else response

    async def wallets(self) -> Response:
        """What you hold; data: `usd`, `crypto` (free), `held`, and `assets` in full."""
        return await self._call("wallets", {})

    async def orders(self, *, limit: int | None = None, before: str | None = None) -> Response:
        """Your open orders; data: an `OrderList`."""
        page = {"limit": limit, "before": before}
        return _with_orders(await self._list("orders", page, "id"))

    async def all_orders(self, *, limit: int | None = None, before: str | None = None) -> Response:
        """Everyone's open orders; data: an `OrderList`."""
        page = {"limit": limit, "before": before}
        return _with_orders(await self._list("all_orders", page, "id"))

    async def fills(
        self,
        *,
        limit: int | None = None,
        before: str | None = None,
        after: str | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> Response:
        """Your fills, oldest first; with `limit` or `before` one page, newest first.

        `after` a `fill_id`, or `"0"`, reads one page forward. `since` and `until` are
        milliseconds since 1970; without them it is all of the game's.
        """
        page = _past(limit, before, after, since, until)
        return await self._list("fills", page, "fill_id")

    async def completed(
        self,
        *,
        limit: int | None = None,
        before: str | None = None,
        after: str | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> Response:
        """Your completed orders, in the same way; their time is when they were placed."""
        page = _past(limit, before, after, since, until)
        return await self._list("completed", page, "id")

    async def trades(
        self,
        symbol: str | None = None,
        *,
        limit: int | None = None,
        before: str | None = None,
        after: str | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> Response:
        """A market's last trades: one page, oldest first; with `limit` that many, newest first.

        `after` a `trade_id`, or `"0"`, reads forward: the first trades after it, oldest first.
        """
        page = _past(limit, before, after, since, until)
        return await self._call("trades", {"symbol": symbol, **page})

    async def candles(
        self,
        symbol: str | None = None,
        interval: Timeframe | None = None,
        *,
        limit: int | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> Response:
        """A market's last candles, oldest first; `interval` is `1s`, `1m`, `1h`, `1d`, …"""
        window = {"limit": limit, "since": since, "until": until}
        return await self._call("candles", {"symbol": symbol, "interval": interval, **window})

    async def markets(self) -> Response:
        """The markets with tick, lot, minimums and fees. Needs no login."""
        return await self._call("markets", {})

    async def book(self, symbol: str | None = None, depth: int | None = None) -> Response:
        """The order book, best prices first; data: `bids` and `asks` as [price, size] rows."""
        return await self._call("book", {"symbol": symbol, "depth": depth})

    async def tickers(self, symbols: list[str] | None = None) -> Response:
        """Best prices and the last 24 hours, of some markets or of all. Needs no login."""
        return await self._call("tickers", {"symbols": symbols})

    async def time(self) -> Response:
        """The exchange's clock; data: `ts`, `game_time`, `phase`, `remaining`."""
        return await self._call("time", {})

    # How

    async def _list(self, cmd: str, params: Params, id_name: str) -> Response:
        """One page if the caller asked for one, else all pages, as one answer, oldest first.

        An empty page that is not the last ends before rows that the exchange has yet to write. If
        that takes too long, `more` says that the answer is not whole.
        """
        if any(params.get(name) is not None for name in ("limit", "before", "after")):
            return await self._call(cmd, params)
        until = self._deadline()
        pages: list[Any] = []
        before: str | None = None
        while True:
            page = {**params, "limit": _PAGE_ROWS, "before": before}
            response = await self._call(cmd, page, until)
            if not response.status:
                return response
            pages.append(response.data)
            oldest = _oldest(_flat(response.data), id_name)
            leads_on = oldest is not None and oldest != before
            is_late = asyncio.get_running_loop().time() + _AGAIN_S >= until
            if not response.more or (is_late and not leads_on):
                return replace(response, data=_joined(pages))
            if leads_on:
                before = oldest
            else:
                await asyncio.sleep(_AGAIN_S)


def _past(
    limit: int | None, before: str | None, after: str | None, since: int | None, until: int | None
) -> Params:
    """Which part of a list of the past is wanted."""
    where = {"limit": limit, "before": before, "after": after}
    return {**where, "since": since, "until": until}


def _with_price(response: Response) -> Response:
    """The text of a price as a Decimal."""
    if not isinstance(response.data, str):
        return response
    try:
        return replace(response, data=dec(response.data))
    except ArithmeticError:  # the way here has changed it
        text = f"What came as the price is none: {response.data}."
        return Response(False, text, raw=response.raw, code=CLIENT_CONNECTION)


def _with_orders(response: Response) -> Response:
    """The wire's `{"maker": […], "market": […]}` as an `OrderList`."""
    if not response.status or not isinstance(response.data, dict):
        return response
    kinds = response.data
    return replace(response, data=OrderList(kinds.get("maker", []), kinds.get("market", [])))


def _flat(data: Any) -> list[Any]:
    """The rows of a page of either shape."""
    if isinstance(data, dict):
        return [*data.get("maker", []), *data.get("market", [])]
    return data if isinstance(data, list) else []


def _oldest(rows: list[Any], id_name: str) -> str | None:
    """The smallest id of a page: ids are decimal text, so the shorter one is the smaller."""
    ids = [str(row.get(id_name)) for row in rows if isinstance(row, dict)]
    return min(ids, key=lambda text: (len(text), text), default=None)


def _joined(pages: list[Any]) -> Any:
    """Pages that came newest first, rows likewise, as one list (or two kinds), oldest first."""
    if all(isinstance(page, dict) for page in pages):
        return {kind: _joined([page.get(kind) for page in pages]) for kind in ("maker", "market")}
    return [row for page in reversed(pages) for row in reversed(_flat(page))]

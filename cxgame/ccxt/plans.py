"""ccxt's unified methods, told once for all three classes.

A method is a generator: it yields what it asks, a command and its params, gets the reply, and
returns what ccxt promises. The classes differ in how they ask (`blocking`, `waiting`).
"""

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

import ccxt

from cxgame.ccxt.about import MAX_ROWS
from cxgame.ccxt.rows import Row, Rows, milliseconds

T = TypeVar("T")
Params: TypeAlias = dict[str, Any] | None
Plan: TypeAlias = Generator[tuple[str, Row], Row, T]

_IDS = {"fills": "fill_id", "completed": "id", "trades": "trade_id", "orders": "id"}


class Plans(Rows):
    """Part of an exchange class. But for those that are asked first, the markets are loaded."""

    # The exchange

    def plan_markets(self, params: Params = None) -> Plan[list[Row]]:
        """All markets."""
        reply = yield "markets", {**(params or {})}
        return [self.parse_market(row) for row in reply["data"]]

    def plan_currencies(self, params: Params = None) -> Plan[dict[str, Row]]:
        """All assets that are traded."""
        reply = yield "markets", {**(params or {})}
        steps: dict[str, str] = {}
        for row in reply["data"]:
            for code, step in ((row["base"], row["lot"]), (row["quote"], row["tick"])):
                steps[code] = min(steps.get(code, step), step, key=float)
        return {code: self.currency_of(code, step) for code, step in steps.items()}

    def plan_time(self, params: Params = None) -> Plan[int]:
        """The server's time."""
        reply = yield "time", {**(params or {})}
        return milliseconds(reply["data"]["ts"])

    def plan_status(self, params: Params = None) -> Plan[Row]:
        """`ok` while the game is open."""
        reply = yield "time", {**(params or {})}
        status = "ok" if reply["data"]["phase"] == "open" else "maintenance"
        updated = milliseconds(reply["data"]["ts"])
        return {"status": status, "updated": updated, "eta": None, "url": None, "info": reply}

    # Prices

    def plan_ticker(self, symbol: str, params: Params = None) -> Plan[Row]:
        """Best prices and the last 24 hours."""
        market = self.market(symbol)
        reply = yield "tickers", {"symbols": [market["id"]], **(params or {})}
        return self.parse_ticker(reply["data"][0], market)

    def plan_tickers(
        self, symbols: list[str] | None = None, params: Params = None
    ) -> Plan[dict[str, Row]]:
        """Of some markets, or all."""
        ids = None if symbols is None else self.market_ids(symbols)
        reply = yield "tickers", {"symbols": ids, **(params or {})}
        return dict(self.parse_tickers(reply["data"], symbols))

    def plan_order_book(
        self, symbol: str, limit: int | None = None, params: Params = None
    ) -> Plan[Row]:
        """The best levels; `nonce` is the feed's event that they contain."""
        market = self.market(symbol)
        depth = min(limit or 100, MAX_ROWS)
        reply = yield "book", {"symbol": market["id"], "depth": depth, **(params or {})}
        return self.parse_book(reply["data"], self.milliseconds())

    def plan_trades(
        self,
        symbol: str,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[Row]]:
        """Everybody's trades, oldest first."""
        market = self.market(symbol)
        asked = {"symbol": market["id"], **(params or {})}
        rows = yield from self._past("trades", asked, market, since, limit)
        return list(self.parse_trades(rows, market, since, limit))

    def plan_ohlcv(
        self,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[list[Any]]]:
        """Candles, oldest first."""
        market, params = self.market(symbol), {**(params or {})}
        step_ms = self.parse_timeframe(timeframe) * 1000
        wanted = min(limit or MAX_ROWS, MAX_ROWS)
        asked: Row = {"symbol": market["id"], "interval": self.timeframes[timeframe]}
        if since is not None:
            first = -(-since // step_ms) * step_ms
            asked |= {"since": first, "until": first + wanted * step_ms}
        reply = yield "candles", {**asked, "limit": wanted, **params}
        return list(self.parse_ohlcvs(reply["data"], market, timeframe, since, limit))

    # One's own

    def plan_balance(self, params: Params = None) -> Plan[Row]:
        """All assets: free, held by open orders, and both."""
        reply = yield "wallets", {**(params or {})}
        return self.parse_balance(reply["data"])

    def plan_trading_fees(self, params: Params = None) -> Plan[dict[str, Row]]:
        """Of all markets."""
        reply = yield "markets", {**(params or {})}
        markets = [self.parse_market(row) for row in reply["data"]]
        return {market["symbol"]: self.trading_fee_of(market) for market in markets}

    def plan_create_order(
        self,
        symbol: str,
        type: str,
        side: str,
        amount: float | None,
        price: float | None = None,
        params: Params = None,
    ) -> Plan[Row]:
        """Place an order. `params`: clientOrderId, timeInForce, postOnly, cost, stp."""
        market, params = self.market(symbol), {**(params or {})}
        asked: Row = {"symbol": market["id"], "side": side, "type": type}
        cost = params.pop("cost", None)
        if cost is not None and type == "market":
            asked["amount"] = self.number_to_string(cost)
        else:
            asked["size"] = self.amount_to_precision(symbol, amount)
        if type == "limit":
            if price is None:
                raise ccxt.ArgumentsRequired(f"{self.id} createOrder() needs a price")
            asked["price"] = self.price_to_precision(symbol, price)
        post_only, params = self.handle_post_only(type == "market", False, params)
        params.pop("postOnly", None)  # a word of ccxt alone
        if post_only:
            asked["post_only"] = True
        asked |= self._words_of(params)
        reply = yield "order", {**asked, **params}
        order = self.parse_order(reply["data"], market)
        return {**order, "postOnly": post_only} if post_only else order

    def plan_market_buy_with_cost(
        self, symbol: str, cost: float, params: Params = None
    ) -> Plan[Row]:
        """Spend an amount of money on what is offered."""
        cost_too = {"cost": cost, **(params or {})}
        return (yield from self.plan_create_order(symbol, "market", "buy", None, None, cost_too))

    def plan_cancel_order(
        self, id: str | None, symbol: str | None = None, params: Params = None
    ) -> Plan[Row]:
        """Cancel one's open order, by its id or by `clientOrderId`."""
        params = {**(params or {})}
        cid = self._cid_of(params)
        if cid is not None:
            id = (yield from self._by_cid(cid, ("orders",)))["id"]
        reply = yield "cancel", {"order_id": str(id), **params}
        return dict(self.safe_order({"id": str(id), **_ended(symbol), "info": reply}))

    def plan_cancel_all_orders(
        self, symbol: str | None = None, params: Params = None
    ) -> Plan[list[Row]]:
        """Cancel all one's open orders, of one market if named."""
        asked = {} if symbol is None else {"symbol": self.market(symbol)["id"]}
        reply = yield "cancel_all", {**asked, **(params or {})}
        ids = reply["data"]["cancelled"]
        return [dict(self.safe_order({"id": id, **_ended(symbol), "info": reply})) for id in ids]

    def plan_order(
        self, id: str | None, symbol: str | None = None, params: Params = None
    ) -> Plan[Row]:
        """One's order, open or ended, by its id or by `clientOrderId`."""
        params = {**(params or {})}
        cid = self._cid_of(params)
        if cid is not None:
            return self.parse_order((yield from self._by_cid(cid, ("orders", "completed"))))
        if not str(id).isdecimal():
            raise ccxt.OrderNotFound(f"{self.id} there is no order {id}")
        just_it = {"before": str(int(str(id)) + 1), "limit": 1}
        for command in ("orders", "completed"):  # it may end, but it never opens again
            reply = yield command, just_it
            for row in _listed(reply["data"]):
                if row["id"] == str(id):
                    return self.parse_order(row)
        raise ccxt.OrderNotFound(f"{self.id} there is no order {id}")

    def plan_open_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[Row]]:
        """One's open orders, oldest first."""
        return (yield from self._orders(("orders",), symbol, since, limit, params))

    def plan_closed_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[Row]]:
        """One's orders that have ended, filled or canceled, oldest first."""
        return (yield from self._orders(("completed",), symbol, since, limit, params))

    def plan_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[Row]]:
        """All one's orders, oldest first."""
        return (yield from self._orders(("orders", "completed"), symbol, since, limit, params))

    def plan_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[Row]]:
        """One's own side of each trade, oldest first."""
        market = None if symbol is None else self.market(symbol)
        rows = yield from self._past("fills", {**(params or {})}, market, since, limit)
        return list(self.parse_trades(rows, market, since, limit))

    # Within

    def _orders(
        self,
        commands: tuple[str, ...],
        symbol: str | None,
        since: int | None,
        limit: int | None,
        params: Params,
    ) -> Plan[list[Row]]:
        market = None if symbol is None else self.market(symbol)
        found: dict[str, Row] = {}
        for command in commands:  # one that ends meanwhile is in both: its end counts
            rows = yield from self._past(command, {**(params or {})}, market, since, limit)
            found |= {row["id"]: row for row in rows}
        return list(self.parse_orders([*found.values()], market, since, limit))

    def _past(
        self, command: str, asked: Row, market: Row | None, since: int | None, limit: int | None
    ) -> Plan[list[Row]]:
        """Rows of a list: the latest, or all from `since` on, page by page, newest first."""
        if since is not None and command != "orders":
            asked["since"] = since
        rows: list[Row] = []
        while True:
            reply = yield command, {"limit": MAX_ROWS, **asked}
            page = _listed(reply["data"])
            rows += [row for row in page if market is None or row["symbol"] == market["id"]]
            is_enough = since is None and len(rows) >= (limit or 1)
            if not reply.get("more") or not page or is_enough:
                return rows
            asked["before"] = page[-1][_IDS[command]]

    def _by_cid(self, cid: str, commands: tuple[str, ...]) -> Plan[Row]:
        """The order of a cid; it is remembered no longer than these lists show it."""
        for command in commands:
            reply = yield command, {"limit": MAX_ROWS}
            for row in _listed(reply["data"]):
                if row.get("cid") == cid:
                    return row
        raise ccxt.OrderNotFound(f"{self.id} there is no order with the clientOrderId {cid}")

    def _cid_of(self, params: Row) -> str | None:
        for name in ("clientOrderId", "cid"):
            if name in params:
                return str(params.pop(name))
        return None

    def _words_of(self, params: Row) -> Row:
        """What ccxt's words for the kind of an order are here; takes them out of `params`."""
        asked: Row = {}
        cid = self._cid_of(params)
        if cid is not None:
            asked["cid"] = cid
        word = params.pop("timeInForce", None)
        if word is not None and word.upper() != "PO":
            asked["time_in_force"] = word.lower()
        stp = params.pop("selfTradePrevention", None)
        if stp is not None:
            asked["stp"] = stp.lower()
        return asked


def _listed(data: Any) -> list[Row]:
    """The rows of a list; of open orders both kinds, newest first."""
    if isinstance(data, dict):
        data = sorted([*data["maker"], *data["market"]], key=lambda row: -int(row["id"]))
    return list(data)


def _ended(symbol: str | None) -> Row:
    return {"symbol": symbol, "status": "canceled"}

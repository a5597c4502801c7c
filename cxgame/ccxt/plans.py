"""ccxt's unified methods, told once for all three classes.

A method is a generator: it yields what it asks, a command and its params, gets the reply, and
returns what ccxt promises. The classes differ in how they ask (`blocking`, `waiting`).
"""

from typing import Any

import ccxt

from cxgame.ccxt.about import MAX_ROWS
from cxgame.ccxt.lists import Lists, Params, Plan, listed
from cxgame.ccxt.rows import Row, milliseconds


class Plans(Lists):
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
        rows = yield from self.rows_of("trades", asked, market, since, limit)
        return list(self.parse_trades(rows, market, since, limit))

    def plan_ohlcv(
        self,
        symbol: str,
        timeframe: str = "1m",
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[list[Any]]]:
        """Candles, oldest first: the latest, or with `since` the first from there on."""
        market, params = self.market(symbol), {**(params or {})}
        interval = self.timeframe_of(timeframe)
        step_ms = self.parse_timeframe(timeframe) * 1000
        wanted = min(limit or MAX_ROWS, MAX_ROWS)
        asked: Row = {"symbol": market["id"], "interval": interval}
        asked |= {"limit": wanted, **params}
        if since is not None:  # of a span the exchange gives the last ones: no longer than needed
            first = -(-since // step_ms) * step_ms
            end = first + wanted * step_ms
            asked |= {"since": first, "until": min(end, params.get("until") or end)}
        reply = yield "candles", asked
        if since is not None and reply.get("more"):  # its answers are shorter than is wanted
            end = first + len(reply["data"]) * step_ms
            reply = yield "candles", {**asked, "until": end}
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
        """Place an order. `params`: clientOrderId, timeInForce, postOnly, cost, triggerPrice, …"""
        market, params = self.market(symbol), {**(params or {})}
        asked: Row = {"symbol": market["id"], "side": side, "type": type}
        cost = params.pop("cost", None)
        if cost is not None and type == "market":
            asked["amount"] = self.exact("cost", symbol, cost)
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
        asked |= self.words_of(params) | self.trigger_of(symbol, type, side, price, params)
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
        which = self.order_of(id, params)
        reply = yield "cancel", {**which, **params}
        about = {"id": which.get("order_id"), "clientOrderId": which.get("cid")}
        return dict(self.safe_order({**about, **_ended(symbol), "info": reply}))

    def plan_edit_order(
        self,
        id: str | None,
        symbol: str,
        type: str,
        side: str,
        amount: float | None = None,
        price: float | None = None,
        params: Params = None,
    ) -> Plan[Row]:
        """Change price or amount in place; less at the same price keeps its place in the queue."""
        market, params = self.market(symbol), {**(params or {})}
        asked = self.order_of(id, params)
        if amount is not None:
            asked["size"] = self.amount_to_precision(symbol, amount)
        if price is not None:
            asked["price"] = self.price_to_precision(symbol, price)
        if params.pop("postOnly", None):
            asked["post_only"] = True
        reply = yield "amend", {**asked, **params}
        return self.parse_order(reply["data"], market)

    def plan_cancel_all_orders(
        self, symbol: str | None = None, params: Params = None
    ) -> Plan[list[Row]]:
        """Cancel all one's open orders, of one market if named."""
        asked = {} if symbol is None else {"symbol": self.market(symbol)["id"]}
        reply = yield "cancel_all", {**asked, **(params or {})}
        ids = reply["data"]["cancelled"]
        return [dict(self.safe_order({"id": id, **_ended(symbol), "info": reply})) for id in ids]

    def plan_cancel_all_orders_after(self, timeout: int, params: Params = None) -> Plan[Row]:
        """Cancel everything unless this comes again within so many ms; 0: don't."""
        return (yield "cancel_all_after", {"ms": timeout, **(params or {})})

    def plan_order(
        self, id: str | None, symbol: str | None = None, params: Params = None
    ) -> Plan[Row]:
        """One's order, open or ended, by its id or by `clientOrderId`."""
        cid = self.cid_of({**(params or {})})
        if cid is not None:
            return self.parse_order((yield from self.by_cid(cid, ("orders", "completed"))))
        if not str(id).isdecimal():
            raise ccxt.OrderNotFound(f"{self.id} there is no order {id}")
        just_it = {"before": str(int(str(id)) + 1), "limit": 1}
        for command in ("orders", "completed"):  # it may end, but it never opens again
            reply = yield command, just_it
            for row in listed(reply["data"]):
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
        return (yield from self.orders_of(("orders",), symbol, since, limit, params))

    def plan_closed_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[Row]]:
        """One's orders that have ended, filled or canceled, oldest first."""
        return (yield from self.orders_of(("completed",), symbol, since, limit, params))

    def plan_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[Row]]:
        """All one's orders, oldest first."""
        return (yield from self.orders_of(("orders", "completed"), symbol, since, limit, params))

    def plan_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: Params = None,
    ) -> Plan[list[Row]]:
        """One's own side of each trade, oldest first."""
        market = None if symbol is None else self.market(symbol)
        rows = yield from self.rows_of("fills", {**(params or {})}, market, since, limit)
        return list(self.parse_trades(rows, market, since, limit))


def _ended(symbol: str | None) -> Row:
    return {"symbol": symbol, "status": "canceled"}

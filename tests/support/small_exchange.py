"""As much of an exchange as the order generator asks for, for a stand-in server to answer with.

Market orders are filled at once, limit orders stay open; an order that costs more than there is, is
rejected. Prices never move.
"""

import json
from typing import Any

from tests.mockx.standin import Answer, Asked

FEE_RATE = 0.001


class SmallExchange:
    """Its state is in plain sight."""

    def __init__(self, **prices: float) -> None:
        self.prices = {name.replace("_", "/"): price for name, price in prices.items()}
        self.free: dict[str, float] = {}
        self.orders: list[dict[str, Any]] = []
        self.refuses: dict[str, Answer] = {}  # by method and first segment: "POST orders"

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request."""
        path = asked.target.partition("?")[0]
        refusal = self.refuses.get(f"{asked.method} {path.split('/')[1]}")
        if refusal is not None:
            return refusal
        body = json.loads(asked.body) if asked.body else {}
        return 200, json.dumps(self._value(asked.method, path, asked.target, body))

    def _value(self, method: str, path: str, target: str, body: dict[str, Any]) -> Any:
        match method, path:
            case "GET", "/tickers":
                return list(self.prices)
            case "GET", _ if path.startswith("/tickers/"):
                symbol = path.removeprefix("/tickers/")
                return {symbol: {"symbol": symbol, "price": self.prices[symbol]}}
            case "GET", "/balance":
                return {name: {"asset": name, "free": free} for name, free in self.free.items()}
            case "GET", "/overview/capital":
                return {"equity": self.free.get("USDT", 0.0)}
            case "GET", "/orders":
                return self.orders
            case "GET", "/orders/list":
                status = target.rpartition("=")[2]
                return {"orders": [each["id"] for each in self.orders if each["status"] == status]}
            case "POST", "/orders":
                return self._place(body)
            case "DELETE", "/admin/data":
                self.free, self.orders = {}, []
                return {"status": "ok"}
            case "POST", "/admin/fund":
                self.free[body["asset"]] = self.free.get(body["asset"], 0) + body["amount"]
                return {}
        raise AssertionError(f"not asked for by the generator: {method} {target}")

    def _place(self, body: dict[str, Any]) -> dict[str, Any]:
        base, quote = body["symbol"].split("/")
        value = body["amount"] * body.get("limit_price", self.prices[body["symbol"]])
        order = {"id": str(len(self.orders) + 1), "status": "new", "fee_currency": quote}
        order |= {**body, "actual_fee": 0.0}
        buys = body["side"] == "buy"
        given, amount = (quote, value) if buys else (base, body["amount"])
        if self.free.get(given, 0) < amount:
            order["status"] = "rejected"
        else:
            self.free[given] -= amount
            if body["type"] == "market":
                taken, gained = (base, body["amount"]) if buys else (quote, value)
                self.free[taken] = self.free.get(taken, 0) + gained
                order |= {"status": "filled", "actual_fee": value * FEE_RATE}
        self.orders.append(order)
        return order if order["status"] == "rejected" else {**order, "status": "new"}

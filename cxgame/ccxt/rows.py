"""The exchange's rows in ccxt's structures. Money stays text until ccxt makes numbers of it."""

from decimal import ROUND_DOWN, Decimal
from operator import mul
from typing import TYPE_CHECKING, Any

Row = dict[str, Any]

_STATUSES = {"open": "open", "filled": "closed", "cancel": "canceled", "rejected": "rejected"}
FLOAT_DIGITS = 15  # significant digits that every float keeps


class Rows:
    """Part of an exchange class: everything that ccxt calls `parse_…`."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What ccxt's own class has."""

    def parse_market(self, market: Row) -> Row:
        """A market."""
        id, base, quote = market["symbol"], market["base"], market["quote"]
        least = {"amount": "min_size", "price": "min_price", "cost": "min_amount"}
        limits = {
            name: {"min": self.parse_number(market[member]), "max": None}
            for name, member in least.items()
        }
        return dict(
            self.safe_market_structure(
                {
                    "id": id,
                    "symbol": id,
                    "base": base,
                    "quote": quote,
                    "baseId": base,
                    "quoteId": quote,
                    "type": "spot",
                    "spot": True,
                    "margin": False,
                    "active": market["phase"] != "closed",
                    "taker": self.parse_number(market["taker_fee"]),
                    "maker": self.parse_number(market["maker_fee"]),
                    "percentage": True,
                    "tierBased": False,
                    "feeSide": "quote",
                    "precision": {
                        "amount": self.parse_number(market["lot"]),
                        "price": self.parse_number(market["tick"]),
                    },
                    "limits": {"leverage": {"min": None, "max": None}, **limits},
                    "info": market,
                }
            )
        )

    def currency_of(self, code: str, step: str) -> Row:
        """An asset; `step` is the finest that its markets know."""
        return {
            "id": code,
            "code": code,
            "name": code,
            "type": "crypto",
            "active": True,
            "deposit": True,  # by an admin of the game: nothing leaves it
            "withdraw": True,
            "fee": self.parse_number("0"),
            "precision": self.parse_number(step),
            "networks": {},
            "limits": {
                name: {"min": None, "max": None} for name in ("amount", "deposit", "withdraw")
            },
            "info": {"code": code},
        }

    def parse_ticker(self, ticker: Row, market: Row | None = None) -> Row:
        """A ticker."""
        timestamp = milliseconds(ticker["timestamp"])
        return dict(
            self.safe_ticker(
                {
                    "symbol": self.safe_symbol(ticker["symbol"], market),
                    "timestamp": timestamp,
                    "datetime": self.iso8601(timestamp),
                    "bid": ticker["bid"],
                    "bidVolume": ticker["bid_size"],
                    "ask": ticker["ask"],
                    "askVolume": ticker["ask_size"],
                    "open": ticker["open"],
                    "high": ticker["high"],
                    "low": ticker["low"],
                    "last": ticker["last"],
                    "close": ticker["last"],
                    "baseVolume": ticker["volume"],
                    "info": ticker,
                },
                market,
            )
        )

    def parse_book(self, book: Row, timestamp: int) -> Row:
        """An order book; the house's level joins the players' at its price."""
        halves = {"bids": self._half(book["bids"]), "asks": self._half(book["asks"])}
        seq = book.get("seq", book.get("last_seq"))
        return {
            "symbol": book["symbol"],
            **halves,
            "timestamp": timestamp,
            "datetime": self.iso8601(timestamp),
            "nonce": seq,
        }

    def parse_ohlcv(self, ohlcv: Row, market: Row | None = None) -> list[Any]:
        """A candle."""
        prices = [self.parse_number(ohlcv[name]) for name in ("open", "high", "low", "close")]
        return [milliseconds(ohlcv["timestamp"]), *prices, self.parse_number(ohlcv["volume"])]

    def parse_trade(self, trade: Row, market: Row | None = None) -> Row:
        """A trade: everybody's, or one's own side of it."""
        market = self.safe_market(trade["symbol"], market)
        timestamp = milliseconds(trade["timestamp"])
        parsed = {
            "timestamp": timestamp,
            "datetime": self.iso8601(timestamp),
            "symbol": market["symbol"],
            "side": trade["side"],
            "price": trade["price"],
            "type": None,
            "info": trade,
        }
        if "fill_id" in trade:
            own = {
                "id": trade["fill_id"],
                "order": trade["order_id"],
                "takerOrMaker": trade["role"],
                "amount": trade["filled_size"],
            }
        else:
            public = {"takerOrMaker": "taker", "amount": trade["size"]}
            own = {"id": trade["trade_id"], "order": None, **public}
        made = self.safe_trade({**parsed, **own}, market)
        return {**made, **self._fee(trade, market)} if "fee" in trade else dict(made)

    def parse_order(self, order: Row, market: Row | None = None) -> Row:
        """An order. What a budget bought is its amount, once it is known."""
        market = self.safe_market(order["symbol"], market)
        timestamp = milliseconds(order["timestamp"])
        is_limit, status = order["type"] == "limit", _STATUSES[order["status"]]
        amount = order["quantity"]
        if amount is None and status != "open":
            amount = order["filled_size"]
        parsed = {
            "id": order["id"],
            "clientOrderId": order.get("cid"),
            "timestamp": timestamp,
            "datetime": self.iso8601(timestamp),
            "symbol": market["symbol"],
            "type": order["type"],
            "timeInForce": order["time_in_force"].upper() if is_limit else None,
            "side": order["side"].removesuffix("_market"),
            "price": order["price"] if is_limit else None,
            "amount": amount,
            "filled": order["filled_size"],
            "average": order["average_price"],
            "status": status,
            **trigger_prices(order.get("trigger")),
            "info": order,
        }
        fills = order.get("fills", [])
        if fills:
            parsed["cost"] = cost_of(fills, order["filled_size"])
            parsed["lastTradeTimestamp"] = milliseconds(fills[-1]["timestamp"])
        made = self.safe_order(parsed, market)
        trades = [self.parse_trade(fill, market) for fill in fills]
        return {**made, "trades": trades, **self._fee(order, market)}

    def parse_balance(self, wallets: Row) -> Row:
        """All assets."""
        balance: Row = {"info": wallets, "timestamp": None, "datetime": None}
        for code, asset in wallets["assets"].items():
            free, used, total = asset["free"], asset["held"], asset["total"]
            if self.number is float:
                free, used, total = as_floats_add_up(free, used, total)
            balance[code] = {"free": free, "used": used, "total": total}
        return dict(self.safe_balance(balance))

    def trading_fee_of(self, market: Row) -> Row:
        """What trading costs in a market that is loaded."""
        names = ("symbol", "maker", "taker", "percentage", "tierBased", "info")
        return {name: market[name] for name in names}

    def _fee(self, row: Row, market: Row) -> Row:
        """What was paid. ccxt would make a number of it only if numbers are floats."""
        fee = {"cost": self.parse_number(row["fee"]), "currency": market["quote"]}
        return {"fee": fee, "fees": [fee]}

    def _half(self, levels: list[list[Any]]) -> list[list[Any]]:
        sizes: dict[str, Decimal] = {}
        for price, size, *_ in levels:
            endless = self.options["endlessAmount"]
            sizes[price] = sizes.get(price, Decimal(0)) + Decimal(endless if size is None else size)
        return [
            [self.parse_number(price), self.parse_number(f"{size:f}")]
            for price, size in sizes.items()
        ]


def trigger_prices(trigger: Row | None) -> Row:
    """Where an order with a trigger fires, or fired, in ccxt's words for each kind."""
    if trigger is None:
        return {}
    more = {"stop": "stopLossPrice", "take_profit": "takeProfitPrice"}.get(trigger["kind"])
    return {name: trigger["price"] for name in ("triggerPrice", more) if name is not None}


def milliseconds(seconds: float) -> int:
    """A time of the exchange as ccxt has it."""
    return round(seconds * 1000)


def cost_of(fills: list[Row], filled: str) -> str | None:
    """What an order's fills come to; None if there were others before.

    ccxt then makes it of the average, whose last digits are cut off.
    """
    sizes = [Decimal(fill["filled_size"]) for fill in fills]
    if sum(sizes) != Decimal(filled):
        return None
    prices = (Decimal(fill["price"]) for fill in fills)
    return f"{sum(map(mul, prices, sizes)):f}"


def as_floats_add_up(free: str, used: str, total: str) -> tuple[str, str, str]:
    """Amounts that still add up after each has become a float.

    Where floats have too few digits for that, both parts are cut to what floats can hold.
    """
    exact = [Decimal(text) for text in (free, used, total)]
    if all(Decimal(repr(float(amount))) == amount for amount in exact):
        return free, used, total
    places = max(FLOAT_DIGITS - 1 - exact[2].adjusted(), 0)
    step = Decimal(1).scaleb(-places)
    shown = [amount.quantize(step, rounding=ROUND_DOWN) for amount in exact[:2]]
    return f"{shown[0]:f}", f"{shown[1]:f}", f"{shown[0] + shown[1]:f}"

"""ccxt's words for an order, and what they are here: ids, times in force, triggers.

The words are taken out of a call's `params`; what is left there goes to the exchange as it is.
"""

from collections.abc import Callable
from decimal import InvalidOperation
from typing import Any

import ccxt

from cxgame.ccxt.rows import Row, Rows

# Prices that an order may wait for, and the kind of trigger that each is; None: by its direction.
_TRIGGERS = {
    "triggerPrice": None,
    "stopPrice": None,  # the older word for it
    "stopLossPrice": "stop",
    "takeProfitPrice": "take_profit",
}
_TRAILS = {"trailingAmount": "trail", "trailingPercent": "trail_percent"}
# Where the price goes for which a stop order waits; the other way, it is a take-profit.
_STOPS = {"buy": ("ascending", "up", "above"), "sell": ("descending", "down", "below")}
_NOT_HERE = ("stopLoss", "takeProfit", "trailingTriggerPrice")
# Some exchanges keep orders with a trigger apart; here these words choose among one's orders.
_KINDS = ("trigger", "stop", "trailing")


class Words(Rows):
    """Part of an exchange class."""

    def amount_to_precision(self, symbol: str, amount: Any) -> Any:
        """ccxt's own, but what is no number is an `InvalidOrder`, as what is too small."""
        read = super().amount_to_precision  # type: ignore[misc]
        return self._number("amount", symbol, amount, read)

    def price_to_precision(self, symbol: str, price: Any) -> Any:
        """ccxt's own, but what is no number is an `InvalidOrder`, as what is too small."""
        read = super().price_to_precision  # type: ignore[misc]
        return self._number("price", symbol, price, read)

    def exact(self, name: str, symbol: str, value: Any) -> str:
        """A number that is sent as it is. Raises `InvalidOrder`."""
        return str(self._number(name, symbol, value, lambda _, value: self.number_to_string(value)))

    def _number(self, name: str, symbol: str, value: Any, read: Callable[[str, Any], Any]) -> Any:
        try:
            return read(symbol, value)
        except InvalidOperation:  # ccxt lets it out: no text, or more digits than it computes with
            raise ccxt.InvalidOrder(
                f"{self.id} {name} of {symbol} must be a number of no more than 28 digits, "
                f"not {value!r}"
            ) from None

    def timeframe_of(self, timeframe: str) -> str:
        """A timeframe in the exchange's word. Raises `BadRequest`."""
        if timeframe not in self.timeframes:
            known = ", ".join(self.timeframes)
            raise ccxt.BadRequest(f"{self.id} has no timeframe {timeframe!r}, but {known}")
        return str(self.timeframes[timeframe])

    def cid_of(self, params: Row) -> str | None:
        """The client's own id; takes it out of `params`."""
        for name in ("clientOrderId", "cid"):
            if name in params:
                return str(params.pop(name))
        return None

    def order_of(self, id: str | None, params: Row) -> Row:
        """How a command names an order: by the client's own id, if there is one in `params`."""
        kinds_of(params)  # no matter: an id names one order, whatever its kind
        cid = self.cid_of(params)
        return {"order_id": str(id)} if cid is None else {"cid": cid}

    def words_of(self, params: Row) -> Row:
        """The client's own id, time in force, self-trade prevention."""
        asked: Row = {}
        cid = self.cid_of(params)
        if cid is not None:
            asked["cid"] = cid
        word = params.pop("timeInForce", None)
        if word is not None and word.upper() != "PO":
            asked["time_in_force"] = word.lower()
        stp = params.pop("selfTradePrevention", None)
        if stp is not None:
            asked["stp"] = stp.lower()
        return asked

    def trigger_of(self, symbol: str, type: str, side: str, price: Any, params: Row) -> Row:
        """What makes an order wait for a price; nothing for one that does not wait."""
        for name in _NOT_HERE:
            if params.get(name) is not None:
                raise ccxt.NotSupported(f"{self.id} createOrder() does not know {name}")
        given = [name for name in (*_TRIGGERS, *_TRAILS) if params.get(name) is not None]
        if not given:
            return {}
        if len(given) > 1:
            raise ccxt.InvalidOrder(f"{self.id} createOrder() takes one of {' and '.join(given)}")
        asked = self._waits_for(given[0], symbol, side, params)
        by = params.pop("triggerPriceType", None)
        if by is not None:
            asked["trigger_by"] = by.lower()
        highest = params.pop("maxPrice", price if (type, side) == ("market", "buy") else None)
        if highest is not None:
            asked["max_price"] = self.price_to_precision(symbol, highest)
        return asked

    def _waits_for(self, name: str, symbol: str, side: str, params: Row) -> Row:
        value = params.pop(name)
        if name == "trailingPercent":
            return {"trigger": "trailing", _TRAILS[name]: self.exact(name, symbol, value)}
        exact = self.price_to_precision(symbol, value)
        if name in _TRAILS:
            return {"trigger": "trailing", _TRAILS[name]: exact}
        direction = params.pop("triggerDirection", None)
        stops = direction is None or direction in _STOPS[side]
        kind = _TRIGGERS[name] or ("stop" if stops else "take_profit")
        is_known = direction is None or any(direction in words for words in _STOPS.values())
        if not is_known or (direction is not None and (kind == "stop") is not stops):
            raise ccxt.InvalidOrder(
                f"{self.id} createOrder() {name} of a {side} is not {direction}"
            )
        return {"trigger": kind, "trigger_price": exact}


def kinds_of(params: Row) -> tuple[str, ...]:
    """Which orders are meant, where some exchanges keep them apart; takes it out of `params`."""
    return tuple(name for name in _KINDS if params.pop(name, False))


def is_of(kinds: tuple[str, ...], row: Row) -> bool:
    """Whether an order is of one of these kinds; of any if none is named."""
    trigger = row.get("trigger")
    if trigger is None or not kinds:
        return not kinds
    return kinds != ("trailing",) or trigger["kind"] == "trailing"

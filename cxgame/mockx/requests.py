"""What each command asks of the server: its method, its path, its parameters.

A command is a name, the words it takes, and a function from what was typed to the request. Nothing
is checked here that the server checks: its words are the better ones.
"""

from argparse import Namespace
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, urlencode

from cxgame.mockx.numerals import Json


class Request(NamedTuple):
    """One request, without the address in front of it."""

    method: str
    path: str
    query: dict[str, str] | None = None
    body: Json = None

    @property
    def target(self) -> str:
        """Path and query as they stand in the request's first line."""
        return self.path + ("?" + urlencode(self.query, safe="/,") if self.query else "")


Maker = Callable[[Namespace], Request]


def fixed(method: str, path: str) -> Maker:
    """A command that takes no words."""
    return lambda typed: Request(method, path)


def ticker(typed: Namespace) -> Request:
    """Of one market, or of several separated by commas."""
    return Request("GET", f"/tickers/{_symbols(typed.symbol)}")


def balance_asset(typed: Namespace) -> Request:
    """One row of the balance."""
    return Request("GET", f"/balance/{_segment(typed.asset)}")


def deposit(typed: Namespace) -> Request:
    """Money that comes from outside."""
    return _transfer(typed, "deposit")


def withdrawal(typed: Namespace) -> Request:
    """Money that leaves."""
    return _transfer(typed, "withdrawal")


def order(typed: Namespace) -> Request:
    """A new order; one without a price says so by null."""
    body = {
        "symbol": typed.symbol,
        "side": typed.side,
        "type": typed.type,
        "amount": typed.amount,
        "limit_price": typed.price,
    }
    return Request("POST", "/orders", body=body)


def can_execute(typed: Namespace) -> Request:
    """The dry run: with a price that of a limit order, without one that of a market order."""
    body = {
        "symbol": typed.symbol,
        "side": typed.side,
        "type": "market" if typed.price is None else "limit",
        "amount": typed.amount,
        "limit_price": typed.price,
    }
    return Request("POST", "/orders/can_execute", body=body)


def orders(typed: Namespace) -> Request:
    """Whole orders."""
    return Request("GET", "/orders", _filters(typed))


def orders_simple(typed: Namespace) -> Request:
    """Their ids alone."""
    return Request("GET", "/orders/list", _filters(typed))


def order_get(typed: Namespace) -> Request:
    """One order."""
    return Request("GET", f"/orders/{_segment(typed.order_id)}")


def cancel(typed: Namespace) -> Request:
    """Take an open order back."""
    return Request("POST", f"/orders/{_segment(typed.order_id)}/cancel")


def overview_capital(typed: Namespace) -> Request:
    """Equity and what was paid in; raw: by asset."""
    return Request("GET", "/overview/capital", {"aggregation": "false"} if typed.raw else None)


def overview_trades(typed: Namespace) -> Request:
    """What was traded, by side and asset."""
    return Request("GET", "/overview/trades", _given(side=typed.side, assets=typed.assets))


def fund(typed: Namespace) -> Request:
    """Credit an asset."""
    return Request("POST", "/admin/fund", body={"asset": typed.asset, "amount": typed.amount})


def set_balance(typed: Namespace) -> Request:
    """Overwrite a row of the balance."""
    body = _given(free=typed.free, used=typed.used)
    return Request("PATCH", f"/admin/balance/{_segment(typed.asset)}", body=body)


def set_price(typed: Namespace) -> Request:
    """Overwrite a ticker."""
    body = _given(price=typed.price, bid_volume=typed.bid_volume, ask_volume=typed.ask_volume)
    return Request("PATCH", f"/admin/tickers/{_symbols(typed.symbol)}/price", body=body)


def reset_data(typed: Namespace) -> Request:
    """Clear accounts and orders; with other players there, the game is named to confirm it."""
    return Request("DELETE", "/admin/data", _given(confirm=typed.confirm))


def _transfer(typed: Namespace, verb: str) -> Request:
    path = f"/balance/{_segment(typed.asset)}/{verb}"
    return Request("POST", path, body={"amount": typed.amount})


def _filters(typed: Namespace) -> dict[str, str]:
    return _given(status=typed.status, symbol=typed.symbol, side=typed.side, tail=typed.tail)


def _given(**parameters: str | None) -> dict[str, str]:
    """Those that were typed; the server has defaults for the others."""
    return {name: value for name, value in parameters.items() if value is not None}


def _segment(text: str) -> str:
    """One segment of a path, whatever stands in it."""
    return quote(text, safe="")


def _symbols(text: str) -> str:
    """Markets in a path: their slash and the comma between them are the server's to read."""
    return quote(text, safe="/,")

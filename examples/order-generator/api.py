"""The exchange by REST, as far as the generator needs it, with the standard library alone."""

import json
from decimal import Decimal
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

Json = Any


class Refused(Exception):
    """The exchange said no; the text is its own."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"HTTP {status}: {words}")
        self.status = status


class Unreachable(Exception):
    """The exchange did not answer."""


class Api:
    """One exchange. Every call is a connection of its own: none can have gone stale meanwhile."""

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        self._url = url
        self._parts = urlsplit(url)
        self._timeout_s = timeout_s
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "x-api-key": key,
        }

    def symbols(self) -> list[str]:
        """Every market, in alphabetical order."""
        return sorted(self._call("GET", "/tickers"))

    def ticker(self, symbol: str) -> dict[str, Json]:
        """A market's price; raises `Refused` if there is none."""
        found = self._call("GET", f"/tickers/{quote(symbol, safe='/')}")[symbol]
        if "error" in found:
            raise Refused(404, found["error"])
        return dict(found)

    def free(self) -> dict[str, Decimal]:
        """What is free of each asset."""
        rows = self._call("GET", "/balance")
        return {asset: Decimal(row["free"]) for asset, row in rows.items()}

    def equity(self) -> Decimal:
        """What everything is worth."""
        return Decimal(self._call("GET", "/overview/capital")["equity"])

    def place(self, order: dict[str, Json]) -> dict[str, Json]:
        """Place an order; one for which funds are missing comes back `rejected`."""
        return dict(self._call("POST", "/orders", order))

    def orders(self) -> list[dict[str, Json]]:
        """All orders."""
        return list(self._call("GET", "/orders?tail=0"))

    def open_ids(self) -> set[str]:
        """The ids of those that may still trade."""
        paths = (f"/orders/list?tail=0&status={word}" for word in ("new", "partially_filled"))
        return {str(order) for path in paths for order in self._call("GET", path)["orders"]}

    def clear(self) -> None:
        """Take all balances and orders away."""
        self._call("DELETE", "/admin/data")

    def fund(self, asset: str, amount: Decimal) -> None:
        """Credit an asset."""
        self._call("POST", "/admin/fund", {"asset": asset, "amount": float(amount)})

    def _call(self, method: str, path: str, body: Json = None) -> Json:
        connection = self._connection()
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, self._parts.path + path, text, self._headers)
            response = connection.getresponse()
            answer = response.read()
        except TimeoutError:
            raise Unreachable(f"no answer within {self._timeout_s:g} s from {self._url}") from None
        except (OSError, UnicodeError, HTTPException) as error:
            raise Unreachable(f"cannot reach {self._url}: {error}") from None
        finally:
            connection.close()
        return _read(response.status, answer)

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout_s)


def _read(status: int, answer: bytes) -> Json:
    """The value of an answer, numbers exact; raises `Refused`."""
    try:
        value = json.loads(answer, parse_float=Decimal)
    except ValueError:
        raise Refused(status, "the answer is not JSON") from None
    error = value.get("error") or value.get("detail") if isinstance(value, dict) else None
    if not 200 <= status < 300 or isinstance(error, str):
        raise Refused(status, str(error or "no reason given"))
    return value

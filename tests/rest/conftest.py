"""The REST face as its users have it: over HTTP, against a server that is a process of its own.

With `URL_API` set the tests run against that server instead, with `API_KEY`; it loses its orders
and balances, and its market orders should not wait (`MIN/MAX_TIME_ANSWER_ORDER_MARKET=0`).
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.support.processes import ServerProcess

KEY = "my-secret"
SETTINGS = {
    "API_KEY": KEY,
    "MIN_TIME_ANSWER_ORDER_MARKET": "0",
    "MAX_TIME_ANSWER_ORDER_MARKET": "0",
    "SIGMA_FILL_MARKET_ORDER": "0",
    "COMMISSION": "0.001",
}
PRICE = 60_000.0


class Api(NamedTuple):
    """Where the server is, and the key that it takes."""

    url: str
    key: str


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server in one-user mode."""
    if "URL_API" in os.environ:
        yield Api(os.environ["URL_API"].rstrip("/"), os.environ.get("API_KEY", "invalid-key"))
        return
    server = ServerProcess(Path(tmp_path_factory.mktemp("mockx")), "--preset", "mockx")
    server.variables = SETTINGS
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield Api(server.http_url, KEY)
        assert runner.run(server.terminate()) == 0


class Desk:
    """A client that says what it asks for in one word each; raises for a refusal."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def do(self, method: str, path: str, **more: Any) -> Any:
        """The body of a good answer."""
        answer = self.http.request(method, path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer that is a refusal, in the one form that all have."""
        answer = self.http.request(method, path, **more)
        body = answer.json()
        assert answer.status_code >= 400, answer.text
        assert {"error", "detail", "code"} <= body.keys()
        return answer.status_code, body

    def order(self, side: str, amount: float, limit: float | None = None, **more: Any) -> Any:
        """Place an order of BTC/USDT."""
        body = {"symbol": "BTC/USDT", "side": side, "amount": amount, **more}
        if limit is not None:
            body |= {"type": "limit", "limit_price": limit}
        return self.do("POST", "/orders", json=body)

    def get(self, id: str) -> Any:
        """An order with its history."""
        return self.do("GET", f"/orders/{id}", params={"include_history": True})

    def closed(self, id: str) -> Any:
        """An order once it is over."""
        for _ in range(200):
            order = self.get(id)
            if order["status"] not in ("new", "partially_filled"):
                return order
        raise AssertionError(f"order {id} is still open: {order}")

    def balance(self, asset: str) -> tuple[float, float]:
        """Free and used."""
        row = self.do("GET", f"/balance/{asset}")
        assert row["total"] == pytest.approx(row["free"] + row["used"], abs=1e-9)
        return row["free"], row["used"]

    def price(self, price: float, **volumes: float) -> Any:
        """Put the price of BTC/USDT somewhere."""
        path = "/admin/tickers/BTC/USDT/price"
        return self.do("PATCH", path, json={"price": price, **volumes})


@pytest.fixture
def desk(api: Api) -> Iterator[Desk]:
    """An account that owns nothing, and BTC at 60,000."""
    with httpx.Client(base_url=api.url, headers={"x-api-key": api.key}, timeout=20) as http:
        desk = Desk(http)
        desk.do("DELETE", "/admin/data")
        desk.price(PRICE)
        yield desk

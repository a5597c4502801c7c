"""The simulator's two dialects, as the load speaks them: `/ws`, and REST below `/api/v1`.

Without a token each client is a session of its own, as a server with `sandbox` opens them.
"""

import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from cxgame.load.dialect import Answer, CannotLoad, Dialect, Market, Target
from cxgame.load.links import HttpLink, Link, WebSocketLink, frame

# Of a market nobody says more than its name: what every such server takes.
TICK, LOT, LEAST_VALUE = Decimal("0.01"), Decimal("0.0001"), Decimal(20)
WITHIN_S = 10.0
API = "/api/v1"
_ANSWERS = frozenset({"ORDER_ACK", "ORDER_REJECT", "ORDER_CANCEL", "PONG", "ERROR"})
_OPEN = frozenset({"OPEN", "PARTIALLY_FILLED"})
_TOO_MANY, _FIRST_FAULT, _FIRST_REFUSAL = 429, 500, 400
_HANDLER_ERROR = "HANDLER_ERROR"
_encode = msgspec.json.encode


class _Frame(msgspec.Struct):
    type: str = ""
    request_id: str | None = None
    code: str = ""
    order_id: str = ""
    status: str = ""


class _Body(msgspec.Struct):
    order_id: str = ""
    status: str = ""
    error: str = ""
    retry_after: float | None = None


class _Simulator(Dialect):
    """What both have in common: prices are asked by REST."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        parts = urlsplit(target.url)
        scheme = "https" if parts.scheme in ("wss", "https") else "http"
        self._run = secrets.token_hex(4)
        self._headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
        self._symbol = target.symbol or ""
        self._asking = httpx.AsyncClient(
            base_url=f"{scheme}://{target.authority}",
            headers={"X-Session-ID": f"load-{self._run}", **self._headers},
            verify=target.ssl_verify,
            timeout=WITHIN_S,
            trust_env=False,
        )

    async def market(self) -> Market:
        """The one that was named, or the first."""
        if not self._symbol:
            symbols = (await self._get("/symbols")).get("symbols")
            if not symbols:
                raise CannotLoad(f"{self.target.url} has no markets.")
            self._symbol = symbols[0]
        ticker = await self._get("/ticker", symbol=self._symbol)
        return Market(self._symbol, Decimal(ticker["last_price"]), TICK, LOT, LEAST_VALUE)

    async def mid(self) -> Decimal | None:
        """The last price."""
        try:
            return Decimal((await self._get("/ticker", symbol=self._symbol))["last_price"])
        except (CannotLoad, LookupError, TypeError, ArithmeticError):  # or the line has changed it
            return None

    async def close(self) -> None:
        """End the connection that asked."""
        await self._asking.aclose()

    def hello(self, client: int, *, trades: bool) -> Sequence[bytes]:
        """Nothing: a session is opened by the first message."""
        return ()

    async def _get(self, path: str, **query: str) -> dict[str, Any]:
        try:
            answer = await self._asking.get(API + path, params=query)
        except httpx.HTTPError as error:
            raise CannotLoad(f"{self.target.url}: {error}.") from None
        if answer.status_code != httpx.codes.OK:
            raise CannotLoad(f"{self.target.url} answers HTTP {answer.status_code}.")
        try:
            found: dict[str, Any] = answer.json()
        except ValueError:
            raise CannotLoad(f"{self.target.url} does not answer in JSON.") from None
        return found


class SimulatorSocket(_Simulator):
    """`ws://host:8000/ws`."""

    name = "simulator"
    in_flight = 100

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._frames = msgspec.json.Decoder(_Frame)

    def order(self, number: int, side: str, price: str, size: str) -> bytes:
        """PLACE_ORDER."""
        terms = {"side": side.upper(), "order_type": "LIMIT", "price": price, "quantity": size}
        return _message(number, "PLACE_ORDER", symbol=self._symbol, **terms)

    def cancel(self, number: int, order: str) -> bytes:
        """CANCEL_ORDER."""
        return _message(number, "CANCEL_ORDER", order_id=order)

    def look(self, number: int) -> bytes:
        """PING."""
        return _message(number, "PING")

    def read(self, payload: bytes, status: int) -> Answer | None:
        """An answer; what is pushed says nothing to the load."""
        heard = self._frames.decode(payload)
        if heard.type not in _ANSWERS:
            return None
        request_id = heard.request_id or ""
        if not request_id.isdecimal():
            return Answer(None, heard.code) if heard.type == "ERROR" else None
        refusal = heard.code if heard.type == "ERROR" else ""
        if heard.type == "ORDER_REJECT":
            refusal = heard.code or heard.type
        order = heard.order_id if heard.type == "ORDER_ACK" and heard.status in _OPEN else ""
        is_later = "RATE" in refusal
        return Answer(int(request_id), refusal, is_later, refusal == _HANDLER_ERROR, order)

    def _link(self, client: int) -> Link:
        path = urlsplit(self.target.url).path
        return WebSocketLink(self.target.authority, path, _lines(self._headers))


class SimulatorRest(_Simulator):
    """`http://host:8000`, with a connection for each client that stays."""

    name = "simulator-rest"
    in_flight = 1

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._bodies = msgspec.json.Decoder(_Body)

    def order(self, number: int, side: str, price: str, size: str) -> bytes:
        """POST /orders."""
        terms = {"side": side.upper(), "type": "LIMIT", "price": price, "quantity": size}
        return self._request("POST", "/orders", _encode({"symbol": self._symbol, **terms}))

    def cancel(self, number: int, order: str) -> bytes:
        """DELETE /orders/ID."""
        return self._request("DELETE", f"/orders/{order}")

    def look(self, number: int) -> bytes:
        """GET /ticker."""
        return self._request("GET", f"/ticker?{urlencode({'symbol': self._symbol})}")

    def read(self, payload: bytes, status: int) -> Answer | None:
        """An answer; its number is that of the one request under way."""
        if status < _FIRST_REFUSAL:
            body = self._bodies.decode(payload)
            return Answer(None, order=body.order_id if body.status in _OPEN else "")
        body = self._bodies.decode(payload) if payload.startswith(b"{") else _Body()
        is_fault = status >= _FIRST_FAULT and status != httpx.codes.SERVICE_UNAVAILABLE
        is_later = status in (_TOO_MANY, httpx.codes.SERVICE_UNAVAILABLE)
        return Answer(None, f"HTTP {status}", is_later, is_fault, wait_s=body.retry_after or 0.0)

    def _link(self, client: int) -> Link:
        lines = {
            "Host": self.target.authority,
            "X-Session-ID": f"load-{self._run}-{client}",
            **self._headers,
        }
        return HttpLink(_lines(lines))

    def _request(self, method: str, path: str, body: bytes = b"") -> bytes:
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        return f"{method} {API}{path} HTTP/1.1\r\n{kind}\r\n".encode() + body


def _lines(headers: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _message(number: int, kind: str, **members: object) -> bytes:
    return frame(_encode({"type": kind, "request_id": str(number), **members}))

"""The order server's own dialect, as the load speaks it.

Clients that trade register users of their own, or log in as the one whose token is known; their
orders are cancelled when they leave.
"""

import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from cxgame.client import CxClient, Response
from cxgame.load.dialect import Answer, CannotLoad, Dialect, Market, Target
from cxgame.load.links import WebSocketLink, frame
from cxgame.model.codes import Code
from cxgame.model.meanings import MEANINGS

_LATER = frozenset(code for code, meaning in MEANINGS.items() if meaning.retryable)
_FAULTS = frozenset({Code.INTERNAL_ENGINE})
_encode = msgspec.json.encode


class _Order(msgspec.Struct):
    id: str = ""
    status: str = ""


class _Reply(msgspec.Struct):
    """What matters of a reply; what is pushed has no `status`."""

    status: bool | None = None
    id: int | None = None
    code: str = ""


class _Placed(_Reply):
    data: _Order | None = None


class OrderServer(Dialect):
    """`ws://host:9877`."""

    name = "orders"
    in_flight = 100

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._run = secrets.token_hex(2)
        self._tokens: dict[int, str] = {}
        self._asking = CxClient(
            target.user if target.token else f"load-{self._run}",
            token=target.token,
            uri=target.url,
            ssl_verify=target.ssl_verify,
        )
        self._symbol = target.symbol
        self._reply = msgspec.json.Decoder(_Reply)
        self._placed = msgspec.json.Decoder(_Placed)

    async def market(self) -> Market:
        """The one that was named, or the game's first."""
        rows = await self._demand(self._asking.markets())
        try:
            row = next(row for row in rows if self.target.symbol in (None, row["symbol"]))
        except StopIteration:
            raise CannotLoad(f"The game has no market {self.target.symbol}.") from None
        self._symbol = row["symbol"]
        if not self.target.token:
            await self._demand(self._asking.register())
        mid = await self._demand(self._asking.price(self._symbol))
        steps = (Decimal(row[name]) for name in ("tick", "lot", "min_amount"))
        return Market(row["symbol"], mid, *steps)

    async def mid(self) -> Decimal | None:
        """The market price."""
        response = await self._asking.price(self._symbol)
        return response.data if response else None

    async def close(self) -> None:
        """End the connection that asked."""
        await self._asking.close()

    def hello(self, client: int, *, trades: bool) -> Sequence[bytes]:
        """Who looks needs no login."""
        if not trades:
            return ()
        if self.target.token:
            login = _request(1, "auth", username=self.target.user, token=self.target.token)
        else:
            token = self._tokens.setdefault(client, secrets.token_hex(32))
            login = _request(1, "register", username=f"load-{self._run}-{client}", token=token)
        return login, _request(2, "cancel_on_disconnect", on=True)

    def order(self, number: int, side: str, price: str, size: str) -> bytes:
        """Rests or trades; own orders are passed over."""
        terms = {"side": side, "type": "limit", "price": price, "size": size, "stp": "skip"}
        return _request(number, "order", **terms, symbol=self._symbol)

    def cancel(self, number: int, order: str) -> bytes:
        """By its id."""
        return _request(number, "cancel", order_id=order)

    def look(self, number: int) -> bytes:
        """What time it is."""
        return _request(number, "time")

    def read(self, payload: bytes, status: int) -> Answer | None:
        """A reply; what is pushed says nothing to the load."""
        try:
            reply: _Reply = self._placed.decode(payload)
        except msgspec.ValidationError:  # data of another shape
            reply = self._reply.decode(payload)
        if reply.status is None:
            return None
        order = reply.data if isinstance(reply, _Placed) else None
        placed = order.id if order is not None and order.status == "open" else ""
        return Answer(reply.id, reply.code, reply.code in _LATER, reply.code in _FAULTS, placed)

    def _link(self, client: int) -> WebSocketLink:
        path = "/" + self.target.url.split("://", 1)[-1].partition("/")[2]
        return WebSocketLink(self.target.authority, path)

    async def _demand(self, call: Any) -> Any:
        response: Response = await call
        if not response:
            raise CannotLoad(response.msg)
        return response.data


def _request(number: int, command: str, **params: object) -> bytes:
    return frame(_encode({"cmd": command, "params": params, "id": number}))

"""What a call answers. Owns `Response`, the list of orders, and the client's own codes."""

import reprlib
import string
from dataclasses import dataclass
from typing import Any, SupportsIndex, TypedDict, overload

from cxgame.client.showing import orders_html, response_html

# The one code that no server sends: the exchange was not reached and nothing was changed.
CLIENT_CONNECTION = "CLIENT_CONNECTION"
# The exchange's code for "this may or may not have happened"; the client gives it likewise.
STATE_UNKNOWN = "STATE_UNKNOWN"

_TOKEN_LENGTH = 64


class RateLimit(TypedDict):
    """Messages that a connection may send now, and how many come back each second."""

    remaining: int
    per_s: int


class OrderLimit(TypedDict):
    """Open orders of the account, and how many there may be."""

    open: int
    most: int


class YoungCancel(TypedDict):
    """For how many milliseconds an order is young, and how many messages its cancel costs then."""

    ms: int
    cost: int


class Limits(TypedDict):
    """The state of the limits in a reply; None for what has no limit."""

    rate: RateLimit | None
    orders: OrderLimit | None
    young_cancel: YoungCancel | None


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """The answer to one command. True in a condition if the command was carried out.

    `status`: whether it was; `msg`: a sentence; `data`: what the command answers, see
    `docs/client.md`; `raw`: the JSON text as received ("" if nothing was received; of a list
    read in pages, the last page); `code`: None, or the reason of a refusal; `more`: a list was
    cut at `limit`, or not all of it was there in time; `cid`: the client order id under which an
    order was sent. If the client asks for them: `ts_in` and `ts_out`, when the exchange took the
    request and sent the reply, in milliseconds since 1970, and `limits`, what it would still take.
    """

    status: bool
    msg: str
    data: Any = None
    raw: str = ""
    code: str | None = None
    more: bool = False
    cid: str | None = None
    ts_in: int | None = None
    ts_out: int | None = None
    limits: Limits | None = None

    def __bool__(self) -> bool:
        return self.status

    @property
    def wait_ms(self) -> int | None:
        """After how many milliseconds the request would be taken, of one that came too fast."""
        wait_ms = self.data.get("wait_ms") if isinstance(self.data, dict) else None
        return wait_ms if isinstance(wait_ms, int) else None

    def __repr__(self) -> str:
        code = f", code={self.code!r}" if self.code else ""
        return f"Response({self.status}, {self.msg!r}{code}, data={_short(self.data)})"

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return response_html(self)


class OrderList(list[dict[str, Any]]):
    """Orders, flat, makers first; `orders["maker"]` and `orders["market"]` give one kind."""

    def __init__(self, maker: list[dict[str, Any]], market: list[dict[str, Any]]) -> None:
        super().__init__([*maker, *market])
        self._kinds = {"maker": maker, "market": market}

    @overload
    def __getitem__(self, key: str) -> list[dict[str, Any]]: ...
    @overload
    def __getitem__(self, key: SupportsIndex) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, key: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, key: str | SupportsIndex | slice) -> Any:
        """A kind by its name, else as in any list."""
        return self._kinds[key] if isinstance(key, str) else super().__getitem__(key)

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return orders_html(self)


def _short(data: Any) -> str:
    """Data for a reader's eye, cut short, and never a whole token: a repr ends up in logs."""
    if isinstance(data, str) and len(data) == _TOKEN_LENGTH and set(data) <= set(string.hexdigits):
        return repr(data[:4] + "…")
    shortener = reprlib.Repr()
    shortener.maxdict = shortener.maxlist = 12
    shortener.maxstring = shortener.maxother = 120
    return shortener.repr(list(data) if isinstance(data, list) else data)

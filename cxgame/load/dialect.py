"""What a face of a server looks like to the load: its addresses, its messages, its answers.

`OrderServer` and the two of the simulator say it each for its own face; the clients know nothing
but this. Knows no profile, and counts nothing.
"""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit

from cxgame.load.links import Link

PORTS = {"ws": 80, "http": 80, "wss": 443, "https": 443}


class CannotLoad(Exception):
    """There is nothing to drive; the text is one sentence."""


class Answer(NamedTuple):
    """What a reply says. Without a number it belongs to the oldest message under way."""

    number: int | None
    refusal: str = ""  # a code; empty: it was done
    is_later: bool = False  # the refusal says "not now": who listens waits
    is_fault: bool = False  # the server has failed, and not the one who asked
    order: str = ""  # an order that was placed and is open
    wait_s: float = 0.0  # how long to wait, where the server says so


@dataclass
class Market:
    """What is traded, and around which price; `mid` is looked up again while the load runs."""

    symbol: str
    mid: Decimal
    tick: Decimal
    lot: Decimal
    least_value: Decimal  # of an order, in the quote

    def size(self, times: int) -> str:
        """So many times the least that an order may be worth."""
        lots = (self.least_value * times / self.mid / self.lot).to_integral_value(ROUND_CEILING)
        return f"{lots * self.lot:f}"

    def price(self, away: Decimal) -> str:
        """A price so far from the mid, as a share of it, on the market's tick."""
        ticks = (self.mid * (1 + away) / self.tick).to_integral_value()
        return f"{max(Decimal(1), ticks) * self.tick:f}"


@dataclass(frozen=True)
class Target:
    """The server, and as whom to come."""

    url: str
    symbol: str | None = None
    user: str | None = None
    token: str | None = None
    ssl_verify: bool = True

    @property
    def host(self) -> str:
        """Name or address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port, also where the URL leaves it out."""
        parts = urlsplit(self.url)
        return parts.port or PORTS[parts.scheme]

    @property
    def authority(self) -> str:
        """Host and port as a request names them."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How to speak TLS; None: not at all."""
        if urlsplit(self.url).scheme not in ("wss", "https"):
            return None
        context = ssl.create_default_context()
        if not self.ssl_verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class Dialect(ABC):
    """One face of a server, for all clients of a run."""

    name: ClassVar[str]
    in_flight: ClassVar[int]  # messages of a connection that may wait for their answer

    def __init__(self, target: Target) -> None:
        self.target = target
        self._tls = target.tls

    @abstractmethod
    async def market(self) -> Market:
        """What to trade. Raises `CannotLoad`."""

    @abstractmethod
    async def mid(self) -> Decimal | None:
        """The price as it is now; None if nobody says."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of what `market` and `mid` have opened."""

    @abstractmethod
    def hello(self, client: int, *, trades: bool) -> Sequence[bytes]:
        """The bodies of what a client sends first, with the numbers 1, 2, ..."""

    @abstractmethod
    def order(self, number: int, side: str, price: str, size: str) -> bytes:
        """A limit order."""

    @abstractmethod
    def cancel(self, number: int, order: str) -> bytes:
        """Take an order back."""

    @abstractmethod
    def look(self, number: int) -> bytes:
        """The cheapest question that there is."""

    @abstractmethod
    def read(self, payload: bytes, status: int) -> Answer | None:
        """What a message of the server says; None: it answers nothing. Raises ValueError."""

    async def open(self, client: int) -> Link:
        """A new connection of a client. Raises OSError."""
        loop = asyncio.get_running_loop()
        _, link = await loop.create_connection(
            lambda: self._link(client),
            self.target.host,
            self.target.port,
            ssl=self._tls,
        )
        try:
            await link.opened
        except BaseException:
            link.close()
            raise
        return link

    @abstractmethod
    def _link(self, client: int) -> Link: ...

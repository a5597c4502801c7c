"""A server for one client's tests, without a network: keeps what is sent, answers when told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cxgame.load.dialect import Answer, Dialect, Market, Target
from cxgame.load.links import Link

MARKET = Market("BTC/USD", Decimal(1000), Decimal("0.01"), Decimal("0.0001"), Decimal(10))


@dataclass
class Server:
    """What has come, and every connection that was made."""

    sent: list[bytes] = field(default_factory=list)
    links: list["StubLink"] = field(default_factory=list)
    is_down: bool = False

    def say(self, answer: Answer) -> None:
        """Answer over the last connection."""
        self.links[-1].hear(repr(tuple(answer)).encode(), 0)


class StubLink(Link):
    """Is open at once; a message is noted."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.opened.set_result(None)

    def send(self, message: bytes) -> None:
        """Note."""
        self._server.sent.append(message)

    def close(self) -> None:
        """End."""
        self.lose("closed")

    def fail(self, reason: str) -> None:
        """End."""
        self.lose(reason)

    def lose(self, reason: str) -> None:
        """As if the other side had gone."""
        if not self.lost.done():
            self.lost.set_result(reason)


class StubDialect(Dialect):
    """Messages are words with their number."""

    name = "stub"
    in_flight = 3

    def __init__(self, server: Server, *, logs_in: bool = False) -> None:
        super().__init__(Target("ws://stub"))
        self._server = server
        self._logs_in = logs_in

    async def market(self) -> Market:
        """Always the same."""
        return MARKET

    async def mid(self) -> Decimal | None:
        """Nobody says."""
        return None

    async def close(self) -> None:
        """Nothing is open."""

    def hello(self, client: int, *, trades: bool) -> Sequence[bytes]:
        """A login, if there is one."""
        return (b"login 1",) if self._logs_in else ()

    def order(self, number: int, side: str, price: str, size: str) -> bytes:
        """`order 1`."""
        return b"order %d" % number

    def cancel(self, number: int, order: str) -> bytes:
        """`cancel 2 <id>`."""
        return b"cancel %d %s" % (number, order.encode())

    def look(self, number: int) -> bytes:
        """`look 1`."""
        return b"look %d" % number

    def read(self, payload: bytes, status: int) -> Answer | None:
        """What `Server.say` has said."""
        if not payload.startswith(b"("):
            raise ValueError("no answer")
        return Answer(*eval(payload))

    async def open(self, client: int) -> Link:
        """A connection, unless the server is down."""
        if self._server.is_down:
            raise ConnectionRefusedError("nobody listens")
        self._server.links.append(StubLink(self._server))
        return self._server.links[-1]

    def _link(self, client: int) -> Link:
        raise NotImplementedError

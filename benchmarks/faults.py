"""What the fault layer costs an order while nothing is in force: a board against none.

In one process, without a network and without a disk, so that what is looked for is not lost in
them: frames as a client sends them go into the order server's socket, session and game, and the
replies come out again. CPU time, five rounds; the game's share is the same in all.
"""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any, Final, cast

from websockets.asyncio.server import Server
from websockets.server import ServerProtocol

from benchmarks.load import frame
from benchmarks.orders import random_order, register
from cxgame.faults import Board, Face, read_fault
from cxgame.server.exchange import CxExchange
from cxgame.server.play.play import Play
from cxgame.server.sessions.session import Session
from cxgame.server.sockets.door import Door
from cxgame.server.sockets.peer import Peer, SocketLimits
from cxgame.server.sockets.tap import tapped
from cxgame.server.sockets.transport import PlayerSocket

ROUNDS: Final = 5
SLICES: Final = 150
AT_ONCE: Final = 32  # orders in one read
PLAIN: Final = "no board"
LIMITS: Final = SocketLimits()
REQUEST: Final = (
    b"GET / HTTP/1.1\r\nHost: cxgame\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Drain(asyncio.Transport):
    """A network that takes everything, and counts it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0

    def write(self, data: Any) -> None:
        """Take it."""
        self.written += len(data)

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer."""

    def is_closing(self) -> bool:
        """Never."""
        return False

    def pause_reading(self) -> None:
        """Whoever feeds the socket looks at its peer instead."""

    def resume_reading(self) -> None:
        """As above."""


class Client:
    """One connection of a player, logged in."""

    def __init__(self, play: Play, board: Board | None, stack: ExitStack) -> None:
        self.play = play
        self.network = Drain()
        protocol = ServerProtocol()
        self.socket = PlayerSocket(Door(), protocol, cast(Server, _Handlers()))
        self.socket.connection_made(self.network)
        self.socket.data_received(REQUEST)
        assert self.socket.request is not None
        protocol.send_response(protocol.accept(self.socket.request))
        self.peer = Peer(self.socket, LIMITS, "")
        session = Session(play.host, self.peer)
        behind = stack.enter_context(tapped(board, self.socket, session, self.peer, Face.ORDERS))
        self.socket.attach(behind, self.peer, LIMITS)

    async def send(self, data: bytes) -> None:
        """Hand over what the network brought, and wait until it is answered."""
        self.socket.data_received(data)
        while self.peer.outstanding or self.peer.holds:
            await asyncio.sleep(0)


class _Handlers:
    """What a connection asks of the library's server, which there is none of."""

    def __init__(self) -> None:
        self.handler_tasks: set[asyncio.Task[None]] = set()

    async def handler(self, _: PlayerSocket) -> None:
        """The handshake is done by hand."""


@asynccontextmanager
async def game() -> AsyncIterator[Play]:
    """A game in memory without limits."""
    exchange = CxExchange(
        0, "127.0.0.1", memory=True, rate_limit=0, max_open_orders=0,
        usd_start="1000000000", crypto_start="1000000",
    )  # fmt: skip
    play = await exchange.recover()
    play.host.open_if_ready()
    try:
        yield play
    finally:
        await exchange.close("")


def _slices(seed: int) -> list[bytes]:
    """Reads with orders around the mid."""
    draw = random.Random(seed)
    return [b"".join(frame(random_order(draw)) for _ in range(AT_ONCE)) for _ in range(SLICES)]


async def costs_us(seed: int) -> dict[str, float]:
    """CPU time of one order in microseconds, of each kind of connection, side by side.

    They take turns read by read, so that what slows the machine down meanwhile slows all of them.
    """
    spent: dict[str, list[float]] = {name: [] for name in BOARDS}
    async with game() as play:
        with ExitStack() as stack:
            clients = {name: Client(play, make(), stack) for name, make in BOARDS.items()}
            for number, client in enumerate(clients.values()):
                await client.send(frame(register(f"player{number}")))
            for number, read in enumerate(_slices(seed)):
                # Who comes first finds the caches otherwise than who comes last.
                for name in _rotated(list(clients), number):
                    begun = time.process_time()
                    await clients[name].send(read)
                    spent[name].append(time.process_time() - begun)
            for client in clients.values():
                assert client.network.written > 100 * SLICES * AT_ONCE, "every order is answered"
    return {name: statistics.median(each) / AT_ONCE * 1e6 for name, each in spent.items()}


def _rotated(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]


def _for_others() -> Board:
    """A board with a fault that concerns somebody else."""
    board = Board()
    board.set(read_fault({"fault": "drop", "probability": 0.5, "to": ["bob"]}))
    return board


def _in_force() -> Board:
    """A board with a fault that looks at every message and hits none."""
    board = Board()
    board.set(read_fault({"fault": "drop", "probability": 0, "direction": "both"}))
    return board


BOARDS: Final[dict[str, Callable[[], Board | None]]] = {
    PLAIN: lambda: None,
    "a board, no fault": Board,
    "a fault for others": _for_others,
    "a fault in force": _in_force,
}


def main() -> None:
    """Each kind's cost, and how much more that is than without a board, round by round."""
    rounds = [asyncio.run(costs_us(number)) for number in range(ROUNDS + 1)][1:]  # one warms up
    for name in BOARDS:
        more = [(costs[name] / costs[PLAIN] - 1) * 100 for costs in rounds]
        print(
            f"{name:20}{statistics.median(costs[name] for costs in rounds):7.1f} us CPU an order"
            f"{statistics.median(more):+7.1f} %  (rounds: "
            + ", ".join(f"{each:+.1f}" for each in more)
            + ")"
        )


if __name__ == "__main__":
    main()

"""The REST face: limit orders a second with one and with twenty clients, long lists, a wide tick.

Durable (`appendfsync always`), one account, server on a core of its own. Clients keep their
connection and send the next order when the last was answered.
"""

import asyncio
import json
import statistics
import time
from dataclasses import dataclass, field

from msgspec.structs import replace

from benchmarks.processes import Server, exchange, pin_self
from cxgame.engine.engine import Engine
from cxgame.model.commands import Open, OpenAccount, PlacePending, SetRules, Tick
from cxgame.model.enums import Liquidity, OrderType, Side
from cxgame.model.rules import MarketRules, Rules

ORDERS, RESTING = 2_000, 5_000
CLIENTS = (1, 20)
ROUNDS = 5
FLAGS = ("--preset", "mockx", "--durability", "always", "--tick-interval", "3600")
KEY = b"invalid-key"  # the key of a game that has none, from this computer


@dataclass
class Result:
    """What clients saw."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)


class Client:
    """One connection that stays; a request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of the answer; raises for any status but 200."""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n".encode()
        head += b"x-api-key: " + KEY + b"\r\nContent-Type: application/json\r\n"
        self._writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        content = await self._content(answer.lower())
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError((answer + content).decode())
        return content

    async def _content(self, head: bytes) -> bytes:
        if b"transfer-encoding: chunked" not in head:
            length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
            return await self._reader.readexactly(int(length))
        content = b""
        while size := int(await self._reader.readline(), 16):
            content += await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()
        return content

    def close(self) -> None:
        """Leave."""
        self._writer.close()


async def connect(server: Server) -> Client:
    """A client of the REST face."""
    return Client(*await asyncio.open_connection("127.0.0.1", server.ports["http"]))


def order(number: int) -> bytes:
    """A limit buy that rests below every other price."""
    price = 1_000 + number % 997
    return json.dumps(
        {"symbol": "BTC/USDT", "side": "buy", "type": "limit", "amount": 0.01, "limit_price": price}
    ).encode()


async def place(server: Server, clients: int, orders: int = ORDERS) -> Result:
    """Place orders with so many clients at once."""
    connected = [await connect(server) for _ in range(clients)]
    result, numbers = Result(), iter(range(orders))

    async def trade(client: Client) -> None:
        for number in numbers:
            begun_s = time.perf_counter()
            answer = await client.ask("POST", "/orders", order(number))
            result.latencies_ms.append((time.perf_counter() - begun_s) * 1e3)
            if json.loads(answer)["status"] != "new":
                raise RuntimeError(answer.decode())

    begun_s = time.perf_counter()
    await asyncio.gather(*map(trade, connected))
    result.seconds = time.perf_counter() - begun_s
    for client in connected:
        client.close()
    return result


async def wide_tick(server: Server) -> tuple[float, float]:
    """A price that crosses none of the open orders: its own time, the longest of a request's."""
    admin, other = await connect(server), await connect(server)
    ticks_ms, others_ms = [], []
    for number in range(50):
        price = json.dumps({"price": 60_000 + number % 7}).encode()

        async def look() -> None:
            for _ in range(5):
                begun_s = time.perf_counter()
                await other.ask("GET", "/balance/USDT")
                others_ms.append((time.perf_counter() - begun_s) * 1e3)

        async def move(price: bytes = price) -> None:
            begun_s = time.perf_counter()
            await admin.ask("PATCH", "/admin/tickers/BTC/USDT/price", price)
            ticks_ms.append((time.perf_counter() - begun_s) * 1e3)

        await asyncio.gather(look(), move())
    admin.close()
    other.close()
    return statistics.median(ticks_ms), max(others_ms)


async def long_list(server: Server) -> tuple[float, float, int]:
    """All open orders: how long it takes, how long others wait meanwhile, how many came."""
    lister, other = await connect(server), await connect(server)
    lists_ms, others_ms, rows = [], [], 0
    for _ in range(10):
        begun_s = time.perf_counter()
        listing = asyncio.create_task(lister.ask("GET", "/orders?status=new"))
        while not listing.done():
            asked_s = time.perf_counter()
            await other.ask("GET", "/balance/USDT")
            others_ms.append((time.perf_counter() - asked_s) * 1e3)
        content = await listing
        lists_ms.append((time.perf_counter() - begun_s) * 1e3)
        rows = len(json.loads(content))
    begun_s = time.perf_counter()
    await lister.ask("GET", "/orders?status=new")
    alone_ms = (time.perf_counter() - begun_s) * 1e3
    lister.close()
    other.close()
    return alone_ms, max(others_ms), rows


async def measure(server: Server) -> dict[str, list[float]]:
    """One round on a fresh server."""
    found: dict[str, list[float]] = {}
    client = await connect(server)
    await client.ask("POST", "/balance/USDT/deposit", b'{"amount": 1000000000}')
    client.close()
    for clients in CLIENTS:
        result = await place(server, clients)
        found[f"{clients} clients"] = _row(result, ORDERS)
    await place(server, 20, RESTING - ORDERS * len(CLIENTS))
    found["tick"] = [*await wide_tick(server)]
    found["list"] = [*await long_list(server)]
    found[f"20 clients, {RESTING:,} open"] = _row(await place(server, 20), ORDERS)
    return found


def _row(result: Result, orders: int) -> list[float]:
    latencies = sorted(result.latencies_ms)
    half, last = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
    return [orders / result.seconds, half, last]


def engine_tick_us(ticks: int = 500) -> float:
    """What the engine alone takes for a tick over as many open orders, none of which it crosses."""
    market = MarketRules("BTC/USDT", "BTC", "USDT", tick="0.00000001")
    rules = Rules(1, (market,), {"USDT": "1000000000"}, 1, liquidity=Liquidity.HOUSE)
    engine = Engine()
    for command in (SetRules(replace(rules, max_open_orders=0)), OpenAccount("one"), Open()):
        engine.apply(command, 0, 0)
    engine.apply(Tick(0, 0, 60_000 * 10**8, 60_000 * 10**8), 0, 0)
    for number in range(RESTING):
        price = (1_000 + number % 997) * 10**8
        engine.apply(PlacePending(1, 0, Side.BUY, OrderType.LIMIT, price, 10**8), 0, 0)
    assert len(engine.orders) == RESTING
    begun_s = time.perf_counter()
    for number in range(ticks):
        price = (60_001 + number) * 10**8
        engine.apply(Tick(0, number + 1, price, price), 0, 0)
    return (time.perf_counter() - begun_s) / ticks * 1e6


def main(rounds: int = ROUNDS) -> None:
    """Print the medians."""
    pin_self()
    print(f"a tick over {RESTING:,} open orders, in the engine: {engine_tick_us():.0f} us")
    runs = []
    for _ in range(rounds):
        with exchange(*FLAGS) as server:
            runs.append(asyncio.run(measure(server)))
    for name in runs[0]:
        columns = zip(*(run[name] for run in runs), strict=True)
        print(_sentence(name, [statistics.median(column) for column in columns]))


def _sentence(name: str, values: list[float]) -> str:
    if name == "tick":
        text = "a price set over them: {:.1f} ms with request and commit; others waited {:.1f} ms"
        return text.format(*values)
    if name == "list":
        return "all of them listed: {:.0f} ms; others waited {:.1f} ms ({:.0f} rows)".format(
            *values
        )
    return "{}: {:,.0f} orders/s, p50 {:.1f} ms, p99 {:.1f} ms".format(name, *values)


if __name__ == "__main__":
    main()

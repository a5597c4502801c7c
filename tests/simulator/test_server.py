"""`ExchangeServer`, and the quick examples of its users, as they are printed."""

import asyncio
import textwrap
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from cxgame.config import ConfigError
from cxgame.server.errors import StartError
from cxgame.simulator import Config, ExchangeClient, ExchangeServer
from cxgame.simulator.models import PriceModel

WITHIN_S = 30  # a bound, not an expectation

PROGRAMMATIC = """
config = Config()
config.failures.enabled = True
config.exchange.tick_interval = 0.001

server = ExchangeServer(config)
await server.start()
"""
REST = """
async with ExchangeClient() as client:
    # Get ticker
    ticker = await client.get_ticker("BTC/USD")
    print(f"Price: ${ticker['last_price']}")

    # Place order
    order = await client.place_order("BTC/USD", "BUY", "LIMIT", "0.5", "49000")
    print(f"Order: {order['order_id']}")

    # Get balance
    balance = await client.get_balance()
    print(f"Balance: {balance}")
"""
SOCKET = """
async with ExchangeClient() as client:
    await client.connect_ws()
    await client.subscribe("TICKER", "BTC/USD")

    for _ in range(10):
        msg = await client.receive_ws_message()
        if msg and msg.get("type") == "MARKET_DATA":
            print(f"Price: {msg['last_price']}")
"""


class Rising(PriceModel):
    """Each tick is a thousandth above the one before."""

    def calculate_trend(self) -> float:
        """How much a tick adds, as a share of the price."""
        return 0.001

    def next_price(self, current: float) -> float:
        """As a user would write it."""
        return current * (1 + self.calculate_trend())


class Plain:
    """A class that knows nothing of ours."""

    def next_price(self, current: float) -> float:
        """It stays."""
        return current


def quiet() -> Config:
    """On a free port, without failures."""
    config = Config()
    config.server.port = 0
    return config


@pytest.fixture
async def server() -> AsyncIterator[ExchangeServer]:
    """A simulator that is up."""
    async with ExchangeServer(quiet(), seed=1) as up:
        yield up


async def played(example: str, **names: Any) -> None:
    """Run an example as the body of a coroutine."""
    source = "async def example():\n" + textwrap.indent(example, "    ")
    exec(source, names)
    await names["example"]()


async def test_the_rest_example_runs(
    server: ExchangeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """As printed; the client is told where the server is, since that has a free port here."""
    await played(REST, ExchangeClient=partial(ExchangeClient, server.url))
    price, order, balance = capsys.readouterr().out.splitlines()
    assert 49_000 < float(price.removeprefix("Price: $")) < 51_000
    assert order.startswith("Order: ")
    assert "'USD': '100000'" in balance


async def test_the_socket_example_runs(
    server: ExchangeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten frames, all of them prices."""
    await played(SOCKET, ExchangeClient=partial(ExchangeClient, server.url))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert all(49_000 < float(line.removeprefix("Price: ")) < 51_000 for line in lines)


async def test_the_programmatic_example_serves_until_it_is_cancelled() -> None:
    """`start` ends when nobody wants it any more, and nobody listens any more."""
    made: list[ExchangeServer] = []

    def recorded(config: Config) -> ExchangeServer:
        made.append(ExchangeServer(config))
        return made[-1]

    example = played(PROGRAMMATIC, Config=quiet, ExchangeServer=recorded)
    serving = asyncio.create_task(example)
    async with asyncio.timeout(WITHIN_S):
        while not made or not made[0].server.ready.is_set():
            await asyncio.sleep(0.01)
        assert made[0].server.settings.tick_interval == 0.001
        async with ExchangeClient(made[0].url) as client:
            assert await client.get_symbols() == ["BTC/USD", "ETH/USD"]
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", made[0].server.http_port)


@pytest.mark.ci
async def test_start_ends_with_stop() -> None:
    """Asked by anybody, as often as he likes."""
    server = ExchangeServer(quiet())
    serving = asyncio.create_task(server.start())
    async with asyncio.timeout(WITHIN_S):
        await asyncio.to_thread(server.server.ready.wait)
        server.stop()
        server.stop()
        await serving


@pytest.mark.ci
async def test_what_cannot_start_says_why(server: ExchangeServer) -> None:
    """A port that is taken ends `async with` before its block."""
    config = quiet()
    config.server.port = int(server.url.rpartition(":")[2])
    with pytest.raises(StartError, match=r"port .* is taken by another program"):
        async with ExchangeServer(config):
            pytest.fail("it is up")


@pytest.mark.ci
async def test_failures_are_in_force_from_the_start() -> None:
    """What the configuration switches on is on the board, and hits."""
    config = quiet()
    config.failures.modes.duplicate_messages.enabled = True
    config.failures.modes.duplicate_messages.probability = 1.0
    async with ExchangeServer(config, seed=1) as server:
        play = server.server.exchange.play
        assert play is not None
        async with ExchangeClient(server.url) as client:
            await client.connect_ws()
            await client.subscribe("TICKER", "BTC/USD")
            assert await client.receive_ws_message() is not None
        (row,) = play.host.faults.describe()["faults"]
    assert (row["fault"], row["by"]) == ("duplicate", "setting")
    assert row["hits"] > 0


@pytest.mark.parametrize(
    ("model", "least", "most"), [(Rising, 50_050, 90_000), (Plain, 50_000, 50_000)]
)
async def test_prices_come_from_a_class_of_the_users(
    model: type, least: float, most: float
) -> None:
    """Whether it subclasses ours or not."""
    async with (
        ExchangeServer(quiet(), model=model, seed=1) as server,
        ExchangeClient(server.url) as client,
        asyncio.timeout(WITHIN_S),
    ):
        price = 0.0
        while price < least:
            price = float((await client.get_ticker("BTC/USD"))["last_price"])
    assert price <= most


def test_a_model_that_nobody_could_find_is_refused() -> None:
    """It must have a name in its module, and the method."""

    class Local(Plain):
        pass

    with pytest.raises(ConfigError, match=r"model: .*Local must be defined at the top of its mod"):
        ExchangeServer(quiet(), model=Local)
    with pytest.raises(ConfigError, match=r"model: builtins:int has no method next_price"):
        ExchangeServer(quiet(), model=int)


def test_a_configuration_that_is_wrong_is_refused_at_once() -> None:
    """Before anything is started."""
    config = quiet()
    config.exchange.symbols = ("BTCUSD",)
    with pytest.raises(ConfigError, match=r"Config: exchange.symbols must be .*BTC/USD"):
        ExchangeServer(config)
    with pytest.raises(ConfigError, match="time_limit"):
        ExchangeServer(quiet(), time_limit=-1)

"""Prices of a remote exchange, asked for once for all spectators."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cxgame.server.pages.prices import RemotePrices
from cxgame.server.pages.routes import NoPrices

TICKERS = {
    "BTC/USDT": {"symbol": "BTC/USDT", "price": 100.5, "bid": 100, "ask": 101, "info": "secret"},
    "ETH/USDT": {"error": "Ticker ETH/USDT not available"},
}


class Exchange(ThreadingHTTPServer):
    """Answers what a test puts here, by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, object] = {}
        self.status = 200
        self.asked: list[tuple[str, str | None]] = []

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Exchange

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["x-api-key"]))
        content = json.dumps(self.server.answers.get(self.path)).encode()
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """An exchange with two markets, one of them without a price."""
    server = Exchange()
    server.answers = {"/tickers": [*TICKERS], "/tickers/BTC/USDT,ETH/USDT": TICKERS}
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_row_per_market_that_has_a_price(exchange: Exchange) -> None:
    """Of a ticker only what is shown is passed on; the key goes along."""
    prices = RemotePrices(exchange.uri + "/", "a-key", 60)
    assert await prices() == [{"symbol": "BTC/USDT", "price": 100.5, "bid": 100, "ask": 101}]
    assert {key for _, key in exchange.asked} == {"a-key"}


async def test_all_spectators_share_one_question(exchange: Exchange) -> None:
    """Until the time between two of them is over."""
    prices = RemotePrices(exchange.uri, None, 60)
    assert await prices() == await prices()
    assert len(exchange.asked) == 2
    at_once = RemotePrices(exchange.uri, None, 0)
    await at_once()
    await at_once()
    assert len(exchange.asked) == 6


@pytest.mark.parametrize(
    ("answers", "status", "sentence"),
    [
        ({"/tickers": {}}, 200, "list of markets"),
        ({"/tickers": ["BTC/USDT"], "/tickers/BTC/USDT": []}, 200, "prices are none"),
        ({}, 401, "answers 401"),
    ],
)
async def test_what_is_no_answer_is_said(
    exchange: Exchange, answers: dict[str, object], status: int, sentence: str
) -> None:
    """In a sentence for the spectator, and again without asking again."""
    exchange.answers, exchange.status = answers, status
    prices = RemotePrices(exchange.uri, None, 60)
    for _ in range(2):
        with pytest.raises(NoPrices, match=sentence):
            await prices()
    assert len(exchange.asked) <= 2


async def test_an_exchange_that_is_away_is_said() -> None:
    """Without a path or the text of an exception."""
    gone = Exchange()
    gone.server_close()
    with pytest.raises(NoPrices, match=r"^The exchange does not answer\.$"):
        await RemotePrices(gone.uri, None, 60)()


async def test_what_speaks_no_http_is_no_answer() -> None:
    """A port of something else, such as one that wants TLS."""

    async def alert(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x15\x03\x01\x00\x02\x02\x46\r\n")
        writer.close()

    async with await asyncio.start_server(alert, "127.0.0.1", 0) as other:
        prices = RemotePrices(f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}", None, 60)
        with pytest.raises(NoPrices, match=r"^The exchange does not answer\.$"):
            await prices()

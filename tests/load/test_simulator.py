"""The simulator's dialects: what is sent, and how answers are understood."""

import json
from collections.abc import AsyncIterator

import pytest

from cxgame.load.dialect import Answer, Target
from cxgame.load.links import HttpLink, WebSocketLink
from cxgame.load.simulator import SimulatorRest, SimulatorSocket
from tests.support.sockets import MemoryTransport


@pytest.fixture
async def socket() -> AsyncIterator[SimulatorSocket]:
    """The WebSocket's dialect, with a token."""
    dialect = SimulatorSocket(Target("ws://127.0.0.1:8000/ws", "BTC/USD", token="t0k"))
    yield dialect
    await dialect.close()


@pytest.fixture
async def rest() -> AsyncIterator[SimulatorRest]:
    """The REST dialect, without one."""
    dialect = SimulatorRest(Target("http://127.0.0.1:8000", "BTC/USD"))
    yield dialect
    await dialect.close()


async def test_a_frame_has_its_number_as_request_id(socket: SimulatorSocket) -> None:
    """Text that comes back."""
    frames = [
        socket.order(7, "buy", "100", "0.1"),
        socket.cancel(8, "abc"),
        socket.look(9),
    ]
    assert [json.loads(frame[frame.index(b"{") :]) for frame in frames] == [
        {
            "type": "PLACE_ORDER",
            "request_id": "7",
            "symbol": "BTC/USD",
            "side": "BUY",
            "order_type": "LIMIT",
            "price": "100",
            "quantity": "0.1",
        },
        {"type": "CANCEL_ORDER", "request_id": "8", "order_id": "abc"},
        {"type": "PING", "request_id": "9"},
    ]


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (
            {"type": "ORDER_ACK", "request_id": "1", "order_id": "u", "status": "OPEN"},
            Answer(1, order="u"),
        ),
        (
            {"type": "ORDER_ACK", "request_id": "1", "order_id": "u", "status": "FILLED"},
            Answer(1),
        ),
        ({"type": "ORDER_CANCEL", "request_id": "2", "order_id": "u"}, Answer(2)),
        ({"type": "ORDER_CANCEL", "request_id": None, "order_id": "u"}, None),
        ({"type": "PONG", "request_id": "3"}, Answer(3)),
        (
            {"type": "ERROR", "request_id": "4", "code": "ORDER_FAILED", "message": "no"},
            Answer(4, "ORDER_FAILED"),
        ),
        (
            {"type": "ERROR", "request_id": "4", "code": "HANDLER_ERROR"},
            Answer(4, "HANDLER_ERROR", is_fault=True),
        ),
        (
            {"type": "ERROR", "request_id": None, "code": "INVALID_MESSAGE"},
            Answer(None, "INVALID_MESSAGE"),
        ),
        ({"type": "ORDER_REJECT", "request_id": "5"}, Answer(5, "ORDER_REJECT")),
        ({"type": "ORDER_FILL", "request_id": "6", "order_id": "u"}, None),
        ({"type": "MARKET_DATA", "request_id": None}, None),
    ],
)
async def test_a_frame_is_understood(
    socket: SimulatorSocket, frame: dict[str, object], answer: Answer | None
) -> None:
    """What is pushed answers nothing, though it may carry the number of a request."""
    assert socket.read(json.dumps(frame).encode(), 0) == answer


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (201, {"order_id": "u", "status": "OPEN"}, Answer(None, order="u")),
        (201, {"order_id": "u", "status": "FILLED"}, Answer(None)),
        (200, {"order_id": "u", "status": "cancelled"}, Answer(None)),
        (400, {"error": "Insufficient balance"}, Answer(None, "HTTP 400")),
        (
            429,
            {"error": "slow", "violation_count": 1, "retry_after": 10},
            Answer(None, "HTTP 429", is_later=True, wait_s=10),
        ),
        (500, {"error": "oh"}, Answer(None, "HTTP 500", is_fault=True)),
        (503, {"error": "halted"}, Answer(None, "HTTP 503", is_later=True)),
    ],
)
async def test_an_answer_is_understood(
    rest: SimulatorRest, status: int, body: dict[str, object], answer: Answer
) -> None:
    """By its status; 429 says how long to wait."""
    assert rest.read(json.dumps(body).encode(), status) == answer
    assert rest.read(b"<html>", 502) == Answer(None, "HTTP 502", is_fault=True)


async def test_each_client_is_a_session_and_a_token_is_in_every_request(
    socket: SimulatorSocket, rest: SimulatorRest
) -> None:
    """By headers: of the handshake, and of each request."""
    transport, shake = MemoryTransport(), socket._link(0)
    assert isinstance(shake, WebSocketLink)
    shake.connection_made(transport)
    assert transport.written.startswith(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n")
    assert b"\r\nAuthorization: Bearer t0k\r\n" in transport.written
    texts = []
    for client in (0, 1):
        transport, link = MemoryTransport(), rest._link(client)
        assert isinstance(link, HttpLink)
        link.connection_made(transport)
        link.send(rest.order(1, "sell", "100", "0.1"))
        texts.append(transport.written.decode())
    head, _, body = texts[0].partition("\r\n\r\n")
    assert head.startswith("POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n")
    assert f"Content-Length: {len(body)}" in head
    assert json.loads(body)["side"] == "SELL"
    assert texts[0].replace("-0\r\n", "-1\r\n") == texts[1]

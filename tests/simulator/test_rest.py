"""Requests by REST: what is asked again, what is not, and how fast."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest

from cxgame.network import Backoff, RateBudget
from cxgame.simulator.errors import InDoubt, Refused, Unreachable
from cxgame.simulator.health import Health
from cxgame.simulator.rest import Rest

Answer = httpx.Response | Exception | Callable[[], Any]
BOUND_S = 30.0


class Line:
    """Answers in turn; the last one goes for all that follow."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[httpx.Request] = []
        self.asked_at: list[float] = []
        self._answers = list(answers)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.asked_at.append(asyncio.get_running_loop().time())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        await asyncio.sleep(BOUND_S)
        raise AssertionError("who asked should be gone")


def silence() -> None:
    """No answer."""


def done(**body: Any) -> httpx.Response:
    return httpx.Response(200, json=body)


def too_many(retry_after: str | None) -> httpx.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return httpx.Response(429, headers=headers, json={"error": "Too many", "violation_count": 1})


@asynccontextmanager
async def rest(line: Line, **terms: Any) -> AsyncIterator[Rest]:
    """A client at the end of a line."""
    made = Rest(
        "http://simulator.invalid",
        {"X-Session-ID": "one"},
        health=terms.pop("health", Health()),
        budget=terms.pop("budget", RateBudget(1_000, 1_000)),
        reply_s=terms.pop("reply_s", 5.0),
        transport=httpx.MockTransport(line),
    )
    try:
        async with asyncio.timeout(BOUND_S):
            yield made
    finally:
        await made.close()


def soon(seconds: float = BOUND_S) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_request_names_its_session() -> None:
    """As header; parameters that are None are left out."""
    line = Line(done(symbols=[]))
    async with rest(line) as client:
        assert await client.get("/symbols", soon(), symbol="BTC/USD", limit=None) == {"symbols": []}
    (request,) = line.asked
    assert request.headers["X-Session-ID"] == "one"
    assert str(request.url) == "http://simulator.invalid/api/v1/symbols?symbol=BTC%2FUSD"


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("half an answer"),
        httpx.ReadTimeout("late"),
        httpx.Response(500, json={"error": "Internal server error"}),
        httpx.Response(503, content=b"busy"),
        httpx.Response(200, content=b'{"order_id": "1"'),
        httpx.Response(200, content=b"[]"),
        httpx.Response(400, content=b"\xff\xfe"),
        httpx.Response(400, json={"error": "Invalid JSON"}),
        too_many("0"),
    ],
    ids=repr,
)
async def test_faults_of_the_line_are_tried_again(fault: Answer) -> None:
    """With the same body; the answer is that of the try that worked."""
    line, health = Line(fault, fault, done(order_id="1")), Health()
    body = {"client_order_id": "mine"}
    async with rest(line, health=health, budget=RateBudget(50, 50)) as client:
        assert await client.ask("POST", "/orders", soon(), body=body) == {"order_id": "1"}
    assert [request.content for request in line.asked] == [b'{"client_order_id": "mine"}'] * 3
    counts = health.report()["counts"]
    assert (counts["requests"], counts["retries"]) == (3, 2)
    assert len(counts) > 2, "what it was is counted as well"


async def test_silence_is_asked_again() -> None:
    """After the time for one answer, not after all the time there is."""
    line, health = Line(silence, done(ok=1)), Health()
    async with rest(line, health=health, reply_s=0.05) as client:
        assert await client.get("/balance", soon()) == {"ok": 1}
    assert health.report()["counts"]["timeouts"] == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
async def test_a_no_is_handed_on(status: int) -> None:
    """With sentence, code and status, and it is not asked again."""
    line = Line(httpx.Response(status, json={"error": "Order not found", "code": "X_Y"}))
    async with rest(line) as client:
        with pytest.raises(Refused, match="Order not found") as caught:
            await client.get("/orders/9", soon())
    assert (caught.value.code, caught.value.status) == ("X_Y", status)
    assert len(line.asked) == 1


async def test_the_end_of_the_time_is_a_doubt_only_where_something_may_be_done() -> None:
    """What was asked for by GET has changed nothing."""
    line = Line(httpx.ReadError("reset"))
    async with rest(line) as client:
        with pytest.raises(InDoubt):
            await client.ask("POST", "/orders", soon(0.1), body={})
        with pytest.raises(Unreachable) as caught:
            await client.get("/orders", soon(0.1))
        assert not isinstance(caught.value, InDoubt)
        line.asked.clear()
        with pytest.raises(Unreachable) as caught:
            await client.ask("POST", "/orders", soon(-1), body={})
        assert not isinstance(caught.value, InDoubt), "nothing has left"
        assert not line.asked


async def test_a_refusal_for_the_rate_is_obeyed_by_all() -> None:
    """Nothing goes before the time that was said, whoever asks; meanwhile it is quiet."""
    line, health = Line(too_many("0.4"), done()), Health()
    async with rest(line, health=health, budget=RateBudget(1_000, 1_000)) as client:
        first = asyncio.create_task(client.get("/balance", soon()))
        while not client.quiet_s():
            await asyncio.sleep(0.001)
        assert not health.is_well
        await client.get("/symbols", soon())
        await first
    assert line.asked_at[1] - line.asked_at[0] >= 0.4
    assert len(line.asked) == 3
    assert health.is_well
    assert health.report()["stretches"]["rest_quiet"]["total_s"] >= 0.4


async def test_without_a_time_the_quiet_is_ones_own() -> None:
    """Growing with each refusal."""
    line = Line(too_many(None), too_many("soon"), done())
    backoff = Backoff(0.1, 1.0, spread=lambda low, high: high)
    async with rest(line, budget=RateBudget(1_000, 1_000, backoff=backoff)) as client:
        await client.get("/balance", soon())
    first, second = (after - at for at, after in pairwise(line.asked_at))
    assert first >= 0.1
    assert second >= 0.2


async def test_who_may_not_ask_in_time_is_told_without_asking() -> None:
    """A ban that is longer than the call leaves it unanswered."""
    line = Line(too_many("60"))
    async with rest(line) as client:
        with pytest.raises(Unreachable, match="too many requests"):
            await client.get("/balance", soon(0.1))
        with pytest.raises(Unreachable, match="not answered in time"):
            await client.get("/balance", soon(0.05))
    assert len(line.asked) == 1


async def test_the_budget_spaces_requests() -> None:
    """Before anybody has to refuse one."""
    line = Line(done())
    async with rest(line, budget=RateBudget(50, 1)) as client:
        await asyncio.gather(*(client.get("/balance", soon()) for _ in range(6)))
    assert line.asked_at[-1] - line.asked_at[0] >= 5 / 50 * 0.9

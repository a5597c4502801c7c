"""Refusals: one form for all of them, whoever says no."""

from bisect import bisect_left
from collections.abc import AsyncIterator
from string import Formatter
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cxgame.model.errors import MEANINGS, Code, reject
from cxgame.server.http.app import create_app
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.rest.bodies import parse_members
from cxgame.server.http.rest.errors import Refused, install, misshapen, problem, refusal
from cxgame.server.http.rest.numbers import read_amount
from tests.server.http.rest.trading import Trader, trading

JSON = {"content-type": "application/json"}
BUY = b'{"side":"buy","amount":0.01}'


@pytest.fixture
async def trader() -> AsyncIterator[Trader]:
    """Funded, at a price of 60,000."""
    async with trading() as one:
        yield one


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_status(code: Code) -> None:
    """None of them is a yes, and 500 is left to our own bugs."""
    named = [name for _, name, _, _ in Formatter().parse(MEANINGS[code].sentence) if name]
    refused = refusal(reject(code, **dict.fromkeys(named, "1500")))
    assert 400 <= refused.status < 600
    assert (refused.status == 500) == (code is Code.INTERNAL_ENGINE)
    assert refused.code == code
    retryable = MEANINGS[code].retryable and code not in (Code.STATE_PAUSED, Code.STATE_NOT_OPEN)
    assert (refused.status in (429, 503)) == retryable


def test_who_may_come_again_is_told_when() -> None:
    """Rounded up to seconds; a second where nobody knows."""
    assert refusal(reject(Code.LIMIT_RATE, wait_ms="1001")).response().headers["retry-after"] == "2"
    assert Refused(503, "STATE_HALTED", "No.").response().headers["retry-after"] == "1"
    assert "retry-after" not in Refused(400, "PARAM_JSON", "No.").response().headers


def test_several_problems_are_one_sentence() -> None:
    """And a list, as FastAPI has it."""
    wrong = misshapen(
        problem("enum", ("body", "side"), "Bad", "x", expected="y"),
        problem("missing", ("body", "amount"), "Missing", None),
    )
    assert (wrong.status, wrong.code) == (422, "PARAM_MISSING")
    assert wrong.text == "body.side: Bad; body.amount: Missing"
    assert wrong.problems[0] == {
        "type": "enum",
        "loc": ["body", "side"],
        "msg": "Bad",
        "input": "x",
        "ctx": {"expected": "y"},
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "PARAM_JSON"),
        (b"{", 422, "PARAM_JSON"),
        (b'{"side":"buy","amount":NaN}', 422, "PARAM_JSON"),
        (b'{"side":"buy","amount":Infinity}', 422, "PARAM_JSON"),
        (b'{"side":"buy","amount":1e400}', 422, "PARAM_NUMBER"),
        (b'{"side":"buy","amount":[1e400]}', 422, "PARAM_TYPE"),
        (b'{"side":"buy","amount":{"of":"\xff"}}', 422, "PARAM_TYPE"),
        (b'{"side":"\xff","amount":1}', 422, "PARAM_TYPE"),
        (b'{"side":"\\ud800","amount":1}', 422, "PARAM_JSON"),
        (b'{"\xff":1}', 422, "PARAM_JSON"),
        (b"\xff\xfe", 422, "PARAM_JSON"),
        (b"[]", 422, "PARAM_TYPE"),
        (b"null", 422, "PARAM_TYPE"),
        (b'"text"', 422, "PARAM_TYPE"),
        (b"[" * 60_000, 422, "PARAM_TYPE"),
        (b'{"side":' + b"[" * 30_000 + b"]" * 30_000 + b"}", 422, "PARAM_JSON"),
        (b'{"side":"buy","amount":1,"pad":"' + b"x" * 65_536 + b'"}', 413, "LIMIT_MESSAGE"),
    ],
)
async def test_a_body_that_is_none_is_refused(
    trader: Trader, body: bytes, status: int, code: str
) -> None:
    """Never with 500, whatever it is."""
    found = await trader.refused("POST", "/orders", content=body, headers=JSON)
    assert found == (status, code)


def test_what_is_nested_as_deeply_as_can_be_read_is_refused() -> None:
    """Though an answer that showed it would go deeper."""

    def said(depth: int) -> bytes | None:
        body = b'{"amount":' + b"[" * depth + b"]" * depth + b"}"
        try:
            members = parse_members(body)
        except Refused:
            return None
        with pytest.raises(Refused) as no:
            read_amount(members["amount"], ("body", "amount"))
        return no.value.body()

    deepest = bisect_left(range(60_000), True, key=lambda depth: said(depth) is None) - 1
    for depth in range(max(deepest - 10, 0), deepest + 2):
        assert (said(depth) or b"PARAM_TYPE").count(b"PARAM_TYPE") == 1


async def test_a_body_in_pieces_is_cut_off_as_well(trader: Trader) -> None:
    """413 as soon as it is too long, though nobody said how long it would be."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 10_000
            yield b"x" * 10_000

    found = await trader.refused("POST", "/orders", content=endless(), headers=JSON)
    assert found == (413, "LIMIT_MESSAGE")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
async def test_a_body_must_be_said_to_be_json(trader: Trader, kind: str) -> None:
    """Another kind a browser would send for any page that it shows."""
    headers = {"content-type": kind} if kind else {}
    found = await trader.refused("POST", "/orders", content=BUY, headers=headers)
    assert found == (415, "PARAM_JSON")
    for good in ("application/json; charset=utf-8", "Application/JSON", "application/x+json"):
        await trader.do("POST", "/orders", content=BUY, headers={"content-type": good})


async def test_a_bug_is_500_in_the_same_form(trader: Trader, monkeypatch: Any) -> None:
    """Without a word of what went wrong inside."""

    def fail(*_: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("cxgame.server.http.rest.orders.dry_run", fail)
    transport = httpx.ASGITransport(trader.office.app, raise_app_exceptions=False)
    headers = dict(trader.office.http.headers)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as http:
        answer = await http.post("/orders/can_execute", content=BUY, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ENGINE")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/orders/", 404),
        ("GET", "/orders/1/2", 404),
        ("GET", "/%ff%fe", 404),
        ("GET", "/orders/%", 404),
        ("DELETE", "/orders", 405),
        ("PUT", "/orders/1", 405),
        ("GET", "/api/wallets", 405),
        ("GET", "/docs/static/../../app.py", 404),
        ("GET", "/docs/static/nothing.js", 404),
    ],
)
async def test_what_the_framework_refuses_has_the_same_form(
    trader: Trader, method: str, path: str, status: int
) -> None:
    """Paths and methods that there are none of; `Allow` says which there are."""
    face = trader.office.app.state.face
    app = create_app(face.vitals, Metrics(face.vitals), face)
    headers = dict(trader.office.http.headers)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as http:
        answer = await http.request(method, path)
    assert answer.status_code == status
    body = answer.json()
    assert body["error"] == body["detail"]
    assert body["code"] in ("PARAM_COMMAND", "ORDER_NOT_FOUND")
    allowed = {
        "/orders": "GET, HEAD, POST",
        "/orders/1": "GET, HEAD",
        "/api/wallets": "POST",
    }
    assert answer.headers.get("allow") == (allowed[path] if status == 405 else None)


async def test_what_the_framework_validates_has_the_same_form() -> None:
    """A route that lets it read its query refuses as the others do."""
    app = FastAPI()
    install(app)

    @app.get("/page")
    async def page(size: int) -> int:
        return size

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        answer = await http.get("/page?size=big")
    assert answer.status_code == 422
    body = answer.json()
    assert (body["code"], body["detail"][0]["loc"]) == ("PARAM_TYPE", ["query", "size"])
    assert body["detail"][0]["input"] == "big"
    assert body["error"].startswith("query.size: ")

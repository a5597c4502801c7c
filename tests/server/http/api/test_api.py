"""The order server's commands by HTTP: the same replies, without a connection."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cxgame.auth import sha256
from cxgame.config import Settings
from cxgame.limits import Limits
from cxgame.server.http.app import create_app
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.rest.face import Face
from cxgame.server.http.rest.keys import Keys
from cxgame.server.http.vitals import Condition
from tests.server.rig import Rig

KEY = "the key of the test"
WITHIN_S = 10


class Door:
    """A game, and its HTTP face."""

    def __init__(self, rig: Rig, **settings: Any) -> None:
        self.rig = rig
        play = SimpleNamespace(host=rig.host)
        self.vitals: Any = SimpleNamespace(play=play, condition=Condition.READY, connections=0)
        self.face = Face(self.vitals, replace(Settings(), **settings), Keys(sha256(KEY)))
        self.app: FastAPI = create_app(self.vitals, Metrics(self.vitals), self.face)

    async def post(
        self, command: str, body: Any = b"{}", key: str = "", **headers: str
    ) -> httpx.Response:
        """The answer to a request; `body` is JSON, or bytes as they are sent."""
        sent = {"content-type": "application/json", **headers}
        if key:
            sent["x-api-key"] = key
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
            content = body if isinstance(body, bytes) else httpx.Response(200, json=body).content
            asked = http.post(f"/api/{command}", content=content, headers=sent)
            return await asyncio.wait_for(asked, WITHIN_S)

    async def ask(self, command: str, key: str = "", **params: Any) -> Any:
        """The reply to a command."""
        answer = await self.post(command, params, key)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """A game with one player on the WebSocket, bob."""
    rig = await Rig().start()
    yield Door(rig)
    await rig.stop()


async def test_a_player_plays_by_http_alone(door: Door) -> None:
    """From `register` to a fill, with the order server's own rows."""
    bob = await door.rig.player("bob")
    await bob.done("sell", price="1100.00", size="1")
    token = (await door.ask("register", username="alice"))["data"]
    placed = await door.ask(
        "order", token, side="buy", type="limit", price="1100.00", size="0.5", cid="mine"
    )
    assert (placed["message"], placed["data"]["status"]) == ("Order placed.", "filled")
    again = await door.ask(
        "order", token, side="buy", type="limit", price="1100.00", size="0.5", cid="mine"
    )
    assert (again["data"]["id"], again["data"]["replayed"]) == (placed["data"]["id"], True)
    alice = await door.rig.player("alice2")
    for command in ("markets", "book", "trades"):
        assert await door.ask(command) == await alice(command)
    assert (await door.ask("me", token))["data"] == {"username": "alice"}


async def test_an_order_with_a_trigger_is_placed_by_http(door: Door) -> None:
    """And listed and cancelled."""
    token = (await door.ask("register", username="alice"))["data"]
    stop = {"side": "sell", "type": "market", "size": "1", "trigger": "stop"}
    placed = (await door.ask("order", token, **stop, trigger_price="990"))["data"]
    assert placed["trigger"] == {"kind": "stop", "by": "last", "price": "990.00", "armed": True}
    (listed,) = (await door.ask("orders", token))["data"]["market"]
    assert listed["id"] == placed["id"]
    assert (await door.ask("cancel", token, order_id=placed["id"]))["status"] is True
    reply = await door.ask("order", token, **stop)
    assert (reply["status"], reply["code"]) == (False, "PARAM_MISSING")


async def test_a_no_of_the_game_is_a_reply(door: Door) -> None:
    """HTTP status 200; the code says the rest."""
    token = (await door.ask("register", username="alice"))["data"]
    reply = await door.ask(
        "order", token, side="buy", type="limit", price="1.00", size="0.000000001"
    )
    assert (reply["status"], reply["code"]) == (False, "FILTER_MIN_SIZE")
    assert reply["data"].keys() == {"limit", "got"}
    assert (await door.ask("fly", token))["code"] == "PARAM_COMMAND"
    assert (await door.ask("markets", color="red"))["code"] == "PARAM_UNKNOWN"


@pytest.mark.parametrize("command", ["auth", "batch", "cancel_on_disconnect"])
async def test_what_needs_a_connection_is_not_there(door: Door, command: str) -> None:
    """It would be gone with the request."""
    token = (await door.ask("register", username="alice"))["data"]
    reply = await door.ask(command, token, on=True)
    assert (reply["status"], reply["code"]) == (False, "PARAM_COMMAND")


@pytest.mark.parametrize("command", ["subscribe", "unsubscribe", "resync"])
async def test_there_is_nothing_to_push_to(door: Door, command: str) -> None:
    """The refusal says so, and where it can be had."""
    token = (await door.ask("register", username="alice"))["data"]
    reply = await door.ask(command, token, channels=["executions"])
    assert (reply["status"], reply["code"]) == (False, "PARAM_COMMAND")
    assert reply["message"].startswith("There is no connection to push to: subscribe over ")


@pytest.mark.parametrize(
    ("command", "key", "status", "code"),
    [
        ("wallets", "", 401, "AUTH_REQUIRED"),
        ("me", "", 401, "AUTH_REQUIRED"),
        ("wallets", "0" * 64, 401, "AUTH_TOKEN"),
        ("markets", "0" * 64, 401, "AUTH_TOKEN"),
    ],
)
async def test_a_key_is_needed_and_must_be_right(
    door: Door, command: str, key: str, status: int, code: str
) -> None:
    """A wrong one also where none is needed."""
    answer = await door.post(command, key=key)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().keys() == {"status", "message", "data", "code"}


async def test_the_games_own_key_is_that_of_its_owner(door: Door) -> None:
    """As on the REST face."""
    assert (await door.ask("me", KEY))["data"] == {"username": "mockx"}
    told = await door.ask("rotate", KEY)
    assert (told["code"], told["status"]) == ("AUTH_UNKNOWN_USER", False), "it is no user's token"


@pytest.mark.parametrize("body", [b"{", b"", b'{},"cmd":"register"', b"\xff", b'{"a":1}}'])
async def test_a_body_is_one_json_value(door: Door, body: bytes) -> None:
    """It cannot reach out of the params; none at all is no params."""
    answer = await door.post("markets", body)
    assert answer.status_code == (400 if body else 200)
    assert answer.json()["status"] is (not body)


async def test_params_that_stand_twice_are_refused(door: Door) -> None:
    """As on the WebSocket."""
    reply = (await door.post("book", b'{"depth":1,"depth":2}')).json()
    assert reply["code"] == "PARAM_JSON"
    assert (await door.post("book", b"[]")).json()["code"] == "PARAM_TYPE"


async def test_a_page_of_another_site_cannot_ask(door: Door) -> None:
    """A form's content type is not taken, and JSON needs a permission that nobody gives."""
    answer = await door.post("markets", **{"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "PARAM_JSON")


async def test_who_asks_too_fast_waits(door: Door) -> None:
    """Without a key by address, with one by account."""
    hasty = Door(door.rig, rate_limit=1, rate_burst=2)
    statuses = [(await hasty.post("time")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = await hasty.post("time")
    assert refused.json()["code"] == "LIMIT_RATE"
    assert int(refused.headers["retry-after"]) >= 1
    assert 0 < refused.json()["data"]["wait_ms"] <= 1_000


async def test_a_reply_tells_the_limits_to_who_asks() -> None:
    """Of the key, or without one of the address; the owner has none."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=20)).start()
    fast = Door(rig, rate_limit=10, rate_burst=30)
    fast.face.keys = Keys(sha256(KEY), limits=rig.host.limits)
    token = (await fast.ask("register", username="alice"))["data"]
    for key, rate in (
        ("", {"remaining": 28, "per_s": 10}),
        (token, {"remaining": 19, "per_s": 10}),
        (KEY, None),
    ):
        reply = (await fast.post("time?limits=true&ts=true", key=key)).json()
        assert reply["limits"]["rate"] == rate
        assert reply["ts_in"] <= reply["ts_out"]
    assert "limits" not in await fast.ask("time", token)
    assert (await fast.post("time?limits=perhaps")).status_code == 422
    await rig.stop()


async def test_a_young_order_costs_more_of_the_keys_budget() -> None:
    """As it would on a socket."""
    limits = Limits(rate_limit=10, rate_burst=15, young_cancel_ms=500, young_cancel_cost=8)
    rig = await Rig(limits).start()
    fast = Door(rig)
    fast.face.keys = Keys(sha256(KEY), limits=limits)
    token = (await fast.ask("register", username="alice"))["data"]
    left = 15
    for status, data, cost in ((True, None, 8), (False, {"wait_ms": 400}, 1)):
        placed = await fast.ask("buy", token, price="900", size="1")
        id = placed["data"]["id"]
        reply = (await fast.post("cancel?limits=true", {"order_id": id}, token)).json()
        left -= 1 + cost
        assert (reply["status"], reply["limits"]["rate"]["remaining"]) == (status, left)
        assert reply["data"] == data
    await rig.stop()


async def test_nobody_hears_of_a_request(door: Door) -> None:
    """The feed says nothing, and an account's connections are not counted up."""
    said: list[str] = []
    door.rig.host.notice = said.append
    token = (await door.ask("register", username="alice"))["data"]
    said.clear()
    for _ in range(30):
        assert (await door.ask("wallets", token))["status"]
    assert said == []
    account = door.rig.host.account_of("alice")
    assert account is not None
    assert not door.rig.host.sessions_of(account)


async def test_while_there_is_no_game_nothing_is_asked(door: Door) -> None:
    """Try again."""
    door.vitals.play = None
    answer = await door.post("markets")
    assert (answer.status_code, answer.json()["code"]) == (503, "STATE_HALTED")
    assert answer.headers["retry-after"]


async def test_tickers_sum_up_the_day(door: Door) -> None:
    """Best prices with all that is there, and what was traded."""
    bob, eve = await door.rig.player("bob"), await door.rig.player("eve")
    nothing = (await door.ask("tickers"))["data"][0]
    assert {nothing[name] for name in ("bid", "ask", "open", "last", "volume")} == {None}
    await bob.done("sell", price="1100.00", size="1")
    await eve.done("sell", price="1100.00", size="0.5")
    await bob.done("buy", price="900.00", size="0.25")
    await eve.done("buy_market", amount="110.00")
    await eve.done("sell_market", amount="0.05")
    symbol = (await door.ask("markets"))["data"][0]["symbol"]
    (ticker,) = (await door.ask("tickers", symbols=[symbol]))["data"]
    assert isinstance(ticker.pop("timestamp"), float)
    assert ticker == {
        "symbol": symbol,
        "bid": "900.00",
        "bid_size": "0.2000000000",
        "ask": "1100.00",
        "ask_size": "1.4000000000",
        "open": "1100.00",
        "high": "1100.00",
        "low": "900.00",
        "last": "900.00",
        "volume": "0.1500000000",
    }
    assert (await door.ask("tickers", symbols=["NO/SUCH"]))["code"] == "FILTER_SYMBOL"
    assert (await door.ask("tickers", symbols="all"))["code"] == "PARAM_TYPE"
    assert (await door.ask("tickers", symbol="all"))["code"] == "PARAM_UNKNOWN"


async def test_a_bug_of_ours_is_said(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next request finds the game as it was."""

    async def fail(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(door.rig.host.past, "work", fail)
    assert (await door.ask("candles"))["code"] == "INTERNAL_ENGINE"
    assert (await door.ask("time"))["status"]

"""Real messages are what the description says: those of a played game, and those of the docs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cxgame.limits import Limits
from cxgame.server.description.document import asyncapi
from cxgame.server.description.frames import Frames, tag_of
from cxgame.server.description.orders import camel
from cxgame.wire.execution_types import EXECUTIONS
from cxgame.wire.requests import COMMANDS
from tests.server.description.conftest import Judge
from tests.server.rig import SECRET, Player, Rig

DOCS = Path(__file__).parents[3] / "docs"
PROTOCOL, FEED = ((DOCS / name).read_text(encoding="utf-8") for name in ("protocol.md", "feed.md"))
TOKEN = "0123456789abcdef" * 4
LIMITS = Limits(rate_limit=1_000, rate_burst=1_000, young_cancel_ms=10, bcast_rate=0)
TRIGGERED = {"side": "sell", "type": "limit", "price": "950", "size": "0.1"}

# What one bot does, so that every command works once and rows of every shape are seen.
GAME: list[tuple[str, dict[str, Any]]] = [
    ("register", {"username": "alice", "token": TOKEN}),
    ("auth", {"username": "alice", "token": TOKEN}),
    ("subscribe", {"channels": ["executions"]}),
    ("bcast", {"message": "hello"}),
    ("markets", {}),
    ("time", {}),
    ("price", {"symbol": "BTC/USD"}),
    ("cancel_on_disconnect", {"on": True}),
    ("cancel_all_after", {"ms": 60_000}),
    ("cancel_all_after", {"ms": 0}),
    ("buy", {"price": "900", "size": "1", "cid": "mine"}),
    ("buy", {"price": "900", "size": "1", "cid": "mine"}),
    ("sell", {"price": 1100, "size": 1e-1}),
    ("buy_market", {"amount": "110"}),
    ("sell_market", {"amount": "0.1"}),
    ("order", {"side": "buy", "type": "market", "size": "0.1"}),
    ("order", {"side": "buy", "type": "limit", "price": "1300", "size": "3", "stp": "decrement"}),
    ("order", {"side": "sell", "type": "limit", "price": "1400", "size": "1", "validate": True}),
    (
        "order",
        {
            "side": "sell",
            "type": "limit",
            "price": "1400",
            "size": "1",
            "time_in_force": "gtd",
            "expires": "+30s",
            "post_only": True,
            "deadline_ms": 2_000_000_000_000,
        },
    ),
    ("order", {**TRIGGERED, "trigger": "stop", "trigger_price": "960"}),
    ("order", {**TRIGGERED, "trigger": "trailing", "trail_percent": "1", "trigger_by": "mid"}),
    (
        "order",
        {
            "side": "buy",
            "type": "market",
            "size": "0.1",
            "trigger": "take_profit",
            "trigger_price": "800",
            "max_price": "850",
        },
    ),
    ("amend", {"cid": "mine", "size": "0.9"}),
    ("amend", {"cid": "mine", "price": "901"}),
    ("orders", {}),
    ("all_orders", {"limit": 1}),
    ("book", {"depth": 5}),
    ("cancel", {"cid": "mine"}),
    (
        "batch",
        {
            "requests": [
                {"cmd": "buy", "params": {"price": "900", "size": "1"}, "id": 1},
                {"cmd": "buy", "params": {"price": "900", "size": "0.000000001"}},
                {"cmd": "sell_market", "params": {"amount": "0.1"}, "id": "x"},
                {"cmd": "cancel_all", "params": {"side": "buy"}},
            ]
        },
    ),
    ("cancel_all", {}),
    ("wallets", {}),
    ("fills", {"after": "0", "limit": 2}),
    ("completed", {}),
    ("trades", {"since": 0, "until": 2_000_000_000_000}),
    ("candles", {"interval": "1m"}),
    ("tickers", {}),
    ("audit", {}),
    ("audit", {"secret": SECRET}),
    ("grant", {"username": "alice", "secret": SECRET}),
    ("announce", {"message": "Ten minutes left."}),
    ("players", {"secret": SECRET}),
    ("whitelist", {}),
    ("whitelist", {"add": {"red": ["alice", "bob"]}}),
    ("whitelist", {"add": ["cid"], "remove": ["BOB"]}),
    ("whitelist", {"everyone": True}),
    ("kick", {"username": "bob"}),
    ("rotate_user", {"username": "bob"}),
    ("adjust", {"username": "bob", "asset": "USD", "free": "500", "held": 1}),
    ("set_price", {"symbol": "BTC/USD", "price": 1000}),
    ("faults", {"set": [{"fault": "silence", "to": ["nobody"]}, {"fault": "reorder", "at": 9}]}),
    ("faults", {"clear": "all", "deck": "[[deal]]\nfault='half_open'\nprobability=0\nat=9\nfor=1"}),
    ("end_round", {}),
    ("start_round", {}),
    ("start", {"secret": SECRET}),
    ("pause", {}),
    ("start", {"secret": SECRET}),
    ("rotate", {"token": TOKEN[::-1]}),
    ("subscribe", {"channels": ["depth", "candles"], "timeframe": "1s"}),
    ("resync", {}),
    ("unsubscribe", {}),
    ("shutdown", {}),
]
NOES: list[tuple[str, dict[str, Any]]] = [
    ("register", {"username": "alice"}),
    ("auth", {"username": "alice", "token": "x"}),
    ("buy", {"price": "900", "size": "1000"}),
    ("buy", {"price": "900.001", "size": "1"}),
    ("cancel", {"order_id": "99"}),
    ("orders", {"limit": 0}),
]


async def ask(judge: Judge, player: Player, command: str, params: Any, *, is_sound: bool) -> Any:
    """A reply; it and its request are what the document says."""
    request = {"cmd": command, "params": params, "id": 7, "ts": True, "limits": True}
    if is_sound:
        judge.check(f"{camel(command)}Request", request)
    reply = await player.ask(json.dumps(request).encode())
    judge.check(f"{camel(command)}Reply", reply)
    return reply


async def test_a_game_is_played_as_described(judge: Judge) -> None:
    """Every command, with requests, replies and what is pushed meanwhile."""
    rig = await Rig(LIMITS).start()
    bob, alice = await rig.player("bob"), rig.connect()
    await bob.done("sell", price="1100", size="3")
    await bob.done("buy", price="950", size="3")
    for command, params in GAME:
        reply = await ask(judge, alice, command, params, is_sound=True)
        assert reply["status"] is True, (command, params, reply)
        if command in ("pause", "start"):
            rig.tick(100_000)
        await rig.game.settled()
    assert {command for command, _ in GAME} == set(COMMANDS)
    types = Frames().types
    for frame in alice.wire.pushed:
        judge.check(f"{types[frame['type']].__name__.removesuffix('Frame')}Frame", frame)
    pushed = {frame["type"] for frame in alice.wire.pushed}
    assert {"depth_snapshot", *(tag_of(type_) for type_ in EXECUTIONS)} <= pushed
    seen = {frame["event"] for frame in alice.wire.pushed if frame["type"] == "execution"}
    assert {"accepted", "filled", "reduced", "amended", "cancelled"} <= seen
    await rig.stop()


async def test_refusals_are_as_described(judge: Judge) -> None:
    """With what each carries; also before a login, and of what came too fast."""
    rig = await Rig(Limits(rate_limit=1, rate_burst=len(NOES) + 1)).start()
    alice = rig.connect()
    for command in ("wallets", "cancel_all"):
        assert not (await ask(judge, rig.connect(), command, {}, is_sound=True))["status"]
    await alice.done("register", username="alice")
    for command, params in NOES:
        reply = await ask(judge, alice, command, params, is_sound=False)
        assert reply["status"] is False
    reply = await ask(judge, alice, "time", {}, is_sound=True)
    assert reply["code"] == "LIMIT_RATE"
    await rig.stop()


async def test_a_halted_game_answers_as_described(judge: Judge) -> None:
    """Reads say as of when."""
    rig = await Rig().start()
    alice = await rig.player("alice")
    await rig.halt()
    reply = await ask(judge, alice, "book", {}, is_sound=True)
    assert reply["halted"] is True
    await rig.resume()
    await rig.stop()


@pytest.mark.parametrize(
    ("command", "params"),
    [
        ("buy", {"price": "900", "size": "1", "sice": "2"}),
        ("buy", {"price": "900"}),
        ("buy", {"price": "9_00", "size": "1"}),
        ("order", {"side": "up", "type": "limit"}),
        ("batch", {"requests": [{"cmd": "price", "params": {}}]}),
        ("book", {"depth": 0}),
    ],
)
def test_what_is_refused_is_not_described(judge: Judge, command: str, params: Any) -> None:
    """The schema of a request says no to what is no request."""
    with pytest.raises(AssertionError):
        judge.check(f"{camel(command)}Request", {"cmd": command, "params": params})


def test_the_examples_of_the_docs_are_as_described(judge: Judge) -> None:
    """Requests, replies and frames."""
    examples = re.findall(r"^→ (.*)\n← (.*)$", PROTOCOL, re.MULTILINE)
    for request, reply in examples:
        if "..." not in reply:
            command = camel(json.loads(request)["cmd"])
            judge.check(f"{command}Request", json.loads(request))
            judge.check(f"{command}Reply", json.loads(reply))
    (shown,) = re.findall(r'^\{"title": .*\}$', PROTOCOL, re.MULTILINE)
    assert json.loads(shown) == asyncapi()["components"]["schemas"]["CancelAllRequest"]
    types = Frames().types
    pushed = [json.loads(text) for text in re.findall(r'^(\{"type":.*\})$', FEED, re.MULTILINE)]
    for frame in pushed:
        judge.check(f"{types[frame['type']].__name__.removesuffix('Frame')}Frame", frame)
    assert len(examples) > 30
    assert len(pushed) > 30

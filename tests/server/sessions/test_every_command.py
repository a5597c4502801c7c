"""What holds for each command: its route, who may ask for it, and what a halt does to it."""

from typing import Any

import pytest

from cxgame.server.sessions.routes import ROUTES
from cxgame.wire.requests import COMMANDS, REQUESTS
from tests.server.rig import SECRET, Rig

OPEN_TO_ALL = {"register", "auth", "markets", "book", "tickers", "time", "trades", "candles"}
OPEN_TO_ALL |= {"unsubscribe", "resync"}  # `subscribe` is, but for `executions`
BY_SECRET = {"start", "pause", "shutdown", "grant", "end_round", "start_round", "announce"}
BY_SECRET |= {"players", "whitelist", "kick", "rotate_user", "adjust", "set_price", "faults"}

PARAMS: dict[str, dict[str, Any]] = {
    "bcast": {"message": "hello"},
    "buy": {"price": "900", "size": "1"},
    "sell": {"price": "1100", "size": "1"},
    "buy_market": {"amount": "10"},
    "sell_market": {"amount": "1"},
    "order": {"side": "buy", "type": "limit", "price": "900", "size": "1"},
    "amend": {"order_id": "1", "size": "2"},
    "cancel": {"order_id": "1"},
    "batch": {"requests": [{"cmd": "cancel_all", "params": {}}]},
    "cancel_on_disconnect": {"on": True},
    "cancel_all_after": {"ms": 60_000},
    "subscribe": {"channels": ["executions"]},
    "grant": {"username": "alice"},
    "announce": {"message": "hello"},
    "whitelist": {"add": ["bob"]},
    "kick": {"username": "alice"},
    "rotate_user": {"username": "alice"},
    "adjust": {"username": "alice", "asset": "USD", "free": "1"},
    "set_price": {"symbol": "BTC/USD", "price": "1000"},
}


def test_every_command_has_a_route() -> None:
    """Under its own name."""
    assert set(ROUTES) == set(REQUESTS)
    assert {route.command for route in ROUTES.values()} == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - OPEN_TO_ALL - BY_SECRET))
async def test_what_needs_a_login_says_so(rig: Rig, command: str) -> None:
    """And changes nothing."""
    before = rig.game.engine.state_hash()
    stranger = rig.connect()
    reply = await stranger(command, **PARAMS.get(command, {}))
    assert reply["code"] == "AUTH_REQUIRED"
    assert reply["message"] == "You must be authenticated."
    assert rig.game.engine.state_hash() == before


@pytest.mark.parametrize("command", ["markets", "book", "time"])
async def test_what_needs_no_login_is_answered(rig: Rig, command: str) -> None:
    """For pages and spectators."""
    assert await rig.connect().done(command)


@pytest.mark.parametrize("command", sorted(COMMANDS))
async def test_a_halted_game_answers_no_command(command: str) -> None:
    """Reads neither, when what was released cannot be read back. Nothing is changed."""
    rig = await Rig().start()
    rig.forgets = True
    alice = await rig.player("alice")
    await alice.done("grant", username="alice", secret=SECRET)
    params = {"register": {"username": "bob"}, "auth": {"username": "alice", "token": alice.token}}
    await rig.halt()
    before = rig.game.engine.state_hash(), dict(rig.store.records)
    reply = await alice(command, **(params | PARAMS).get(command, {}))
    assert (reply["status"], reply["code"]) == (False, "STATE_HALTED")
    assert (rig.game.engine.state_hash(), rig.store.records) == before
    await rig.resume()
    await rig.stop()

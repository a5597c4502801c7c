"""Several requests in one message: handled in order, each for itself, answered by one reply."""

import json
from typing import Any

import pytest

from cxgame.limits import Limits
from tests.server.rig import Player, Rig

BUY = {"cmd": "buy", "params": {"price": "900", "size": "1"}}


async def batch(player: Player, *requests: Any) -> list[dict[str, Any]]:
    """The replies of a batch."""
    return list(await player.done("batch", requests=requests))


async def test_a_batch_is_handled_as_if_sent_one_by_one(rig: Rig) -> None:
    """In order, with the replies that each would have got."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    terms = {"side": "buy", "type": "limit", "price": "901", "size": "1", "cid": "mine"}
    requests: list[dict[str, Any]] = [
        {**BUY, "id": 1},
        {"cmd": "sell", "params": {"price": "1100", "size": "1"}},
        {"cmd": "order", "params": terms},
        {"cmd": "cancel", "params": {"order_id": "1"}},
        {"cmd": "cancel_all", "params": {"side": "sell"}},
    ]
    together = await batch(alice, *requests)
    assert [reply["status"] for reply in together] == [True] * 5
    assert together[0]["id"] == 1
    assert together[4]["data"] == {"cancelled": ["2"]}
    for reply in together:
        if isinstance(reply["data"], dict) and "user" in reply["data"]:
            assert reply["data"].pop("user") == "alice"
            del reply["data"]["id"]
    alone = []
    for one in requests:
        if one["cmd"] == "cancel":
            one["params"]["order_id"] = "4"
        alone.append(await bob.ask(json.dumps(one).encode()))
    assert alone[4]["data"] == {"cancelled": ["5"]}
    for reply in alone[:3]:
        assert reply["data"].pop("user") == "bob"
        del reply["data"]["id"]
    assert together[:4] == alone[:4]


async def test_market_orders_may_be_in_a_batch(rig: Rig) -> None:
    """They meet what stood before them in it."""
    alice = await rig.player("alice")
    bob = await rig.player("bob")
    await bob.done("sell", price="1100", size="1")
    await bob.done("buy", price="900", size="1")
    replies = await batch(
        alice,
        {"cmd": "buy_market", "params": {"amount": "110"}},
        {"cmd": "sell_market", "params": {"amount": "0.5"}},
    )
    assert [reply["data"]["status"] for reply in replies] == ["filled", "filled"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"cmd": "batch", "params": {"requests": [BUY]}}, "PARAM_COMMAND"),
        ({"cmd": "price", "params": {}}, "PARAM_COMMAND"),
        ({"cmd": "shutdown", "params": {"secret": "x"}}, "PARAM_COMMAND"),
        ({"cmd": "sell_everything", "params": {}}, "PARAM_COMMAND"),
        ({"cmd": "buy", "params": {"price": "900"}}, "PARAM_MISSING"),
        ({"cmd": "buy"}, "PARAM_MISSING"),
        ({**BUY, "ts": True}, "PARAM_UNKNOWN"),
        ({**BUY, "limits": True}, "PARAM_UNKNOWN"),
        ({**BUY, "when": 1}, "PARAM_UNKNOWN"),
        ({"cmd": "buy", "params": {"price": "NaN", "size": "1"}}, "PARAM_NUMBER"),
        ({"cmd": "buy", "params": {"price": "900", "size": "999"}}, "FUNDS_QUOTE"),
        ({"cmd": "cancel", "params": {"order_id": "99"}}, "ORDER_NOT_FOUND"),
        ("buy", "PARAM_JSON"),
        (None, "PARAM_JSON"),
        ([BUY], "PARAM_JSON"),
    ],
)
async def test_one_bad_entry_leaves_the_others_alone(rig: Rig, entry: Any, code: str) -> None:
    """It is refused in its place, and changes nothing."""
    alice = await rig.player("alice")
    replies = await batch(alice, BUY, entry, {**BUY, "id": "last"})
    assert [reply["status"] for reply in replies] == [True, False, True]
    assert replies[1]["code"] == code
    assert replies[2]["id"] == "last"
    assert len((await alice.done("orders"))["maker"]) == 2


async def test_a_key_that_stands_twice_spoils_its_entry_only(rig: Rig) -> None:
    """As in a message of its own."""
    alice = await rig.player("alice")
    twice = '{"cmd":"buy","params":{"price":"900","price":"901","size":"1"}}'
    raw = f'{{"cmd":"batch","params":{{"requests":[{twice},{json.dumps(BUY)}]}},"id":5}}'
    reply = await alice.ask(raw.encode())
    assert [one["status"] for one in reply["data"]] == [False, True]
    assert reply["data"][0]["code"] == "PARAM_JSON"
    assert reply["id"] == 5


@pytest.mark.parametrize("requests", [[], [BUY] * 16, "x", None, {}])
async def test_a_batch_has_1_to_15_requests(rig: Rig, requests: Any) -> None:
    """Anything else is refused as a whole."""
    alice = await rig.player("alice")
    assert await alice.refused("batch", requests=requests) == "PARAM_TYPE"
    assert (await alice.done("orders"))["maker"] == []
    assert len(await batch(alice, *[BUY] * 15)) == 15


async def test_a_batch_counts_as_its_requests() -> None:
    """It is taken when all of them would be, or not at all."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=20)).start()
    alice = await rig.player("alice")  # one message
    await batch(alice, *[BUY] * 10)
    reply = await alice("batch", requests=[BUY] * 15)
    assert reply["code"] == "LIMIT_RATE"
    assert reply["data"] == {"wait_ms": 700}
    assert len((await alice.done("orders"))["maker"]) == 10
    rig.bench.clock.pass_s(0.8)  # the list has cost one, too
    assert len(await batch(alice, *[BUY] * 15)) == 15
    assert await alice.refused("time") == "LIMIT_RATE"
    await rig.stop()


async def test_a_batch_beyond_the_burst_is_taken_on_credit() -> None:
    """It could never be sent otherwise; what comes after waits the longer."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=3)).start()
    alice = await rig.player("alice")
    rig.bench.clock.pass_s(1)
    assert len(await batch(alice, *[BUY] * 15)) == 15
    reply = await alice("time")
    assert reply["data"] == {"wait_ms": 1300}
    await rig.stop()


async def test_nothing_of_a_batch_is_told_before_it_is_durable(rig: Rig) -> None:
    """Its outcome is in doubt as a whole."""
    alice = await rig.player("alice")
    await rig.halt()
    assert await alice.refused("batch", requests=[BUY]) == "STATE_HALTED"
    await rig.resume()
    assert (await alice.done("orders"))["maker"] == []

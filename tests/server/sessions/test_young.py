"""To take a young order back costs more messages, where the organiser wants it so."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cxgame.limits import Limits
from tests.server.rig import Player, Rig

LIMITS = Limits(rate_limit=10, rate_burst=20, young_cancel_ms=500, young_cancel_cost=8)


@pytest.fixture
async def strict() -> AsyncIterator[Rig]:
    """A game in which an order is young for half a second."""
    rig = await Rig(LIMITS).start()
    yield rig
    await rig.stop()


async def asked(player: Player, command: str, **params: Any) -> Any:
    """A reply, and how many messages are left after it."""
    raw = json.dumps({"cmd": command, "params": params, "limits": True}).encode()
    reply = await player.ask(raw)
    return reply, reply["limits"]["rate"]["remaining"]


async def placed(player: Player) -> str:
    """The id of an order that was placed just now."""
    return str((await player.done("buy", price="900", size="1", cid="mine"))["id"])


@pytest.mark.parametrize("command", ["cancel", "amend"])
@pytest.mark.parametrize("by_cid", [False, True])
async def test_a_young_order_costs_more(strict: Rig, command: str, by_cid: bool) -> None:
    """One of 499 ms as many messages as is set, one of 500 ms the usual one, however named."""
    change = {"size": "0.5"} if command == "amend" else {}
    for age_s, cost in ((0.499, 8), (0.5, 1)):
        alice = await strict.player(f"alice{cost}")
        id = await placed(alice)
        strict.bench.clock.pass_s(age_s)
        which = {"cid": "mine"} if by_cid else {"order_id": id}
        reply, left = await asked(alice, command, **which, **change)
        assert reply["status"] is True
        assert left == 20 - cost
        assert reply["limits"]["young_cancel"] == {"ms": 500, "cost": 8}


async def test_what_the_budget_does_not_cover_changes_nothing(strict: Rig) -> None:
    """It is refused with the time after which it would be accepted, and then is."""
    alice = await strict.player("alice")
    id = await placed(alice)
    for _ in range(15):
        await alice("time")
    reply, left = await asked(alice, "cancel", order_id=id)
    assert (reply["code"], reply["data"]) == ("LIMIT_RATE", {"wait_ms": 600})
    assert left == 2, "the message itself has cost one"
    assert alice.session.host.game.engine.orders[int(id)].left
    strict.bench.clock.pass_s(0.4)
    reply, left = await asked(alice, "cancel", order_id=id)
    assert (reply["code"], reply["data"], left) == ("LIMIT_RATE", {"wait_ms": 300}, 5)
    strict.bench.clock.pass_s(0.3)
    reply, left = await asked(alice, "cancel", order_id=id)
    assert (reply["status"], left) == (True, 7), "of age by now"


async def test_the_wait_that_is_told_is_enough() -> None:
    """The cancel of an order that is still young passes after it, and not before."""
    limits = LIMITS._replace(young_cancel_ms=60_000)
    for early_s, passes in ((0.001, False), (0.0, True)):
        rig = await Rig(limits).start()
        alice = await rig.player("alice")
        id = await placed(alice)
        for _ in range(17):
            await alice("time")
        refused = await alice("cancel", order_id=id)
        rig.bench.clock.pass_s(refused["data"]["wait_ms"] / 1000 - early_s)
        assert (await alice("cancel", order_id=id))["status"] is passes
        await rig.stop()


async def test_within_a_batch_each_costs_by_itself(strict: Rig) -> None:
    """What is too much is refused in its place."""
    alice = await strict.player("alice")
    id = await placed(alice)
    buy = {"cmd": "buy", "params": {"price": "901", "size": "1", "cid": "second"}}
    cancels = [{"cmd": "cancel", "params": {"cid": cid}} for cid in ("mine", "second")]
    nothing = {"cmd": "cancel_all", "params": {"side": "sell"}}
    requests = [cancels[0], buy, cancels[1], nothing, nothing]
    reply, left = await asked(alice, "batch", requests=requests)
    assert [one["status"] for one in reply["data"]] == [True, True, False, True, True]
    assert reply["data"][2]["code"] == "LIMIT_RATE"
    assert left == 20 - 2 - 5 - 7
    (still,) = (await alice.done("orders"))["maker"]
    assert (still["cid"], int(still["id"])) == ("second", int(id) + 1)


async def test_what_is_not_a_cancel_of_an_own_young_order_costs_what_it_did(strict: Rig) -> None:
    """Somebody else's order, one that is not there, and all at once."""
    bob, alice = await strict.player("bob"), await strict.player("alice")
    id = await placed(bob)
    for command, params in (("cancel", {"order_id": id}), ("cancel", {"order_id": "99"})):
        assert await alice.refused(command, **params) == "ORDER_NOT_FOUND"
    _, left = await asked(alice, "time")
    assert left == 20 - 4
    await placed(alice)
    reply, left = await asked(alice, "cancel_all")
    assert (len(reply["data"]["cancelled"]), left) == (1, 20 - 6)


async def test_it_is_off_unless_it_is_set() -> None:
    """The default: a cancel is one message."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=20)).start()
    alice = await rig.player("alice")
    reply, left = await asked(alice, "cancel", order_id=await placed(alice))
    assert (reply["status"], left, reply["limits"]["young_cancel"]) == (True, 17, None)
    await rig.stop()

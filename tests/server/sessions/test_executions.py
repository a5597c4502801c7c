"""The private stream: what an account is told of its orders and balances, when, in which order."""

import asyncio
import json
from typing import Any

import pytest

from cxgame.model import events
from cxgame.model.commands import (
    AddMarket,
    CancelOrder,
    Deposit,
    EndRound,
    OpenAccount,
    ResetAccounts,
    SetBalance,
    StartRound,
    Withdraw,
)
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from cxgame.server.sessions import executions
from tests.server.rig import WAIT_S, Player, Rig, message
from tests.server.sessions.folding import Folded


async def follower(rig: Rig, name: str) -> Player:
    """A player who follows his account."""
    player = await rig.player(name)
    await player.done("subscribe", channels=["executions"])
    return player


def told(player: Player) -> list[str]:
    """What was pushed, in words."""
    return [frame.get("event", frame["type"]) for frame in player.wire.pushed]


async def test_a_subscription_begins_with_where_the_account_stands(rig: Rig) -> None:
    """Open orders as `orders` shows them, all assets as `wallets` does."""
    alice = await rig.player("alice")
    await alice.done("buy", price="900", size="1", cid="mine")
    data = await alice.done("subscribe", channels=["executions"])
    assert data == {"channels": ["executions"], "symbol": None}
    (snapshot,) = alice.wire.pushed
    assert snapshot["seq"] == 0
    assert snapshot["orders"] == (await alice.done("orders"))["maker"]
    assert snapshot["orders"][0]["cid"] == "mine"
    assert snapshot["wallets"] == (await alice.done("wallets"))["assets"]


async def test_both_sides_of_a_trade_are_told(rig: Rig) -> None:
    """The maker, too: fee, role, and the order as the command left it."""
    maker, taker = await follower(rig, "maker"), await follower(rig, "taker")
    await maker.done("sell", price="1100", size="1", cid="m")
    order = await taker.done("order", side="buy", type="limit", price="1200", size="0.4")
    assert told(maker) == ["executions_snapshot", "accepted", "wallets", "filled", "wallets"]
    assert told(taker) == ["executions_snapshot", "accepted", "filled", "wallets"]
    made, took = maker.wire.pushed[3], taker.wire.pushed[2]
    fill = {"trade_id": "1", "price": "1100.00", "size": "0.4000000000", "fee": "0.00"}
    assert made["fill"] == {**fill, "fee_asset": "USD", "role": "maker", "side": "sell"}
    assert took["fill"] == {**fill, "fee_asset": "USD", "role": "taker", "side": "buy"}
    assert (made["order"]["cid"], made["order"]["size"]) == ("m", "0.6000000000")
    fills = order.pop("fills")
    assert took["order"] == order
    assert len(fills) == 1
    assert maker.wire.pushed[4]["wallets"] == {
        "BTC": {"free": "9.0", "held": "0.6", "total": "9.6"},
        "USD": {"free": "10440.00", "held": "0.00", "total": "10440.00"},
    }


async def test_only_what_has_changed_is_in_a_wallets_frame(rig: Rig) -> None:
    """A buy that rests moves money and no coins."""
    alice = await follower(rig, "alice")
    await alice.done("buy", price="900", size="1")
    assert list(alice.wire.pushed[-1]["wallets"]) == ["USD"]


async def test_frames_are_counted_without_gaps(rig: Rig) -> None:
    """From 1, for each connection and subscription by itself."""
    alice = await follower(rig, "alice")
    other = rig.connect()
    await other.done("auth", username="alice", token=alice.token)
    await alice.done("buy", price="900", size="1")
    await other.done("subscribe", channels=["executions"])
    await alice.done("cancel", order_id="1")
    await other.done("subscribe", channels=["executions"])
    await alice.done("buy", price="900", size="1")
    assert [frame["seq"] for frame in alice.wire.pushed] == [0, 1, 2, 3, 4, 5, 6]
    assert [frame["seq"] for frame in other.wire.pushed] == [0, 1, 2, 0, 1, 2]
    same = [{**frame, "seq": 0} for frame in alice.wire.pushed[-2:]]
    assert [{**frame, "seq": 0} for frame in other.wire.pushed[-2:]] == same


async def test_frames_and_replies_keep_the_order_in_which_they_came_about(rig: Rig) -> None:
    """The frames of a command before its reply, those of the next one behind it."""
    alice = await rig.player("alice")
    seen: list[str] = []
    write = alice.wire.write

    def noting(payloads: list[bytes], pushed: int = 0) -> None:
        for each in map(json.loads, payloads):
            seen.append(each.get("event", each.get("type", each.get("id"))))
        write(payloads, pushed)

    alice.wire.write = noting  # type: ignore[method-assign]
    alice.session.receive(message("subscribe", 1, channels=["executions"]))
    alice.session.receive(message("buy", 2, price="900", size="1"))
    alice.session.receive(message("wallets", 3))
    alice.session.receive(message("cancel", 4, order_id="1"))
    await rig.game.settled()
    assert seen == [
        *(1, "executions_snapshot"),
        *("accepted", "wallets", 2),
        3,
        *("cancelled", "wallets", 4),
    ]
    assert alice.wire.writes == 2  # the registration, and all of this in one


@pytest.mark.parametrize(
    ("terms", "event", "reason"),
    [
        ({"time_in_force": "ioc", "price": "900"}, "cancelled", "unfilled"),
        ({"time_in_force": "gtd", "expires": "+1s", "price": "900"}, "expired", "expired"),
    ],
)
async def test_an_order_that_ends_says_why(
    rig: Rig, terms: dict[str, Any], event: str, reason: str
) -> None:
    """In the feed's words."""
    alice = await follower(rig, "alice")
    await alice.done("order", side="buy", type="limit", size="1", **terms)
    rig.bench.clock.pass_s(2.0)
    rig.tick(100_001)
    await rig.game.settled()
    (ended,) = [frame for frame in alice.wire.pushed if frame.get("event") == event]
    assert ended["reason"] == reason
    assert ended["order"]["status"] == "cancel"


async def test_an_amended_order_is_told_with_its_new_terms(rig: Rig) -> None:
    """And with what it trades at once."""
    maker, alice = await rig.player("maker"), await follower(rig, "alice")
    await maker.done("sell", price="1100", size="0.3")
    await alice.done("order", side="buy", type="limit", price="900", size="1")
    await alice.done("amend", order_id="2", price="1150")
    assert told(alice)[3:] == ["amended", "filled", "wallets"]
    assert {frame["order"]["price"] for frame in alice.wire.pushed[3:5]} == {"1150.00"}


async def test_a_trade_with_oneself_is_told_from_both_sides(rig: Rig) -> None:
    """And what self-trade prevention cuts, from both as well."""
    alice = await follower(rig, "alice")
    await alice.done("sell", price="1100", size="0.5")
    terms: dict[str, Any] = {"side": "buy", "type": "limit", "price": "1100", "size": "0.2"}
    await alice.done("order", stp="none", **terms)
    filled = [frame for frame in alice.wire.pushed if frame.get("event") == "filled"]
    assert [frame["fill"]["role"] for frame in filled] == ["taker", "maker"]
    assert {frame["fill"]["trade_id"] for frame in filled} == {"1"}
    await alice.done("order", stp="decrement", **terms)
    assert told(alice).count("reduced") == 2


async def test_money_from_outside_is_told(rig: Rig) -> None:
    """Deposits, withdrawals, an admin's hand; of an asset that was not there before, too."""
    alice, bob = await follower(rig, "alice"), await follower(rig, "bob")
    rig.bench.submit(Deposit(1, "USD", str(5 * ONE)))
    rig.bench.submit(Withdraw(1, "BTC", str(ONE)))
    rig.bench.submit(SetBalance(1, "USD", str(7 * ONE), str(2 * ONE)))
    await rig.game.settled()
    assert [frame["wallets"] for frame in alice.wire.pushed[1:]] == [
        {"USD": {"free": "10005.00", "held": "0.00", "total": "10005.00"}},
        {"BTC": {"free": "9.0", "held": "0.0", "total": "9.0"}},
        {"USD": {"free": "7.00", "held": "2.00", "total": "9.00"}},
    ]
    assert told(bob) == ["executions_snapshot"]
    rig.bench.submit(Deposit(1, "DOGE", str(ONE)))
    rig.bench.submit(AddMarket(MarketRules("ETH/EUR", "ETH", "EUR")))
    await rig.game.settled()
    none = {"free": "0.0", "held": "0.0", "total": "0.0"}
    assert [frame["wallets"] for frame in bob.wire.pushed[1:]] == [
        {"DOGE": none},
        {"ETH": none, "EUR": {"free": "0.00", "held": "0.00", "total": "0.00"}},
    ]


async def test_resets_and_rounds_are_told_to_all_whom_they_concern(rig: Rig) -> None:
    """Their orders first, then what they own: once for the command."""
    alice, bob = await follower(rig, "alice"), await follower(rig, "bob")
    for player in (alice, bob):
        await player.done("buy", price="900", size="1")
        await player.done("sell", price="1900", size="1")
    rig.bench.submit(ResetAccounts((1,)))
    await rig.game.settled()
    assert told(alice)[-3:] == ["cancelled", "cancelled", "wallets"]
    assert alice.wire.pushed[-1]["wallets"]["USD"]["total"] == "0.00"
    assert told(bob)[-1] == "wallets"
    rig.bench.submit(EndRound())
    rig.bench.submit(StartRound(7))
    await rig.game.settled()
    assert told(alice)[-1:] == ["wallets"]
    assert told(bob)[-3:] == ["cancelled", "cancelled", "wallets"]
    assert alice.wire.pushed[-1]["wallets"]["USD"]["total"] == "10000.00"


async def test_nothing_is_pushed_before_it_is_durable(rig: Rig) -> None:
    """Not even the snapshot, which may show what can still vanish."""
    alice, bob = await rig.player("alice"), await follower(rig, "bob")
    await bob.done("sell", price="1100", size="1")
    before = len(bob.wire.pushed)
    rig.bench.journal.gate.clear()
    order = {"side": "buy", "type": "limit", "price": "1100", "size": "1"}
    alice.session.receive(message("order", **order))
    alice.session.receive(message("subscribe", channels=["executions"]))
    for _ in range(20):
        await asyncio.sleep(0)
    assert (alice.wire.pushed, len(bob.wire.pushed)) == ([], before)
    rig.bench.journal.gate.set()
    await rig.game.settled()
    assert told(bob)[before:] == ["filled", "wallets"]
    assert alice.wire.pushed[0]["wallets"]["BTC"]["free"] == "11.0"


async def test_a_doubt_holds_frames_back_and_loses_none() -> None:
    """The replies are STATE_UNKNOWN; the frames come when the journal answers, each once."""
    rig = await Rig(timeout=1.0).start()
    alice, bob = await rig.player("alice"), await follower(rig, "bob")
    folded = Folded(bob)
    await bob.done("sell", price="1100", size="1")
    rig.bench.journal.gate.clear()
    bob.session.receive(message("cancel", 5, order_id="1"))
    await asyncio.sleep(0)  # that batch is on its way; what comes now is in the next one
    bob.session.receive(message("sell", 6, price="1200", size="1"))
    alice.session.receive(message("subscribe", 7, channels=["executions"]))
    before = len(bob.wire.pushed)
    rig.bench.clock.pass_s(2.0)
    async with asyncio.timeout(WAIT_S):
        while not rig.game.halted or len(bob.wire.received) < 5:
            await asyncio.sleep(0.01)
    doubted = [reply.get("code") for reply in bob.wire.received[-2:] + alice.wire.received[-1:]]
    assert doubted == ["STATE_UNKNOWN"] * 3
    assert (len(bob.wire.pushed), alice.wire.pushed) == (before, [])
    assert await alice.refused("subscribe", channels=["executions"]) == "STATE_HALTED"
    await rig.resume()
    assert told(bob)[before:] == ["cancelled", "wallets", "accepted", "wallets"]
    assert told(alice) == ["executions_snapshot"]
    assert await folded.agrees()
    assert await Folded(alice).agrees()
    await rig.stop()


async def test_a_game_that_ends_in_doubt_pushes_nothing() -> None:
    """What never became durable has not happened."""
    rig = await Rig(timeout=1.0).start()
    alice = await follower(rig, "alice")
    rig.bench.journal.gate.clear()
    alice.session.receive(message("buy", price="900", size="1"))
    await asyncio.sleep(0)
    rig.bench.journal.refusal = RuntimeError("fenced")
    rig.bench.journal.gate.set()
    async with asyncio.timeout(WAIT_S):
        await rig.game.failed.wait()
    await rig.stop()
    assert told(alice) == ["executions_snapshot"]


async def test_an_engine_that_is_rebuilt_goes_on_telling(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the open batch had done is told once, and so is what comes after."""
    alice = await follower(rig, "alice")
    folded = Folded(alice)
    alice.session.receive(message("buy", price="900", size="1"))
    monkeypatch.setattr(rig.game.engine, "apply", lambda *_: 1 / 0)
    rig.bench.submit(OpenAccount("the last straw"))
    assert rig.game.halted
    await rig.game.settled()
    await alice.done("buy", price="901", size="1")
    assert told(alice)[1:] == ["accepted", "wallets", "accepted", "wallets"]
    assert await folded.agrees()


async def test_unsubscribing_ends_it(rig: Rig) -> None:
    """Until the next subscription, which begins anew."""
    alice = await follower(rig, "alice")
    assert await alice.done("unsubscribe") == {"channels": [], "symbol": None}
    await alice.done("buy", price="900", size="1")
    assert told(alice) == ["executions_snapshot"]
    assert not rig.game.is_watched
    await alice.done("subscribe", channels=["executions"])
    await alice.done("unsubscribe", channels=["executions"])
    await alice.done("unsubscribe", channels=["executions"])
    assert told(alice) == ["executions_snapshot"] * 2


async def test_it_is_the_account_that_is_followed(rig: Rig) -> None:
    """A login as the same user changes nothing; as another, or with an old token, it ends."""
    alice, bob = await follower(rig, "alice"), await rig.player("bob")
    await alice.done("auth", username="alice", token=alice.token)
    await alice.done("buy", price="900", size="1")
    assert told(alice) == ["executions_snapshot", "accepted", "wallets"]
    other = rig.connect()
    await other.done("auth", username="alice", token=alice.token)
    await other.done("rotate")
    await other.done("cancel", order_id="1")
    assert told(alice) == ["executions_snapshot", "accepted", "wallets"]
    await other.done("subscribe", channels=["executions"])
    await other.done("auth", username="bob", token=bob.token)
    await other.done("buy", price="900", size="1")
    assert told(other) == ["executions_snapshot"]
    assert not rig.game.is_watched


async def test_a_connection_that_is_gone_is_followed_by_nobody(rig: Rig) -> None:
    """The game forgets it, and tells the others."""
    alice, bob = await follower(rig, "alice"), await follower(rig, "bob")
    alice.session.closed()
    await bob.done("buy", price="900", size="1")
    assert told(alice) == ["executions_snapshot"]
    bob.session.closed()
    assert not rig.game.is_watched
    rig.bench.submit(CancelOrder(2, 1))
    await rig.game.settled()
    assert told(bob)[-1] == "wallets"


@pytest.mark.parametrize("channels", [[], ["all"], "executions", ["executions", 1], ["a"] * 33])
async def test_what_is_no_list_of_channels_is_refused(rig: Rig, channels: Any) -> None:
    """And nothing is followed."""
    alice = await rig.player("alice")
    assert await alice.refused("subscribe", channels=channels) == "PARAM_TYPE"
    assert await alice.refused("unsubscribe", channels=channels) == "PARAM_TYPE"
    assert not rig.game.is_watched


async def test_a_batch_can_not_subscribe(rig: Rig) -> None:
    """It holds requests about orders."""
    alice = await rig.player("alice")
    one = {"cmd": "subscribe", "params": {"channels": ["executions"]}}
    (reply,) = await alice.done("batch", requests=[one])
    assert reply["code"] == "PARAM_COMMAND"


# Of these, nobody's orders or balances change that another event does not tell of.
SAY_NOTHING = {
    "AccountOpened",
    "MarketAdded",
    "Message",
    "Noticed",
    "OrderFilled",
    "PhaseChanged",
    "Results",
    "RoleGranted",
    "RulesSet",
    "StartRequested",
    "Ticker",
    "TimePassed",
}
TO_SEVERAL = {events.Trade, events.AccountsReset, events.RoundStarted}


def test_every_event_is_told_or_known_to_say_nothing() -> None:
    """One that is new fails here until somebody has thought about it."""
    told = {*executions._WORDS, *executions._MOVES_MONEY, *TO_SEVERAL}
    others = {event.__name__ for event in events.Event.__subclasses__() if event not in told}
    assert others <= SAY_NOTHING

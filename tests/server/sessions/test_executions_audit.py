"""Games at random: what `executions` told is all there is to know about one's orders and money."""

import asyncio
import json
import random
from collections import Counter
from typing import Any

import pytest

from cxgame.model.commands import Deposit, EndRound, Start, StartRound
from cxgame.model.rules import MarketRules
from cxgame.model.units import ONE
from tests.server.rig import WAIT_S, Player, Rig
from tests.server.sessions.folding import Folded

MARKETS = (
    MarketRules("BTC/USD", "BTC", "USD", maker_fee="0.001", taker_fee="0.002"),
    MarketRules("ETH/USD", "ETH", "USD"),
)
GRANTS = {"USD": "10000.00", "BTC": "10.0", "ETH": "20.0"}
MODES = ("none", "skip", "expire_taker", "expire_maker", "expire_both", "decrement")
STEPS = 150


class Audited:
    """A player, each of whose connections folds what it is told."""

    def __init__(self, rig: Rig, player: Player, name: str) -> None:
        self.rig = rig
        self.player = player
        self.name = name
        self.folded: list[Folded] = []
        self.seen: Counter[str] = Counter()  # over connections that are gone

    async def connect(self) -> None:
        """One more connection that follows the account."""
        other = self.rig.connect()
        await other.done("auth", username=self.name, token=self.player.token)
        await other.done("subscribe", channels=["executions"])
        self.folded.append(Folded(other))

    async def reconnect(self) -> None:
        """Lose the oldest connection; another one begins anew."""
        gone = self.folded.pop(0)
        gone.take()
        gone.player.session.closed()
        self.seen += gone.events
        await self.connect()

    async def agrees(self) -> None:
        """Assert that each connection knows what the server says."""
        for folded in self.folded:
            assert await folded.agrees()


def random_request(random: random.Random, last_order: int) -> dict[str, Any]:
    """Something that changes orders, perhaps."""
    symbol = random.choice(["BTC/USD", "ETH/USD"])
    price = f"{random.randint(990, 1010)}.00"
    size = f"0.{random.randint(1, 9)}"
    some_order = str(random.randint(max(1, last_order - 8), last_order + 1))
    side = random.choice(["buy", "sell"])
    order = {"side": side, "symbol": symbol, "size": size, "stp": random.choice(MODES)}
    return random.choice(
        [
            {"cmd": "order", "params": {**order, "type": "limit", "price": price}},
            {"cmd": "order", "params": {**order, "type": "limit", "price": price}},
            {
                "cmd": "order",
                "params": {**order, "type": "limit", "price": price, "time_in_force": "ioc"},
            },
            {"cmd": "order", "params": {**order, "type": "market"}},
            {"cmd": "order", "params": {**order, **random_trigger(random, side)}},
            {"cmd": "order", "params": {**order, **random_trigger(random, side)}},
            {"cmd": "amend", "params": {"order_id": some_order, "price": price}},
            {"cmd": "amend", "params": {"order_id": some_order, "size": size}},
            {"cmd": "cancel", "params": {"order_id": some_order}},
            {"cmd": "cancel_all", "params": {"symbol": symbol, "side": side}},
        ]
    )


def random_trigger(random: random.Random, side: str) -> dict[str, str]:
    """What makes an order wait for a price, and what it does then."""
    price = str(random.randint(990, 1010))
    trigger = random.choice(
        [
            {"trigger": "stop", "trigger_price": price},
            {"trigger": "take_profit", "trigger_price": price, "trigger_by": "mid"},
            {"trigger": "trailing", "trail_percent": "0.5", "trigger_by": "mid"},
            {"trigger": "trailing", "trail": "3.00"},
        ]
    )
    market = {"type": "market"} if side == "sell" else {"type": "market", "max_price": "1010.00"}
    limit = {"type": "limit", "price": price}
    return trigger | random.choice(
        [market, limit, {**limit, "time_in_force": "gtd", "expires": "+3s"}]
    )


async def halt_and_resume(rig: Rig, requests: list[tuple[Player, bytes]]) -> None:
    """Let requests come to doubt, then let the journal answer."""
    rig.bench.journal.gate.clear()
    rig.bench.submit(Deposit(1, "USD", str(ONE)))  # something is on its way for certain
    for player, raw in requests:
        player.session.receive(raw)
        await asyncio.sleep(0)
    rig.bench.clock.pass_s(2.0)
    async with asyncio.timeout(WAIT_S):
        while not rig.game.halted:
            await asyncio.sleep(0.005)
    await rig.resume()


@pytest.mark.parametrize("seed", range(3))
async def test_frames_alone_tell_orders_wallets_and_fills(seed: int) -> None:
    """Through amends, trades with oneself, fees, halts, rounds, deposits and lost connections."""
    dice = random.Random(seed)
    rig = await Rig(markets=MARKETS, grants=GRANTS, timeout=1.0).start()
    players = [Audited(rig, await rig.player(name), name) for name in ("ann", "bob", "cid")]
    for each in players:
        await each.connect()
        await each.connect()
    for step in range(STEPS):
        batch = [
            (
                dice.choice(players).player,
                json.dumps(random_request(dice, rig.game.engine.last_order_id)).encode(),
            )
            for _ in range(dice.randint(1, 6))
        ]
        if step % 40 == 20:
            await halt_and_resume(rig, batch)
        else:
            for player, raw in batch:
                player.session.receive(raw)
            await rig.game.settled()
        if step % 3 == 2:
            rig.bench.clock.pass_s(1.0)
            rig.tick(dice.randint(98_500, 101_500))
        if step % 50 == 30:
            rig.bench.submit(EndRound())
            rig.bench.submit(StartRound(step))
            rig.bench.submit(Start())
            rig.bench.submit(Deposit(dice.randint(1, 3), "DOGE", str(ONE)))
        if step % 10 == 5:
            await dice.choice(players).reconnect()
        if step % 15 == 14:
            for each in players:
                await each.agrees()
    for each in players:
        await each.agrees()
    seen = sum((each.seen for each in players), Counter())
    assert set(seen) >= {"accepted", "triggered", "filled", "amended", "cancelled", "expired"}
    assert rig.game.engine.violations() == []
    await rig.stop()

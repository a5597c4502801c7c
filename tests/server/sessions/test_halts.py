"""What a halt of the game leaves a session: room to be answered, and only what was released."""

from cxgame.model.commands import AddMarket
from cxgame.model.rules import MarketRules
from cxgame.pipeline import MAX_IN_FLIGHT
from tests.server.rig import Rig
from tests.support.waiting import turns, until


async def test_a_full_batch_keeps_nobody_waiting_through_a_halt() -> None:
    """Who waited for room in it is answered again, and goes on being answered."""
    rig = await Rig(timeout=1.0).start()
    alice, said = await rig.player("alice"), b'{"cmd":"bcast","params":{"message":"hello"}}'
    rig.bench.journal.gate.clear()
    for _ in range(MAX_IN_FLIGHT):
        alice.session.receive(said)
        await turns()
    while alice.wire.reading:
        alice.session.receive(said)
    assert rig.game.full
    rig.bench.clock.pass_s(2.0)
    await until(lambda: alice.wire.reading)
    for _ in range(2):
        assert await alice.refused("bcast", message="hello") == "STATE_HALTED"
        assert (await alice("price"))["halted"] is True
    await rig.resume()
    assert alice.wire.reading
    assert (await alice("bcast", message="hello"))["status"] is True
    assert len(rig.bench.journal.batches) >= MAX_IN_FLIGHT + 2
    await rig.stop()


async def test_a_market_that_may_vanish_is_not_listed_while_halted(rig: Rig) -> None:
    """It is once its batch is released."""
    alice = await rig.player("alice")
    rig.bench.journal.gate.clear()
    rig.bench.submit(AddMarket(MarketRules("ETH/USD", "ETH", "USD")))
    await rig.halt()
    assert [row["symbol"] for row in await alice.done("markets")] == ["BTC/USD"]
    assert await alice.refused("book", symbol="ETH/USD") == "FILTER_SYMBOL"
    await rig.resume()
    assert [row["symbol"] for row in await alice.done("markets")] == ["BTC/USD", "ETH/USD"]

"""What a game pushes: it answers no request, waits as replies do, and outlives a doubt."""

import asyncio

from cxgame.model.enums import Side
from tests.support.games import Bench, Mailbox, limit


async def test_a_push_waits_for_its_batch_between_the_replies() -> None:
    """In the order in which it was told, and alone where nobody has asked."""
    bench = Bench()
    (alice,) = await bench.open_with("alice")
    mailbox, other = Mailbox(), Mailbox()
    bench.journal.gate.clear()
    bench.submit(limit(alice, Side.BUY, 90_000, 1_000))
    bench.game.push(mailbox, b"before")
    bench.game.tell(mailbox, b"reply", 1)
    bench.game.push(mailbox, b"behind")
    bench.game.push(other, b"alone")
    await asyncio.sleep(0.01)
    assert mailbox.deliveries == other.deliveries == []
    bench.journal.gate.set()
    await bench.game.settled()
    assert mailbox.deliveries == [[b"before", b"reply", b"behind"]]
    assert other.deliveries == [[b"alone"]]
    await bench.game.stop()


async def test_a_push_outlives_a_doubt() -> None:
    """The reply is lost in it; who was only pushed to hears nothing before the release."""
    bench = Bench(timeout=1.0)
    (alice,) = await bench.open_with("alice")
    asker, other = Mailbox(), Mailbox()
    bench.journal.gate.clear()
    for quantity in (1_000, 2_000):  # one batch is under way, the next one is open
        bench.submit(limit(alice, Side.BUY, 90_000, quantity))
        bench.game.tell(asker, b"reply %d" % quantity, quantity)
        bench.game.push(asker, b"push %d" % quantity)
        bench.game.push(other, b"push %d" % quantity)
        await asyncio.sleep(0)
    bench.clock.pass_s(2.0)
    async with asyncio.timeout(10):
        while not bench.game.halted:
            await asyncio.sleep(0.01)
    assert (asker.doubts, other.doubts) == ([1_000, 2_000], [])
    assert asker.deliveries == other.deliveries == []
    bench.journal.gate.set()
    await bench.game.settled()
    assert asker.received == other.received == [b"push 1000", b"push 2000"]
    await bench.game.stop()

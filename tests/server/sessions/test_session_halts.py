"""A session while the journal does not answer: what is in doubt, what is still shown."""

from tests.server.rig import Rig, message
from tests.support.waiting import turns, until


async def test_an_open_outcome_is_told_as_such() -> None:
    """Each request of the batch in doubt gets its one reply, with its id."""
    rig = await Rig(timeout=1.0).start()
    alice = await rig.player("alice")
    rig.bench.journal.gate.clear()
    alice.session.receive(message("buy", "a", price="900", size="1"))
    alice.session.receive(message("wallets", "b"))
    await turns()
    rig.bench.clock.pass_s(2.0)
    await until(lambda: len(alice.wire.received) == 3)
    doubts = alice.wire.received[1:]
    assert [(reply["id"], reply["code"]) for reply in doubts] == [
        ("a", "STATE_UNKNOWN"),
        ("b", "STATE_UNKNOWN"),
    ]
    reply = await alice("buy", price="900", size="1")
    assert reply["code"] == "STATE_HALTED"
    rig.bench.journal.gate.set()
    await rig.game.settled()
    assert [order["id"] for order in (await alice.done("orders"))["maker"]] == ["1"]
    assert len(alice.wire.received) == 5
    await rig.stop()


async def test_a_halted_game_shows_what_it_had_released(rig: Rig) -> None:
    """An order in doubt is in no book and no wallet, until the journal answers."""
    alice, stranger = await rig.player("alice"), rig.connect()
    await alice.done("buy", price="800", size="1")
    before = {name: await alice.done(name) for name in ("book", "wallets", "orders", "price")}
    rig.bench.journal.gate.clear()
    alice.session.receive(message("buy", "mine", price="900", size="1"))
    await rig.halt()
    assert alice.wire.received[-1]["code"] == "STATE_UNKNOWN"
    for name, shown in before.items():
        reply = await alice(name)
        assert reply["data"] == shown
        assert reply["halted"] is True
        assert reply["seq"] == len(rig.bench.journal.batches)
    assert await alice.refused("sell", price="1100", size="1") == "STATE_HALTED"
    assert await stranger.refused("wallets") == "AUTH_REQUIRED"
    assert (await stranger("book"))["data"] == before["book"]
    assert (await stranger.ask(b"?"))["code"] == "PARAM_JSON"
    await rig.resume()
    reply = await stranger("book")
    assert reply["data"]["bids"] == [["900.00", "1.0000000000"], ["800.00", "1.0000000000"]]
    assert "halted" not in reply


async def test_lists_of_the_past_are_shown_while_halted(rig: Rig) -> None:
    """Only fills and orders whose batch was released are in them."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900", size="1")
    await bob.done("order", side="sell", type="limit", price="900", size="0.5")
    rig.bench.journal.gate.clear()
    bob.session.receive(message("order", side="sell", type="limit", price="900", size="0.5"))
    await rig.halt()
    assert [fill["filled_size"] for fill in await alice.done("fills")] == ["0.5000000000"]
    assert len(await alice.done("trades")) == 1
    assert await alice.done("completed") == []
    await rig.resume()
    assert len(await alice.done("fills")) == 2


async def test_what_cannot_be_read_back_is_not_shown(rig: Rig) -> None:
    """A read is then refused like a command; nobody sees what may still vanish."""
    alice = await rig.player("alice")
    rig.forgets = True
    await rig.halt()
    assert await alice.refused("wallets") == "STATE_HALTED"
    await rig.resume()
    await alice.done("wallets")


async def test_an_account_in_doubt_is_shown_nothing(rig: Rig) -> None:
    """Who entered with a batch that may vanish has no wallet yet."""
    alice = rig.connect()
    rig.bench.journal.gate.clear()
    alice.session.receive(message("register", username="alice"))
    await rig.halt()
    assert alice.wire.received[-1]["code"] == "STATE_UNKNOWN"
    reply = await alice("wallets")
    assert reply["code"] in ("STATE_HALTED", "AUTH_REQUIRED")
    await rig.resume()


async def test_a_rebuilt_engine_is_waited_for(rig: Rig) -> None:
    """While it is rebuilt, nobody is shown the one that failed."""
    alice = await rig.player("alice")
    rig.game.halted = rig.forgets = True
    alice.session.receive(message("wallets"))
    await turns()
    rig.game.halted = False
    await turns()
    assert alice.wire.received[-1]["code"] == "STATE_HALTED"

"""A session: one reply for each message, in order, at the right time, and no more."""

import asyncio
import json
import logging
from typing import Any

import pytest

from cxgame.limits import Limits
from cxgame.model.batch import RequestId
from cxgame.model.commands import Command
from cxgame.server.sessions.routes import ROUTES, Route
from cxgame.server.sessions.session import INTERNAL, POLICY
from cxgame.wire.request_types import Wallets
from cxgame.wire.requests import COMMANDS, REQUESTS
from tests.server.rig import SECRET, WAIT_S, Player, Rig


def message(command: str, id: RequestId = None, **params: Any) -> bytes:
    """A message of a client."""
    return json.dumps({"cmd": command, "params": params, "id": id}).encode()


async def turns(count: int = 20) -> None:
    """Let the event loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_every_command_has_a_route() -> None:
    """Under its own name."""
    assert set(ROUTES) == set(REQUESTS)
    assert {route.command for route in ROUTES.values()} == set(COMMANDS)


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


async def test_replies_come_in_order_and_in_one_write(rig: Rig) -> None:
    """However many messages of one turn, reads and writes, good and bad."""
    alice = await rig.player("alice")
    alice.wire.writes = 0
    for id, raw in enumerate(
        [
            message("buy", 0, price="900", size="1"),
            message("wallets", 1),
            message("nonsense", 2),
            message("cancel", 3, order_id="1"),
            message("orders", 4),
        ]
    ):
        assert json.loads(raw)["id"] == id
        alice.session.receive(raw)
    alice.session.binary()
    await rig.game.settled()
    replies = alice.wire.received[1:]
    assert [reply.get("id") for reply in replies] == [0, 1, 2, 3, 4, None]
    assert [reply["status"] for reply in replies] == [True, True, False, True, True, False]
    assert replies[1]["data"]["usd"] == "9100.00"
    assert replies[4]["data"] == {"maker": [], "market": []}
    assert alice.wire.writes == 1


async def test_nothing_is_told_before_it_is_durable(rig: Rig) -> None:
    """Neither the order nor what reads it."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    rig.bench.journal.gate.clear()
    alice.session.receive(message("buy", price="900", size="1"))
    bob.session.receive(message("book"))
    await turns()
    assert len(alice.wire.received) == len(bob.wire.received) == 1
    rig.bench.journal.gate.set()
    await rig.game.settled()
    assert alice.wire.received[-1]["data"]["id"] == "1"
    assert bob.wire.received[-1]["data"]["bids"] == [["900.00", "1.0000000000"]]


async def test_an_open_outcome_is_told_as_such() -> None:
    """Each request of the batch in doubt gets its one reply, with its id."""
    rig = await Rig(timeout=1.0).start()
    alice = await rig.player("alice")
    rig.bench.journal.gate.clear()
    alice.session.receive(message("buy", "a", price="900", size="1"))
    alice.session.receive(message("wallets", "b"))
    await turns()
    rig.bench.clock.pass_s(2.0)
    async with asyncio.timeout(10):
        while len(alice.wire.received) < 3:
            await asyncio.sleep(0.01)
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


async def test_reading_pauses_while_the_batch_is_full(rig: Rig) -> None:
    """And goes on by itself when it was sent."""
    alice = await rig.player("alice")
    sent = 0
    while alice.wire.reading:
        alice.session.receive(message("bcast", message="hello"))
        sent += 1
        assert sent <= 2_000, "reading should have paused"
    assert rig.game.full
    await rig.game.settled()
    assert alice.wire.reading
    assert len(alice.wire.received) == sent + 1
    assert all(reply["status"] for reply in alice.wire.received)


async def test_reading_stays_paused_when_a_late_answer_meets_a_full_batch(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The game says when there is room, not the answer."""
    alice = rig.connect()
    calls: list[Any] = []
    always = property(lambda _: True, lambda _, value: None)
    monkeypatch.setattr(type(rig.game), "full", always, raising=False)
    monkeypatch.setattr(rig.game, "when_room", calls.append)
    alice.session.receive(message("register", username="alice"))
    await turns()
    await rig.game.settled()
    assert alice.wire.received[-1]["message"] == "Registered"
    assert not alice.wire.reading
    (call,) = calls
    call()
    assert alice.wire.reading


async def test_messages_beyond_the_rate_are_refused_with_the_wait() -> None:
    """n pass and n + 1 does not; after the wait it does."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=5)).start()
    stranger = rig.connect()
    for id in range(6):
        stranger.session.receive(message("time", id))
    await turns()
    *good, refused = stranger.wire.received
    assert [reply["status"] for reply in good] == [True] * 5
    assert (refused["code"], refused["id"]) == ("LIMIT_RATE", 5)
    assert refused["data"] == {"wait_ms": 100}
    assert refused["message"] == "Too many messages; wait 100 ms."
    rig.bench.clock.pass_s(0.1)
    assert (await stranger("time"))["status"]
    assert stranger.wire.closing is None
    await rig.stop()


async def test_binary_messages_count_as_messages() -> None:
    """A flood of them is a flood."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=1)).start()
    stranger = rig.connect()
    stranger.session.binary()
    stranger.session.binary()
    await turns()
    assert [reply["code"] for reply in stranger.wire.received] == ["PARAM_JSON", "LIMIT_RATE"]
    await rig.stop()


async def test_who_does_not_listen_is_closed_and_others_are_not() -> None:
    """At five times the rate."""
    rig = await Rig(Limits(rate_limit=10, rate_burst=10)).start()
    hasty, patient = rig.connect(), rig.connect()
    for number in range(1_000):
        rig.bench.clock.pass_s(0.001)
        hasty.session.receive(message("time"))
        if hasty.wire.closing:
            break
        assert number < 500
    assert hasty.wire.closing is not None
    assert hasty.wire.closing[0] == POLICY
    assert (await patient("time"))["status"]
    assert patient.wire.closing is None
    await rig.stop()


async def test_a_message_that_is_too_long_is_refused(rig: Rig) -> None:
    """The transport closes the connection; the reason is told before."""
    alice = await rig.player("alice")
    alice.session.too_long(1_000_000)
    await turns()
    refused = alice.wire.received[-1]
    assert refused["code"] == "LIMIT_MESSAGE"
    assert refused["data"] == {"limit": "65536 bytes", "got": "1000000 bytes"}
    assert refused["message"] == "Message too long: at most 65536 bytes."


async def test_later_messages_wait_while_a_secret_is_checked(rig: Rig) -> None:
    """The connection reads no further; others are served meanwhile."""
    alice = await rig.player("alice", password="correct horse")
    again, other = rig.connect(), await rig.player("bob")
    again.session.receive(message("auth", username="alice", password="correct horse"))
    assert not again.wire.reading
    assert (await other("wallets"))["status"]
    assert again.wire.received == []
    async with asyncio.timeout(10):
        while not again.wire.reading:
            await asyncio.sleep(0.005)
    assert again.wire.received[-1]["message"] == "Authenticated"
    assert await again.done("wallets") == await alice.done("wallets")


async def test_a_check_that_takes_too_long_is_told_as_open(rig: Rig) -> None:
    """The store may be away; the session goes on."""
    gate = asyncio.Event()
    create = rig.store.create

    async def hanging(key: str, record: bytes) -> bytes | None:
        await gate.wait()
        return await create(key, record)

    rig.store.create = hanging  # type: ignore[method-assign]
    rig.host.answer_within_s = 0.01
    alice = rig.connect()
    reply = await alice("register", username="alice", token="ab" * 32)
    assert reply["code"] == "STATE_UNKNOWN"
    gate.set()
    await turns()
    rig.host.answer_within_s = 10
    assert await alice.done("register", username="alice", token="ab" * 32) == "ab" * 32


async def test_what_ends_late_in_a_halted_game_is_told_as_open(rig: Rig) -> None:
    """The user may be written and the account not; asked again, it is done."""
    gate = asyncio.Event()
    create = rig.store.create

    async def hanging(key: str, record: bytes) -> bytes | None:
        await gate.wait()
        return await create(key, record)

    rig.store.create = hanging  # type: ignore[method-assign]
    alice = rig.connect()
    alice.session.receive(message("register", username="alice", token="ab" * 32))
    await rig.halt()
    gate.set()
    async with asyncio.timeout(WAIT_S):
        while not alice.wire.reading:
            await asyncio.sleep(0.005)
    assert [reply["code"] for reply in alice.wire.received] == ["STATE_UNKNOWN"]
    await rig.resume()
    assert await alice.done("register", username="alice", token="ab" * 32) == "ab" * 32
    assert await alice.done("orders") == {"maker": [], "market": []}


async def test_what_never_ends_in_a_halted_game_is_told_as_open(rig: Rig) -> None:
    """Users lie in the same store as the journal, which does not answer."""
    rig.store.create = _never  # type: ignore[method-assign]
    rig.host.answer_within_s = 0.05
    alice = rig.connect()
    alice.session.receive(message("register", username="alice"))
    await rig.halt()
    async with asyncio.timeout(WAIT_S):
        while not alice.wire.reading:
            await asyncio.sleep(0.005)
    assert [reply["code"] for reply in alice.wire.received] == ["STATE_UNKNOWN"]


async def _never(key: str, record: bytes) -> bytes | None:
    await asyncio.Event().wait()
    return None


async def test_a_bug_in_waiting_work_ends_its_connection_only(
    rig: Rig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged, and the client learns nothing of the inside."""

    async def broken(session: object, request: object) -> bytes:
        raise RuntimeError("inside")

    monkeypatch.setitem(ROUTES, Wallets, Route("wallets", broken, True))
    alice, bob = await rig.player("alice"), await rig.player("bob")
    with caplog.at_level(logging.ERROR, logger="cxgame"):
        alice.session.receive(message("wallets"))
        await turns()
    assert alice.wire.closing == (INTERNAL, "The server failed on this message.")
    assert "inside" in caplog.text
    assert await bob.done("price") == "1000.00"
    assert bob.wire.closing is None


async def test_waiting_work_ends_with_the_server(rig: Rig) -> None:
    """Nothing is left running."""
    gate = asyncio.Event()

    async def hanging(key: str, record: bytes) -> bytes | None:
        await gate.wait()
        return None

    rig.store.create = hanging  # type: ignore[method-assign]
    alice = rig.connect()
    alice.session.receive(message("register", username="alice"))
    await turns()
    await rig.host.close()
    assert alice.wire.received == []
    assert rig.host.sessions_of(1) == set()


async def test_who_leaves_while_registering_is_not_connected(rig: Rig) -> None:
    """The account is there all the same, for whoever holds the token."""
    alice = rig.connect()
    alice.session.receive(message("register", username="alice", token="ab" * 32))
    alice.session.closed()
    await turns()
    await rig.game.settled()
    account = rig.host.account_of("alice")
    assert account is not None
    assert rig.host.sessions_of(account) == set()
    assert (await rig.connect()("auth", username="alice", token="ab" * 32))["status"]


async def test_several_connections_share_an_account_up_to_the_limit() -> None:
    """n are let in and n + 1 is not, until one leaves."""
    rig = await Rig(Limits(rate_limit=0, max_connections_per_account=2)).start()
    alice = await rig.player("alice")

    async def again() -> tuple[Player, dict[str, Any]]:
        player = rig.connect()
        return player, await player("auth", username="alice", token=alice.token)

    second, reply = await again()
    assert reply["status"]
    third, reply = await again()
    assert reply["code"] == "LIMIT_CONNECTIONS"
    assert reply["data"] == {"limit": "2", "got": "3"}
    assert await third.refused("wallets") == "AUTH_REQUIRED"
    assert (await second("auth", username="alice", token=alice.token))["status"], "it is in already"
    second.session.closed()
    assert (await third("auth", username="alice", token=alice.token))["status"]
    await rig.stop()


async def test_a_connection_may_change_its_user(rig: Rig) -> None:
    """The last login counts."""
    alice, bob = await rig.player("alice"), await rig.player("bob")
    await alice.done("buy", price="900", size="1")
    await alice.done("auth", username="bob", token=bob.token)
    assert await alice.done("wallets") == await bob.done("wallets")
    account = rig.host.account_of("alice")
    assert account is not None
    assert rig.host.sessions_of(account) == set()


async def test_connections_and_logins_are_noticed_without_addresses(rig: Rig) -> None:
    """Registrations are events of the game and not repeated here."""
    alice = await rig.player("alice")
    await rig.connect().done("auth", username="alice", token=alice.token)
    assert rig.notices == ["New connection", "New connection", "Authenticated: alice"]


async def test_the_journal_says_where_a_command_came_from(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gateway, session and request id."""
    origins: list[tuple[str, str, int, RequestId]] = []
    submit = rig.game.submit

    def recording(command: Command, gateway: str, session: int, request: RequestId) -> Any:
        origins.append((type(command).__name__, gateway, session, request))
        return submit(command, gateway, session, request)

    monkeypatch.setattr(rig.game, "submit", recording)
    alice = await rig.player("alice")
    await alice.ask(message("buy", "mine", price="900", size="1"))
    await alice.ask(message("pause", 7, secret=SECRET))
    id = alice.session.id
    assert origins == [
        ("OpenAccount", "ws", id, None),
        ("PlaceOrder", "ws", id, "mine"),
        ("Pause", "ws", id, 7),
    ]

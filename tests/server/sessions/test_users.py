"""Registering, logging in, tokens, whitelists and broadcasts, as a client sees them."""

import asyncio

import pytest

from cxgame.limits import Limits
from cxgame.model.commands import Close
from cxgame.model.enums import Phase
from tests.server.rig import UNLIMITED, Rig
from tests.support.waiting import turns

TOKEN = "ab" * 32
OTHER = "cd" * 32


async def test_registering_opens_an_account_and_logs_in(rig: Rig) -> None:
    """The data is the token."""
    alice = rig.connect()
    reply = await alice("register", username="alice")
    assert reply["message"] == "Registered"
    assert len(reply["data"]) == 64
    assert (await alice.done("wallets"))["usd"] == "10000.00"


async def test_registering_again_with_the_same_token_is_no_second_account(rig: Rig) -> None:
    """A client whose reply was lost asks again."""
    first, second = rig.connect(), rig.connect()
    for client in (first, second, first):
        reply = await client("register", username="alice", token=TOKEN)
        assert (reply["message"], reply["data"]) == ("Registered", TOKEN)
    assert len(rig.game.engine.accounts) == 2


async def test_a_taken_name_is_refused(rig: Rig) -> None:
    """In any spelling; the connection stays as it was."""
    await rig.player("Alice", token=TOKEN)
    other = rig.connect()
    for params in ({}, {"token": OTHER}):
        reply = await other("register", username="aLICE", **params)
        assert (reply["code"], reply["message"]) == ("AUTH_USER_TAKEN", "User already registered.")
    assert await other.refused("wallets") == "AUTH_REQUIRED"


@pytest.mark.parametrize("name", ["", "a b", "_a", "x" * 33, "änne", "house", "Admin", "a\n"])
async def test_a_name_outside_the_rule_is_refused(rig: Rig, name: str) -> None:
    """Nothing is stored, and no registration is counted."""
    reply = await rig.connect()("register", username=name)
    assert reply["code"] == "PARAM_NAME"
    assert '"username"' in reply["message"]
    assert set(rig.store.records) == {"admin"}
    assert (await rig.connect()("register", username="alice", team=name))["code"] == "PARAM_NAME"


async def test_logging_in_by_token_or_password(rig: Rig) -> None:
    """In any spelling of the name; with both, the token counts."""
    await rig.player("Alice", token=TOKEN, password="correct horse")
    for params in (
        {"token": TOKEN},
        {"password": "correct horse"},
        {"token": TOKEN, "password": "wrong"},
    ):
        client = rig.connect()
        reply = await client("auth", username="alice", **params)
        assert (reply["message"], reply["data"]) == ("Authenticated", None)
        assert (await client.done("wallets"))["usd"] == "10000.00"


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"username": "bob", "token": TOKEN}, "AUTH_UNKNOWN_USER", "User is not registered."),
        ({"username": "bob", "password": "p"}, "AUTH_UNKNOWN_USER", "User is not registered."),
        ({"username": "house", "token": ""}, "AUTH_UNKNOWN_USER", "User is not registered."),
        ({"username": "admin", "token": ""}, "AUTH_UNKNOWN_USER", "User is not registered."),
        (
            {"username": "alice", "token": OTHER},
            "AUTH_TOKEN",
            "Authentication failed: Invalid token.",
        ),
        (
            {"username": "alice", "password": "wrong"},
            "AUTH_PASSWORD",
            "Authentication failed: Invalid password.",
        ),
        ({"username": "alice"}, "PARAM_MISSING", 'Missing "token" in params.'),
    ],
)
async def test_logins_that_fail(rig: Rig, params: dict[str, str], code: str, message: str) -> None:
    """The connection is not logged in afterwards."""
    await rig.player("alice", token=TOKEN, password="correct horse")
    stranger = rig.connect()
    reply = await stranger("auth", **params)
    assert (reply["code"], reply["message"]) == (code, message)
    assert await stranger.refused("wallets") == "AUTH_REQUIRED"


async def test_a_failed_login_leaves_the_earlier_one(rig: Rig) -> None:
    """Who is in stays in."""
    alice = await rig.player("alice")
    assert await alice.refused("auth", username="bob", token=TOKEN) == "AUTH_UNKNOWN_USER"
    assert (await alice("wallets"))["status"]


async def test_a_rotated_token_closes_the_other_connections(rig: Rig) -> None:
    """This one stays; the old token is worthless."""
    alice, second = await rig.player("alice"), rig.connect()
    bob = await rig.player("bob")
    await second.done("auth", username="alice", token=alice.token)
    fresh = await alice.done("rotate")
    assert second.wire.closing == (1008, "The token was replaced.")
    assert alice.wire.closing is bob.wire.closing is None
    assert (await alice("wallets"))["status"]
    third = rig.connect()
    assert await third.refused("auth", username="alice", token=alice.token) == "AUTH_TOKEN"
    assert (await third("auth", username="alice", token=fresh))["status"]
    assert await alice.done("rotate", token=OTHER) == OTHER


async def test_of_two_rotations_at_once_the_later_holds(rig: Rig) -> None:
    """Each closes the other's connection, for whose token is worthless then."""
    first, second = await rig.player("alice"), rig.connect()
    await second.done("auth", username="alice", token=first.token)
    put = rig.store.put

    async def slowly(key: str, record: bytes) -> None:
        await turns()
        await put(key, record)

    rig.store.put = slowly  # type: ignore[method-assign]
    rotations = first.done("rotate", token=TOKEN), second.done("rotate", token=OTHER)
    assert await asyncio.gather(*rotations) == [TOKEN, OTHER]
    assert first.wire.closing == second.wire.closing == (1008, "The token was replaced.")
    assert await rig.connect().refused("auth", username="alice", token=TOKEN) == "AUTH_TOKEN"


async def test_the_user_limit_counts_players(rig: Rig) -> None:
    """n are let in, n + 1 is not, and its name stays free."""
    small = await Rig(user_limit=2).start()
    await small.player("alice")
    assert await small.host.enter_bot("maker", TOKEN) is None
    await small.player("bob")
    reply = await small.connect()("register", username="carol")
    assert (reply["code"], reply["message"]) == ("LIMIT_USERS", "User limit reached (2)")
    assert "carol" not in small.store.records
    await small.stop()


async def test_a_crowd_at_the_door_is_counted_too() -> None:
    """Who is being written already takes a seat."""
    small = await Rig(user_limit=2).start()
    names = [f"user{number}" for number in range(5)]
    replies = await asyncio.gather(
        *(small.connect()("register", username=name, password="p") for name in names)
    )
    codes = [reply.get("code") for reply in replies]
    assert codes == [None, None, "LIMIT_USERS", "LIMIT_USERS", "LIMIT_USERS"]
    assert set(small.store.records) == {"admin", "user0", "user1"}
    await small.stop()


async def test_only_listed_users_may_enter() -> None:
    """A name that is not listed is not kept either; a listed one has its team."""
    rig = await Rig(whitelist={"red": ("Alice",), "": ("bob",)}).start()
    reply = await rig.connect()("register", username="mallory")
    assert (reply["code"], reply["message"]) == ("AUTH_NOT_LISTED", "User not in whitelist.")
    assert "mallory" not in rig.store.records
    await rig.player("alice", team="blue")
    assert rig.game.engine.accounts[1].team == "red"
    await rig.stop()


async def test_a_game_with_a_whitelist_opens_when_all_are_connected() -> None:
    """Not before; and one who drops later does not close it."""
    rig = await Rig(whitelist={"": ("alice", "bob")}).start()
    alice = await rig.player("alice")
    reply = await alice("buy", price="900", size="1")
    assert reply["code"] == "STATE_NOT_OPEN"
    assert reply["message"] == 'Server is paused. Wait for admin "start" command.'
    alice.session.closed()
    bob = await rig.player("bob")
    assert rig.game.engine.phase is Phase.REGISTRATION, "alice has left"
    await rig.connect().done("auth", username="alice", token=alice.token)
    assert rig.game.engine.phase is Phase.OPEN
    bob.session.closed()
    assert rig.game.engine.phase is Phase.OPEN
    await rig.stop()


async def test_a_game_that_waits_for_start_opens_with_it() -> None:
    """Without a whitelist at once, with one when all are connected as well."""
    rig = await Rig(started=False, whitelist={"": ("alice",)}).start()
    await rig.player("alice")
    assert rig.game.engine.phase is Phase.REGISTRATION
    await rig.connect().done("start", secret="open sesame")
    assert rig.game.engine.phase is Phase.OPEN
    await rig.stop()


async def test_a_user_enters_a_new_game_with_the_old_token(rig: Rig) -> None:
    """Users are server-wide; an account opens at the first login."""
    await rig.player("alice", token=TOKEN)
    later = await Rig().start()
    later.store.records.update(rig.store.records)
    await later.users.load()
    alice = later.connect()
    await alice.done("auth", username="alice", token=TOKEN)
    assert (await alice.done("wallets"))["usd"] == "10000.00"
    await later.stop()


async def test_nobody_enters_a_game_that_is_over(rig: Rig) -> None:
    """Who is in may still look."""
    alice = await rig.player("alice")
    rig.bench.submit(Close("shutdown"))
    assert await rig.connect().refused("register", username="bob") == "STATE_CLOSED"
    assert "bob" not in rig.store.records
    again = rig.connect()
    await again.done("auth", username="alice", token=alice.token)
    assert (await again.done("wallets"))["usd"] == "10000.00"


async def test_registrations_are_counted_per_address_and_minute() -> None:
    """n pass and n + 1 does not; repeats and other addresses are not counted."""
    rig = await Rig(Limits(rate_limit=0, max_registrations_per_minute=3)).start()
    for number in range(3):
        await rig.player(f"user{number}", token=TOKEN)
    reply = await rig.connect()("register", username="late")
    assert reply["code"] == "LIMIT_CONNECTIONS"
    assert reply["data"] == {"limit": "3", "got": "4", "wait_ms": 20_000}
    await rig.connect().done("register", username="user0", token=TOKEN)
    await rig.connect("10.0.0.2").done("register", username="elsewhere")
    rig.bench.clock.pass_s(20)
    await rig.connect().done("register", username="late")
    await rig.stop()


async def test_who_may_not_enter_is_not_counted() -> None:
    """A program that goes on trying keeps nobody out who shares its address."""
    limits = Limits(rate_limit=0, max_registrations_per_minute=1)
    rig = await Rig(limits, whitelist={"": ("alice",)}).start()
    for _ in range(3):
        assert await rig.connect().refused("register", username="mallory") == "AUTH_NOT_LISTED"
    await rig.connect().done("register", username="alice")
    await rig.stop()


async def test_a_broadcast_goes_into_the_game(rig: Rig) -> None:
    """Its text is the players' own."""
    alice = await rig.player("alice")
    reply = await alice("bcast", message="héllo\n\u0007<b>")
    assert (reply["message"], reply["data"]) == ("Message broadcasted.", None)


async def test_a_broadcast_has_at_most_500_characters(rig: Rig) -> None:
    """n pass and n + 1 do not."""
    alice = await rig.player("alice")
    await alice.done("bcast", message="ü" * 500)
    reply = await alice("bcast", message="ü" * 501)
    assert reply["code"] == "LIMIT_MESSAGE"
    assert reply["data"] == {"limit": "500 characters", "got": "501 characters"}


async def test_an_account_broadcasts_once_a_second() -> None:
    """From whichever of its connections; others are not held up."""
    rig = await Rig(UNLIMITED._replace(bcast_rate=1)).start()
    alice, second, bob = await rig.player("alice"), rig.connect(), await rig.player("bob")
    await second.done("auth", username="alice", token=alice.token)
    await alice.done("bcast", message="one")
    reply = await second("bcast", message="two")
    assert (reply["code"], reply["data"]) == ("LIMIT_RATE", {"wait_ms": 1000})
    await bob.done("bcast", message="hello")
    rig.bench.clock.pass_s(1)
    await second.done("bcast", message="two")
    await rig.stop()


async def test_a_house_bot_is_marked_and_needs_no_place_on_the_list() -> None:
    """Its process then connects with its token."""
    rig = await Rig(whitelist={"": ("alice",)}).start()
    assert await rig.host.enter_bot("maker", TOKEN) is None
    assert await rig.host.enter_bot("maker", TOKEN) is None, "again after a restart"
    refusal = await rig.host.enter_bot("maker", OTHER)
    assert refusal is not None
    assert refusal.code == "AUTH_USER_TAKEN"
    await rig.connect().done("auth", username="maker", token=TOKEN)
    assert rig.game.engine.accounts[1].bot
    assert rig.game.engine.phase is Phase.REGISTRATION, "a bot is not waited for"
    await rig.stop()

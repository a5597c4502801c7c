"""Sandbox sessions: whose account a session id opens."""

import asyncio

from cxgame.auth import bad_name
from cxgame.engine.restoring import load
from cxgame.engine.snapshot import dump, state_hash
from cxgame.limits import Limits
from cxgame.model.commands import OpenAccount
from cxgame.model.errors import Code, Rejection
from cxgame.recovery import replay
from cxgame.server.sessions.sandbox import account_name, open_session
from tests.server.rig import Rig


async def started(**rules: object) -> Rig:
    """A game whose sessions have accounts."""
    rig = await Rig(**rules).start()
    rig.host.sandbox = True
    return rig


def code(found: int | Rejection) -> Code:
    """The code of a refusal."""
    assert isinstance(found, Rejection)
    return found.code


def test_names() -> None:
    """An id that is a name is the name; any other has one that fits, always the same."""
    assert account_name("alice") == "alice"
    assert account_name("Mockx") is None
    for given in ("", " ", "-x", "x" * 33, "ü", "\udcff", "a/b"):
        name = account_name(given)
        assert name is not None
        assert name == account_name(given)
        assert len(name) == 26
        assert bad_name(name) is None
    assert account_name("a/b") != account_name("a/c")


async def test_an_account_is_opened_once() -> None:
    """The first use opens it with the grants; it is journaled, and the second one finds it."""
    rig = await started()
    first = open_session(rig.host, "alice")
    assert isinstance(first, int)
    assert open_session(rig.host, "ALICE") == first
    assert open_session(rig.host, "bob") == first + 1
    await rig.game.settled()
    assert rig.game.engine.accounts[first].free[0] > 0
    await rig.stop()


async def test_without_a_sandbox_nothing_is_opened() -> None:
    """A session id is worth nothing there."""
    rig = await started()
    rig.host.sandbox = False
    assert code(open_session(rig.host, "alice")) is Code.AUTH_REQUIRED
    assert "alice" not in rig.game.engine.account_ids
    await rig.stop()


async def test_registered_users_are_left_alone() -> None:
    """Also those whose name a hashed id would have, and house bots."""
    rig = await started()
    await rig.player("carol")
    hashed = account_name("some id")
    assert hashed is not None
    await rig.player(hashed)
    await rig.host.enter_bot("bot-1", "0" * 64)
    for given in ("carol", "Carol", "some id", hashed, "bot-1", "mockx"):
        assert code(open_session(rig.host, given)) is Code.AUTH_USER_TAKEN
    await rig.stop()


async def test_nobody_registers_the_name_of_a_session() -> None:
    """What a session has earned would be theirs."""
    rig = await started()
    open_session(rig.host, "alice")
    taken = await rig.connect().refused("register", username="Alice")
    assert taken == "AUTH_USER_TAKEN"
    await rig.stop()


async def test_a_name_that_is_being_registered_is_a_users() -> None:
    """Else the account of a session that came in between would be theirs."""
    rig = await started()
    registering = asyncio.ensure_future(rig.host.register("alice", None, "a password"))
    await asyncio.sleep(0)  # it waits for its hash
    assert code(open_session(rig.host, "alice")) is Code.AUTH_USER_TAKEN
    assert not isinstance(await registering, Rejection)
    await rig.stop()


async def test_a_user_whose_record_is_lost_is_no_session() -> None:
    """The account stays closed, whoever names it."""
    rig = await started()
    rig.bench.submit(OpenAccount("carol"))
    assert code(open_session(rig.host, "carol")) is Code.AUTH_USER_TAKEN
    await rig.stop()


async def test_a_session_is_one_after_a_restart() -> None:
    """From the journal, and from a snapshot."""
    rig = await started()
    account = open_session(rig.host, "alice")
    assert isinstance(account, int)
    await rig.game.settled()
    replayed = (await replay(rig.bench.journal)).engine
    assert [each.sandbox for each in replayed.accounts] == [False, True]
    loaded = load(dump(replayed))
    assert loaded.accounts[account].sandbox
    assert state_hash(loaded) == state_hash(rig.game.engine)
    await rig.stop()


async def test_the_rules_of_entering_hold() -> None:
    """A game for two is full with two; one with a list takes who is on it."""
    rig = await started(user_limit=1)
    assert isinstance(open_session(rig.host, "alice"), int)
    assert code(open_session(rig.host, "bob")) is Code.LIMIT_USERS
    await rig.stop()
    listed = await started(whitelist={"": ("alice",)})
    assert isinstance(open_session(listed.host, "alice"), int)
    assert code(open_session(listed.host, "bob")) is Code.AUTH_NOT_LISTED
    await listed.stop()


async def test_an_address_opens_so_many_a_minute() -> None:
    """Where an address is known; those that are open are found whatever happens."""
    rig = Rig(Limits(max_registrations_per_minute=1))
    await rig.start()
    rig.host.sandbox = True
    assert isinstance(open_session(rig.host, "a", "10.0.0.1"), int)
    assert code(open_session(rig.host, "b", "10.0.0.1")) is Code.LIMIT_CONNECTIONS
    assert isinstance(open_session(rig.host, "b", "10.0.0.2"), int)
    assert isinstance(open_session(rig.host, "a", "10.0.0.1"), int)
    await rig.stop()


async def test_a_halted_game_opens_nothing() -> None:
    """Its journal does not answer."""
    rig = await started()
    await rig.halt()
    assert code(open_session(rig.host, "alice")) is Code.STATE_HALTED
    await rig.resume()
    await rig.stop()

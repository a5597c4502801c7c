"""Users: registering, proving who one is, replacing a token, the admin secret."""

import asyncio
import json
import logging

import pytest

from cxgame import auth
from cxgame.auth import ADMIN, User, UserDamaged, Users, bad_name, new_token, sha256
from cxgame.model.errors import Code, Rejection
from cxgame.store.memory import MemoryUsers
from tests.support.waiting import turns

TOKEN = "ab" * 32
OTHER = "cd" * 32


@pytest.fixture
def store() -> MemoryUsers:
    return MemoryUsers()


@pytest.fixture
async def users(store: MemoryUsers) -> Users:
    users = Users(store)
    await users.load()
    return users


def code(answer: object) -> Code:
    """The code of a refusal."""
    assert isinstance(answer, Rejection), answer
    return answer.code


async def test_a_new_user_gets_a_token_of_256_bits(users: Users) -> None:
    """In lower-case hexadecimal, another one each time."""
    alice = await users.register("alice", None, None, 1)
    bob = await users.register("bob", None, None, 1)
    assert isinstance(alice, str)
    assert len(alice) == 64
    assert int(alice, 16) >= 0
    assert alice == alice.lower() != bob
    assert isinstance(users.check_token("alice", alice), User)
    assert len(users) == 2


async def test_a_client_may_bring_its_own_token(users: Users) -> None:
    """So that a lost reply locks nobody out: the same again is answered the same."""
    assert await users.register("alice", TOKEN, None, 1) == TOKEN
    assert await users.register("alice", TOKEN, None, 2) == TOKEN
    assert await users.register("ALICE", TOKEN, "late password", 2) == TOKEN
    assert len(users) == 1


@pytest.mark.parametrize("token", [None, OTHER])
async def test_a_taken_name_stays_with_its_owner(users: Users, token: str | None) -> None:
    """In any spelling, and nothing is changed."""
    await users.register("Alice", TOKEN, None, 1)
    assert code(await users.register("aLICE", token, "new", 2)) is Code.AUTH_USER_TAKEN
    found = users.check_token("alice", TOKEN)
    assert isinstance(found, User)
    assert found.name == "Alice"
    assert code(await users.check_password("alice", "new")) is Code.AUTH_PASSWORD


async def test_of_two_who_register_at_once_one_gets_the_name(users: Users) -> None:
    """The store decides, also between two servers."""
    answers = await asyncio.gather(
        users.register("alice", TOKEN, "p", 1), users.register("alice", OTHER, "p", 1)
    )
    assert sum(answer in (TOKEN, OTHER) for answer in answers) == 1
    assert sum(isinstance(answer, Rejection) for answer in answers) == 1


async def test_a_name_that_another_server_registered_is_taken(
    users: Users, store: MemoryUsers
) -> None:
    """It was written after we had read all users."""
    await Users(store).register("alice", TOKEN, None, 1)
    assert code(await users.register("alice", OTHER, None, 1)) is Code.AUTH_USER_TAKEN
    assert isinstance(users.check_token("alice", TOKEN), User)


@pytest.mark.parametrize("token", [OTHER, "", "ab" * 31, TOKEN.upper(), TOKEN + "\n", "ü" * 64])
async def test_a_wrong_token_is_refused(users: Users, token: str) -> None:
    """Whatever it is."""
    await users.register("alice", TOKEN, None, 1)
    assert code(users.check_token("alice", token)) is Code.AUTH_TOKEN


async def test_another_users_token_is_refused(users: Users) -> None:
    """A token belongs to one name."""
    await users.register("alice", TOKEN, None, 1)
    await users.register("bob", OTHER, None, 1)
    assert code(users.check_token("alice", OTHER)) is Code.AUTH_TOKEN


async def test_who_is_not_registered_is_told_so(users: Users) -> None:
    """By token and by password."""
    assert code(users.check_token("nobody", TOKEN)) is Code.AUTH_UNKNOWN_USER
    assert code(await users.check_password("nobody", "p")) is Code.AUTH_UNKNOWN_USER
    assert users.find("nobody") is None


async def test_a_password_is_checked(users: Users) -> None:
    """Who has none can't use one."""
    await users.register("alice", None, "correct horse", 1)
    await users.register("bob", None, None, 1)
    assert isinstance(await users.check_password("ALICE", "correct horse"), User)
    assert code(await users.check_password("alice", "wrong")) is Code.AUTH_PASSWORD
    assert code(await users.check_password("bob", "")) is Code.AUTH_PASSWORD


async def test_a_password_that_is_taken_away_meanwhile_counts_no_more(users: Users) -> None:
    """The check may wait in a queue for seconds, in which its owner is given another token."""
    await users.register("alice", TOKEN, "stolen", 1)
    checking = asyncio.create_task(users.check_password("alice", "stolen"))
    await turns(1)
    assert await users.rotate("alice", OTHER, keeps_password=False) == OTHER
    assert not checking.done()
    assert code(await checking) is Code.AUTH_PASSWORD


async def test_a_token_that_is_replaced_meanwhile_leaves_the_password(users: Users) -> None:
    """Who rotates his own token keeps it."""
    await users.register("alice", TOKEN, "p", 1)
    checking = asyncio.create_task(users.check_password("alice", "p"))
    await turns(1)
    assert await users.rotate("alice", OTHER) == OTHER
    assert isinstance(await checking, User)


async def test_users_survive_a_restart(users: Users, store: MemoryUsers) -> None:
    """Read back from the store, secrets and all."""
    await users.register("Alice", TOKEN, "p", 1)
    await users.set_admin_secret("sesame")
    later = Users(store)
    await later.load()
    assert isinstance(later.check_token("alice", TOKEN), User)
    assert isinstance(await later.check_password("alice", "p"), User)
    assert await later.check_admin_secret("sesame") is None
    assert len(later) == 1


async def test_a_flipped_bit_in_a_record_is_noticed(users: Users, store: MemoryUsers) -> None:
    """Each bit of it: what is loaded all the same says what was stored."""
    await users.register("alice", TOKEN, None, 1)
    (record,) = (await store.load()).values()
    alice = users.find("alice")
    for bit in range(8 * len(record)):
        flipped = bytearray(record)
        flipped[bit // 8] ^= 1 << bit % 8
        await store.put("alice", bytes(flipped))
        again = Users(store)
        try:
            await again.load()
        except UserDamaged:
            continue
        assert again.find("alice") == alice


async def test_a_record_under_another_name_is_noticed(users: Users, store: MemoryUsers) -> None:
    """Whoever came in by that name would be somebody else."""
    await users.register("alice", TOKEN, None, 1)
    await store.put("bob", (await store.load())["alice"])
    with pytest.raises(UserDamaged, match="'alice' is kept as 'bob'"):
        await Users(store).load()


async def test_a_record_of_an_earlier_release_has_no_checksum(store: MemoryUsers) -> None:
    """It is read all the same."""
    await store.put("alice", b'{"name":"Alice","token_sha256":"%b"}' % sha256(TOKEN).encode())
    users = Users(store)
    await users.load()
    assert isinstance(users.check_token("alice", TOKEN), User)


async def test_a_store_that_does_not_answer_leaves_doubt() -> None:
    """Neither is an error: the same token, sent again, finds out what became of it."""

    class Away(MemoryUsers):
        async def create(self, key: str, record: bytes) -> bytes | None:
            if is_away:
                raise ConnectionError("away")
            return await super().create(key, record)

        async def put(self, key: str, record: bytes) -> None:
            raise ConnectionError("away")

    is_away = True
    users = Users(Away())
    assert code(await users.register("alice", TOKEN, None, 1)) is Code.STATE_UNKNOWN
    is_away = False
    assert await users.register("alice", TOKEN, None, 1) == TOKEN
    assert code(await users.rotate("alice", OTHER)) is Code.STATE_UNKNOWN
    assert isinstance(users.check_token("alice", TOKEN), User)


async def test_rotations_of_a_user_wait_for_one_another() -> None:
    """One that hung in the store does not undo a later one that was acknowledged."""

    class Hanging(MemoryUsers):
        async def put(self, key: str, record: bytes) -> None:
            if not heals.is_set():
                await heals.wait()
            await super().put(key, record)

    heals, store = asyncio.Event(), Hanging()
    users = Users(store)
    await users.register("alice", TOKEN, None, 1)
    first = asyncio.create_task(users.rotate("alice", "11" * 32))
    await asyncio.sleep(0)
    heals.set()  # from here on the store answers at once
    assert await users.rotate("alice", OTHER) == OTHER
    await asyncio.wait_for(first, 5)
    assert isinstance(users.check_token("alice", OTHER), User)
    again = Users(store)
    await again.load()
    assert isinstance(again.check_token("alice", OTHER), User)


async def test_a_rotated_token_is_worthless(users: Users, store: MemoryUsers) -> None:
    """At once and after a restart; a client may bring the new one."""
    await users.register("alice", TOKEN, "p", 1)
    fresh = await users.rotate("ALICE")
    assert isinstance(fresh, str)
    assert code(users.check_token("alice", TOKEN)) is Code.AUTH_TOKEN
    assert isinstance(users.check_token("alice", fresh), User)
    assert await users.rotate("alice", OTHER) == OTHER
    later = Users(store)
    await later.load()
    assert code(later.check_token("alice", fresh)) is Code.AUTH_TOKEN
    assert isinstance(later.check_token("alice", OTHER), User)
    assert isinstance(await later.check_password("alice", "p"), User)


async def test_only_hashes_are_kept(users: Users, store: MemoryUsers) -> None:
    """No record holds a secret."""
    await users.register("alice", TOKEN, "correct horse", 1)
    await users.set_admin_secret("open sesame")
    kept = b"".join(store.records.values())
    for secret in (TOKEN, "correct horse", "open sesame"):
        assert secret.encode() not in kept
    record = json.loads(store.records["alice"])
    assert record["token_sha256"] == sha256(TOKEN)
    assert record["password"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_no_secret_is_logged_or_shown(users: Users, caplog: pytest.LogCaptureFixture) -> None:
    """Neither by the code nor by a repr."""
    caplog.set_level(logging.DEBUG)
    await users.register("alice", TOKEN, "correct horse", 1)
    await users.check_password("alice", "wrong horse")
    await users.set_admin_secret("open sesame")
    text = caplog.text + repr(users.find("alice"))
    for secret in (TOKEN, sha256(TOKEN), "horse", "sesame", "argon2"):
        assert secret not in text


async def test_without_an_admin_secret_one_is_made_once(users: Users, store: MemoryUsers) -> None:
    """It is returned for printing at the first start, and never again."""
    secret = await users.set_admin_secret(None)
    assert secret is not None
    assert len(secret) >= 20
    assert await users.check_admin_secret(secret) is None
    assert await users.set_admin_secret(None) is None
    assert await users.check_admin_secret(secret) is None
    assert set(store.records) == {ADMIN}


async def test_a_given_admin_secret_replaces_the_kept_one(users: Users) -> None:
    """Also the memory of the old one."""
    await users.set_admin_secret("old")
    assert await users.check_admin_secret("old") is None
    assert users.is_known_admin_secret("old")
    assert await users.set_admin_secret("new") is None
    assert not users.is_known_admin_secret("old")
    assert code(await users.check_admin_secret("old")) is Code.AUTH_SECRET
    assert await users.check_admin_secret("new") is None


async def test_the_admin_secret_is_quick_once_verified(users: Users) -> None:
    """Nothing is known before, and nothing but the right one afterwards."""
    await users.set_admin_secret("sesame")
    assert not users.is_known_admin_secret("sesame")
    assert code(await users.check_admin_secret("wrong")) is Code.AUTH_SECRET
    assert not users.is_known_admin_secret("wrong")
    await users.check_admin_secret("sesame")
    assert users.is_known_admin_secret("sesame")
    assert not users.is_known_admin_secret("wrong")
    assert not users.is_known_admin_secret("")


async def test_without_any_admin_secret_none_is_right(users: Users) -> None:
    """Not even the empty one."""
    assert code(await users.check_admin_secret("")) is Code.AUTH_SECRET
    assert not users.is_known_admin_secret("")


async def test_the_admin_record_is_no_user(users: Users) -> None:
    """Its hash is no password to log in with."""
    await users.set_admin_secret("sesame")
    assert users.find("Admin") is None
    assert code(users.check_token("admin", "")) is Code.AUTH_UNKNOWN_USER
    assert code(await users.check_password("admin", "sesame")) is Code.AUTH_UNKNOWN_USER
    assert code(await users.register("admin", TOKEN, None, 1)) is Code.PARAM_NAME


async def test_the_queue_before_the_hashing_is_bounded(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """n wait, n + 1 is told to come again."""
    monkeypatch.setattr(auth, "MAX_WAITING", 2)
    answers = await asyncio.gather(
        *(users.register(name, TOKEN, "p", 1) for name in ("alice", "bob", "carol"))
    )
    assert answers[:2] == [TOKEN, TOKEN]
    assert code(answers[2]) is Code.LIMIT_RATE
    monkeypatch.setattr(auth, "MAX_WAITING", 0)
    assert code(await users.check_password("alice", "p")) is Code.LIMIT_RATE
    assert code(await users.check_admin_secret("p")) is Code.LIMIT_RATE


async def test_the_loop_runs_on_while_secrets_are_hashed(users: Users) -> None:
    """argon2 takes its time in a thread."""
    work = asyncio.create_task(users.register("alice", TOKEN, "p", 1))
    turns = 0
    while not work.done() and turns < 1_000_000:
        await asyncio.sleep(0)
        turns += 1
    assert work.result() == TOKEN
    assert turns > 10


@pytest.mark.parametrize(
    "name", ["a", "A", "0", "alice", "a" * 32, "a.b-c_d", "9lives", "House1", "adminx"]
)
def test_names_within_the_rule(name: str) -> None:
    """1 to 32 letters, digits, _ . and -, beginning with a letter or digit."""
    assert bad_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 33,
        "_a",
        ".a",
        "-a",
        "a b",
        "a\n",
        "a/b",
        "a:b",
        "a@b",
        "änne",
        "a\u0301",
        "\uff41",
        "a\x00",
        "<b>",
        "house",
        "House",
        "MOCKX",
        "admin",
        "System",
    ],
)
def test_names_outside_the_rule(name: str) -> None:
    """Also the reserved ones, in any case; the refusal names the field."""
    refusal = bad_name(name, "team")
    assert refusal is not None
    assert (refusal.code, refusal.facts) == (Code.PARAM_NAME, {"name": "team"})


async def test_a_bad_name_is_not_registered(users: Users, store: MemoryUsers) -> None:
    """Nothing is written."""
    assert code(await users.register("a b", TOKEN, None, 1)) is Code.PARAM_NAME
    assert store.records == {}


def test_tokens_are_random() -> None:
    """No two are alike."""
    assert len({new_token() for _ in range(1_000)}) == 1_000


async def test_a_token_is_found_by_its_hash(users: Users, store: MemoryUsers) -> None:
    """The present one only, also after a restart; a hash itself is none."""
    assert await users.register("Alice", TOKEN, None, 1) == TOKEN
    again = Users(store)
    await again.load()
    for each in (users, again):
        found = each.holder(sha256(TOKEN))
        assert found is not None
        assert found.name == "Alice"
        assert each.holder(TOKEN) is None
        assert each.holder("") is None
    assert await users.rotate("alice", OTHER) == OTHER
    assert users.holder(sha256(TOKEN)) is None
    assert users.holder(sha256(OTHER)) == users.find("alice")


@pytest.mark.parametrize("first", ["alice", "bob"])
async def test_a_token_of_two_users_stays_the_others(users: Users, first: str) -> None:
    """One person may play under two names; who of them rotates must not shut the other out."""
    for name in ("alice", "bob"):
        await users.register(name, TOKEN, None, 1)
    await users.rotate(first, OTHER)
    (other,) = {"alice", "bob"} - {first}
    assert users.holder(sha256(TOKEN)) == users.find(other)
    assert users.holder(sha256(OTHER)) == users.find(first)
    await users.rotate(other)
    assert users.holder(sha256(TOKEN)) is None


async def test_the_games_key_is_made_once(users: Users, store: MemoryUsers) -> None:
    """Its hash is kept; it is no user's, and counts as none."""
    assert users.api_key_sha256 == ""
    key = await users.make_api_key()
    assert key is not None
    again = Users(store)
    await again.load()
    for each in (users, again):
        assert await each.make_api_key() is None
        assert each.api_key_sha256 == sha256(key)
        assert each.holder(sha256(key)) is None
        assert each.find("mockx") is None
        assert len(each) == 0
    assert key not in "".join(map(repr, store.records.values()))

"""Who asks: sessions of a sandbox, tokens, and how fast."""

import hashlib

import pytest

from cxgame.limits import Limits
from cxgame.model.commands import GrantRole
from cxgame.server.http.simulator.routing import MAX_COUNTED, Violations
from cxgame.server.sessions.sandbox import account_name
from tests.server.http.simulator.exchange import KEY, Exchange, Session, order, simulator

PATHS = ("/orders", "/orders/1", "/balance", "/position?symbol=BTC/USD")
SLOW = Limits(rate_limit=1, rate_burst=2, max_registrations_per_minute=2)


async def test_a_session_is_an_account(exchange: Exchange, alice: Session, bob: Session) -> None:
    """Opened on first use, under the session's id, with the grants; each has its own."""
    await alice.place("BUY", "1")
    assert await alice.available("BTC") == ("11", "11")
    assert await bob.available("BTC") == ("10", "10")
    assert {"alice", "bob"} <= exchange.engine.account_ids.keys()
    again = exchange.session("ALICE")
    assert await again.available("BTC") == ("11", "11")


async def test_without_an_id_there_is_one_session_for_all(exchange: Exchange) -> None:
    """Its name is that of the simulator's."""
    await exchange.session().place("BUY", "1")
    assert await exchange.session("rest-session").available("BTC") == ("11", "11")


async def test_an_id_that_is_no_name_is_hashed(exchange: Exchange) -> None:
    """So any header works, and the same one finds the same account."""
    given = "a session, with blanks / and 42 characters!"
    await exchange.session(given).place("BUY", "1")
    assert await exchange.session(given).available("BTC") == ("11", "11")
    name = f"s-{hashlib.sha256(given.encode()).hexdigest()[:24]}"
    assert name in exchange.engine.account_ids


@pytest.mark.parametrize("given", ["mockx", "House", "admin", "SYSTEM", "carol", "CAROL"])
async def test_some_ids_are_somebody_elses(exchange: Exchange, given: str) -> None:
    """Reserved names and those of registered users: their token alone opens the account."""
    await exchange.rig.player("carol")
    session = exchange.session(given)
    status, error, code = await session.refused("GET", "/balance")
    assert (status, code) == (403, "AUTH_USER_TAKEN")
    assert "token" in error
    assert (await session.refused("POST", "/orders", json=order("BUY", "1")))[0] == 403


async def test_an_admins_account_is_opened_by_no_session(exchange: Exchange) -> None:
    """A session id is no secret: what was given to a session's account may not be shared so."""
    alice = exchange.session("alice")
    await alice.place("BUY", "1")
    exchange.rig.bench.submit(GrantRole(exchange.engine.account_ids["alice"]))
    assert (await alice.refused("GET", "/balance"))[0] == 403


@pytest.mark.parametrize("sandbox", [True, False])
async def test_a_token_works_everywhere(sandbox: bool) -> None:
    """In either header; whose it is counts, not the session that is named beside it."""
    async with simulator(sandbox=sandbox) as one:
        player = await one.rig.player("carol")
        for headers in (
            {"x-api-key": player.token},
            {"Authorization": f"Bearer {player.token}"},
            {"authorization": f"bearer {player.token}", "X-Session-ID": "alice"},
        ):
            await one.session(None, **headers).place("BUY", "0.5")
        own = one.session(None, **{"x-api-key": player.token})
        assert await own.available("BTC") == ("11.5", "11.5")
        owner = one.session(None, Authorization=f"Bearer {KEY}")
        assert await owner.available("BTC") == ("10", "10")
        assert "alice" not in one.engine.account_ids


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_sandbox_a_token_is_needed(path: str) -> None:
    """A session's name is worth nothing there, and opens nothing."""
    async with simulator(sandbox=False) as one:
        for session in (one.session(), one.session("alice")):
            status, _, code = await session.refused("GET", path)
            assert (status, code) == (401, "AUTH_REQUIRED")
        assert "alice" not in one.engine.account_ids


@pytest.mark.parametrize("headers", [{"x-api-key": "x"}, {"Authorization": "Bearer x"}])
async def test_a_wrong_token_is_no_session(exchange: Exchange, headers: dict[str, str]) -> None:
    """Also in a sandbox: who shows one means it; and hears of the header in which it stood."""
    status, text, code = await exchange.session("alice", **headers).refused("GET", "/balance")
    assert (status, code) == (401, "AUTH_TOKEN")
    assert text == f"The key in {next(iter(headers))} is not valid."


async def test_pages_of_other_sites_have_no_session(exchange: Exchange) -> None:
    """A browser sends no header of their making, so the default session is not theirs."""
    page = exchange.session(None, **{"sec-fetch-site": "cross-site"})
    assert (await page.refused("POST", "/orders", content=b"{}"))[0] == 401
    assert (await page.ask("GET", "/symbols")).status_code == 200


@pytest.mark.parametrize("path", ["/symbols", "/ticker", "/prices", "/orderbook", "/trades"])
@pytest.mark.parametrize("sandbox", [True, False])
async def test_market_data_is_for_everybody(path: str, sandbox: bool) -> None:
    """And opens no account."""
    async with simulator(sandbox=sandbox) as one:
        session = one.session("alice")
        answer = await session.ask("GET", path, params={"symbol": "BTC/USD"})
        assert answer.status_code == 200
        assert "alice" not in one.engine.account_ids


async def test_who_asks_too_fast_is_told_to_wait() -> None:
    """Session by session: how often it has, how long to wait, and when in `Retry-After`."""
    async with simulator(SLOW) as one:
        alice, bob = one.session("alice"), one.session("bob")
        assert [(await alice.ask("GET", "/balance")).status_code for _ in range(2)] == [200, 200]
        for count in (1, 2):
            answer = await alice.ask("GET", "/balance")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
            body = answer.json()
            assert body.pop("error")
            assert body == {"code": "LIMIT_RATE", "violation_count": count, "retry_after": 1}
        assert (await bob.ask("GET", "/balance")).status_code == 200
        one.rig.bench.clock.pass_s(1)
        assert (await alice.ask("GET", "/balance")).status_code == 200


async def test_a_violation_counts_for_the_name_that_a_session_plays_under() -> None:
    """An id may be as long as a header: thousands of them are not kept."""
    async with simulator(SLOW) as one:
        id = "x" * 5_000
        name = account_name(id)
        assert name is not None
        long, short = one.session(id), one.session(name)
        asked = [await each.ask("GET", "/balance") for each in (long, short, long, short)]
        assert [answer.status_code for answer in asked] == [200, 200, 429, 429]
        assert [answer.json()["violation_count"] for answer in asked[2:]] == [1, 2]


def test_violations_are_counted_for_so_many() -> None:
    """Whoever has not come for longest is forgotten."""
    violations = Violations()
    for at in range(MAX_COUNTED):
        assert violations.one_more(str(at)) == 1
    assert violations.one_more("0") == 2
    assert violations.one_more("new") == 1
    assert (violations.one_more("0"), violations.one_more("1")) == (3, 1)


async def test_market_data_is_limited_by_address() -> None:
    """Whatever session is named."""
    async with simulator(SLOW) as one:
        asked = [await one.session(name).ask("GET", "/symbols") for name in ("a", "b", "c")]
        assert [answer.status_code for answer in asked] == [200, 200, 429]


async def test_new_sessions_of_an_address_are_limited() -> None:
    """As new users are; those that are there go on."""
    async with simulator(SLOW) as one:
        asked = [await one.session(name).ask("GET", "/balance") for name in ("a", "b", "c", "a")]
        assert [answer.status_code for answer in asked] == [200, 200, 429, 200]
        assert "c" not in one.engine.account_ids

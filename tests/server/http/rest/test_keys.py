"""Keys: whom they stand for, who is let in without one, and how fast."""

import pytest

from cxgame.auth import sha256
from cxgame.limits import Limits
from cxgame.server.http.rest.keys import Keys
from tests.server.http.rest.office import KEY, Office
from tests.server.http.rest.office import office as opened
from tests.server.http.rest.trading import trading


async def status(office: Office, key: str | None, path: str = "/balance") -> int:
    """With which a request is answered."""
    async with office.client(key) as http:
        return (await http.get(path)).status_code


async def test_the_games_key_is_the_account_of_its_owner(office: Office) -> None:
    """Which is an admin."""
    await office.do("GET", "/balance")
    assert office.owner.admin


async def test_a_missing_or_wrong_key_is_401(office: Office) -> None:
    """Whatever it looks like."""
    assert await status(office, None) == 401
    for wrong in ("", "wrong", KEY + "x", "f" * 64, sha256(KEY)):
        assert await status(office, wrong) == 401


async def test_a_key_need_not_be_ascii(office: Office) -> None:
    """Programs send it as UTF-8, some as Latin-1."""
    office.app.state.face.keys = Keys(sha256("Schlüssel"))
    for encoding, expected in (("utf-8", 200), ("latin-1", 200), ("utf-16", 401)):
        shown = {"x-api-key": "Schlüssel".encode(encoding).replace(b"\0", b"")}
        answer = await office.http.get("/balance", headers=shown)
        assert answer.status_code == expected


async def test_a_player_has_his_own_account(office: Office) -> None:
    """By the token of the order server; a new one replaces it at once."""
    alice = await office.rig.player("alice")
    assert await status(office, alice.token) == 200
    assert await status(office, alice.token, "/overview/assets") == 200
    new = await alice.done("rotate")
    assert await status(office, alice.token) == 401
    assert await status(office, new) == 200


async def test_a_first_request_enters_the_player(office: Office) -> None:
    """As a login on the order server does."""
    token = await office.rig.users.register("bob", None, None, 0)
    assert isinstance(token, str)
    assert office.rig.host.account_of("bob") is None
    assert await status(office, token) == 200
    assert office.rig.host.account_of("bob") is not None


async def test_a_full_game_lets_nobody_in() -> None:
    """The limit of users holds here, too."""
    async with opened(user_limit=1) as office:
        token = await office.rig.users.register("bob", None, None, 0)
        assert isinstance(token, str)
        await office.do("GET", "/balance")  # the owner has the one seat
        assert await status(office, token) == 409


async def test_an_admins_operations_are_for_admins(office: Office) -> None:
    """403 for a player, until he is made one."""
    alice = await office.rig.player("alice")
    async with office.client(alice.token) as http:
        answer = await http.post("/admin/fund", json={"asset": "USDT", "amount": 1})
        assert (answer.status_code, answer.json()["code"]) == (403, "AUTH_SECRET_REQUIRED")
        await alice.done("grant", username="alice", secret="open sesame")
        assert (await http.post("/admin/fund", json={"asset": "USDT"})).status_code == 200


async def test_without_keys_everybody_is_the_owner(office: Office) -> None:
    """But a page of another site, whose requests a browser sends with no key."""
    office.app.state.face.keys = Keys(is_open=True)
    assert await status(office, None) == 200
    assert await status(office, "anything") == 200
    async with office.client(None) as http:
        for site, expected in (("cross-site", 401), ("same-origin", 200)):
            answer = await http.get("/balance", headers={"sec-fetch-site": site})
            assert answer.status_code == expected


async def test_players_are_slowed_down_and_the_owner_is_not(office: Office) -> None:
    """429 and when to come again."""
    limits = Limits(rate_limit=1, rate_burst=2)
    office.app.state.face.keys = Keys(sha256(KEY), limits=limits)
    alice = await office.rig.player("alice")
    async with office.client(alice.token) as http:
        answers = [await http.get("/balance") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].headers["retry-after"] == "1"
        office.rig.bench.clock.pass_s(1)
        assert (await http.get("/balance")).status_code == 200
    assert {await status(office, KEY) for _ in range(5)} == {200}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/orders"),
        ("GET", "/orders/list"),
        ("GET", "/orders/1"),
        ("POST", "/orders"),
        ("POST", "/orders/can_execute"),
        ("POST", "/orders/1/cancel"),
    ],
)
async def test_orders_need_the_key(method: str, path: str) -> None:
    """Before anything else about a request is looked at."""
    async with trading() as trader, trader.office.client(None) as http:
        assert (await http.request(method, path)).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
@pytest.mark.parametrize("is_open", [True, False])
async def test_what_holds_here_alone_does_not_through_a_proxy(
    office: Office, header: str, is_open: bool
) -> None:
    """Neither the key that everybody knows nor none at all; a player's own key does."""
    office.app.state.face.keys = Keys(sha256(KEY), is_open=is_open, is_for_here=True)
    alice = await office.rig.player("alice")
    async with office.client(KEY) as http:
        assert (await http.get("/balance")).status_code == 200
        refused = await http.get("/balance", headers={header: "198.51.100.7"})
        assert "set API_KEY" in refused.text
        assert (await http.get("/balance", headers={header: "198.51.100.7"})).status_code == 401
    async with office.client(None) as http:
        assert (await http.get("/balance", headers={header: "198.51.100.7"})).status_code == 401
    async with office.client(alice.token) as http:
        answered = await http.get("/balance", headers={header: "198.51.100.7"})
        assert answered.status_code == 200

"""The organiser's face: who gets in, for how long, and what his cookie alone cannot do."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from cxgame.config import Settings
from cxgame.model.enums import Phase
from cxgame.server.http.admin.entries import LASTS_S, MOST, Entries
from cxgame.server.http.app import create_app
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.rest.face import Face
from cxgame.server.http.vitals import Condition
from tests.server.rig import SECRET, Rig

WITHIN_S = 10
SESSION, HOST = "/admin/session", "http://door"
OURS = {"origin": HOST, "sec-fetch-site": "same-origin"}


class Organiser:
    """A browser at the admin page of a game, with its cookies."""

    def __init__(self, rig: Rig, base: str = HOST, address: str = "10.0.0.9") -> None:
        self.rig = rig
        play = SimpleNamespace(host=rig.host)
        vitals: Any = SimpleNamespace(play=play, condition=Condition.READY, connections=0)
        self.app = create_app(vitals, Metrics(vitals), Face(vitals, replace(Settings())))
        self.http = self.browser(base, address)
        self.csrf = ""

    def browser(self, base: str = HOST, address: str = "10.0.0.9") -> httpx.AsyncClient:
        """One more browser, without cookies."""
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url=base)

    async def login(self, secret: str = SECRET, **headers: str) -> httpx.Response:
        """The answer to the form."""
        asked = self.http.post(SESSION, json={"secret": secret}, headers=OURS | headers)
        answer = await asyncio.wait_for(asked, WITHIN_S)
        self.csrf = answer.json().get("csrf", "")
        return answer

    async def post(self, command: str, params: Any = None, **headers: str) -> httpx.Response:
        """The answer to a command as the page sends it, or with other headers."""
        sent = {**OURS, "x-csrf": self.csrf, **headers}
        shown = {name: value for name, value in sent.items() if value}
        asked = self.http.post(f"/admin/commands/{command}", json=params or {}, headers=shown)
        return await asyncio.wait_for(asked, WITHIN_S)


@pytest.fixture
async def page() -> AsyncIterator[Organiser]:
    """A game with one player, bob, and its admin page."""
    rig = await Rig().start()
    await rig.player("bob")
    organiser = Organiser(rig)
    yield organiser
    await organiser.http.aclose()
    await rig.stop()


async def test_the_secret_gives_a_cookie_that_no_script_reads(page: Organiser) -> None:
    """For twelve hours, for our own pages under /admin alone; nothing of it is cached."""
    answer = await page.login()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert len(name.partition("=")[2]) == 64
    assert set(flags) == {"HttpOnly", f"Max-Age={LASTS_S}", "Path=/admin", "SameSite=strict"}
    assert answer.json()["csrf"] not in name


async def test_over_tls_the_cookie_stays_there() -> None:
    """It is never sent in the clear."""
    rig = await Rig().start()
    organiser = Organiser(rig, base="https://door")
    answer = await organiser.login(origin="https://door")
    assert "Secure" in answer.headers["set-cookie"].split("; ")
    await organiser.http.aclose()
    await rig.stop()


async def test_whatever_name_the_server_is_called_by(page: Organiser) -> None:
    """Also by one that is none: the page came from there, too."""
    for host in ("door:8000", "[::1]:8000", "["):
        answer = await page.login(host=host, origin=f"http://{host}")
        assert answer.status_code == 200


async def test_who_is_logged_in_acts(page: Organiser) -> None:
    """With the replies of the order server, and a notice in the journal."""
    await page.login()
    assert (await page.post("pause")).json()["message"] == "Command accepted. Server is paused."
    assert page.rig.game.engine.phase is Phase.PAUSED
    (row,) = (await page.post("players")).json()["data"]
    assert row["user"] == "bob"
    assert (await page.post("kick", {"username": "bob"})).json()["data"] == {"closed": 1}
    assert set((await page.post("audit")).json()["data"]) == {"violations", "totals", "state_hash"}
    token = (await page.post("rotate_user", {"username": "bob"})).json()["data"]
    assert len(token) == 64
    again = await page.http.get(SESSION)
    assert again.json() == {"csrf": page.csrf}


@pytest.mark.parametrize("command", ["bcast", "buy", "register", "subscribe", "me", "nothing"])
async def test_what_is_no_organisers_command_is_none_here(page: Organiser, command: str) -> None:
    """Above all nothing that acts for an account."""
    await page.login()
    answer = await page.post(command, {"message": "hello"})
    assert answer.json()["code"] == "PARAM_COMMAND"


async def test_without_a_session_nothing_is_done(page: Organiser) -> None:
    """401, whatever else is shown."""
    for headers in ({}, {"cookie": "cxgame_admin=" + "0" * 64}, {"x-csrf": "x"}):
        answer = await page.post("pause", **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_SECRET_REQUIRED")
    assert (await page.http.get(SESSION)).json() == {"csrf": None}
    assert page.rig.game.engine.phase is Phase.OPEN


@pytest.mark.parametrize(
    "headers",
    [
        {"x-csrf": ""},
        {"x-csrf": "wrong"},
        {"x-csrf": "ü"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://door:81"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_the_cookie_alone_does_nothing(page: Organiser, headers: dict[str, str]) -> None:
    """A page of elsewhere has neither the second token nor our origin."""
    await page.login()
    sent = {name: value.encode() for name, value in headers.items()}
    for name in ("pause", "rotate_user"):
        shown = {**OURS, "x-csrf": page.csrf, **sent}
        shown = {key: value for key, value in shown.items() if value}
        answer = await page.http.post(f"/admin/commands/{name}", json={}, headers=shown)
        assert answer.status_code == 403
    answer = await page.http.delete(
        SESSION,
        headers={
            key: value for key, value in {**OURS, "x-csrf": page.csrf, **sent}.items() if value
        },
    )
    assert answer.status_code == 403
    assert page.rig.game.engine.phase is Phase.OPEN
    assert (await page.http.get(SESSION)).json() == {"csrf": page.csrf}


async def test_a_form_of_elsewhere_sends_nothing_that_is_read(page: Organiser) -> None:
    """Forms have no JSON; and a login from elsewhere is none."""
    await page.login()
    shown = {**OURS, "x-csrf": page.csrf, "content-type": "text/plain"}
    answer = await page.http.post("/admin/commands/pause", content=b"{}", headers=shown)
    assert answer.status_code == 415
    assert (await page.login(origin="http://evil.example")).status_code == 403


async def test_guessing_is_slow(page: Organiser) -> None:
    """Per address: five at once, then one in six seconds; the right one waits, too."""
    for _ in range(5):
        answer = await page.login("wrong")
        assert (answer.status_code, answer.json()["code"]) == (403, "AUTH_SECRET")
        assert "set-cookie" not in answer.headers
    answer = await page.login()
    assert (answer.status_code, answer.json()["code"]) == (429, "LIMIT_RATE")
    assert int(answer.headers["retry-after"]) <= 6
    async with page.browser(address="10.0.0.10") as other:
        assert (await other.post(SESSION, json={"secret": SECRET}, headers=OURS)).status_code == 200
    page.rig.bench.clock.pass_s(6)
    assert (await page.login()).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"secret":1}', b"[" * 10_000, b'{"secret":"a","b":1}']
)
async def test_a_login_that_is_none_is_refused(page: Organiser, body: bytes) -> None:
    """Without a look at the secret."""
    headers = OURS | {"content-type": "application/json"}
    answer = await page.http.post(SESSION, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAM_JSON")


async def test_logging_out_ends_the_session(page: Organiser) -> None:
    """Also for who has kept the cookie."""
    await page.login()
    kept = dict(page.http.cookies)
    answer = await page.http.delete(SESSION, headers=OURS | {"x-csrf": page.csrf})
    assert answer.status_code == 204
    assert dict(page.http.cookies) == {}
    page.http.cookies.update(kept)
    assert (await page.post("pause")).status_code == 401


async def test_a_session_ends_by_itself(page: Organiser) -> None:
    """After twelve hours."""
    await page.login()
    page.rig.bench.clock.pass_s(LASTS_S - 1)
    assert (await page.post("time")).status_code == 200
    page.rig.bench.clock.pass_s(1)
    assert (await page.post("time")).status_code == 401


def test_the_oldest_session_gives_way() -> None:
    """Memory has a bound; a look does not make a session younger."""
    entries = Entries()
    tokens = [entries.open(0)[0] for _ in range(MOST)]
    assert entries.find(tokens[0], 1) is not None
    last, _ = entries.open(1)
    assert entries.find(tokens[0], 1) is None
    assert entries.find(tokens[1], 1) is not None
    assert entries.find(last, 1) is not None
    assert entries.find("", 1) is None
    assert last not in repr(vars(entries))


async def test_no_secret_is_in_a_log_or_an_answer(
    page: Organiser, caplog: pytest.LogCaptureFixture
) -> None:
    """Who came is said, and from where; not with what."""
    with caplog.at_level(logging.DEBUG):
        wrong = await page.login("hunter2")
        right = await page.login()
        token = (await page.post("rotate_user", {"username": "bob"})).json()["data"]
    assert "a wrong admin secret came from 10.0.0.9" in caplog.text
    cookie = page.http.cookies["cxgame_admin"]
    for hidden in ("hunter2", SECRET, cookie, page.csrf, token):
        assert hidden not in caplog.text
    assert "hunter2" not in wrong.text
    assert SECRET not in right.text
    assert all(SECRET not in str(each.request.url) for each in (wrong, right))


async def test_a_halted_game_says_so(page: Organiser) -> None:
    """Acts are refused; who plays is still shown."""
    await page.login()
    await page.rig.game.settled()
    await page.rig.halt()
    assert (await page.post("pause")).json()["code"] == "STATE_HALTED"
    assert (await page.post("players")).json()["halted"] is True
    await page.rig.resume()


async def test_without_a_game_there_is_nobody_to_ask(page: Organiser) -> None:
    """503, as on every face."""
    await page.login()
    page.app.state.face.vitals.play = None
    assert (await page.post("pause")).status_code == 503
    assert (await page.login()).status_code == 503

"""`/admin/session` and `/admin/commands/{command}`: what the admin page asks of the server.

The page shows the admin secret once, in a body; from then on a cookie stands for it, which no
script can read. Commands are the order server's own, as an organiser gives them.
"""

import logging

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from cxgame.limits import Buckets, too_fast
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.http.admin.entries import LASTS_S, Entries, Entry
from cxgame.server.http.admin.guard import COOKIE, check_acting, check_origin
from cxgame.server.http.api.routes import params_of, unasked
from cxgame.server.http.api.visit import Visit
from cxgame.server.http.rest.desk import JSON, desk_of
from cxgame.server.http.rest.errors import Refused, refusal
from cxgame.server.http.rest.routing import body_of, router
from cxgame.server.sessions.host import Host
from cxgame.wire.replies import refused

SESSION, COMMAND = "/admin/session", "/admin/commands/{command}"
TRIES, TRIES_PER_S = 5, 1 / 6  # of the secret, per address: at once, and from then on
PATH = "/admin"  # where the cookie is sent
# What an organiser does; the rest needs an account, and is no business of this page.
COMMANDS = frozenset(
    "start pause shutdown grant audit end_round start_round announce players whitelist kick"
    " rotate_user adjust set_price faults time markets".split()
)

routes = router("Admin page")
log = logging.getLogger("cxgame.admin")


class Login(Struct, forbid_unknown_fields=True):
    """What the form sends."""

    secret: str


class AdminPage:
    """The state of this face; found by handlers as `request.app.state.admin_page`."""

    def __init__(self) -> None:
        self.entries = Entries()
        self.tries: Buckets[str] = Buckets(TRIES_PER_S, TRIES)


@routes.post(SESSION, include_in_schema=False)
async def login(request: Request) -> Response:
    """Take the admin secret, give a cookie."""
    try:
        check_origin(request)
        host, page = desk_of(request).host, _page(request)
        await _check_secret(request, host, page)
        token, entry = page.entries.open(host.clock.monotonic_ns())
    except Refused as no:
        return _never_kept(unasked(no))
    response = _guarded(entry)
    response.set_cookie(
        COOKIE,
        token,
        max_age=LASTS_S,
        path=PATH,
        secure=request.scope["scheme"] == "https",
        httponly=True,
        samesite="strict",
    )
    log.info("an organiser has logged in from %s", _address(request))
    return response


@routes.get(SESSION, include_in_schema=False)
async def session(request: Request) -> Response:
    """What the page must show to act, for who is logged in already; null for who is not."""
    try:
        check_origin(request)
        now_ns = desk_of(request).host.clock.monotonic_ns()
    except Refused as no:
        return _never_kept(unasked(no))
    return _guarded(_page(request).entries.find(request.cookies.get(COOKIE), now_ns))


@routes.delete(SESSION, include_in_schema=False)
async def logout(request: Request) -> Response:
    """End the session."""
    try:
        now_ns = desk_of(request).host.clock.monotonic_ns()
        check_acting(request, _page(request).entries, now_ns)
    except Refused as no:
        return _never_kept(unasked(no))
    _page(request).entries.close(request.cookies[COOKIE])
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
    return _never_kept(response)


@routes.post(COMMAND, include_in_schema=False)
async def command(request: Request) -> Response:
    """Give the game a command of the organiser, and its reply back."""
    try:
        reply = await _reply(request)
    except Refused as no:
        return _never_kept(unasked(no))
    return _never_kept(Response(reply, media_type=JSON))


async def _reply(request: Request) -> bytes:
    desk, name = desk_of(request), str(request.path_params["command"])
    check_acting(request, _page(request).entries, desk.host.clock.monotonic_ns())
    params = params_of(await body_of(request))
    if name not in COMMANDS:
        return refused("", reject(Code.PARAM_COMMAND, got=name), None)
    await desk.room()
    visit = Visit(desk.host, _address(request))
    visit.is_organiser = True
    return await visit.ask(b'{"cmd":%b,"params":%b}' % (msgspec.json.encode(name), params))


async def _check_secret(request: Request, host: Host, page: AdminPage) -> None:
    """Raises 403 for a wrong secret, and 429 for who guesses."""
    wait_ns = page.tries.take(_address(request), host.clock.monotonic_ns())
    if wait_ns:
        raise refusal(too_fast(wait_ns))
    body = await body_of(request)
    try:
        shown = msgspec.json.decode(body, type=Login).secret
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, Code.PARAM_JSON, "Send the secret.") from None
    no = await host.users.check_admin_secret(shown)
    if isinstance(no, Rejection):
        log.warning("a wrong admin secret came from %s", _address(request))
        raise refusal(no)


def _guarded(entry: Entry | None) -> Response:
    shown = {"csrf": None if entry is None else entry.csrf}
    return _never_kept(Response(msgspec.json.encode(shown), media_type=JSON))


def _never_kept(response: Response) -> Response:
    response.headers["cache-control"] = "no-store"
    return response


def _page(request: Request) -> AdminPage:
    page: AdminPage = request.app.state.admin_page
    return page


def _address(request: Request) -> str:
    return "" if request.client is None else request.client.host

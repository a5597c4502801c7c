"""`POST /api/{command}`: every command of the order server by HTTP, with its params as the body.

The reply is the order server's own; the HTTP status is 200 for whatever the game answered, also
for its no: `status` and `code` say what it was. Another HTTP status means that the game was not
asked at all. `me` is there besides, for programs that know HTTP alone.
"""

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cxgame.auth import OWNER
from cxgame.limits import Buckets, Share, too_fast
from cxgame.model.errors import Code, reject
from cxgame.server.http.api.visit import Visit
from cxgame.server.http.rest.desk import JSON, desk_of
from cxgame.server.http.rest.errors import Refused, refusal
from cxgame.server.http.rest.keys import HEADER, Caller, who
from cxgame.server.http.rest.routing import body_of, flag_of, router
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.routes import ROUTES
from cxgame.wire.replies import refused

PATH = "/api/{command}"
# There is no connection: each request shows its key, is counted by itself, and leaves nothing.
_OF_CONNECTIONS = frozenset({"auth", "batch", "cancel_on_disconnect"})
_PUSHES = frozenset({"subscribe", "unsubscribe", "resync"})
_NO_PUSHES = "There is no connection to push to: subscribe over the order server's WebSocket."
_NO_USER = "The game's own key is no user's: it is set where the server is started."

routes = router("API")


@routes.post(PATH, include_in_schema=False)
async def command(request: Request) -> Response:
    """Hand a command to the game as if it had come by the WebSocket, and its reply back."""
    try:
        return Response(await _answer(request), media_type=JSON)
    except Refused as no:
        return unasked(no)


async def _answer(request: Request) -> bytes:
    name = str(request.path_params["command"])
    caller = _caller(request, name)
    visitor = _Visitor(desk_of(request).host, _address(request), caller, _share(request, caller))
    visitor.wants = _wants(request)
    params = params_of(await body_of(request))
    await desk_of(request).room()
    more = _MORE.get(name)
    if more is None:
        return await visitor.ask(name, params)
    return await more(visitor, params)


class _Visitor:
    """Who asks, and the game."""

    def __init__(
        self, host: Host, address: str, caller: Caller | None, share: Share[Any] | None
    ) -> None:
        self.host = host
        self.address = address
        self.caller = caller
        self.share = share
        self.wants = b""  # members of the message that ask for more in the reply

    async def ask(self, command: str, params: bytes) -> bytes:
        """The reply to a command."""
        if command in _OF_CONNECTIONS:
            return refused("", reject(Code.PARAM_COMMAND, got=f"{command} by HTTP"), None)
        if command in _PUSHES:
            return refused("", reject(Code.PARAM_COMMAND, got=command), None, _NO_PUSHES)
        if command == "rotate" and self.caller is not None and self.caller.name == OWNER:
            return refused("rotate", reject(Code.AUTH_UNKNOWN_USER), None, _NO_USER)
        cmd = msgspec.json.encode(command)
        visit = Visit(self.host, self.address, self.caller, self.share)
        return await visit.ask(b'{"cmd":%b,"params":%b%b}' % (cmd, params, self.wants))


# Commands of this face alone


async def _me(visitor: _Visitor, params: bytes) -> bytes:
    """Whose key it is."""
    assert visitor.caller is not None  # `me` is not public
    return _done("Your account.", {"username": visitor.caller.name})


_MORE: dict[str, Callable[[_Visitor, bytes], Coroutine[Any, Any, bytes]]] = {
    "me": _me,
}
_PUBLIC = {route.command for route in ROUTES.values() if not route.needs_login}


# Who asks, and what


def _caller(request: Request, name: str) -> Caller | None:
    """Whose key was shown; none is needed for what needs no login. Raises `Refused`."""
    if HEADER in request.headers or name not in _PUBLIC:
        return who(request)
    visitors: Buckets[str] = request.app.state.visitors
    wait_ns = visitors.take(_address(request), desk_of(request).host.clock.monotonic_ns())
    if wait_ns:
        raise refusal(too_fast(wait_ns))
    return None


def _share(request: Request, caller: Caller | None) -> Share[Any] | None:
    """What a request is limited by: its key, or without one its address; None: nothing."""
    if caller is None:
        return Share(request.app.state.visitors, _address(request))
    share: Share[Any] | None = request.app.state.face.keys.share(caller)
    return share


def _wants(request: Request) -> bytes:
    """`?ts=true` and `?limits=true` ask for what these members of a message ask for."""
    asked = (name for name in ("ts", "limits") if flag_of(request, name, False))
    return b"".join(b',"%b":true' % name.encode() for name in asked)


def _address(request: Request) -> str:
    return "" if request.client is None else request.client.host


def params_of(body: bytes) -> bytes:
    """The params, read once so that they are one JSON value; none at all is `{}`."""
    if not body:
        return b"{}"
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
        body.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, Code.PARAM_JSON, "The body is not JSON.") from None
    return body


def _done(said: str, data: Any) -> bytes:
    return msgspec.json.encode({"status": True, "message": said, "data": data})


def unasked(no: Refused) -> Response:
    """A request that did not reach the game, in the form of a reply."""
    answer = no.response()
    data = None if no.wait_ms is None else {"wait_ms": no.wait_ms}
    body = {"status": False, "message": no.text, "data": data, "code": no.code}
    headers = (
        {"retry-after": answer.headers["retry-after"]} if "retry-after" in answer.headers else {}
    )
    return Response(msgspec.json.encode(body), no.status, headers, JSON)

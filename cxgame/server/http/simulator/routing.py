"""How a handler of this face becomes a route, and what every no of it looks like.

A refusal is `{"error": text, "code": CODE}`; of a request that comes too soon also
`violation_count` and `retry_after`. 400 or 404 for what is wrong with a request, never 422.
"""

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cxgame.model.errors import Code, Rejection
from cxgame.server.http.rest.desk import JSON
from cxgame.server.http.rest.errors import Refused, refusal
from cxgame.server.http.rest.routing import PlainRoute
from cxgame.server.http.simulator.callers import address_of, session_of
from cxgame.server.sessions.sandbox import account_name
from cxgame.wire.simulator_orders import said

PREFIX = "/api/v1"
MAX_COUNTED = 10_000  # sessions whose violations are remembered; the oldest are forgotten
MAX_DIGITS = 18

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class DialectRoute(PlainRoute):
    """A route whose refusals have the form of this face."""

    def __init__(self, path: str, endpoint: Handler, **described: Any) -> None:
        super().__init__(path, endpoint, **described)
        self.app = _application(endpoint)


def router(tag: str) -> APIRouter:
    """A router of plain handlers below `/api/v1`."""
    return APIRouter(prefix=PREFIX, route_class=DialectRoute, tags=[tag])


def declined(rejection: Rejection, status: int | None = None) -> Refused:
    """The game's no in the words of this dialect, with the status of its code or another."""
    found = refusal(rejection)
    return Refused(status or found.status, found.code, said(rejection), wait_ms=found.wait_ms)


class Violations:
    """How often each session has asked too fast."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()

    def one_more(self, who: str) -> int:
        """Count one, and say how many there are."""
        count = self._counts.pop(who, 0) + 1
        self._counts[who] = count
        if len(self._counts) > MAX_COUNTED:
            self._counts.popitem(last=False)
        return count


def limit_of(request: Request, most: int, otherwise: int, name: str = "limit") -> int:
    """How many rows the query asks for. Raises 400."""
    given = id_of(request, name)
    if given is None:
        return otherwise
    if not 1 <= given <= most:
        raise Refused(400, Code.PARAM_TYPE, f"Invalid {name}")
    return given


def id_of(request: Request, name: str) -> int | None:
    """A whole number in the query; None if it is not given. Raises 400."""
    given = request.query_params.get(name)
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= MAX_DIGITS):
        raise Refused(400, Code.PARAM_TYPE, f"Invalid {name}")
    return int(given)


def _application(handler: Handler) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        try:
            response = await handler(request)
        except Refused as refused:
            response = _response(request, refused)
        await response(scope, receive, send)

    return answer


def _response(request: Request, refused: Refused) -> Response:
    body: dict[str, Any] = {"error": refused.text, "code": refused.code}
    headers = dict(refused.response().headers)
    retry_after = headers.get("retry-after")
    if refused.status == 429:
        violations: Violations = request.app.state.violations
        body["violation_count"] = violations.one_more(_errant(request))
        if retry_after is not None:
            body["retry_after"] = int(retry_after)
    kept = {} if retry_after is None else {"retry-after": retry_after}
    return Response(msgspec.json.encode(body), refused.status, kept, JSON)


def _errant(request: Request) -> str:
    """Who asks too fast: the name of his session, as ids may be long, or his address."""
    session = session_of(request)
    return (account_name(session) if session else None) or address_of(request)

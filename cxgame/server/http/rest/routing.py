"""How a handler becomes a route: plain functions of a request, described for the OpenAPI by hand.

FastAPI's own reading and writing of bodies costs several times what an order does, knows floats
only, and says no in words of its own. So a handler takes the request and returns the response.
"""

import re
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cxgame.model.errors import Code
from cxgame.server.http.rest.errors import Refused, misshapen, problem

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_JSON_ENDS = ("application/json", "+json")
_COUNT: Final = re.compile(r"[+-]?[0-9]{1,18}")


class PlainRoute(APIRoute):
    """A route whose handler does everything itself.

    It is called without the framework's exit stacks, which would cost as much as the order.
    """

    def __init__(self, path: str, endpoint: Handler, **described: Any) -> None:
        super().__init__(path, endpoint, **described)
        self.app = _application(endpoint)


def router(tag: str) -> APIRouter:
    """A router of plain handlers; `cxgame.server.http.rest.routers` names all of them."""
    return APIRouter(route_class=PlainRoute, tags=[tag])


def add_routes(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Let an application serve routers: as its own routes, which are found in half the time."""
    for each in routers:
        app.router.routes.extend(each.routes)


async def body_of(request: Request) -> bytes:
    """The bytes of a JSON body. Raises `Refused` when it is too long or says it is not JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.endswith(_JSON_ENDS):
        raise Refused(415, Code.PARAM_JSON, "Send the body with content-type: application/json.")
    return await bytes_of(request)


async def bytes_of(request: Request) -> bytes:
    """The bytes of a body, whatever it says it is. Raises `Refused` when it is too long."""
    limit = request.app.state.face.settings.max_message
    too_long = Refused(413, Code.LIMIT_MESSAGE, f"The body is too long: at most {limit} bytes.")
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > limit:
        raise too_long
    parts, size = [], 0
    try:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size > limit:
                raise too_long
    except ClientDisconnect:
        raise Refused(400, Code.PARAM_JSON, "The client has gone.") from None
    return b"".join(parts)


def word_of(request: Request, name: str, words: dict[str, Any]) -> Any:
    """What a word in the query means; None if it is not given. Raises 422 for another word."""
    given = request.query_params.get(name)
    if given is None or given in words:
        return None if given is None else words[given]
    expected = ", ".join(f"'{word}'" for word in words)
    msg = f"Input should be {expected}"
    raise misshapen(problem("enum", ("query", name), msg, given, expected=expected))


def flag_of(request: Request, name: str, otherwise: bool) -> bool:
    """Yes or no in the query. Raises 422 for anything else."""
    given = request.query_params.get(name)
    if given is None:
        return otherwise
    word = given.lower()
    if word in ("true", "1", "yes", "on", "t", "y"):
        return True
    if word in ("false", "0", "no", "off", "f", "n"):
        return False
    msg = "Input should be a valid boolean"
    raise misshapen(problem("bool_parsing", ("query", name), msg, given))


def count_of(request: Request, name: str) -> int | None:
    """An integer in the query; None if it is not given. Raises 422 for anything else."""
    given = request.query_params.get(name)
    if given is None:
        return None
    if not _COUNT.fullmatch(given.strip()):
        msg = "Input should be a valid integer, of at most 18 digits"
        raise misshapen(problem("int_parsing", ("query", name), msg, given))
    return int(given)


def _application(handler: Handler) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        try:
            response = await handler(request)
        except Refused as refused:
            response = refused.response()
        await response(scope, receive, send)

    return answer

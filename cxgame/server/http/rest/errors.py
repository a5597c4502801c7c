"""What the REST face says when it says no: one body for every refusal, and its status.

Always `{"error": text, "detail": text, "code": CODE}`. For a body or query of the wrong shape
`detail` is FastAPI's list of what is wrong, as its clients expect. Never 200, and 500 for a bug
of ours only.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from cxgame.model.errors import Code, Rejection

RETRY_AFTER_S = 1  # a journal that fell silent answers again within seconds, as a rule

# The status of a code; else that of its family, which is its first word.
_BY_CODE = {
    Code.PARAM_COMMAND: 404,
    Code.FILTER_SYMBOL: 404,
    Code.ORDER_NOT_FOUND: 404,
    Code.AUTH_NOT_LISTED: 403,
    Code.AUTH_SECRET: 403,
    Code.AUTH_SECRET_REQUIRED: 403,
    Code.LIMIT_RATE: 429,
    Code.LIMIT_CONNECTIONS: 429,
    Code.LIMIT_MESSAGE: 413,
    Code.LIMIT_USERS: 409,
    Code.ORDER_CID_REUSED: 409,
    Code.STATE_HALTED: 503,
    Code.STATE_UNKNOWN: 503,
}
_BY_FAMILY = {
    "PARAM": 400,
    "FILTER": 400,
    "AUTH": 401,
    "LIMIT": 400,
    "FUNDS": 400,
    "ORDER": 400,
    "STATE": 409,
    "INTERNAL": 500,
}
# What the framework refuses by itself, by status.
_BY_STATUS = {
    404: (Code.PARAM_COMMAND, "There is nothing at this path."),
    405: (Code.PARAM_COMMAND, "This path does not take this method."),
    413: (Code.LIMIT_MESSAGE, "The body is too long."),
}

Problem = dict[str, Any]
"""One entry of `detail`: type, loc, msg, input and perhaps ctx."""


class Refused(Exception):
    """A request that is answered with no; raised by handlers, anywhere below them."""

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        *,
        problems: Sequence[Problem] = (),
        wait_ms: int | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.problems = problems
        self.wait_ms = wait_ms

    def response(self) -> Response:
        """The answer that says so."""
        retry_s = None if self.wait_ms is None else -(-self.wait_ms // 1000)
        if retry_s is None and self.status == 503:
            retry_s = RETRY_AFTER_S
        headers = {} if retry_s is None else {"retry-after": str(retry_s)}
        return Response(self.body(), self.status, headers, "application/json")

    def body(self) -> bytes:
        """The one form of all refusals."""
        detail = list(self.problems) or self.text
        try:
            return self._with(detail)
        except RecursionError:  # what was sent is nested as deeply as can be read, and goes deeper
            return self._with([{**each, "input": None} for each in self.problems])

    def _with(self, detail: list[Problem] | str) -> bytes:
        return msgspec.json.encode({"error": self.text, "detail": detail, "code": self.code})


def refusal(rejection: Rejection) -> Refused:
    """The engine's or a limit's no, with the status of its code."""
    code = rejection.code
    wait_ms = rejection.facts.get("wait_ms")
    return Refused(
        _BY_CODE.get(code) or _BY_FAMILY[code.partition("_")[0]],
        code,
        rejection.text,
        wait_ms=None if wait_ms is None else int(wait_ms),
    )


def misshapen(*problems: Problem) -> Refused:
    """422: a body, path or query that does not have the shape it must have."""
    text = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems)
    types = {each["type"] for each in problems}
    code = Code.PARAM_TYPE
    if "missing" in types:
        code = Code.PARAM_MISSING
    elif "json_invalid" in types:
        code = Code.PARAM_JSON
    elif "float_parsing" in types:
        code = Code.PARAM_NUMBER
    return Refused(422, code, text, problems=problems)


def problem(type: str, loc: Sequence[str], msg: str, got: object, **ctx: str) -> Problem:
    """One thing that is wrong with a request, in pydantic's words."""
    found: Problem = {"type": type, "loc": list(loc), "msg": msg, "input": got}
    return {**found, "ctx": ctx} if ctx else found


def shown(raw: bytes | msgspec.Raw) -> object:
    """What a client has sent, as far as it can be shown."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def install(app: FastAPI) -> None:
    """Let every refusal of an application have this body."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _by_framework)
    app.add_exception_handler(Exception, _failed)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return error.response()


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [
        problem(each["type"], each["loc"], each["msg"], _plain(each.get("input")))
        for each in error.errors()
    ]
    return misshapen(*found).response()


async def _by_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, text = _BY_STATUS.get(error.status_code, (Code.PARAM_JSON, str(error.detail)))
    answer = Refused(error.status_code, code, text).response()
    if error.status_code == 405:
        answer.headers["allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: Request) -> set[str]:
    """What the path of a request takes: each method has a route of its own, HEAD that of GET."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    there = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    methods = {method for route in there for method in route.methods or ()}
    return methods | {"HEAD"} if "GET" in methods else methods


async def _failed(_: Request, error: Exception) -> Response:
    """A bug of ours; the framework logs it after the client has this."""
    text = "The server failed on this request; the failure is in its log."
    return Refused(500, Code.INTERNAL_ENGINE, text).response()


def _plain(value: object) -> object:
    """What can be shown of an input, whatever it was."""
    return value if isinstance(value, str | int | bool | None) else str(value)

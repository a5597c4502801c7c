"""Who asks on this face: whoever holds a token, or in a sandbox whoever names a session.

A token, in `x-api-key` or as `Authorization: Bearer`, opens its user's account everywhere. Without
one, a sandbox server plays for the session of `X-Session-ID`.
"""

from starlette.requests import Request

from cxgame.limits import Buckets, too_fast
from cxgame.model.errors import Code, Rejection
from cxgame.server.http.rest.desk import desk_of
from cxgame.server.http.rest.errors import Refused, refusal
from cxgame.server.http.rest.keys import (
    HEADER,
    Caller,
    Keys,
    holder,
    is_cross_site,
    secret_in,
    who,
)
from cxgame.server.sessions.sandbox import DEFAULT_SESSION, open_session

SESSION = "x-session-id"
AUTHORIZATION = "Authorization"
_BEARER = "bearer "
_ANOTHERS = "This session id is a user's name or a reserved one: show the user's token."


def caller_of(request: Request) -> Caller:
    """Who asks. Raises 401, 403, 429, or what keeps him out of the game."""
    key = key_of(request)
    if key is not None:
        return holder(request, key, HEADER if HEADER in request.headers else AUTHORIZATION)
    host = desk_of(request).host
    if not host.sandbox:
        return who(request)
    session = session_of(request)
    if session is None and is_cross_site(request):
        # Or any page that this computer's user looks at could trade for the default session.
        raise Refused(401, Code.AUTH_REQUIRED, f"A page of another site needs {SESSION}.")
    account = open_session(host, session or DEFAULT_SESSION, address_of(request))
    if isinstance(account, Rejection):
        if account.code is Code.AUTH_USER_TAKEN:
            raise Refused(403, account.code, _ANOTHERS)
        raise refusal(account)
    keys: Keys = request.app.state.face.keys
    return keys.counted(host, account)


def count_visitor(request: Request) -> None:
    """Count a request for what everybody may see, by its address. Raises 429."""
    visitors: Buckets[str] = request.app.state.visitors
    wait_ns = visitors.take(address_of(request), desk_of(request).host.clock.monotonic_ns())
    if wait_ns:
        raise refusal(too_fast(wait_ns))


def key_of(request: Request) -> str | None:
    """The token or key that a request shows, if any."""
    key = secret_in(request, HEADER)
    if key is not None:
        return key
    given = secret_in(request, AUTHORIZATION) or ""
    return given[len(_BEARER) :].strip() if given[: len(_BEARER)].lower() == _BEARER else None


def session_of(request: Request) -> str | None:
    """The session that a request names, if any."""
    return request.headers.get(SESSION) or None


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return "" if request.client is None else request.client.host

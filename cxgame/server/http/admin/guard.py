"""Whether a request may act as the organiser: its cookie, where it comes from, what it shows.

A browser sends our cookie with whatever page asks it to, if the cookie's own `SameSite` did not
stop it. So what acts must come from a page of ours, by the browser's word, and show the session's
second token, which no page of elsewhere can read.
"""

from starlette.requests import Request

from cxgame.model.errors import Code
from cxgame.server.http.admin.entries import Entries, is_guarded
from cxgame.server.http.rest.errors import Refused

COOKIE = "cxgame_admin"
CSRF = "x-csrf"
_OURS = frozenset({"same-origin", "none"})  # none: typed by the user, not asked for by a page


def check_origin(request: Request) -> None:
    """Raises 403 for what a page of another origin asks for."""
    headers = request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    of_elsewhere = site is not None and site not in _OURS
    if origin is not None and _place(origin) != headers.get("host", "").lower():
        of_elsewhere = True
    if of_elsewhere:
        raise Refused(403, Code.AUTH_REQUIRED, "A page of another site may not do this.")


def check_acting(request: Request, entries: Entries, now_ns: int) -> None:
    """Raises 401 and 403 for a request that may not act."""
    check_origin(request)
    entry = entries.find(request.cookies.get(COOKIE), now_ns)
    if entry is None:
        raise Refused(401, Code.AUTH_SECRET_REQUIRED, "Log in with the admin secret.")
    if not is_guarded(entry, request.headers.get(CSRF)):
        raise Refused(403, Code.AUTH_REQUIRED, f"The header {CSRF} is missing or wrong.")


def _place(origin: str) -> str:
    """Host and port of an origin as browsers send it; "" of one that is none, such as `null`."""
    return origin.partition("://")[2].lower()

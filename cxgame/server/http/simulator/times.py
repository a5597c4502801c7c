"""Times in a query: ISO 8601, or seconds since 1970; without an offset they are UTC."""

from datetime import UTC, datetime

from starlette.requests import Request

from cxgame.model.errors import Code
from cxgame.server.http.rest.errors import Refused

MAX_CHARACTERS = 40
_MAX_SECONDS_DIGITS = 11


def time_of(request: Request, name: str) -> int | None:
    """A time in milliseconds since 1970; None if it is not given. Raises 400."""
    given = request.query_params.get(name)
    if given is None:
        return None
    found = parse_time(given)
    if found is None:
        raise Refused(400, Code.PARAM_TYPE, f"Invalid {name} timestamp")
    return found


def parse_time(given: str) -> int | None:
    """The same of a text; None if it is no time."""
    if len(given) > MAX_CHARACTERS or not given.isascii():
        return None
    if given.isdecimal() and len(given) <= _MAX_SECONDS_DIGITS and len(given) > len("YYYYMMDD"):
        return int(given) * 1000
    try:
        # A plus sign in a query arrives as a blank.
        when = datetime.fromisoformat(given.replace(" ", "+") if "T" in given else given)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return max(0, int(when.timestamp() * 1000))
    except (ValueError, OverflowError):
        return None

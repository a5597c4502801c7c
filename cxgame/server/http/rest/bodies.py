"""The members of a JSON body, read one by one, so that numbers keep every digit.

What a route does not know is ignored: clients of this face send along what other exchanges take.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw
from starlette.requests import Request

from cxgame.server.http.rest.errors import Refused, misshapen, problem, shown
from cxgame.server.http.rest.numbers import is_given
from cxgame.server.http.rest.routing import body_of

Members = dict[str, Raw]

_members = msgspec.json.Decoder(Members)
_text = msgspec.json.Decoder(str)


async def members_of(request: Request) -> Members:
    """The members of a request's body. Raises `Refused` for anything but an object."""
    return parse_members(await body_of(request))


def parse_members(body: bytes) -> Members:
    """The same of a body that was read."""
    try:
        return _members.decode(body)
    except msgspec.ValidationError:
        msg = "Input should be a valid dictionary or object to extract fields from"
        raise misshapen(problem("model_attributes_type", ("body",), msg, shown(body))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        text = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        wrong = problem("json_invalid", ("body",), "JSON decode error", {}, error=text)
        raise misshapen(wrong) from None


def text_in(members: Members, name: str, otherwise: str | None = None) -> str:
    """A text in a body. Raises 422 if it is something else, or missing without `otherwise`."""
    raw = members.get(name)
    if raw is None:
        if otherwise is None:
            raise missing(name)
        return otherwise
    try:
        return _text.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        msg = "Input should be a valid string"
        raise misshapen(problem("string_type", ("body", name), msg, shown(raw))) from None


def word_in(
    members: Members, name: str, words: Mapping[str, Any], otherwise: str | None = None
) -> Any:
    """What a word in a body means. Raises 422 for another one."""
    given = text_in(members, name, otherwise)
    if given not in words:
        expected = " or ".join(f"'{word}'" for word in words)
        msg = f"Input should be {expected}"
        raise misshapen(problem("enum", ("body", name), msg, given, expected=expected))
    return words[given]


def number_in(members: Members, name: str) -> Raw:
    """A number in a body, as it was sent. Raises 422 if there is none."""
    raw = members.get(name)
    if raw is None:
        raise missing(name)
    return raw


def optional_number_in(members: Members, name: str) -> Raw | None:
    """A number in a body, as it was sent; None without one, or for `null`."""
    raw = members.get(name)
    return raw if is_given(raw) else None


def missing(name: str) -> Refused:
    """422: the body lacks a member."""
    return misshapen(problem("missing", ("body", name), "Field required", None))

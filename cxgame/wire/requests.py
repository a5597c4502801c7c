"""`parse`, which reads one message of a client, and the list of all commands.

Knows JSON and shapes; knows neither markets nor users. A message is read once, into the type
that its `cmd` names, in about 1 µs; only one that this refuses is looked at again, to say what
is wrong with it (`cxgame.wire.diagnosis`).
"""

from functools import reduce
from operator import or_
from typing import Any, NamedTuple, final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple, fields

from cxgame.wire.diagnosis import BadRequest, ambiguity, explain
from cxgame.wire.fields import RequestId
from cxgame.wire.organiser_requests import ORGANISER_REQUESTS
from cxgame.wire.request_types import PLAYER_REQUESTS, Batch, Request


@final
class Asking(NamedTuple):
    """A request whose reply is to carry more than usual."""

    request: Request
    id: RequestId


REQUESTS: tuple[type[Request], ...] = (*PLAYER_REQUESTS, *ORGANISER_REQUESTS)
"""All of them: the players', then the organisers'."""

COMMANDS: dict[str, type[Request]] = {str(type_.__struct_config__.tag): type_ for type_ in REQUESTS}
"""`cmd` → the type of its request."""


def parse(raw: bytes) -> Request | Asking | BadRequest:
    """Read one message, or say what is wrong with it; takes any bytes and never raises."""
    try:
        request: Request = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return explain(raw, _PARAMS)
    # Each member needs one colon; more of them are in a text, or a key stands twice, of which
    # the decoder silently takes the last.
    # What a reply may be asked to carry is rare, and not counted before it matters.
    if raw.count(b":") > _members(request):
        return _with_more(raw, request)
    return request


def _with_more(raw: bytes, request: Any) -> Request | Asking | BadRequest:
    """A message with more colons than its usual members need."""
    needed = _members(request) + (request.ts is not None) + (request.limits is not None)
    if type(request) is Batch:  # its requests are looked at when their turn comes
        needed += sum(bytes(one).count(b":") for one in request.params.requests)
    if raw.count(b":") > needed:
        twice = ambiguity(raw, request.id)
        if twice is not None:
            return twice
    return Asking(request, request.id) if request.ts or request.limits else request


def _members(request: Any) -> int:
    """How many members it usually has for certain: `cmd`, `params`, and all that are not null."""
    values = astuple(request.params)
    return 2 + (request.id is not None) + len(values) - values.count(None)


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(reduce(or_, REQUESTS))
_PARAMS: dict[str, type[Struct]] = {
    name: next(field.type for field in fields(type_) if field.name == "params")
    for name, type_ in COMMANDS.items()
}

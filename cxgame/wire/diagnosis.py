"""What is wrong with a message that `parse` refused: one code for each way to be wrong.

It looks from the outside in and names the first thing it finds: JSON, command, members, `id`,
params. This is the slow path; only clients that err pay for it.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, final

import msgspec
from msgspec import Raw, Struct

from cxgame.model.errors import Code, Rejection, reject
from cxgame.wire.fields import EXPECTED, RequestId

MEMBERS = ("cmd", "params", "id", "ts", "limits")
MAX_ECHO = 40  # characters of a client's text that go back to it

_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@final
class BadRequest(NamedTuple):
    """A message that is no request."""

    command: str  # as far as known; "" if what is wrong lies outside of its params
    rejection: Rejection
    id: RequestId  # as far as it can be read
    text: str = ""  # instead of the code's sentence


def explain(raw: bytes, shapes: Mapping[str, type[Struct]]) -> BadRequest:
    """Say what is wrong with `raw`, given the params type of each command."""
    try:
        message = _object.decode(raw)
    except _NOT_JSON:
        return BadRequest("", reject(Code.PARAM_JSON), None)
    id: Any = _value(message["id"], RequestId) if "id" in message else None
    known_id: RequestId = None if id is _WRONG else id
    twice = ambiguity(raw, known_id)
    if twice is not None:
        return twice
    found = _outside(message, shapes)
    if isinstance(found, Rejection):
        return BadRequest("", found, known_id)
    if id is _WRONG:
        return BadRequest("", _wrong_type("id"), None)
    for name in ("ts", "limits"):
        if name in message and _value(message[name], bool | None) is _WRONG:
            return BadRequest("", _wrong_type(name), known_id)
    command, params = found
    return BadRequest(command, _inside(params, shapes[command]), known_id)


def peek_id(raw: bytes) -> RequestId:
    """The `id` of a message that is not read any further; None when there is none to be read."""
    try:
        return _id_only.decode(raw).id
    except _NOT_JSON:
        return None


def ambiguity(raw: bytes, id: RequestId) -> BadRequest | None:
    """What is wrong with JSON that decodes: a key that stands twice, of which one was not seen."""
    try:
        # Numbers stay text: nothing is gained by scaling what is not looked at.
        json.loads(raw, object_pairs_hook=_unique, parse_int=str, parse_float=str, strict=False)
    except _KeyTwiceError as twice:
        text = f"Invalid message: {_quoted(twice.args[0])} stands in it twice."
        return BadRequest("", reject(Code.PARAM_JSON), id, text)
    except (ValueError, RecursionError):
        return BadRequest("", reject(Code.PARAM_JSON), id)
    return None


def shorten(text: str) -> str:
    """A client's text as it may be sent back: cut, and without half characters."""
    text = text[: MAX_ECHO + 1].encode(errors="replace").decode()
    return text if len(text) <= MAX_ECHO else text[: MAX_ECHO - 1] + "…"


class _KeyTwiceError(Exception):
    pass


class _IdOnly(Struct):
    id: RequestId = None


_WRONG = object()
_object = msgspec.json.Decoder(dict[str, Raw])
_id_only = msgspec.json.Decoder(_IdOnly)


def _outside(
    message: dict[str, Raw], shapes: Mapping[str, type[Struct]]
) -> Rejection | tuple[str, dict[str, Raw]]:
    """The command and its params, or what is wrong around them."""
    if "cmd" not in message:
        return reject(Code.PARAM_MISSING, name="cmd")
    command = _value(message["cmd"], str)
    if command is _WRONG:
        return _wrong_type("cmd")
    if command not in shapes:
        return reject(Code.PARAM_COMMAND, got=_quoted(command))
    for name in message:
        if name not in MEMBERS:
            return reject(Code.PARAM_UNKNOWN, name=shorten(name))
    if "params" not in message:
        return reject(Code.PARAM_MISSING, name="params")
    params = _value(message["params"], dict[str, Raw])
    if params is _WRONG:
        return _wrong_type("params")
    return command, params


def _inside(params: dict[str, Raw], shape: type[Struct]) -> Rejection:
    """What is wrong within the params."""
    fields = msgspec.structs.fields(shape)
    names = [field.name for field in fields]
    for name in params:
        if name not in names:
            return reject(Code.PARAM_UNKNOWN, name=shorten(name))
    for field in fields:
        if field.required and field.name not in params:
            return reject(Code.PARAM_MISSING, name=field.name)
    given = (field for field in fields if field.name in params)
    wrong = (field.name for field in given if _value(params[field.name], field.type) is _WRONG)
    return _wrong_type(next(wrong, "params"))


def _value(raw: Raw, type: Any) -> Any:
    """`raw` as `type`, or `_WRONG`."""
    try:
        return msgspec.json.decode(raw, type=type)
    except _NOT_JSON:
        return _WRONG


def _wrong_type(name: str) -> Rejection:
    return reject(Code.PARAM_TYPE, name=name, got=EXPECTED[name])


def _unique(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _KeyTwiceError(name)
        seen.add(name)


def _quoted(text: str) -> str:
    return f'"{shorten(text)}"'

"""Replies: what the order server sends back, as bytes.

One object per message: `status`, `message`, `data`; beside them `code` when it was refused, `id`
when one was given, `more` when a list was cut, and what the request has asked for. `data` comes
as JSON text (`cxgame.wire.rows`).
"""

import msgspec

from cxgame.model.errors import Rejection
from cxgame.wire.diagnosis import BadRequest
from cxgame.wire.fields import RequestId
from cxgame.wire.rows import text
from cxgame.wire.texts import DONE, sentence

NULL = "null"

_DONE_HEADS = {
    command: f'{{"status":true,"message":{text(said)},"data":' for command, said in DONE.items()
}


def done(command: str, data: str, id: RequestId, *, more: bool = False) -> bytes:
    """What a command answers when it worked."""
    if more:
        data += ',"more":true'
    if id is None:
        return f"{_DONE_HEADS[command]}{data}}}".encode()
    return f'{_DONE_HEADS[command]}{data},"id":{_id(id)}}}'.encode()


def done_saying(message: str, data: str, id: RequestId) -> bytes:
    """The same with a sentence other than the command's usual one."""
    return f'{{"status":true,"message":{text(message)},"data":{data}{_id_member(id)}}}'.encode()


def as_of(reply: bytes, seq: int) -> bytes:
    """A halted game's reply: it shows the state after batch `seq`, the last one released."""
    return reply[:-1] + b',"halted":true,"seq":%d}' % seq


def with_limits(reply: bytes, rate: str, orders: str, young_cancel: str) -> bytes:
    """A reply that says what may still be asked; all are JSON."""
    limits = f'{{"rate":{rate},"orders":{orders},"young_cancel":{young_cancel}}}'
    return reply[:-1] + f',"limits":{limits}}}'.encode()


class Timed(bytes):
    """A reply that is to tell when it left, which is known only then."""


def timed(reply: bytes, ts_in: int) -> Timed:
    """A reply that says when its request came, in milliseconds since 1970."""
    return Timed(reply[:-1] + b',"ts_in":%d}' % ts_in)


def leaving(replies: list[bytes], ts_out: int) -> list[bytes]:
    """Replies as they leave: those that are to tell when, do."""
    end = b',"ts_out":%d}' % ts_out
    return [reply[:-1] + end if type(reply) is Timed else reply for reply in replies]


def refused(command: str, rejection: Rejection, id: RequestId, said: str = "") -> bytes:
    """A business no: its sentence, its code, and its bound where it has one."""
    message = said or sentence(command, rejection)
    return (
        f'{{"status":false,"message":{text(message)},"data":{_bound(rejection)},'
        f'"code":"{rejection.code}"{_id_member(id)}}}'
    ).encode()


def bad(request: BadRequest) -> bytes:
    """The answer to a message that is no request."""
    return refused(request.command, request.rejection, request.id, request.text)


def json_list(rows: list[str]) -> str:
    """Rows as a JSON array."""
    return f"[{','.join(rows)}]"


def _id(id: str | int) -> str:
    return str(id) if isinstance(id, int) else text(id)


def _id_member(id: RequestId) -> str:
    return "" if id is None else f',"id":{_id(id)}'


def _bound(rejection: Rejection) -> str:
    facts = rejection.facts
    bound: dict[str, str | int] = {}
    if "limit" in facts:
        bound = {name: facts[name] for name in ("limit", "got") if name in facts}
    if "wait_ms" in facts:
        bound["wait_ms"] = int(facts["wait_ms"])
    return msgspec.json.encode(bound).decode() if bound else NULL

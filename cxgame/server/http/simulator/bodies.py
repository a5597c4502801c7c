"""The body of an order: which members it needs, and what they mean.

Members that are not known here are ignored. Numbers are read from the raw text, so that no float
comes between; a number and the same as text are alike.
"""

import msgspec
from msgspec import Raw

from cxgame.model.commands import PlaceOrder
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.http.rest.errors import Refused
from cxgame.server.http.simulator.routing import declined
from cxgame.server.sessions.host import Host
from cxgame.wire.money import MarketMoney, is_given
from cxgame.wire.simulator_orders import (
    SIDES,
    TIMES_IN_FORCE,
    TYPES,
    Word,
    checked_cid,
    order_command,
    word_of,
)

Members = dict[str, Raw]

REQUIRED = ("symbol", "side", "type", "quantity")
CIDS = ("client_order_id", "cid")  # either may name the client's own id
_DEFAULT_TIME = "GTC"

_members = msgspec.json.Decoder(Members)
_text = msgspec.json.Decoder(str)


def read_members(body: bytes) -> Members:
    """The members of a body. Raises 400 for anything but an object."""
    try:
        return _members.decode(body)
    except msgspec.ValidationError:
        raise Refused(400, Code.PARAM_JSON, "Invalid JSON: send an object") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, Code.PARAM_JSON, "Invalid JSON") from None


def read_order(host: Host, account: int, members: Members) -> PlaceOrder:
    """The command that a body describes. Raises 400."""
    lacking = [name for name in REQUIRED if not is_given(members.get(name))]
    if lacking:
        raise _refused(reject(Code.PARAM_MISSING, name=", ".join(lacking)))
    side = _word(members, "side", SIDES)
    kind = _word(members, "type", TYPES)
    time_in_force = _word(members, "time_in_force", TIMES_IN_FORCE, _DEFAULT_TIME)
    command = order_command(
        account,
        _market(host, _text_in(members, "symbol")),
        side,
        kind,
        members.get("price"),
        members["quantity"],
        time_in_force,
        _cid(members),
    )
    if isinstance(command, Rejection):
        raise _refused(command)
    return command


def _market(host: Host, symbol: str) -> MarketMoney:
    money = host.money_of(symbol)
    if isinstance(money, Rejection):
        raise _refused(money)
    return money


def _cid(members: Members) -> str:
    """The client's own id; "" if there is none."""
    for name in CIDS:
        if is_given(members.get(name)):
            cid = _text_in(members, name)
            refusal = checked_cid(cid)
            if refusal is not None:
                raise _refused(refusal)
            return cid
    return ""


def _word(members: Members, name: str, words: dict[str, Word], otherwise: str = "") -> Word:
    given = _text_in(members, name) if is_given(members.get(name)) else otherwise
    found = word_of(given, name, words)
    if isinstance(found, Rejection):
        raise _refused(found)
    return found


def _text_in(members: Members, name: str) -> str:
    try:
        return _text.decode(members[name])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _refused(reject(Code.PARAM_TYPE, name=name, got="text")) from None


def _refused(rejection: Rejection) -> Refused:
    """400, also for a symbol: what an order lacks is the order's fault."""
    return declined(rejection, 400)

"""Who comes in at `/ws`: whoever shows a token, or in a sandbox anybody.

The account is there before the connection is: it is opened with the request to upgrade, and the
answer waits until that is durable. A refusal is said as the dialect's REST face says it.
"""

from functools import partial
from uuid import uuid4
from weakref import WeakKeyDictionary

import msgspec
from websockets.datastructures import Headers
from websockets.http11 import Request

from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.http.rest.desk import durable, room
from cxgame.server.http.rest.errors import RETRY_AFTER_S, Refused, refusal
from cxgame.server.http.rest.face import Face
from cxgame.server.http.rest.keys import FORWARDING, HEADER
from cxgame.server.http.simulator.callers import BEARER, OF_ANOTHER, SESSION
from cxgame.server.http.upgrade import Admit, Denial, Guest
from cxgame.server.http.vitals import Condition
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.sandbox import open_session
from cxgame.server.simulator.hall import Hall
from cxgame.server.simulator.session import DialectSession

SANDBOXED = "session"  # in the names of the streams that faults are drawn from: ids are random
_NOT_UP = "The game is not up yet, or is over. Try again."
_NO_TOKEN = f"Show a player's token, in {HEADER} or as Authorization: Bearer."


def admission(face: Face) -> Admit:
    """The admission of the game that a server plays."""
    halls: WeakKeyDictionary[Host, Hall] = WeakKeyDictionary()
    return partial(_admit, face, halls)


async def _admit(
    face: Face, halls: "WeakKeyDictionary[Host, Hall]", request: Request, address: str
) -> Guest | Denial:
    try:
        return await _guest(face, halls, request.headers, address)
    except Refused as refused:
        return _denial(refused)


async def _guest(
    face: Face, halls: "WeakKeyDictionary[Host, Hall]", headers: Headers, address: str
) -> Guest:
    """Raises `Refused`."""
    play = face.vitals.play
    if play is None or face.vitals.condition is Condition.RECOVERING:
        raise Refused(503, Code.STATE_HALTED, _NOT_UP)
    host = play.host
    await room(host.game)
    key = _key(headers)
    if key is not None:
        is_forwarded = any(name in headers for name in FORWARDING)
        account = face.keys.caller(host, key, is_forwarded=is_forwarded).account
        session_id = ""
    else:
        session_id = _one(headers, SESSION) or uuid4().hex
        account = _opened(host, session_id, address)
    await durable(host.game)
    hall = halls.get(host)
    if hall is None:
        hall = halls[host] = Hall(host)
    name = host.game.engine.accounts[account].name
    make = partial(_session, hall, account, is_sandboxed=bool(session_id))
    if not session_id:
        return Guest(make, host.faults, name, (name,))
    return Guest(make, host.faults, SANDBOXED, (name, session_id))


def _session(hall: Hall, account: int, connection: object, *, is_sandboxed: bool) -> DialectSession:
    return DialectSession(hall, connection, account, is_sandboxed=is_sandboxed)


def _opened(host: Host, session_id: str, address: str) -> int:
    """The account of a session. Raises `Refused`."""
    if not host.sandbox:
        raise Refused(401, Code.AUTH_REQUIRED, _NO_TOKEN)
    account = open_session(host, session_id, address)
    if not isinstance(account, Rejection):
        return account
    if account.code is Code.AUTH_USER_TAKEN:
        raise Refused(403, account.code, OF_ANOTHER)
    raise refusal(account)


def _key(headers: Headers) -> str | None:
    """The token or key that a request shows, if any."""
    key = _one(headers, HEADER)
    if key is not None:
        return key
    given = _one(headers, "authorization") or ""
    return given[len(BEARER) :].strip() if given[: len(BEARER)].lower() == BEARER else None


def _one(headers: Headers, name: str) -> str | None:
    """The first value of a header."""
    values = headers.get_all(name)
    return values[0] if values else None


def _denial(refused: Refused) -> Denial:
    body = msgspec.json.encode({"error": refused.text, "code": refused.code}).decode()
    wait_s = None if refused.wait_ms is None else -(-refused.wait_ms // 1000)
    if wait_s is None and refused.status == 503:
        wait_s = RETRY_AFTER_S
    return Denial(refused.status, body, retry_after_s=wait_s)

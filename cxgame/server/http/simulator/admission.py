"""Who comes in at `/ws`: whoever shows a token, or in a sandbox anybody.

As on the dialect's REST face, but that a connection which names no session gets one of its own.
The account is there before the connection is: it is opened with the request to upgrade, whose
answer waits until that is durable.
"""

from functools import partial
from uuid import uuid4
from weakref import WeakKeyDictionary

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from websockets.datastructures import Headers
from websockets.http11 import Request as UpgradeRequest

from cxgame.config import Settings
from cxgame.model.errors import Code
from cxgame.server.http.rest.desk import desk_of
from cxgame.server.http.rest.errors import RETRY_AFTER_S, Refused
from cxgame.server.http.rest.keys import HEADER
from cxgame.server.http.simulator.callers import SESSION, caller_of, key_of, session_of
from cxgame.server.http.upgrade import Denial, Guest, Upgrades
from cxgame.server.sessions.connection import Connection
from cxgame.server.sessions.host import Host
from cxgame.server.simulator.hall import Hall
from cxgame.server.simulator.session import DialectSession
from cxgame.server.sockets.peer import SocketLimits
from cxgame.wire.simulator_frames import MAX_MESSAGE, PATH

SANDBOXED = "session"  # who it is in the draws of faults: the ids of sessions are random
_NO_TOKEN = f"Show a player's token, in {HEADER} or as Authorization: Bearer."


def simulator_upgrades(app: FastAPI, settings: Settings) -> Upgrades:
    """`/ws` of an application."""
    limits = SocketLimits(
        max_message=MAX_MESSAGE,
        max_outstanding=settings.max_outstanding,
        connections_per_address=settings.max_connections_per_address,
        push_max=settings.feed_buffer,
    )
    return Upgrades(PATH, Admission(app).admit, limits)


class Admission:
    """The way into the games of one application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._halls: WeakKeyDictionary[Host, Hall] = WeakKeyDictionary()

    async def admit(self, asked: UpgradeRequest, address: str) -> Guest | Denial:
        """Who asks, or what to answer him."""
        headers = _raw(asked.headers)
        if not any(asked.headers.get_all(SESSION)):  # an empty one names none, as over REST
            headers.insert(0, (SESSION.encode(), uuid4().hex.encode()))
        scope = {"type": "http", "headers": headers, "client": (address, 0), "app": self._app}
        try:
            return await self._guest(Request(scope))
        except Refused as refused:
            return _denial(refused)

    async def _guest(self, request: Request) -> Guest:
        """Raises `Refused`."""
        desk = desk_of(request)
        host, has_token = desk.host, key_of(request) is not None
        await desk.room()
        if not (has_token or host.sandbox):
            raise Refused(401, Code.AUTH_REQUIRED, _NO_TOKEN)
        caller = caller_of(request)
        await desk.say(b"")
        make = partial(_session, self._hall(host), caller.account, is_sandboxed=not has_token)
        if has_token:
            return Guest(make, host.faults, caller.name, (caller.name,))
        return Guest(make, host.faults, SANDBOXED, (caller.name, session_of(request) or ""))

    def _hall(self, host: Host) -> Hall:
        hall = self._halls.get(host)
        if hall is None:
            hall = self._halls[host] = Hall(host)
        return hall


def _session(
    hall: Hall, account: int, connection: Connection, *, is_sandboxed: bool
) -> DialectSession:
    return DialectSession(hall, connection, account, is_sandboxed=is_sandboxed)


def _raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Headers as the HTTP face has them."""
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.raw_items()
    ]


def _denial(refused: Refused) -> Denial:
    wait_s = None if refused.wait_ms is None else -(-refused.wait_ms // 1000)
    if wait_s is None and refused.status == 503:
        wait_s = RETRY_AFTER_S
    body = msgspec.json.encode({"error": refused.text, "code": refused.code}).decode()
    return Denial(refused.status, body, retry_after_s=wait_s)

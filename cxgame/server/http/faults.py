"""Faults of the network for requests over HTTP: a wrapper around the whole application.

While no fault is in force a request costs one look more. Else all requests of one visitor at one
face are a line of the board's (`cxgame.faults`): whose key is shown, or which session is named,
and what is asked decide which faults concern it. What becomes of a request then is the matter of
`cxgame.server.http.passage`.

Spared is what no player's program asks: the pages and what they ask, health checks, metrics; and
the ways to see faults and to take them away.
"""

import re
from collections import OrderedDict
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cxgame.auth import OWNER
from cxgame.faults import NOBODY, Board, Face, Line
from cxgame.faults.reading import MAX_NAME
from cxgame.server.http.passage import Passage, Rooms
from cxgame.server.http.rest.face import Face as HttpFace
from cxgame.server.http.simulator.callers import key_of, session_of
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.sandbox import DEFAULT_SESSION, account_name

MOST_VISITORS: Final = 10_000  # who has not come for the longest time is forgotten beyond
ALL: Final = 0  # in the names of streams: all requests of one visitor, not one connection
_SIMULATOR: Final = "/api/v1/"
_SPARED: Final = ("/api/monitor", "/api/faults")  # how faults are seen, and taken away again
_REST: Final = ("/api/", "/balance", "/orders", "/overview", "/tickers")
_BYTES: Final = ("utf-8", "surrogateescape")  # of a header, as keys are read
_NAMED: Final = re.compile(r"[a-z_]+")  # a part of a path that is no id, symbol or asset


class WithFaults:
    """An application whose requests and answers pass the faults in force."""

    def __init__(self, app: ASGIApp, face: HttpFace) -> None:
        self._app = app
        self._face = face
        self._visitors = Visitors()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        faults = self._face.faults
        if faults is None or not faults.in_force or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = self._passage(scope, faults)
        if passage is None:
            await self._app(scope, receive, send)
        else:
            await passage.carry(self._app, scope, receive, send)

    def _passage(self, scope: Scope, board: Board) -> Passage | None:
        """The way of a request that a fault may concern."""
        face, play = face_of(scope["path"]), self._face.vitals.play
        if face is None or play is None:
            return None
        who, names = names_of(play.host, face, Request(scope))
        line, rooms = self._visitors.find(board, face, who, names)
        if not line.faults:
            return None
        limit = self._face.settings.max_message
        return Passage(line, rooms, kind_of(scope["method"], scope["path"]), limit)


class Visitors:
    """Who asks over HTTP while faults are in force, each with the lines of both faces."""

    def __init__(self, most: int = MOST_VISITORS) -> None:
        self._most = most
        self._lines: OrderedDict[tuple[Face, str], tuple[Line, Rooms]] = OrderedDict()
        self._board: Board | None = None

    def find(self, board: Board, face: Face, who: str, names: list[str]) -> tuple[Line, Rooms]:
        """The line of a visitor, and where its messages wait for each other."""
        if board is not self._board:  # another game's
            self._board = board
            self._lines.clear()
        key = face, who
        if key in self._lines:
            self._lines.move_to_end(key)
        else:
            line = board.join(key, face, who, names, nth=ALL)
            self._lines[key] = line, Rooms(line)
            if len(self._lines) > self._most:
                board.leave(self._lines.popitem(last=False)[0])
        return self._lines[key]


def face_of(path: str) -> Face | None:
    """At which face a path is; None for what no fault concerns."""
    if path.startswith(_SIMULATOR):
        return Face.SIMULATOR
    return Face.REST if path.startswith(_REST) and path not in _SPARED else None


def kind_of(method: str, path: str) -> str:
    """The type of a request: its method and the last word of its path, such as `POST orders`."""
    named = [part for part in path.split("/") if _NAMED.fullmatch(part)]
    return f"{method} {named[-1]}" if named else method


def names_of(host: Host, face: Face, request: Request) -> tuple[str, list[str]]:
    """Who sends a request, and all names by which a fault may mean it; nothing is refused here."""
    key = key_of(request)
    if key is None and face is Face.SIMULATOR:
        session = session_of(request) or DEFAULT_SESSION
        name = account_name(session)
        ids = [session] if len(session) <= MAX_NAME else []  # no fault names a longer one
        return name or NOBODY, [name or session, *ids]
    user = None if key is None else host.users.holder(sha256(key.encode(*_BYTES)).hexdigest())
    if user is not None:
        return user.name, [user.name]
    return (OWNER, [OWNER]) if host.account_of(OWNER) else (NOBODY, [])

"""A request's way to the game: submit, look, say.

What is said is released with the batch of the state that it was made from, as on every face; so an
answer to a request is durable. A desk belongs to one request.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cxgame.engine.engine import Engine
from cxgame.engine.state import Applied
from cxgame.game import Game
from cxgame.history import Recent
from cxgame.model.batch import RequestId
from cxgame.model.commands import Command
from cxgame.model.errors import Code, reject
from cxgame.server.http.rest.errors import Refused, refusal
from cxgame.server.http.vitals import Condition
from cxgame.server.sessions.host import Host

GATEWAY = "rest"  # origin of this face's commands in the journal
AS_OF = "x-cxgame-as-of"  # header of what a halted game shows: the last batch that it knows
JSON = "application/json"


class Desk:
    """One request at one game."""

    __slots__ = ("_as_of", "_seen", "host")

    def __init__(self, host: Host) -> None:
        self.host = host
        self._as_of: int | None = None  # while halted: the batch after which the game is shown
        self._seen: Engine | None = None  # the engine that was looked at

    @property
    def game(self) -> Game:
        """The game itself; handlers read `engine` instead."""
        return self.host.game

    @property
    def engine(self) -> Engine:
        """The state to show; while the game is halted, only after `look`."""
        return self.host.shown.engine

    @property
    def recent(self) -> Recent:
        """What was done last, up to that state."""
        return self.host.shown.recent

    def submit(self, command: Command, *, refuse: bool = True) -> Applied:
        """Apply a command now. Raises `Refused` for a rejection, unless told not to."""
        applied = self.game.submit(command, GATEWAY, 0, None)
        if refuse and applied.rejection is not None:
            raise refusal(applied.rejection)
        return applied

    async def look(self, account: int = 0) -> None:
        """To be awaited before anything is read for an account.

        Raises 503 while a halted game cannot show what it had released.
        """
        shown = self.host.shown
        seq = await shown.halted_at() if self.game.halted else None
        if not self.game.halted:  # or it has resumed meanwhile
            self._seen = self.game.engine
            return
        if seq is None or account >= len(shown.engine.accounts):
            raise refusal(reject(Code.STATE_HALTED))
        self._as_of = seq

    async def room(self) -> None:
        """Wait until the open batch takes more; to be awaited before a command is submitted."""
        await room(self.game)

    async def say(self, body: bytes, status: int = 200) -> Response:
        """Answer with JSON once all that it tells of is durable. Raises 503 if that is in doubt."""
        return Response(body, status, await self._released(), JSON)

    async def say_in_parts(self, parts: Sequence[bytes]) -> Response:
        """The same of a long body, which leaves as fast as its client reads."""

        async def each() -> AsyncIterator[bytes]:
            for part in parts:
                yield part

        return StreamingResponse(each(), 200, await self._released(), JSON)

    async def _released(self) -> dict[str, str]:
        """Wait until what was seen is durable; returns the headers that say of when it is."""
        game = self.game
        if self._as_of is not None:
            return {AS_OF: str(self._as_of)}
        # Halted since it was looked at, or rebuilt: what was seen may still vanish.
        if game.halted or (self._seen is not None and self._seen is not game.engine):
            raise refusal(reject(Code.STATE_UNKNOWN))
        sink = _Answer()
        game.tell(sink, b"", None)
        if not await sink.is_durable:
            raise refusal(reject(Code.STATE_UNKNOWN))
        return {}


class _Answer:
    """Where the game releases one answer: a sink of its own for each request."""

    __slots__ = ("is_durable",)

    def __init__(self) -> None:
        self.is_durable: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def deliver(self, payloads: list[bytes]) -> None:
        """It may leave."""
        if not self.is_durable.done():  # else the client has gone
            self.is_durable.set_result(True)

    def in_doubt(self, requests: list[RequestId]) -> None:
        """Nobody knows yet."""
        if not self.is_durable.done():
            self.is_durable.set_result(False)


async def room(game: Game) -> None:
    """Return once a game's open batch takes more."""
    while game.full:
        left = asyncio.Event()
        game.when_room(left.set)
        await left.wait()


def desk_of(request: Request) -> Desk:
    """A desk for a request. Raises 503 while there is no game."""
    vitals = request.app.state.face.vitals
    play = vitals.play
    if play is None or vitals.condition is Condition.RECOVERING:
        text = "The game is not up yet, or is over. Try again."
        raise Refused(503, Code.STATE_HALTED, text)
    return Desk(play.host)

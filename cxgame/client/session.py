"""The kept connection of a client in one event loop: opens, logs in, repeats, until a deadline.

Owns the rules of retrying; what the answer is then, `outcome` says.
"""

import asyncio
import logging
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection

from cxgame.client import outcome
from cxgame.client.connection import Connection, ConnectionLost
from cxgame.client.opening import CannotOpen, open_websocket
from cxgame.client.protocol import LOGIN_COMMANDS, Effect, Request, request
from cxgame.client.response import Response
from cxgame.network import Backoff

log = logging.getLogger(__name__)

# An exchange that was never reached may be starting beside us; after this the address is wrong.
# One that was reached is waited for until the deadline.
FIRST_CONTACT_S = 2.0


@dataclass(slots=True, repr=False)
class Credentials:
    """Who the client is; shared by all its sessions. No repr: it would end up in a log."""

    user: str | None = None
    token: str | None = None
    offered: str | None = None  # the token of a registration that was begun
    password: str | None = None

    def login(self) -> Request | None:
        """The request that authenticates a fresh connection, if there is enough to do so."""
        if self.user is None or (self.token is None and self.password is None):
            return None
        if self.password is not None:  # it has worked: the token may be an old one
            return request("auth", {"username": self.user, "password": self.password})
        return request("auth", {"username": self.user, "token": self.token})


@dataclass(slots=True)
class _Call:
    """What became of one request so far."""

    request: Request
    deliveries: int = 0  # times it may have reached the exchange
    fault: str = ""
    connection: Connection | None = None

    def give_up(self, fault: str) -> Response:
        return outcome.give_up(self.request, fault, self.deliveries)


class Session:
    """A connection that is opened when needed and again when lost. For one event loop."""

    def __init__(
        self,
        uri: str,
        credentials: Credentials,
        *,
        ssl_verify: bool,
        websocket: ClientConnection | None = None,
    ) -> None:
        self.websocket = websocket  # borrowed: used, never closed, never replaced
        self._uri = uri
        self._credentials = credentials
        self._ssl_verify = ssl_verify
        self._connection: Connection | None = None
        self._opening = asyncio.Lock()
        self._met = False  # the exchange was reached once
        self._guard: Request | None = None  # what each connection is asked for once logged in

    async def call(self, request: Request, timeout_s: float) -> Response:
        """Carry a request out, again if need be; always answers within the time."""
        loop = asyncio.get_running_loop()
        call = _Call(request)
        try:
            async with asyncio.timeout_at(loop.time() + timeout_s):
                return await self._until_answered(call)
        except TimeoutError:
            if self.websocket is None and call.connection is self._connection:
                self.drop()  # a connection that doesn't answer is no use to the next call either
            return call.give_up(call.fault or f"{self._uri} did not answer in {timeout_s:g} s.")

    async def connected(self, *, login: bool) -> tuple[Connection, Response | None]:
        """An open connection, logged in if need be; or the refusal of the login with it.

        Without a limit of time. Raises `CannotOpen` and `ConnectionLost`.
        """
        connection = await self._ready()
        if login and not connection.logged_in:
            return connection, await self._log_in(connection)
        return connection, None

    def drop(self) -> None:
        """Close the connection in the background; the next call opens another."""
        if self._connection is not None:
            self._connection.drop()
            self._connection = None

    async def close(self) -> None:
        """As `drop`, and wait until the connection is closed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _until_answered(self, call: _Call) -> Response:
        loop = asyncio.get_running_loop()
        impatient_at = loop.time() + FIRST_CONTACT_S
        for delay_s in Backoff():
            try:
                return await self._try(call)
            except CannotOpen as fault:
                call.fault = fault.sentence
                if not fault.heals or (not self._met and loop.time() > impatient_at):
                    return call.give_up(fault.sentence)
            except ConnectionLost as lost:
                call.fault = lost.sentence
                if not lost.heals or (call.request.effect is Effect.ONCE and call.deliveries):
                    return call.give_up(lost.sentence)
            log.info("%s Trying %s again.", call.fault, call.request.cmd)
            await asyncio.sleep(delay_s)
        raise AssertionError("trying ends only with the call")

    async def _try(self, call: _Call) -> Response:
        """Deliver the request once, on a connection that is logged in if it must be."""
        connection = call.connection = await self._ready()
        call.fault = ""
        if call.request.login and not connection.logged_in:
            refusal = await self._log_in(connection)
            if refusal is not None:
                return outcome.refused_login(call.request, refusal, call.deliveries)
        call.deliveries += 1
        try:
            response = await connection.request(call.request)
        except ConnectionLost as lost:
            call.deliveries -= not lost.sent
            raise
        if response.status and call.request.cmd in LOGIN_COMMANDS:
            # Where a guard is wanted, the next command logs in once more, and asks for it.
            connection.logged_in = connection.logged_in or self._guard is None
        if response.status and call.request.cmd == "cancel_on_disconnect":
            self._guard = call.request
        return outcome.settle(call.request, response, call.deliveries)

    async def _ready(self) -> Connection:
        """The open connection, or a new one. Raises `CannotOpen`."""
        if self._connection is not None and self._connection.is_open:
            return self._connection
        async with self._opening:
            if self._connection is None or not self._connection.is_open:
                self._connection = None
                self._connection = await self._open()
            return self._connection

    async def _open(self) -> Connection:
        if self.websocket is not None:
            borrowed = Connection(self.websocket, owned=False)
            if not borrowed.is_open:
                raise CannotOpen("The given websocket is closed.", heals=False)
            return borrowed
        websocket = await open_websocket(self._uri, ssl_verify=self._ssl_verify)
        log.debug("Connected to %s", self._uri)
        self._met = True
        return Connection(websocket, owned=True)

    async def _log_in(self, connection: Connection) -> Response | None:
        """Authenticate if there is something to do it with; a refusal, or None to go on."""
        async with self._opening:
            login = self._credentials.login()
            if login is None or connection.logged_in:
                return None
            response = await connection.request(login)
            if response.status and self._guard is not None:
                response = await connection.request(self._guard)
            connection.logged_in = response.status
            return None if response.status else response

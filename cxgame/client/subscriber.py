"""Keeps one connection's subscription as the streams on it want it, for as long as there are any.

One task does all the asking, so that nothing of it happens twice or in another order. It shares
the connection with the requests of the session; when that is lost, it tells every stream, has
another one opened, and subscribes again.
"""

import asyncio
import logging

from cxgame.client.channels import Frame, Wish, together
from cxgame.client.connection import Connection, ConnectionLost
from cxgame.client.opening import CannotOpen
from cxgame.client.outlet import Outlet
from cxgame.client.protocol import Request, channel_request, request
from cxgame.client.response import Response
from cxgame.client.session import Session
from cxgame.network import Backoff, Heartbeat, Pulse

log = logging.getLogger(__name__)

REPLY_S = 10.0  # a connection that does not answer within this is given up
TICK_S = 1.0
# The exchange sends a heartbeat each second.
SILENT_TICKS = 10

# Refusals that say "not now".
_LATER = ("LIMIT_", "STATE_HALTED", "STATE_UNKNOWN", "INTERNAL_")
_LATER_S = 0.2


class Subscriber:
    """The outlets of one connection. All calls come from the session's event loop."""

    def __init__(self, session: Session) -> None:
        self.fault = "The exchange did not answer."  # why there is no connection
        self._session = session
        self._outlets: dict[Outlet, None] = {}  # in the order of their coming
        self._admitted: set[Outlet] = set()
        self._agreed = Wish(frozenset())  # what the connection is subscribed to
        self._resyncs: set[str | None] = set()
        self._stale: set[Outlet] = set()  # want snapshots that only another subscription gives
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._heartbeat: Heartbeat | None = None  # None before the first one has come

    def fits(self, wish: Wish) -> bool:
        """Whether a wish can be met here: a connection has one timeframe."""
        timeframes = {outlet.wish.timeframe for outlet in self._outlets} | {wish.timeframe}
        return len(timeframes - {None}) <= 1

    def add(self, outlet: Outlet) -> None:
        """Take an outlet in; it is `admitted` or ended once the exchange has answered."""
        self._outlets[outlet] = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep(), name="cxgame client streams")
        self._wake.set()

    def remove(self, outlet: Outlet) -> None:
        """Let an outlet go, and what waits in it."""
        outlet.end()
        outlet.clear()
        self._outlets.pop(outlet, None)
        self._admitted.discard(outlet)
        self._wake.set()

    def refresh(self, outlet: Outlet, symbol: str | None = None) -> None:
        """Have the snapshots of an outlet sent again."""
        if "depth" in outlet.wish.channels:
            self._resyncs.add(symbol or outlet.wish.symbol)
        if outlet.wish.channels & {"executions", "orders"}:
            self._stale.add(outlet)
        self._wake.set()

    def end(self, fault: Exception | None = None) -> None:
        """End all outlets and the task."""
        for outlet in list(self._outlets):
            outlet.end(fault)
        self._outlets.clear()
        self._admitted.clear()
        if self._task is not None:
            self._task.cancel()

    async def _keep(self) -> None:
        tries = Backoff()
        try:
            while self._outlets:
                connection: Connection | None = None
                try:
                    connection = await self._join()
                    await self._follow(connection)
                    continue  # somebody may have come when nobody was left
                except CannotOpen as fault:
                    self.fault = fault.sentence
                    if not fault.heals:
                        raise ConnectionError(fault.sentence) from None
                except ConnectionLost as lost:
                    self.fault = lost.sentence
                    if not lost.heals:
                        raise ConnectionError(lost.sentence) from None
                if connection is not None and connection.is_over:
                    return
                if self._admitted:
                    tries.reset()  # it was a connection that worked
                self._lose(connection)
                log.info("%s The streams go on with another connection.", self.fault)
                await asyncio.sleep(next(tries))
        except ConnectionError as fault:
            self._end_outlets(fault)
        finally:
            self._end_outlets()

    async def _join(self) -> Connection:
        """The session's connection, where frames come to us."""
        try:
            async with asyncio.timeout(REPLY_S):
                connection, _ = await self._session.connected(login=False)
        except TimeoutError:
            raise ConnectionLost("The exchange did not answer.", sent=False) from None
        connection.listen(self._deliver)
        return connection

    async def _follow(self, connection: Connection) -> None:
        """Keep the subscription until the connection is lost or nobody is there."""
        try:
            while self._outlets:
                if connection.lost.is_set():
                    raise ConnectionLost("The connection to the exchange was lost.", sent=True)
                self._wake.clear()
                await self._agree(connection)
                await self._wait(connection)
            connection.ignore()  # before the last reply: a borrowed websocket is read no further
            if self._agreed.channels and connection.is_open:
                self._agreed = Wish(frozenset())
                await self._ask(connection, "unsubscribe", {})
        except TimeoutError:
            connection.drop()
            raise ConnectionLost("The exchange did not answer.", sent=True) from None
        finally:
            connection.ignore()

    async def _wait(self, connection: Connection) -> None:
        """Until there is something to do. Gives up a connection that has fallen silent."""
        waits = [asyncio.ensure_future(each.wait()) for each in (self._wake, connection.lost)]
        try:
            while True:
                done, _ = await asyncio.wait(
                    waits, timeout=TICK_S, return_when=asyncio.FIRST_COMPLETED
                )
                if done:
                    return
                now = asyncio.get_running_loop().time()
                if self._heartbeat is not None and self._heartbeat.look(now) is Pulse.DEAD:
                    raise TimeoutError
        finally:
            for wait in waits:
                wait.cancel()

    async def _agree(self, connection: Connection) -> None:
        """Make the subscription what the outlets want."""
        newcomers = [outlet for outlet in self._outlets if outlet not in self._admitted]
        if newcomers:
            await self._admit(connection, newcomers)
        stale, self._stale = self._stale & self._admitted, set()
        if stale:
            await self._subscribe(connection, list(stale))
        unwanted = self._agreed.channels - together(each.wish for each in self._outlets).channels
        if unwanted and self._outlets:
            await self._ask(connection, "unsubscribe", {"channels": sorted(unwanted)})
            self._agreed = self._agreed._replace(channels=self._agreed.channels - unwanted)
        while self._resyncs:
            symbol = self._resyncs.pop()
            await self._ask(connection, "resync", {} if symbol is None else {"symbol": symbol})

    async def _admit(self, connection: Connection, newcomers: list[Outlet]) -> None:
        """Take newcomers in, all at once or, if that is refused, one by one."""
        fault = await self._subscribe(connection, newcomers)
        if fault is None:
            for outlet in newcomers:
                outlet.begun = True
                outlet.admitted.set()
            self._admitted.update(each for each in newcomers if each in self._outlets)
        elif len(newcomers) > 1:
            for outlet in newcomers:
                await self._admit(connection, [outlet])
        else:
            newcomers[0].end(fault)
            self._outlets.pop(newcomers[0], None)

    async def _subscribe(self, connection: Connection, outlets: list[Outlet]) -> Exception | None:
        """Subscribe to what these want beside the others, with its snapshots; or why it can't be.

        The exchange adds channels to those that it has, and takes the symbol for all of them.
        """
        wanted = together(outlet.wish for outlet in outlets)
        everything = together(outlet.wish for outlet in {*self._admitted, *outlets})
        if wanted.is_private:
            refusal = await self._log_in()
            if refusal is not None:
                return refusal
        if wanted.is_public:
            unknown = await self._unknown_symbol(connection, everything, outlets)
            if unknown is not None:
                return unknown
            wanted = everything._replace(channels=wanted.channels)
        response = await self._ask(connection, "subscribe", wanted.params())
        if response.status:
            self._agreed = everything._replace(channels=everything.channels | self._agreed.channels)
            return None
        is_login = (response.code or "").startswith("AUTH_")
        return PermissionError(response.msg) if is_login else ValueError(response.msg)

    async def _log_in(self) -> PermissionError | None:
        """Log the connection in if there is something to do it with; or the refusal."""
        async with asyncio.timeout(REPLY_S):
            _, refusal = await self._session.connected(login=True)
        if refusal is None:
            return None
        if (refusal.code or "").startswith(_LATER):
            raise ConnectionLost(refusal.msg, sent=True)
        return PermissionError(refusal.msg)

    async def _unknown_symbol(
        self, connection: Connection, wish: Wish, outlets: list[Outlet]
    ) -> ValueError | None:
        """What the exchange would say of a symbol, where it is not asked for that one alone."""
        named = {outlet.wish.symbol for outlet in outlets} - {None}
        if wish.symbol is not None or not named:
            return None
        markets = await self._answer(connection, request("markets", {}))
        if not markets.status:
            return None  # the subscription will be refused for the same reason
        unknown = named - {market.get("symbol") for market in markets.data}
        return ValueError(f"Unknown symbol: {unknown.pop()}.") if unknown else None

    async def _ask(self, connection: Connection, cmd: str, params: Frame) -> Response:
        """One request about the subscription."""
        self._heartbeat = None  # what is sent from now on may have none
        return await self._answer(connection, channel_request(cmd, params))

    async def _answer(self, connection: Connection, request: Request) -> Response:
        """The answer to a request; while it is refused for the moment, it is sent again."""
        while True:
            async with asyncio.timeout(REPLY_S):
                response = await connection.request(request)
            if response.status or not (response.code or "").startswith(_LATER):
                return response
            wait_ms = response.wait_ms
            await asyncio.sleep(_LATER_S if wait_ms is None else wait_ms / 1000)

    def _deliver(self, frame: Frame) -> None:
        if frame["type"] == "heartbeat" and self._heartbeat is None:
            self._heartbeat = Heartbeat(SILENT_TICKS * TICK_S, step_s=TICK_S)
        if self._heartbeat is not None:
            self._heartbeat.heard()
        if frame["type"] == "heartbeat":
            return
        for outlet in list(self._outlets):
            outlet.put(frame)

    def _lose(self, connection: Connection | None) -> None:
        """All is to be agreed upon anew."""
        self._agreed = Wish(frozenset())
        self._admitted.clear()
        self._resyncs.clear()
        self._stale.clear()
        if connection is not None:
            for outlet in self._outlets:
                outlet.gap()

    def _end_outlets(self, fault: Exception | None = None) -> None:
        for outlet in list(self._outlets):
            outlet.end(fault)
        self._outlets.clear()
        self._admitted.clear()

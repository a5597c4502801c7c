"""The task that makes the view right again: it looks at REST whenever something is in doubt.

And now and then without a doubt, since the loss of a frame that nothing follows can't be noticed.
"""

import asyncio
import logging
from collections.abc import Callable

from cxgame.network import Doubt, Reconciler
from cxgame.simulator.errors import ExchangeError, Refused
from cxgame.simulator.frames import BOOKS, Frame, Row, Unreadable, readable
from cxgame.simulator.health import VIEW_IN_DOUBT, Health
from cxgame.simulator.rest import Rest
from cxgame.simulator.terms import Terms
from cxgame.simulator.trades import PAGE
from cxgame.simulator.view import About, Doubtful, Stream, View

log = logging.getLogger(__name__)

MOST_GONE = 50  # orders whose end is asked for in one look: the others wait for the next one
WHOLE_DEPTH = 1_000  # levels a side: as many as the server tells at once
BEST_DEPTH = 20  # what the channel of the best levels shows
_NOT_FOUND = 404


class Reconciling:
    """Keeps one view right. Runs from `start` to `stop`."""

    def __init__(
        self,
        view: View,
        rest: Rest,
        *,
        health: Health,
        terms: Terms,
        is_up: Callable[[], bool],
        tell: Callable[[Frame], None],
    ) -> None:
        """`tell` is given what the socket should have brought, and did not."""
        self._view = view
        self._rest = rest
        self._health = health
        self._terms = terms
        self._is_up = is_up
        self._tell = tell
        self._doubts: Reconciler[Doubtful] = Reconciler(pause_s=0.05)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._audited_at: dict[Doubtful, float] = {}

    @property
    def is_settled(self) -> bool:
        """Whether nothing is in doubt."""
        return not self._doubts.in_doubt()

    def start(self) -> None:
        """Begin; a second time does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="simulator reconciling")

    async def stop(self) -> None:
        """End."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def doubt(self, *what: Doubtful) -> None:
        """Something may be wrong in these."""
        now = asyncio.get_running_loop().time()
        for key in what:
            self._doubts.doubt(key, now)
        if what:
            self._health.begin(VIEW_IN_DOUBT)
            self._wake.set()

    def forget(self, key: Doubtful) -> None:
        """This is not followed any more."""
        self._doubts.drop(key)
        self._audited_at.pop(key, None)
        self._told()

    async def _keep(self) -> None:
        while True:
            self._wake.clear()
            now = asyncio.get_running_loop().time()
            doubt = self._doubts.begin(now)
            if doubt is not None:
                await self._look_into(doubt)
            elif (key := self._due_audit(now)) is not None:
                await self._audit(key)
            else:
                await self._pause(now)

    async def _pause(self, now: float) -> None:
        """Until something is due, or doubted."""
        due = [self._audit_at(key) for key in self._view.everything()]
        doubted = self._doubts.next_at()
        at = min(due if doubted is None else [*due, doubted])
        try:
            async with asyncio.timeout(max(at - now, 0.001)):
                await self._wake.wait()
        except TimeoutError:
            return

    def _audit_at(self, key: Doubtful) -> float:
        every_s = self._terms.audit_s if self._is_up() else self._terms.poll_s
        return self._audited_at.get(key, 0.0) + every_s

    def _due_audit(self, now: float) -> Doubtful | None:
        due = [key for key in self._view.everything() if self._audit_at(key) <= now]
        return min(due, key=self._audit_at, default=None)

    async def _look_into(self, doubt: Doubt[Doubtful]) -> None:
        found = await self._look(doubt.key)
        now = asyncio.get_running_loop().time()
        if found is None:
            self._doubts.fail(doubt, now)
        elif self._doubts.settle(doubt, now) is not None:
            self._health.count("reconciled")
        self._told()

    async def _audit(self, key: Doubtful) -> None:
        # What is in doubt was noticed, as all is when a connection begins; its own look settles it.
        was_noticed = self._doubts.in_doubt(key)
        found = await self._look(key, is_audit=True)
        if found is None or was_noticed:
            return
        self._health.count("audits")
        if found and not self._doubts.in_doubt(key):
            self._health.count("unnoticed")

    def _told(self) -> None:
        if self.is_settled:
            self._health.end(VIEW_IN_DOUBT)

    async def _look(self, key: Doubtful, *, is_audit: bool = False) -> bool | None:
        """Make one thing right by REST: whether it was wrong; None: that could not be found out."""
        clock = asyncio.get_running_loop().time
        until = clock() + 2 * self._terms.reply_s
        try:
            with readable():
                match key:
                    case About.ORDERS:
                        return await self._orders(until)
                    case About.BALANCES:
                        return await self._balances(until)
                    case _ if key not in self._view.followed:
                        return False
                    case (channel, _) if channel in BOOKS:
                        return await self._book(key, until, is_audit=is_audit)
                    case ("TRADES", _):
                        return await self._trades(key, until)
                    case (_, symbol):
                        return await self._ticker(symbol, until)
        except (ExchangeError, Unreadable) as fault:
            log.info("%s could not be looked at: %s", key, fault)
            return None
        finally:
            self._audited_at[key] = clock()

    async def _orders(self, until: float) -> bool | None:
        orders = self._view.orders
        asked_in, rows = orders.version, await self._open_rows(until)
        gone, other = orders.are(rows, asked_in)
        for order_id in gone[:MOST_GONE]:
            await self._see_end(order_id, until)
        return None if len(gone) > MOST_GONE else bool(gone or other)

    async def _open_rows(self, until: float) -> list[Row]:
        """One's open orders. In this order of asking none slips through while it is filled."""
        statuses = ["OPEN", "PARTIALLY_FILLED"]
        if any(row["status"] == "PENDING" for row in self._view.orders.open.values()):
            statuses.insert(0, "PENDING")
        rows: dict[str, Row] = {}
        for status in statuses:
            body = await self._rest.get("/orders", until, status=status)
            rows.update({row["order_id"]: row for row in body["orders"]})
        return list(rows.values())

    async def _see_end(self, order_id: str, until: float) -> None:
        """An order that is not open any more: what became of it."""
        try:
            self._view.orders.take(await self._rest.get(f"/orders/{order_id}", until))
        except Refused as refused:
            if refused.status != _NOT_FOUND:
                raise
            self._view.orders.drop(order_id)

    async def _balances(self, until: float) -> bool | None:
        balances = self._view.balances
        asked_in = balances.version
        body = await self._rest.get("/balance", until)
        return balances.are(body["balances"], body.get("available"), asked_in)

    async def _book(self, stream: Stream, until: float, *, is_audit: bool) -> bool | None:
        channel, symbol = stream
        book = self._view.books[stream]
        depth = WHOLE_DEPTH if channel == "ORDERBOOK_L2" else BEST_DEPTH
        book.begin_look()
        body = await self._rest.get("/orderbook", until, symbol=symbol, depth=depth)
        if is_audit and book.is_moving:
            return False  # a loss would show in the numbers of what comes
        return book.end_look(body["bids"], body["asks"])

    async def _trades(self, stream: Stream, until: float) -> bool | None:
        trades = self._view.trades[stream]
        trades.begin_look()
        after = trades.whole_until
        limit = 1 if after is None else PAGE
        body = await self._rest.get("/trades", until, symbol=stream[1], limit=limit, after=after)
        frames = trades.end_look(body["trades"])
        for frame in frames:
            self._tell(frame)
        return bool(frames) if trades.is_whole else None

    async def _ticker(self, symbol: str, until: float) -> bool | None:
        """While the socket is down, a price now and then; what it missed is over."""
        if not self._is_up():
            body = await self._rest.get("/ticker", until, symbol=symbol)
            self._tell({"type": "MARKET_DATA", "request_id": None, **body, "sequence_id": None})
        return False

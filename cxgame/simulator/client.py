"""`ExchangeClient`: trades on a simulator over a line that loses, delays, doubles and cuts.

This is the outside, and the wiring: what keeps a promise is in `trading`, `reconciling`, `socket`,
`rest` and `view`, which are built of `cxgame.network`; what REST can be asked is in `queries`.
"""

import asyncio
import uuid
from collections import deque
from decimal import Decimal
from types import TracebackType
from typing import Self

from cxgame.network import RateBudget
from cxgame.simulator.book import Book
from cxgame.simulator.frames import CHANNELS, Frame, Row
from cxgame.simulator.health import Health
from cxgame.simulator.queries import Queries
from cxgame.simulator.reconciling import Reconciling
from cxgame.simulator.rest import Rest
from cxgame.simulator.socket import Socket
from cxgame.simulator.subscriptions import Subscriptions
from cxgame.simulator.terms import Terms
from cxgame.simulator.trading import Trading
from cxgame.simulator.view import View

Money = str | Decimal | int | float

_RECEIVE_S = 5.0
_DEFAULTS = Terms()


class ExchangeClient(Queries):
    """A session's way to a simulator, by REST and, after `connect_ws`, by WebSocket.

    ```python
    async with ExchangeClient() as client:
        order = await client.place_order("BTC/USD", "BUY", "LIMIT", "0.5", "49000")
    ```

    `session_id` names the account, for both ways; without one it is a new one. With a `token` it is
    that of its user. No call takes longer than `terms.timeout_s`. All of them raise `Refused` for a
    no of the exchange and `Unreachable` if there was no answer in time; placing and cancelling
    raise `InDoubt`, which is one of these, if the request may have arrived. For one event loop.
    """

    def __init__(
        self,
        base_url: str = "http://localhost:8765",
        session_id: str | None = None,
        *,
        token: str | None = None,
        terms: Terms = _DEFAULTS,
        ssl_verify: bool = True,
    ) -> None:
        self.session_id = session_id or uuid.uuid4().hex
        self.health = Health()
        base_url = base_url.rstrip("/")
        headers = {"X-Session-ID": self.session_id}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        health = self.health
        self._terms = terms
        self._view = View(health)
        self._rest = Rest(
            base_url,
            headers,
            health=health,
            budget=RateBudget(terms.rest_per_s, terms.rest_burst),
            reply_s=terms.reply_s,
            ssl_verify=ssl_verify,
        )
        self._socket = Socket(
            f"ws{base_url.removeprefix('http')}/ws",
            headers,
            self,
            health=health,
            terms=terms,
            ssl_verify=ssl_verify,
        )
        self._subscriptions = Subscriptions(self._socket, terms)
        self._reconciling = Reconciling(
            self._view,
            self._rest,
            health=health,
            terms=terms,
            is_up=self._socket.up.is_set,
            tell=self._tell,
        )
        self._trading = Trading(
            self._rest,
            self._socket,
            self._view,
            health=health,
            terms=terms,
            doubt=self._reconciling.doubt,
        )
        self._frames: deque[Frame] = deque()
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End all connections and tasks. Orders stay where they are."""
        await self._subscriptions.close()
        await self._socket.close()
        await self._reconciling.stop()
        await self._rest.close()

    # Orders

    async def place_order(
        self,
        symbol: str,
        side: str,
        type: str,
        quantity: Money,
        price: Money | None = None,
        time_in_force: str = "GTC",
        *,
        client_order_id: str | None = None,
    ) -> Row:
        """Place an order, once, however bad the line is: the order as it stands.

        With the `client_order_id` of an `InDoubt` the same order is asked for again.
        """
        order = {
            "symbol": symbol,
            "side": side,
            "type": type,
            "quantity": str(quantity),
            "time_in_force": time_in_force,
            "client_order_id": client_order_id or uuid.uuid4().hex,
        }
        if price is not None:
            order["price"] = str(price)
        return await self._trading.place(order, self._until())

    async def cancel_order(self, order_id: str) -> Row:
        """Cancel what is left of an order: `{"order_id", "status": "cancelled"}`."""
        return await self._trading.cancel(order_id, self._until())

    # The socket

    async def connect_ws(self) -> None:
        """Open the socket, and keep it and the local view from now on.

        Raises `Unreachable` if it is not open in time, and the tries go on all the same; `Refused`
        if nobody but the owner of a token may come, or nothing there is a simulator.
        """
        try:
            await self._socket.open(self._until())
        finally:
            if self._socket.is_kept:
                self._reconciling.start()

    async def subscribe(self, channel: str, symbol: str) -> None:
        """Follow TICKER, TRADES, ORDERBOOK or ORDERBOOK_L2 of a market, over breaks as well.

        Raises `Refused`, and `Unreachable` if nobody has agreed yet: it is asked for further on.
        """
        if channel not in CHANNELS:
            raise ValueError(f"There is no channel {channel!r}; there are {', '.join(CHANNELS)}.")
        self._demand_socket()
        stream = channel, symbol
        self._view.follow(stream)
        try:
            await self._subscriptions.add(stream, self._until())
        finally:
            if stream not in self._subscriptions.wanted:
                self._ignore(stream)

    async def unsubscribe(self, channel: str, symbol: str) -> None:
        """Follow it no more."""
        stream = channel, symbol
        await self._subscriptions.remove(stream)
        self._ignore(stream)

    async def receive_ws_message(self, timeout: float | None = _RECEIVE_S) -> Frame | None:
        """The next frame that nobody asked for; None if none came in time. Each comes once.

        While the socket is down, prices and trades of what is followed come from REST; those frames
        have None as `sequence_id`.
        """
        self._demand_socket()
        try:
            async with asyncio.timeout(timeout):
                while not self._frames:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None
        return self._frames.popleft()

    # The local view, from `connect_ws` on

    @property
    def is_kept(self) -> bool:
        """Whether socket and view are kept: `connect_ws` was called."""
        return self._socket.is_kept

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open."""
        return self._socket.up.is_set()

    @property
    def is_settled(self) -> bool:
        """Whether nothing in the view is in doubt, as far as is known."""
        return self._reconciling.is_settled

    @property
    def open_orders(self) -> dict[str, Row]:
        """One's open orders by id, as far as is known."""
        return dict(self._view.orders.open)

    @property
    def balances(self) -> dict[str, str]:
        """What one owns of each asset, as far as is known."""
        return dict(self._view.balances.total)

    @property
    def available(self) -> dict[str, str]:
        """What of it open orders do not hold."""
        return dict(self._view.balances.available)

    def book(self, symbol: str) -> Book | None:
        """The book of a market of which ORDERBOOK or ORDERBOOK_L2 is followed; else None."""
        return self._view.book(symbol)

    # Called by the socket

    def came(self, frame: Frame, *, is_awaited: bool) -> None:
        """A frame has come."""
        taken = self._view.take(frame, is_awaited=is_awaited)
        self._reconciling.doubt(*taken.doubts)
        if taken.is_news:
            self._tell(frame)

    def mangled(self) -> None:
        """Something has come that can't be read: it may have been about anything."""
        self._reconciling.doubt(*self._view.everything())

    def is_up(self) -> None:
        """The socket is open."""
        self._subscriptions.renew()
        self._reconciling.doubt(*self._view.everything())

    def is_down(self) -> None:
        """The socket is lost."""
        self._subscriptions.lost()
        self._view.disconnected()
        self._reconciling.doubt(*self._view.everything())

    # Inside

    def _until(self) -> float:
        return asyncio.get_running_loop().time() + self._terms.timeout_s

    def _tell(self, frame: Frame) -> None:
        while len(self._frames) >= self._terms.queue:
            self._frames.popleft()
            self.health.count("overflow")
        self._frames.append(frame)
        self._news.set()

    def _ignore(self, stream: tuple[str, str]) -> None:
        self._view.ignore(stream)
        self._reconciling.forget(stream)

    def _demand_socket(self) -> None:
        if not self._socket.is_kept:
            raise RuntimeError("Await connect_ws() first.")


if __name__ == "__main__":
    import sys

    from cxgame.simulator.program import main

    sys.exit(main())

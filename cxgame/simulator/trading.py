"""Placing and cancelling, so that a bad line neither loses an order nor doubles one.

A request goes over the socket while that is up, else by REST; what was not answered goes the other
way next. That is safe since every order carries a `client_order_id`, which the server remembers:
the same id with the same order is answered with the order that is there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cxgame.network import Backoff
from cxgame.simulator.errors import InDoubt, Refused, Unreachable
from cxgame.simulator.frames import Frame, Row, Unreadable, order_in, readable
from cxgame.simulator.health import Health
from cxgame.simulator.replies import is_passing, is_refusal, refusal
from cxgame.simulator.rest import Rest
from cxgame.simulator.socket import Socket, Unanswered
from cxgame.simulator.terms import Terms
from cxgame.simulator.view import About, View

_BY_SOCKET = ("symbol", "side", "quantity", "price", "time_in_force", "client_order_id")

_Failure = Unanswered | Unreachable | Unreadable


class _RefusedLater(Refused):
    """A no to a repeat, when a try before it may have arrived."""


class Trading:
    """The orders of one client. `doubt` is told when nobody knows whether something was done."""

    def __init__(
        self,
        rest: Rest,
        socket: Socket,
        view: View,
        *,
        health: Health,
        terms: Terms,
        doubt: Callable[..., None],
    ) -> None:
        self._rest = rest
        self._socket = socket
        self._view = view
        self._health = health
        self._terms = terms
        self._doubt = doubt

    async def place(self, order: Row, until: float) -> Row:
        """Place an order, in the words of REST, with its `client_order_id`.

        Raises `Refused`, `Unreachable` if it never left, `InDoubt` if it may have arrived.
        """

        async def by_socket(until: float) -> Row:
            members = {name: order[name] for name in _BY_SOCKET if name in order}
            members["order_type"] = order["type"]
            return order_in(await self._told("PLACE_ORDER", "ORDER_ACK", until, **members))

        async def by_rest(until: float) -> Row:
            row = await self._rest.ask("POST", "/orders", until, body=order)
            self._view.orders.take(row)
            return row

        try:
            return await self._until_done(by_socket, by_rest, until)
        except InDoubt as doubt:
            raise InDoubt(str(doubt), order["client_order_id"]) from None

    async def cancel(self, order_id: str, until: float) -> Row:
        """Cancel an order: `{"order_id", "status": "cancelled"}`. Raises as `place`."""
        done = {"order_id": order_id, "status": "cancelled"}

        async def by_socket(until: float) -> Row:
            await self._told("CANCEL_ORDER", "ORDER_CANCEL", until, order_id=order_id)
            return done

        async def by_rest(until: float) -> Row:
            await self._rest.ask("DELETE", f"/orders/{order_id}", until)
            return done

        try:
            await self._until_done(by_socket, by_rest, until)
        except _RefusedLater:
            known = await self._seen(order_id, until)
            if known.get("status") != "CANCELLED":
                raise
        self._view.orders.cancel(order_id)
        return done

    async def _seen(self, order_id: str, until: float) -> Row:
        """An order as it is. Raises `InDoubt`: that nobody says so undoes no try before."""
        try:
            return await self._rest.get(f"/orders/{order_id}", until)
        except Unreachable as fault:
            raise InDoubt(str(fault)) from None

    async def _until_done(
        self,
        by_socket: Callable[[float], Awaitable[Row]],
        by_rest: Callable[[float], Awaitable[Row]],
        until: float,
    ) -> Row:
        """Carry a request out, one way or the other, until it is answered or the time is over."""
        clock = asyncio.get_running_loop().time
        may_have_arrived = was_by_socket = False
        for tries, pause_s in enumerate(Backoff(0.02, 1.0)):
            if tries:
                self._health.count("retries")
            is_by_socket = self._is_for_socket(was_by_socket)
            try:
                with readable():
                    if is_by_socket:
                        return await by_socket(min(until, clock() + self._terms.reply_s))
                    return await by_rest(min(until, clock() + 2 * self._terms.reply_s))
            except Refused as no:
                if may_have_arrived:
                    raise _RefusedLater(str(no), code=no.code, status=no.status) from None
                raise
            except (Unanswered, Unreachable, Unreadable) as failure:
                may_have_arrived |= _may_have_arrived(failure)
                if may_have_arrived:
                    self._doubt(About.ORDERS, About.BALANCES)
                if clock() + pause_s >= until:
                    end = InDoubt if may_have_arrived else Unreachable
                    raise end(str(failure)) from None
            was_by_socket = is_by_socket
            await asyncio.sleep(pause_s)
        raise AssertionError("trying ends only with the time")

    def _is_for_socket(self, was_by_socket: bool) -> bool:
        """Whether the socket should carry the next try: as REST may not be asked, or not again."""
        is_for_rest = not self._socket.up.is_set() or (
            (was_by_socket or self._socket.quiet_s() > 0) and not self._rest.quiet_s()
        )
        if is_for_rest and self._socket.is_kept:
            self._health.count("fallbacks")
        return not is_for_rest

    async def _told(self, kind: str, expected: str, until: float, **members: Any) -> Frame:
        """Ask the socket, and have what was expected. Raises `Refused`, `Unanswered`."""
        within_s = until - asyncio.get_running_loop().time()
        frame = await self._socket.ask(kind, within_s, **members)
        if is_passing(frame):
            raise Unanswered(str(refusal(frame)), sent=True)
        if is_refusal(frame):
            raise refusal(frame)
        if frame["type"] != expected:
            raise Unanswered(f"answered by {frame['type']}", sent=True)
        return frame


def _may_have_arrived(failure: _Failure) -> bool:
    """Whether a try that failed may have been carried out all the same."""
    match failure:
        case Unanswered():
            return failure.sent
        case Unreachable():
            return isinstance(failure, InDoubt)
        case _:
            return True

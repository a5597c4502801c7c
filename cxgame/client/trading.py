"""The commands about orders as coroutines. Owns their names, arguments and results."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict, Unpack

from cxgame.client.protocol import ORDER_COMMANDS, response_of
from cxgame.client.response import Response
from cxgame.client.values import Money, money_text, new_cid
from cxgame.client.words import (
    OrderType,
    SelfTrade,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
)

_NUMBERS = (
    "price",
    "size",
    "amount",
    "trigger_price",
    "trail",
    "trail_percent",
    "max_price",
)

Params = dict[str, Any]


class OrderTerms(TypedDict, total=False):
    """What `order` and `validate` take by keyword; see there."""

    amount: Money | None
    time_in_force: TimeInForce | None
    post_only: bool | None
    stp: SelfTrade | None
    cid: str | None
    expires: str | float | None
    deadline_ms: int | None
    trigger: TriggerKind | None
    trigger_price: Money | None
    trigger_by: TriggerBy | None
    trail: Money | None
    trail_percent: Money | None
    max_price: Money | None


class Trading:
    """Placing, changing and cancelling orders."""

    # Orders. The cid makes a repeat safe: the exchange answers it with the order it already has.

    async def buy(
        self, price: Money, size: Money, symbol: str | None = None, *, cid: str | None = None
    ) -> Response:
        """A maker limit buy below the market price; data: the order."""
        return await self._order("buy", {"price": price, "size": size}, symbol, cid)

    async def sell(
        self, price: Money, size: Money, symbol: str | None = None, *, cid: str | None = None
    ) -> Response:
        """A maker limit sell at or above the market price; data: the order."""
        return await self._order("sell", {"price": price, "size": size}, symbol, cid)

    async def buy_market(
        self, amount: Money, symbol: str | None = None, *, cid: str | None = None
    ) -> Response:
        """Buy at the best prices for `amount` of quote money; data: the order."""
        return await self._order("buy_market", {"amount": amount}, symbol, cid)

    async def sell_market(
        self, amount: Money, symbol: str | None = None, *, cid: str | None = None
    ) -> Response:
        """Sell `amount` of the base asset at the best prices; data: the order."""
        return await self._order("sell_market", {"amount": amount}, symbol, cid)

    async def order(
        self,
        side: Side,
        type: OrderType,
        price: Money | None = None,
        size: Money | None = None,
        symbol: str | None = None,
        *,
        amount: Money | None = None,
        time_in_force: TimeInForce | None = None,
        post_only: bool | None = None,
        stp: SelfTrade | None = None,
        cid: str | None = None,
        expires: str | float | None = None,
        deadline_ms: int | None = None,
        trigger: TriggerKind | None = None,
        trigger_price: Money | None = None,
        trigger_by: TriggerBy | None = None,
        trail: Money | None = None,
        trail_percent: Money | None = None,
        max_price: Money | None = None,
    ) -> Response:
        """The full verb: side `buy` or `sell`, type `limit` or `market`; data: the order.

        `price` is in quote money, `size` in coins. A market buy takes `size` or `amount` (of
        quote money). `time_in_force`: `gtc`, `ioc`, `fok`, `gtd` (with `expires`: `"+30s"`, or
        seconds since 1970), `day`; `stp`: what happens when the order meets one of its own team;
        `deadline_ms`: later (milliseconds since 1970) it is refused.

        With a `trigger` it waits until the last trade's price, or the mid if `trigger_by` says
        so, reaches `trigger_price` (`stop`, `take_profit`), or comes back from its best by
        `trail` (a price) or `trail_percent` (`trailing`). `max_price`: the most that a market buy
        by `size` with a trigger pays per coin. Refused with `ORDER_WOULD_TRIGGER` if it would
        fire at once, and with `LIMIT_TRIGGERS` beside 50 that wait in the market.
        """
        numbers = {
            "price": price,
            "size": size,
            "amount": amount,
            "trigger_price": trigger_price,
            "trail": trail,
            "trail_percent": trail_percent,
            "max_price": max_price,
        }
        return await self._order(
            "order",
            numbers,
            symbol,
            cid,
            side=side,
            type=type,
            time_in_force=time_in_force,
            post_only=post_only,
            stp=stp,
            expires=expires,
            deadline_ms=deadline_ms,
            trigger=trigger,
            trigger_by=trigger_by,
        )

    async def validate(
        self,
        side: Side,
        type: OrderType,
        price: Money | None = None,
        size: Money | None = None,
        symbol: str | None = None,
        **terms: Unpack[OrderTerms],
    ) -> Response:
        """Try an order, with the arguments of `order`; data: as it would be. Nothing is done."""
        given = {"price": price, "size": size, **terms}
        order = {"side": side, "type": type, "symbol": symbol, **_with_texts(given)}
        return await self._call("order", {**order, "validate": True})

    async def amend(
        self,
        order_id: str | None = None,
        price: Money | None = None,
        size: Money | None = None,
        *,
        cid: str | None = None,
        post_only: bool | None = None,
        deadline_ms: int | None = None,
    ) -> Response:
        """Change price or size of an open order, by its id or its cid; data: the order."""
        which = {"order_id": order_id, "cid": cid}
        terms = {"post_only": post_only, "deadline_ms": deadline_ms}
        return await self._call(
            "amend", {**which, **_texts({"price": price, "size": size}), **terms}
        )

    async def cancel(self, order_id: str | None = None, cid: str | None = None) -> Response:
        """Cancel one of your open orders, by its id or its cid."""
        return await self._call("cancel", {"order_id": order_id, "cid": cid})

    async def cancel_all(self, symbol: str | None = None, side: Side | None = None) -> Response:
        """Cancel your open orders, of one market or side if given; data: `{"cancelled": ids}`."""
        return await self._call("cancel_all", {"symbol": symbol, "side": side})

    async def batch(self, requests: Sequence[tuple[str, Params]]) -> Response:
        """Up to 15 of these commands at once: `[("buy", {"price": 1, "size": 2}), …]`.

        Data: their responses, in order. `status` says that they were handled, not that all worked.
        """
        try:
            sent = [_batched(cmd, params) for cmd, params in requests]
        except (TypeError, ValueError):
            text = "batch: a list of pairs is needed, of a command and a dict of its parameters."
            return Response(False, text, code="PARAM_TYPE")
        response = await self._call("batch", {"requests": sent})
        if not response.status or not isinstance(response.data, list):
            return response
        data = [
            replace(response_of(frame), cid=one["params"].get("cid"))
            for frame, one in zip(response.data, sent, strict=False)
        ]
        return replace(response, data=data)

    # Precautions

    async def cancel_on_disconnect(self, on: bool = True) -> Response:
        """Have the orders of this connection cancelled when it is lost; `close` leaves them.

        The client asks for it again whenever it opens a connection.
        """
        return await self._call("cancel_on_disconnect", {"on": on})

    async def cancel_all_after(self, ms: int) -> Response:
        """Have all your orders cancelled in so many ms, unless you call this again; 0: don't."""
        return await self._call("cancel_all_after", {"ms": ms})

    # How

    async def _call(self, cmd: str, params: Params, until: float | None = None) -> Response:
        """Make one call; `until` is a deadline set by `_deadline`, for calls in a row."""
        raise NotImplementedError

    async def _order(
        self,
        cmd: str,
        numbers: dict[str, Money | None],
        symbol: str | None,
        cid: str | None,
        **terms: Any,
    ) -> Response:
        params = {**_texts(numbers), **terms, "symbol": symbol, "cid": cid or new_cid()}
        return await self._call(cmd, params)


def _texts(numbers: Mapping[str, Money | None]) -> Params:
    """Numbers as they are sent."""
    return {name: None if value is None else money_text(value) for name, value in numbers.items()}


def _with_texts(params: Params) -> Params:
    """Parameters with their numbers as they are sent."""
    return {**params, **_texts({name: params[name] for name in _NUMBERS if name in params})}


def _batched(cmd: str, params: Params) -> Params:
    """One request of a batch; orders get a cid, so that the batch may be sent again."""
    given = {name: value for name, value in dict(params).items() if value is not None}
    given = _with_texts(given)
    if cmd in ORDER_COMMANDS and not given.get("cid"):
        given["cid"] = new_cid()
    return {"cmd": cmd, "params": given}

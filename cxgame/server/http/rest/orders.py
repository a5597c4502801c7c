"""`/orders`: place, look at and cancel the caller's orders.

An order is answered as it was accepted: `new`, or `rejected` for lack of funds; what becomes of it
shows when it is asked for. Members of a body that are not known here are ignored.
"""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cxgame.engine.orders import Order
from cxgame.engine.pending import dry_run
from cxgame.model.commands import CancelOrder
from cxgame.model.enums import OrderStatus, OrderType, SellFee, Side
from cxgame.model.errors import Code, Rejection
from cxgame.model.market import Market
from cxgame.server.http.rest import order_shapes as shapes
from cxgame.server.http.rest.bodies import (
    members_of,
    optional_number_in,
    word_in,
)
from cxgame.server.http.rest.desk import Desk, desk_of
from cxgame.server.http.rest.errors import Refused
from cxgame.server.http.rest.jobs import jobs_of
from cxgame.server.http.rest.keys import Caller, charge, who
from cxgame.server.http.rest.numbers import units_number
from cxgame.server.http.rest.openapi import described
from cxgame.server.http.rest.order_lists import Book, Row, Wanted
from cxgame.server.http.rest.order_rows import (
    CLOSED_STATUSES,
    OPEN_STATUSES,
    AnyOrder,
    OrderWriter,
    writer,
)
from cxgame.server.http.rest.placing import SIDES, TYPES, command_of, market_of
from cxgame.server.http.rest.routing import count_of, flag_of, router, word_of
from cxgame.server.sessions.young import surcharge
from cxgame.wire.diagnosis import shorten

SLICE = 100  # orders between which others have their turn: some 2 ms of writing
STREAMED = 20  # slices from which on an answer leaves in parts: about a megabyte
_MAX_ID_DIGITS = 18

_STATUSES = {word: word for word in (*OPEN_STATUSES, *CLOSED_STATUSES)}
_LIMIT = OrderType.LIMIT  # a global is found faster than an enum's member

routes = router("Orders")


@routes.get(
    "/orders",
    **described(
        shapes.ORDERS,
        shapes.ORDERS_EXAMPLE,
        also=(404,),
        parameters=(*shapes.FILTERS, shapes.WITH_HISTORY),
    ),
)
async def list_orders(request: Request) -> Response:
    """The caller's orders, the one that changed last first."""
    desk, book, wanted = await _asked(request)
    with_history = flag_of(request, "include_history", False)
    rows = await book.listed(wanted)
    parts: list[bytes] = []
    for begin in range(0, len(rows), SLICE):
        await asyncio.sleep(0)
        some = [await _as_now(book, row) for row in rows[begin : begin + SLICE]]
        still = wanted.of(order for _, _, order, _, _ in some)  # what has not changed meanwhile
        if len(still) != len(some):
            some = [row for row in some if row[2] in still]
        texts = [
            _writer(desk, order).row(order, fills, with_history=with_history)
            for _, _, order, fills, _ in some
        ]
        if texts:
            parts.append(",".join(texts).encode())
    if len(parts) < STREAMED:
        return await desk.say(b"[" + b",".join(parts) + b"]")
    commas = (b"," + part for part in parts[1:])
    return await desk.say_in_parts([b"[" + parts[0], *commas, b"]"])


@routes.get(
    "/orders/list",
    **described(shapes.IDS, shapes.IDS_EXAMPLE, also=(404,), parameters=shapes.FILTERS),
)
async def list_ids(request: Request) -> Response:
    """How many orders there are, and their ids, the one that changed last first."""
    desk, book, wanted = await _asked(request)
    ids = [str(row[1]) for row in await book.listed(wanted)]
    return await desk.say(msgspec.json.encode({"length": len(ids), "orders": ids}))


@routes.get(
    "/orders/{oid}",
    **described(
        shapes.ORDER,
        shapes.ORDER_EXAMPLE,
        also=(404,),
        parameters=(shapes.ORDER_ID, shapes.WITH_HISTORY),
    ),
)
async def one_order(request: Request) -> Response:
    """One order of the caller's."""
    caller, desk = who(request), desk_of(request)
    with_history = flag_of(request, "include_history", False)
    await desk.look(caller.account)
    book = _book(request, desk, caller)
    _, _, order, fills, _ = await book.row(await _find(book, request))
    text = _writer(desk, order).row(order, fills, with_history=with_history)
    return await desk.say(text.encode())


@routes.post(
    "/orders",
    **described(
        shapes.ORDER,
        shapes.ORDER_EXAMPLE,
        also=(404,),
        body=shapes.NEW_ORDER,
        body_example=shapes.NEW_ORDER_EXAMPLE,
    ),
)
async def place_order(request: Request) -> Response:
    """Place an order: a market order is carried out after the game's latency, a limit order rests
    until somebody meets its price."""
    caller, desk = who(request), desk_of(request)
    members = await members_of(request)
    await desk.room()
    command = command_of(request, desk, caller, members, word_in(members, "type", TYPES, "market"))
    applied = desk.submit(command)
    if applied.replayed:
        return await _repeated(request, desk, caller, applied.order_id)
    assert applied.order is not None
    return await desk.say(_writer(desk, applied.order).accepted(applied.order).encode())


@routes.post(
    "/orders/can_execute",
    **described(
        shapes.VERDICT,
        shapes.VERDICT_EXAMPLE,
        also=(404,),
        body=shapes.DRY_RUN,
        body_example=shapes.DRY_RUN_EXAMPLE,
    ),
)
async def can_execute(request: Request) -> Response:
    """Whether the caller could place an order, and what is lacking; nothing is placed.

    With a price it is taken for a limit order.
    """
    caller, desk = who(request), desk_of(request)
    members = await members_of(request)
    kind = word_in(members, "type", TYPES, "market")
    price = optional_number_in(members, "limit_price") or optional_number_in(members, "price")
    if price is not None:
        members["limit_price"], kind = price, _LIMIT
    await desk.look(caller.account)
    found = dry_run(desk.engine, command_of(request, desk, caller, members, kind))
    reason = found.text if isinstance(found, Rejection) else found[:1].lower() + found[1:]
    return await desk.say(msgspec.json.encode({"ok": not reason, "reason": reason or None}))


@routes.post(
    "/orders/{oid}/cancel",
    **described(
        shapes.CANCELED,
        shapes.CANCELED_EXAMPLE,
        also=(404,),
        parameters=(shapes.ORDER_ID,),
    ),
)
async def cancel_order(request: Request) -> Response:
    """Cancel an open order; what was set aside for it is free again."""
    caller, desk = who(request), desk_of(request)
    await desk.look(caller.account)
    book = _book(request, desk, caller)
    order = await _find(book, request)
    await desk.room()
    if not isinstance(order, Order) or order.status is not OrderStatus.OPEN:
        text = "Only *open* orders can be canceled"
        raise Refused(409, Code.ORDER_NOT_FOUND, text)
    charge(request, caller, surcharge(desk.host, order))
    freed = _freed(desk.engine.markets[order.market].market, order)
    desk.submit(CancelOrder(caller.account, order.id))
    text = _writer(desk, order).row(order, (await book.row(order))[3])
    return await desk.say(f'{{"canceled_order":{text},"freed":{freed}}}'.encode())


async def _repeated(request: Request, desk: Desk, caller: Caller, order_id: int) -> Response:
    """The order that a repeated `cid` has named, as it is now."""
    book = _book(request, desk, caller)
    order = await book.find(order_id)
    if order is None:  # it ended so long ago that it is shown no more
        raise _unknown(str(order_id))
    _, _, order, fills, _ = await book.row(order)
    return await desk.say(_writer(desk, order).row(order, fills).encode())


# Looking


async def _asked(request: Request) -> tuple[Desk, Book, Wanted]:
    """What a list is asked for. Raises 404 for an unknown symbol, 422 for unknown words."""
    caller, desk = who(request), desk_of(request)
    await desk.look(caller.account)
    symbol = request.query_params.get("symbol")
    wanted = Wanted(
        status=word_of(request, "status", _STATUSES),
        market=None if symbol is None else market_of(desk, symbol).id,
        side=word_of(request, "side", SIDES),
        tail=count_of(request, "tail") or 0,
    )
    return desk, _book(request, desk, caller), wanted


async def _as_now(book: Book, row: Row) -> Row:
    """A row of a list, anew if its order has traded since."""
    return row if row[2].filled == row[4] else await book.row(row[2])


async def _find(book: Book, request: Request) -> AnyOrder:
    """The order of the path. Raises 404."""
    given = str(request.path_params["oid"])
    order = None
    if given.isascii() and given.isdecimal() and len(given) <= _MAX_ID_DIGITS:
        order = await book.find(int(given))
    if order is None:
        raise _unknown(given)
    return order


def _unknown(given: str) -> Refused:
    return Refused(404, Code.ORDER_NOT_FOUND, f"Order {shorten(given)} not found")


def _book(request: Request, desk: Desk, caller: Caller) -> Book:
    return Book(desk, caller.account, jobs_of(request, desk.host).hidden_before_ms)


def _writer(desk: Desk, order: AnyOrder) -> OrderWriter:
    engine = desk.engine
    return writer(engine.markets[order.market].market, engine.sell_fee is SellFee.HOLD)


def _freed(market: Market, order: Order) -> str:
    """What an open order holds of both assets, as JSON."""
    held = {market.base: 0, market.quote: order.fee_hold}
    held[market.quote if order.side is Side.BUY else market.base] += order.hold
    amounts = (f'"{asset}":{units_number(amount)}' for asset, amount in held.items())
    return f"{{{','.join(amounts)}}}"

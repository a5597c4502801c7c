"""`/api/v1/orders`: place, look at and cancel the caller's orders.

An order is answered as it stands once it was carried out, fills included. A repeat under the same
`client_order_id` places nothing: it is answered with the order that is there.
"""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from cxgame.engine.orders import Order
from cxgame.model.commands import CancelOrder
from cxgame.model.enums import OrderStatus
from cxgame.model.errors import Code
from cxgame.server.http.rest.desk import Desk, desk_of
from cxgame.server.http.rest.errors import Refused
from cxgame.server.http.rest.keys import Caller, charge
from cxgame.server.http.rest.order_lists import ANY_OPEN, Book, Row, Wanted
from cxgame.server.http.rest.order_rows import AnyOrder
from cxgame.server.http.rest.routing import bytes_of
from cxgame.server.http.simulator import shapes
from cxgame.server.http.simulator.bodies import read_members, read_order
from cxgame.server.http.simulator.callers import caller_of
from cxgame.server.http.simulator.openapi import described
from cxgame.server.http.simulator.routing import declined, router
from cxgame.server.http.simulator.symbols import symbol_if_given
from cxgame.server.sessions.young import surcharge
from cxgame.wire.simulator_orders import NOT_FOUND
from cxgame.wire.simulator_rows import STATUSES, figures, iso_time, order_members, status_word

SLICE = 100  # orders between which others have their turn
STREAMED = 20  # slices from which on an answer leaves in parts
MAX_ID_DIGITS = 18
_NOT_YOURS = "Order does not belong to this session"
# Which orders to look through for those of a status, in the words of the lists; None: all.
_AMONG = {
    "PENDING": ANY_OPEN,  # what waits for its price or its time may have traded
    "OPEN": "new",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
}

routes = router("Simulator: orders")


@routes.post(
    "/orders",
    **described(
        shapes.ORDER,
        shapes.ORDER_EXAMPLE,
        status=201,
        also=(200, 400, 409, 413),
        body=shapes.NEW_ORDER,
        body_example=shapes.NEW_ORDER_EXAMPLE,
    ),
)
async def place_order(request: Request) -> Response:
    """Place an order. 201 with the order as it stands now; 200 for a repeat of one that is there.

    FOK fills completely or is refused; what IOC and MARKET orders do not get at once is cancelled.
    """
    caller, desk = caller_of(request), desk_of(request)
    members = read_members(await bytes_of(request))
    await desk.room()
    command = read_order(desk.host, caller.account, members)
    applied = desk.submit(command, refuse=False)
    if applied.rejection is not None:
        raise declined(applied.rejection)
    if applied.replayed:
        order = await Book(desk, caller.account).find(applied.order_id)
        if order is None:  # it ended so long ago that only its id is known
            text = f"This client_order_id was order {applied.order_id}, which is over"
            raise Refused(409, Code.ORDER_CID_REUSED, text)
        return await desk.say(_placed(desk, order))
    assert applied.order is not None
    return await desk.say(_placed(desk, applied.order), 201)


@routes.get(
    "/orders",
    **described(
        shapes.ORDERS, shapes.ORDERS_EXAMPLE, also=(400, 404), parameters=shapes.ORDER_FILTERS
    ),
)
async def list_orders(request: Request) -> Response:
    """The caller's orders, oldest first."""
    caller, desk = caller_of(request), desk_of(request)
    await desk.look(caller.account)
    is_wanted, among = _status(request)
    market = symbol_if_given(request, desk)
    book = Book(desk, caller.account)
    rows = await book.listed(Wanted(among, None if market is None else market.id))
    rows.sort(key=_by_id)
    parts: list[bytes] = []
    for begin in range(0, len(rows), SLICE):
        await asyncio.sleep(0)
        some = [await _as_now(book, row) for row in rows[begin : begin + SLICE]]
        texts = [_listed(desk, row) for row in some if is_wanted(row[2])]
        if texts:
            parts.append(",".join(texts).encode())
    if len(parts) < STREAMED:
        return await desk.say(b'{"orders":[' + b",".join(parts) + b"]}")
    commas = (b"," + part for part in parts[1:])
    return await desk.say_in_parts([b'{"orders":[' + parts[0], *commas, b"]}"])


@routes.get(
    "/orders/{order_id}",
    **described(shapes.ORDER, shapes.LOOKED_AT_EXAMPLE, also=(404,), parameters=(shapes.ORDER_ID,)),
)
async def one_order(request: Request) -> Response:
    """One order of the caller's."""
    caller, desk = caller_of(request), desk_of(request)
    await desk.look(caller.account)
    book = Book(desk, caller.account)
    order = await book.find(_id(request))
    if order is None:
        raise Refused(404, Code.ORDER_NOT_FOUND, NOT_FOUND)
    return await desk.say(_listed(desk, await book.row(order)).encode())


@routes.delete(
    "/orders/{order_id}",
    **described(
        shapes.CANCELLED,
        shapes.CANCELLED_EXAMPLE,
        also=(404, 409),
        parameters=(shapes.ORDER_ID,),
    ),
)
async def cancel_order(request: Request) -> Response:
    """Cancel an open order of the caller's; what was held for it is free again."""
    caller, desk = caller_of(request), desk_of(request)
    await desk.look(caller.account)
    order = await _own(desk, caller, _id(request))
    await desk.room()
    if not isinstance(order, Order) or order.status is not OrderStatus.OPEN:
        word = status_word(order)
        text = f"Cannot cancel order with status OrderStatus.{word}"
        raise Refused(404, Code.ORDER_NOT_FOUND, text)
    charge(request, caller, surcharge(desk.host, order))
    applied = desk.submit(CancelOrder(caller.account, order.id), refuse=False)
    if applied.rejection is not None:
        raise declined(applied.rejection)
    return await desk.say(f'{{"order_id":"{order.id}","status":"cancelled"}}'.encode())


# Looking


async def _own(desk: Desk, caller: Caller, id: int) -> AnyOrder:
    """An order of the caller's. Raises 404, which tells a foreign order from none."""
    order = await Book(desk, caller.account).find(id)
    if order is None:
        is_there = 0 < id <= desk.engine.last_order_id
        raise Refused(404, Code.ORDER_NOT_FOUND, _NOT_YOURS if is_there else NOT_FOUND)
    return order


def _id(request: Request) -> int:
    """The id in the path. Raises 404 for what cannot be one."""
    given = str(request.path_params["order_id"])
    if not (given.isascii() and given.isdecimal() and len(given) <= MAX_ID_DIGITS):
        raise Refused(404, Code.ORDER_NOT_FOUND, NOT_FOUND)
    return int(given)


def _status(request: Request) -> tuple[Callable[[AnyOrder], bool], str | None]:
    """Whether an order has the status that the query asks for, and where to look. Raises 400."""
    given = request.query_params.get("status")
    if given is None:
        return (lambda order: True), None
    word = given.upper()
    if word not in STATUSES:
        text = f"Invalid status: use one of {', '.join(STATUSES)}"
        raise Refused(400, Code.PARAM_TYPE, text)
    return (lambda order: status_word(order) == word), _AMONG.get(word)


async def _as_now(book: Book, row: Row) -> Row:
    """A row of a list, anew if its order has traded since."""
    return row if row[2].filled == row[4] else await book.row(row[2])


def _by_id(row: Row) -> int:
    return row[1]


# Writing


def _placed(desk: Desk, order: AnyOrder) -> bytes:
    return f"{{{_members(desk, order)}}}".encode()


def _listed(desk: Desk, row: Row) -> str:
    return f'{{{_members(desk, row[2])},"updated_at":"{iso_time(row[0])}"}}'


def _members(desk: Desk, order: AnyOrder) -> str:
    return order_members(order, figures(desk.engine.markets[order.market].market))

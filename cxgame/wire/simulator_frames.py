"""The frames of the simulator's WebSocket: what clients send as types, what they are told as bytes.

Every frame names its `type`; a client's `request_id`, text or an integer, comes back in the
answer. Members that a request does not know are passed over, as in the dialect's first server.
Orders, trades, levels and tickers are written by `cxgame.wire.simulator_rows`.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache, reduce
from operator import or_
from typing import Any, Literal, NamedTuple, TypeAlias, cast, final

import msgspec
from msgspec import Raw, Struct

from cxgame.model.batch import RequestId
from cxgame.model.enums import Side
from cxgame.model.events import Trade
from cxgame.wire import fields as f
from cxgame.wire.rows import text
from cxgame.wire.simulator_rows import (
    SIDE_WORDS,
    Figures,
    Watched,
    amount_text,
    iso_time,
    levels_row,
    ticker_members,
    trade_members,
)

PATH = "/ws"
MAX_SAID = 200  # characters of a sentence that may quote what was sent
MAX_MESSAGE = 4_194_304  # bytes; what is longer ends the connection

INVALID_MESSAGE = "INVALID_MESSAGE"
ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
CANCEL_FAILED = "CANCEL_FAILED"
SUBSCRIBE_FAILED = "SUBSCRIBE_FAILED"

ChannelName = Literal["TICKER", "TRADES", "ORDERBOOK", "ORDERBOOK_L2"]
Levels: TypeAlias = Iterable[tuple[int, int | None, bool]]
"""Best first: ticks, lots (None: without end), whether it is the house's."""


# What clients send


class Frame(Struct, frozen=True, kw_only=True, tag_field="type", gc=False):
    """Base of all that clients send."""

    request_id: f.RequestId = None


class PlaceOrder(Frame, frozen=True, tag="PLACE_ORDER"):
    """An order. With a `client_order_id` it may be sent again: it is placed once."""

    symbol: f.Symbol
    side: Literal["BUY", "SELL"]
    order_type: Literal["LIMIT", "MARKET"]
    quantity: Raw
    price: Raw = f.ABSENT
    time_in_force: Literal["GTC", "IOC", "FOK"] | None = None
    client_order_id: f.Cid | None = None


class CancelOrder(Frame, frozen=True, tag="CANCEL_ORDER"):
    """Take back what is left of an order."""

    order_id: f.OrderKey


class GetOrder(Frame, frozen=True, tag="GET_ORDER"):
    """Look at one of one's own orders, over or not; by its id, or by one's own."""

    order_id: f.OrderKey | None = None
    client_order_id: f.Cid | None = None


class GetOrders(Frame, frozen=True, tag="GET_ORDERS"):
    """List one's open orders."""

    symbol: f.Symbol | None = None


class GetBalance(Frame, frozen=True, tag="GET_BALANCE"):
    """What the account holds of each asset."""


class GetPosition(Frame, frozen=True, tag="GET_POSITION"):
    """What the account holds of a market's base asset."""

    symbol: f.Symbol


class Subscribe(Frame, frozen=True, tag="SUBSCRIBE"):
    """Follow a channel of a market."""

    channel: ChannelName
    symbol: f.Symbol


class Unsubscribe(Frame, frozen=True, tag="UNSUBSCRIBE"):
    """Follow it no longer."""

    channel: ChannelName
    symbol: f.Symbol


class Ping(Frame, frozen=True, tag="PING"):
    """Are you there?"""


@final
class BadFrame(NamedTuple):
    """A message that is no frame of the dialect."""

    message: str
    request_id: RequestId  # as far as it can be read


FRAMES: tuple[type[Frame], ...] = (
    PlaceOrder,
    CancelOrder,
    GetOrder,
    GetOrders,
    GetBalance,
    GetPosition,
    Subscribe,
    Unsubscribe,
    Ping,
)


class _Marked(Struct):
    request_id: f.RequestId = None


_decode = msgspec.json.Decoder(cast(Any, reduce(or_, FRAMES))).decode
_decode_mark = msgspec.json.Decoder(_Marked).decode
_NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def parse(raw: bytes) -> Frame | BadFrame:
    """Read one message."""
    try:
        return cast(Frame, _decode(raw))
    except msgspec.ValidationError as error:  # its sentence names the member, no value
        return BadFrame(str(error)[:MAX_SAID], request_id_in(raw))
    except _NOT_JSON:
        return BadFrame("The message is not JSON.", None)


def request_id_in(raw: bytes) -> RequestId:
    """The `request_id` of a message that is not read any further; None if there is none."""
    try:
        return _decode_mark(raw).request_id
    except _NOT_JSON:
        return None


# What they are told


class Refusal(bytes):
    """A no, told apart from other answers where they are counted."""


def error(
    request_id: RequestId,
    wall_ms: int,
    code: str,
    message: str,
    details: Mapping[str, str | int] | None = None,
) -> Refusal:
    """What could not be done, or not be read."""
    more = "null" if not details else msgspec.json.encode(details).decode()
    return Refusal(
        f'{_head("ERROR", request_id, wall_ms)},"code":"{code}","message":{text(message)},'
        f'"details":{more}}}'.encode()
    )


def order_ack(
    request_id: RequestId, wall_ms: int, members: str, *, replayed: bool = False
) -> bytes:
    """An order as it stands; `replayed`: it was there before, under the same `client_order_id`."""
    more = ',"replayed":true' if replayed else ""
    return f"{_head('ORDER_ACK', request_id, wall_ms)},{members}{more}}}".encode()


def order_reject(
    asked: PlaceOrder, wall_ms: int, code: str, reason: str, details: Mapping[str, str | int]
) -> Refusal:
    """An order that was not accepted, and why: nothing has changed."""
    more = f',"client_order_id":{text(asked.client_order_id)}' if asked.client_order_id else ""
    found = msgspec.json.encode(details).decode() if details else "null"
    return Refusal(
        f'{_head("ORDER_REJECT", asked.request_id, wall_ms)},"status":"REJECTED",'
        f'"symbol":{text(asked.symbol)},"side":"{asked.side}",'
        f'"order_type":"{asked.order_type}","code":"{code}","reason":{text(reason)},'
        f'"details":{found}{more}}}'.encode()
    )


def order_rejected(wall_ms: int, members: str, reason: str) -> bytes:
    """An order that was accepted, and could not be carried out in the end."""
    head = _head("ORDER_REJECT", None, wall_ms)
    return f'{head},{members},"code":"ORDER_FAILED","reason":{text(reason)}}}'.encode()


def order_cancel(
    request_id: RequestId, wall_ms: int, order: int, shown: Figures, reason: str = ""
) -> bytes:
    """What was left of an order is cancelled; with a reason where its owner has not asked."""
    more = f',"reason":"{reason}"' if reason else ""
    return (
        f'{_head("ORDER_CANCEL", request_id, wall_ms)},"order_id":"{order}",'
        f'"symbol":{shown.symbol_json}{more}}}'
    ).encode()


def orders(request_id: RequestId, wall_ms: int, rows: Iterable[str], *, more: bool) -> bytes:
    """Open orders, newest first; `more`: there are older ones."""
    cut = ',"more":true' if more else ""
    found = ",".join([f"{{{row}}}" for row in rows])
    return f'{_head("ORDERS", request_id, wall_ms)},"orders":[{found}]{cut}}}'.encode()


def order_fill(trade: Trade, side: Side, wall_ms: int, standing: str, shown: Figures) -> bytes:
    """One side of a trade, for its owner; `standing` says how the order stands after it."""
    order, fee, left = (
        (trade.buy_order, trade.buy_fee, trade.buy_left)
        if side is Side.BUY
        else (trade.sell_order, trade.sell_fee, trade.sell_left)
    )
    role = "TAKER" if trade.taker_side is side else "MAKER"
    fee_text = "0" if fee == "0" else amount_text(int(fee))
    return (
        f'{_fill_head(wall_ms)},"order_id":"{order}",'
        f'"trade_id":"{trade.trade}","symbol":{shown.symbol_json},"side":"{SIDE_WORDS[side]}",'
        f'"fill_price":"{shown.price(trade.price)}",'
        f'"fill_quantity":"{shown.size(trade.quantity)}",'
        f'"remaining_quantity":"{shown.size(left)}",{standing},'
        f'"liquidity":"{role}","fee":"{fee_text}","fee_asset":{shown.quote_json}}}'
    ).encode()


def balance_update(
    request_id: RequestId, wall_ms: int, holdings: Iterable[tuple[str, int, int]]
) -> bytes:
    """Holdings as (asset, free, held): all of them when asked for, else those that changed."""
    totals, free = [], []
    for asset, available, held in holdings:
        name = text(asset)
        totals.append(f'{name}:"{amount_text(available + held)}"')
        free.append(f'{name}:"{amount_text(available)}"')
    return (
        f'{_head("BALANCE_UPDATE", request_id, wall_ms)},"balances":{{{",".join(totals)}}},'
        f'"available":{{{",".join(free)}}}}}'
    ).encode()


def position_update(request_id: RequestId, wall_ms: int, shown: Figures, quantity: int) -> bytes:
    """What is held of a market's base asset, in units."""
    return (
        f'{_head("POSITION_UPDATE", request_id, wall_ms)},"symbol":{shown.symbol_json},'
        f'"asset":{shown.base_json},"quantity":"{amount_text(quantity)}"}}'
    ).encode()


def pong(request_id: RequestId, wall_ms: int) -> bytes:
    """Here."""
    return f"{_head('PONG', request_id, wall_ms)}}}".encode()


# Channels


def subscribed(
    request_id: RequestId, wall_ms: int, channel: str, shown: Figures, sequence_id: int
) -> bytes:
    """The channel is followed; its next frame has the number after `sequence_id`."""
    return (
        f'{_head("SUBSCRIBED", request_id, wall_ms)},"channel":"{channel}",'
        f'"symbol":{shown.symbol_json},"sequence_id":{sequence_id}}}'
    ).encode()


def unsubscribed(request_id: RequestId, wall_ms: int, channel: str, shown: Figures) -> bytes:
    """The channel is followed no longer."""
    return (
        f'{_head("UNSUBSCRIBED", request_id, wall_ms)},"channel":"{channel}",'
        f'"symbol":{shown.symbol_json}}}'
    ).encode()


def market_data(watched: Watched, shown: Figures, sequence_id: int) -> bytes:
    """A tick: the ticker after it."""
    return (
        f'{{"type":"MARKET_DATA","request_id":null,"symbol":{shown.symbol_json},'
        f'{ticker_members(watched, shown)},"sequence_id":{sequence_id}}}'
    ).encode()


def trade_frame(trade: Trade, wall_ms: int, shown: Figures, sequence_id: int) -> bytes:
    """A trade; `side` is the taker's."""
    return (
        f"{_head('TRADE', None, wall_ms)},{trade_members(cast(Any, trade), shown)},"
        f'"sequence_id":{sequence_id}}}'
    ).encode()


def book_update(
    channel: str,
    wall_ms: int,
    shown: Figures,
    bids: Levels,
    asks: Levels,
    sequence_id: int,
    *,
    snapshot: bool,
) -> bytes:
    """A book; without `snapshot`, the levels that changed, of which quantity 0 is gone."""
    whole = "true" if snapshot else "false"
    return (
        f'{_head("ORDERBOOK_UPDATE", None, wall_ms)},"channel":"{channel}",'
        f'"symbol":{shown.symbol_json},"snapshot":{whole},"bids":{levels_row(bids, shown)},'
        f'"asks":{levels_row(asks, shown)},"sequence_id":{sequence_id}}}'
    ).encode()


@lru_cache(256)
def _fill_head(wall_ms: int) -> str:
    return _head("ORDER_FILL", None, wall_ms)


def _head(kind: str, request_id: RequestId, wall_ms: int) -> str:
    if request_id is None:
        mark = "null"
    else:
        mark = str(request_id) if isinstance(request_id, int) else text(request_id)
    return f'{{"type":"{kind}","request_id":{mark},"timestamp":"{iso_time(wall_ms)}"'

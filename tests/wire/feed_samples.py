"""Events, snapshots and times for the tests of the feed, and how to read its messages."""

import json
from typing import Any

from cxgame.model.enums import OrderType, Phase, Reason, Side, TimeInForce, Verb
from cxgame.model.events import Message, OrderAmended, OrderClosed, OrderPlaced, OrderReduced, Trade
from cxgame.model.rules import MarketRules
from cxgame.wire.feed_book import OpenOrder
from cxgame.wire.feed_state import Now, Snapshot

BTC = MarketRules("BTC/USD", "BTC", "USD")
ETH = MarketRules("ETH/USD", "ETH", "USD")
WALL_MS = 1_795_218_107_816
ONE = 10**10  # lots in one coin


def now(seconds: float = 0.0) -> Now:
    """A time so many seconds after the beginning."""
    return Now(1_000.0 + seconds, WALL_MS + int(seconds * 1000))


def snapshot(**changes: Any) -> Snapshot:
    """An open game of two markets after event 10, with changes."""
    settings: dict[str, Any] = {
        "game": "main",
        "number": 1,
        "markets": (BTC, ETH),
        "phase": Phase.OPEN,
        "remaining_ms": None,
        "seq": 10,
        "wall_ms": WALL_MS,
        **changes,
    }
    return Snapshot(**settings)


def placed(order: int, side: Side = Side.BUY, price: int = 90_000, **changes: Any) -> OrderPlaced:
    """A limit order of half a coin by alice at a price in cents, with changes."""
    settings: dict[str, Any] = {
        "market": 0,
        "order": order,
        "account": 1,
        "user": "alice",
        "verb": Verb.ORDER,
        "side": side,
        "type": OrderType.LIMIT,
        "price": price,
        "quantity": ONE // 2,
        "budget": "",
        "time_in_force": TimeInForce.GTC,
        "cid": "secret to alice",
        **changes,
    }
    return OrderPlaced(**settings)


def trade(number: int, buy: int, sell: int, **changes: Any) -> Trade:
    """A trade of a tenth of a coin at 900.00 between two orders, with changes."""
    settings: dict[str, Any] = {
        "market": 0,
        "trade": number,
        "price": 90_000,
        "quantity": ONE // 10,
        "taker_side": Side.SELL,
        "buy_order": buy,
        "sell_order": sell,
        "buy_account": 1,
        "sell_account": 2,
        "buy_left": 0,
        "sell_left": 0,
        "buy_fee": "0",
        "sell_fee": "0",
        **changes,
    }
    return Trade(**settings)


def closed(order: int, market: int = 0, reason: Reason = Reason.USER) -> OrderClosed:
    """The cancel of an order."""
    return OrderClosed(market, order, 1, reason, 0)


def reduced(order: int, cut: int, left: int) -> OrderReduced:
    """A cut by self-trade prevention."""
    return OrderReduced(0, order, 1, cut, left)


def amended(order: int, price: int, left: int, *, in_place: bool = False) -> OrderAmended:
    """An order of half a coin at another price, with so much left."""
    return OrderAmended(0, order, 1, price, ONE // 2, left, in_place)


def said(text: str = "hello") -> Message:
    """A message of alice."""
    return Message(1, "alice", text)


def resting(id: int, side: Side, price: int, left: int, market: int = 0) -> OpenOrder:
    """An order in a snapshot."""
    return OpenOrder(id, market, side, price, left)


def payloads(data: bytes) -> list[bytes]:
    """The text messages in a server's bytes; fails on anything else."""
    found = []
    while data:
        assert data[0] == 0x81, "a final, unmasked text frame"
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10], "big"), 10
        assert len(data) >= start + length
        found.append(data[start : start + length])
        data = data[start + length :]
    return found


def frames(data: bytes) -> list[dict[str, Any]]:
    """The frames in a server's bytes."""
    return [json.loads(payload) for payload in payloads(data)]

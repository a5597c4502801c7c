"""What a bot knows of its open orders, as far as anybody outside it can tell: what it was told.

The relay hears each request and each message that reached the bot. From these follows which of its
orders the bot was last told to be open. A bot may think more than it was told, and may have
overlooked what it was; but an order it was never told of it cannot know.
"""

import json
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

Message = Mapping[str, Any]

OPEN = "open"
NOT_THERE = "ORDER_NOT_FOUND"


class View:
    """The orders that a bot was last told to be open, and when it had to do with which."""

    def __init__(self) -> None:
        self.open: dict[str, Message] = {}  # rows by order id
        self.toggles: list[tuple[float, str]] = []  # when an order became open here, or ceased
        # When an order was asked for or told about, by id.
        self.touched: defaultdict[str, list[float]] = defaultdict(list)
        self._ids: dict[str, str] = {}  # by cid

    def conversation(self) -> "Conversation":
        """A connection of the bot."""
        return Conversation(self)

    def learn(self, row: Message, at: float) -> None:
        """The bot was told how one of its orders is."""
        order = row["id"]
        self.touched[order].append(at)
        if "cid" in row:
            self._ids[row["cid"]] = order
        if row["status"] != OPEN:
            self.forget(order, at)
        elif order not in self.open:
            self.open[order] = row
            self.toggles.append((at, order))

    def forget(self, order: str, at: float) -> None:
        """The bot was told that an order is open no more."""
        self.touched[order].append(at)
        if self.open.pop(order, None) is not None:
            self.toggles.append((at, order))

    def replace(self, rows: list[Message], at: float) -> None:
        """The bot was told all its open orders."""
        for order in self.open.keys() - {row["id"] for row in rows}:
            self.forget(order, at)
        for row in rows:
            self.learn(row, at)

    def all_of(self, params: Message) -> list[str]:
        """Those that a `cancel_all` means: of one market or side, if it names one."""
        return [
            order
            for order, row in self.open.items()
            if params.get("symbol") in (None, row.get("symbol"))
            and params.get("side") in (None, row.get("side"))
        ]

    def named(self, params: Message) -> str:
        """The id of the order that a request names."""
        return str(params.get("order_id") or self._ids.get(params.get("cid", ""), ""))


class Conversation:
    """One connection: requests find their replies here."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._asked: dict[str, Message] = {}  # requests by their id
        self._nameless: deque[Message] = deque()  # those without one, which are answered in order

    def asked(self, text: str, at: float) -> None:
        """The bot has sent a message."""
        request = _object(text)
        params = request.get("params")
        if not isinstance(params, dict):
            return
        if request.get("id") is None:
            self._nameless.append(request)
        else:
            self._asked[str(request["id"])] = request
        if request.get("cmd") == "cancel_all":
            for order in self._view.all_of(params):
                self._view.touched[order].append(at)
        elif order := self._view.named(params):
            self._view.touched[order].append(at)

    def told(self, text: str, at: float) -> None:
        """A message has reached the bot."""
        message = _object(text)
        if isinstance(message.get("status"), bool):
            self._reply(self._request_of(message), message, at)
        elif message.get("type") == "executions_snapshot":
            self._view.replace(_rows(message, "orders"), at)
        elif message.get("type") == "execution":
            for row in _rows([message.get("order")]):
                self._view.learn(row, at)

    def _request_of(self, reply: Message) -> Message:
        if reply.get("id") is not None:
            return self._asked.pop(str(reply["id"]), {})
        return self._nameless.popleft() if self._nameless else {}

    def _reply(self, request: Message, reply: Message, at: float) -> None:
        params, data, is_done = request.get("params", {}), reply.get("data"), reply["status"]
        match request.get("cmd"):
            case "batch":
                for one, its_reply in zip(params["requests"], _replies(data), strict=False):
                    self._reply(one, its_reply, at)
            case "cancel" if is_done or reply.get("code") == NOT_THERE:
                if order := self._view.named(params):
                    self._view.forget(order, at)
            case "cancel_all" if is_done:  # what was not cancelled now had ended before
                for order in self._view.all_of(params):
                    self._view.forget(order, at)
            case "orders" if is_done:
                rows = _rows(data, "maker") + _rows(data, "market")
                if reply.get("more") or params.keys() & {"before", "limit"}:  # not all of them
                    for row in rows:
                        self._view.learn(row, at)
                else:
                    self._view.replace(rows, at)
            case "order" | "buy" | "sell" | "buy_market" | "sell_market" | "amend":
                for row in _rows([data]):
                    self._view.learn(row, at)


# What was told may be corrupted: only what has the right shape counts.


def _object(text: str) -> Message:
    """A message; what is none, such as a corrupted one, tells nobody anything."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _rows(data: object, member: str = "") -> list[Message]:
    """The rows of orders in a list, or in the list that is a member; a dry run's has the id 0."""
    found = data.get(member) if member and isinstance(data, dict) else data
    return [
        row
        for row in (found if isinstance(found, list) else [])
        if isinstance(row, dict) and {"id", "status"} <= row.keys() and row["id"] != "0"
    ]


def _replies(data: object) -> list[Message]:
    return [
        reply
        for reply in (data if isinstance(data, list) else [])
        if isinstance(reply, dict) and isinstance(reply.get("status"), bool)
    ]

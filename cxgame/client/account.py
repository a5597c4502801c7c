"""`Account`: open orders and wallets, kept by the frames of the `executions` channel. Without I/O.

Frames are numbered from 1 after each snapshot; a missing number shows. An account that is not
known to be right shows nothing.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from cxgame.client.channels import DAMAGED
from cxgame.client.frames import OrderRow
from cxgame.client.showing import account_html
from cxgame.client.words import Side

_OPEN = "open"
_NONE = Decimal(0)


class Wallet(NamedTuple):
    """What an account owns of one asset: free, held by open orders, and both together."""

    free: Decimal
    held: Decimal
    total: Decimal


class Account:
    """A player's open orders and wallets as the exchange has them. Feed it with `apply`."""

    def __init__(self) -> None:
        self.seq: int | None = None  # the last frame of the subscription
        self.ts: float | None = None  # when the exchange sent that, in seconds since 1970
        self.synced = False  # whether it is known to be right; it is empty otherwise
        self.version = 0  # grows with each change
        self.orders: dict[str, OrderRow] = {}  # the open ones by id, oldest first
        self.wallets: dict[str, Wallet] = {}  # by asset

    def apply(self, frame: Mapping[str, Any]) -> bool:
        """Take a frame in. False: it shows that something is missing, ask for a `resync`.

        What is no frame of the account is passed over; so is, until the next snapshot, what
        comes after a loss. One that was damaged on its way is a loss, too.
        """
        try:
            return self._apply(frame)
        except DAMAGED:
            self._lose()
            return False

    def order(self, order_id: str | None = None, *, cid: str | None = None) -> OrderRow | None:
        """An open order by its id or its cid; None: it is not open."""
        if order_id is not None:
            return self.orders.get(order_id)
        return next((row for row in self.orders.values() if row.get("cid") == cid), None)

    def open_orders(self, symbol: str | None = None, side: Side | None = None) -> list[OrderRow]:
        """The open orders, of one market or side if given, oldest first."""
        return [
            row
            for row in self.orders.values()
            if symbol in (None, row["symbol"])
            and (side is None or row["side"].removesuffix("_market") == side)
        ]

    def free(self, asset: str) -> Decimal:
        """What can be spent of an asset."""
        wallet = self.wallets.get(asset)
        return _NONE if wallet is None else wallet.free

    def total(self, asset: str) -> Decimal:
        """All that is owned of an asset, held by open orders or not."""
        wallet = self.wallets.get(asset)
        return _NONE if wallet is None else wallet.total

    def __repr__(self) -> str:
        state = f"{len(self.orders)} open orders" if self.synced else "not in step"
        return f"{type(self).__name__}({state})"

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return account_html(self)

    def _apply(self, frame: Mapping[str, Any]) -> bool:
        match frame.get("type"):
            case "executions_snapshot":
                self._begin(frame)
            case "execution" | "wallets":
                return not self.synced or self._change(frame)
            case "gap":  # a snapshot will follow by itself
                self._lose()
        return True

    def _begin(self, frame: Mapping[str, Any]) -> None:
        rows = sorted(frame["orders"], key=lambda row: int(row["id"]))
        self.orders = {row["id"]: row for row in rows}
        self.wallets = {}
        self.synced = True
        self._note(frame)

    def _change(self, frame: Mapping[str, Any]) -> bool:
        assert self.seq is not None
        if frame["seq"] <= self.seq:
            return True  # known
        if frame["seq"] != self.seq + 1:
            self._lose()
            return False
        if "order" in frame:
            self._set_order(frame["order"])
        self._note(frame)
        return True

    def _set_order(self, row: OrderRow) -> None:
        if row["status"] == _OPEN:
            self.orders[row["id"]] = row
        else:
            self.orders.pop(row["id"], None)

    def _note(self, frame: Mapping[str, Any]) -> None:
        for asset, row in frame.get("wallets", {}).items():
            amounts = Decimal(row["free"]), Decimal(row["held"]), Decimal(row["total"])
            self.wallets[asset] = Wallet(*amounts)
        self.seq, self.ts = frame["seq"], frame.get("ts")
        self.version += 1

    def _lose(self) -> None:
        self.version += self.synced
        self.synced = False
        self.seq = self.ts = None
        self.orders, self.wallets = {}, {}

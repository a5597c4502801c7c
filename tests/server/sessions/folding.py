"""An account as told by `executions` alone: snapshot and frames, folded."""

from collections import Counter
from typing import Any

from tests.server.rig import Player

Row = dict[str, Any]


class Folded:
    """Takes what was pushed to a player; `agrees` compares it with what the server answers."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self._taken = 0
        self._seq = 0
        self.orders: dict[str, Row] = {}
        self.wallets: dict[str, Row] = {}
        self.fills: list[Row] = []
        self.events: Counter[str] = Counter()

    def take(self) -> None:
        """Everything that has come since."""
        pushed = self.player.wire.pushed
        for frame in pushed[self._taken :]:
            self._one(frame)
        self._taken = len(pushed)

    async def agrees(self) -> bool:
        """Assert that it is what the server says; the player must have asked all that is open."""
        ask = self.player.done
        orders, wallets, fills = await ask("orders"), await ask("wallets"), await ask("fills")
        self.take()
        rows = {row["id"]: row for row in orders["maker"] + orders["market"]}
        assert {id: _lasting(row) for id, row in rows.items()} == self.orders
        assert wallets["assets"] == self.wallets
        latest = [_told_of(fill) for fill in fills[len(fills) - len(self.fills) :]]
        assert sorted(latest, key=_by_trade) == sorted(self.fills, key=_by_trade)
        return True

    def _one(self, frame: Row) -> None:
        if frame["type"] == "executions_snapshot":
            assert frame["seq"] == 0
            self._seq = 0
            self.orders = {row["id"]: _lasting(row) for row in frame["orders"]}
            self.wallets = frame["wallets"]
            self.fills = []
            return
        self._seq += 1
        assert frame["seq"] == self._seq, "no gap, and nothing twice"
        if frame["type"] == "wallets":
            self.wallets |= frame["wallets"]
            return
        order = frame["order"]
        self.events[frame["event"]] += 1
        self.orders.pop(order["id"], None)
        if order["status"] == "open":
            self.orders[order["id"]] = _lasting(order)
        if frame["event"] == "filled":
            fill = frame["fill"]
            self.fills.append({"order_id": order["id"], **fill})


def _lasting(order: Row) -> Row:
    """Without what moves by itself: the time of expiry in a pause, a trail with its price."""
    lasting = {name: value for name, value in order.items() if name != "expires"}
    trigger = order.get("trigger", {})
    if trigger.get("kind") == "trailing" and trigger["armed"]:
        lasting["trigger"] = {**trigger, "price": None}
    return lasting


def _told_of(fill: Row) -> Row:
    """A row of `fills` in the members of a frame's."""
    return {
        "order_id": fill["order_id"],
        "trade_id": fill["fill_id"],
        "price": fill["price"],
        "size": fill["filled_size"],
        "fee": fill["fee"],
        "fee_asset": fill["symbol"].partition("/")[2],
        "role": fill["role"],
        "side": fill["side"],
    }


def _by_trade(fill: Row) -> tuple[int, str]:
    """The two sides of a trade with oneself come in one order here and another there."""
    return int(fill["trade_id"]), fill["side"]

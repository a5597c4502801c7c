"""Lists of the exchange, page by page, and what of them is wanted."""

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

import ccxt

from cxgame.ccxt.about import MAX_ROWS
from cxgame.ccxt.rows import Row, Rows

T = TypeVar("T")
Params: TypeAlias = dict[str, Any] | None
Plan: TypeAlias = Generator[tuple[str, Row], Row, T]
"""Yields what it asks, a command and its params; gets the reply; returns what it is about."""

_IDS = {"fills": "fill_id", "completed": "id", "trades": "trade_id", "orders": "id"}


class Lists(Rows):
    """Part of an exchange class."""

    def orders_of(
        self,
        commands: tuple[str, ...],
        symbol: str | None,
        since: int | None,
        limit: int | None,
        params: Params,
    ) -> Plan[list[Row]]:
        market = None if symbol is None else self.market(symbol)
        found: dict[str, Row] = {}
        for command in commands:  # one that ends meanwhile is in both: its end counts
            rows = yield from self.rows_of(command, {**(params or {})}, market, since, limit)
            found |= {row["id"]: row for row in rows}
        return list(self.parse_orders([*found.values()], market, since, limit))

    def rows_of(
        self, command: str, asked: Row, market: Row | None, since: int | None, limit: int | None
    ) -> Plan[list[Row]]:
        """Rows of a list: the latest, or all from `since` on, page by page, newest first."""
        if since is not None and command != "orders":
            asked["since"] = since
        rows: list[Row] = []
        while True:
            reply = yield command, {"limit": MAX_ROWS, **asked}
            page = listed(reply["data"])
            rows += [row for row in page if market is None or row["symbol"] == market["id"]]
            is_enough = since is None and len(rows) >= (limit or 1)
            if not reply.get("more") or not page or is_enough:
                return rows
            asked["before"] = page[-1][_IDS[command]]

    def by_cid(self, cid: str, commands: tuple[str, ...]) -> Plan[Row]:
        """The order of a cid; it is remembered no longer than these lists show it."""
        for command in commands:
            reply = yield command, {"limit": MAX_ROWS}
            for row in listed(reply["data"]):
                if row.get("cid") == cid:
                    return row
        raise ccxt.OrderNotFound(f"{self.id} there is no order with the clientOrderId {cid}")

    def cid_of(self, params: Row) -> str | None:
        for name in ("clientOrderId", "cid"):
            if name in params:
                return str(params.pop(name))
        return None

    def words_of(self, params: Row) -> Row:
        """What ccxt's words for the kind of an order are here; takes them out of `params`."""
        asked: Row = {}
        cid = self.cid_of(params)
        if cid is not None:
            asked["cid"] = cid
        word = params.pop("timeInForce", None)
        if word is not None and word.upper() != "PO":
            asked["time_in_force"] = word.lower()
        stp = params.pop("selfTradePrevention", None)
        if stp is not None:
            asked["stp"] = stp.lower()
        return asked


def listed(data: Any) -> list[Row]:
    """The rows of a list; of open orders both kinds, newest first."""
    if isinstance(data, dict):
        data = sorted([*data["maker"], *data["market"]], key=lambda row: -int(row["id"]))
    return list(data)

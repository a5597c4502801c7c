"""Lists of the exchange, page by page, and what of them is wanted."""

from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

import ccxt

from cxgame.ccxt.about import MAX_ROWS
from cxgame.ccxt.rows import Row
from cxgame.ccxt.words import Words, is_of, kinds_of

T = TypeVar("T")
Wanted: TypeAlias = Callable[[Row], bool]
Params: TypeAlias = dict[str, Any] | None
Plan: TypeAlias = Generator[tuple[str, Row], Row, T]
"""Yields what it asks, a command and its params; gets the reply; returns what it is about."""

_IDS = {"fills": "fill_id", "completed": "id", "trades": "trade_id", "orders": "id"}


class Lists(Words):
    """Part of an exchange class."""

    def orders_of(
        self,
        commands: tuple[str, ...],
        symbol: str | None,
        since: int | None,
        limit: int | None,
        params: Params,
    ) -> Plan[list[Row]]:
        """One's orders of one list or more, as ccxt has them."""
        market, params = None if symbol is None else self.market(symbol), {**(params or {})}
        kinds = kinds_of(params)
        found: dict[str, Row] = {}
        for command in commands:  # one that ends meanwhile is in both: its end counts
            rows = yield from self.rows_of(command, {**params}, market, since, limit, kinds)
            found |= {row["id"]: row for row in rows}
        return list(self.parse_orders([*found.values()], market, since, limit))

    def rows_of(
        self,
        command: str,
        asked: Row,
        market: Row | None,
        since: int | None,
        limit: int | None,
        kinds: tuple[str, ...] = (),
    ) -> Plan[list[Row]]:
        """Rows of a list: the latest; with `since` all from there on, or the first `limit`.

        Of open orders, which can be counted, all unless `limit` says otherwise. `params` may say it
        in the exchange's words: `before` or `after` an id, `until` a time. Pages are read until
        there are enough rows of the market and the kinds, or no more rows.
        """

        def is_wanted(row: Row) -> bool:
            return (market is None or row["symbol"] == market["id"]) and is_of(kinds, row)

        if since is not None and command != "orders":
            asked = {**asked, "since": since}
        if "after" in asked or (limit is not None and "since" in asked and "before" not in asked):
            return (yield from self._forward(command, asked, is_wanted, limit))
        wants_all = "since" in asked or (command == "orders" and (since is not None or not limit))
        enough = None if wants_all else limit or 1
        return (yield from self._pages(command, asked, is_wanted, enough))

    def _pages(
        self, command: str, asked: Row, is_wanted: Wanted, enough: int | None
    ) -> Plan[list[Row]]:
        """Page by page, newest first, until there are enough; None: all."""
        rows: list[Row] = []
        while True:
            reply = yield command, {"limit": MAX_ROWS, **asked}
            page = listed(reply["data"])
            rows += filter(is_wanted, page)
            is_enough = enough is not None and len(rows) >= enough
            if not reply.get("more") or not page or is_enough:
                return rows
            asked = {**asked, "before": page[-1][_IDS[command]]}

    def _forward(
        self, command: str, asked: Row, is_wanted: Wanted, limit: int | None
    ) -> Plan[list[Row]]:
        """Page by page, oldest first: until there are enough, or to the end."""
        rows: list[Row] = []
        asked = {"after": "0", "limit": MAX_ROWS, **asked}
        while True:
            reply = yield command, asked
            page = listed(reply["data"])
            rows += filter(is_wanted, page)
            is_enough = limit is not None and len(rows) >= limit
            if not reply.get("more") or not page or is_enough:
                return rows[:limit]
            asked = {**asked, "after": page[-1][_IDS[command]]}

    def by_cid(self, cid: str, commands: tuple[str, ...]) -> Plan[Row]:
        """The order of a cid; it is remembered for an account's last 1,000 orders."""
        for command in commands:
            rows = yield from self._pages(command, {}, _any, MAX_ROWS)
            for row in rows:
                if row.get("cid") == cid:
                    return row
        raise ccxt.OrderNotFound(f"{self.id} there is no order with the clientOrderId {cid}")


def _any(row: Row) -> bool:
    return True


def listed(data: Any) -> list[Row]:
    """The rows of a list; of open orders both kinds, newest first."""
    if isinstance(data, dict):
        data = sorted([*data["maker"], *data["market"]], key=lambda row: -int(row["id"]))
    return list(data)

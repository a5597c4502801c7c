"""One's own orders, trades and balance, as the order server's private stream tells them.

What happened while there was no connection is asked for by HTTP, before what comes live is told: so
nothing is missed, and nothing is told twice.
"""

from typing import TYPE_CHECKING, Any

from ccxt.async_support.base.ws.cache import ArrayCache, ArrayCacheBySymbolById

from cxgame.ccxt.executions import Executions
from cxgame.ccxt.rows import Row
from cxgame.ccxt.stream import AGAIN_MS, Followed, Frame

if TYPE_CHECKING:
    from cxgame.ccxt.streaming import cxgame

PAGE = 200
MAX_PAGES = 20

Fill = tuple[str, str]  # the trade, and which of one's orders


class Own(Followed):
    """What a class of `ccxt.pro` knows of its own account."""

    name = "own"

    def __init__(self, exchange: "cxgame") -> None:
        super().__init__()
        self._exchange: Any = exchange
        self._executions = Executions(self._on_snapshot, self._on_next)
        self._user = ""
        self._open: dict[str, Row] = {}  # orders
        self._shown: dict[str, Row] = {}  # those of them that were told, as they were then
        self._wallets: Row = {}
        self._last_fill: int | None = None  # None: nothing before now is told
        self._known: set[Fill] = set()  # fills that were told, and may come again
        self._backlog: list[Frame] | None = None  # what came live while catching up
        self._connection = 0  # counts snapshots: what was begun for an older one is in vain

    @property
    def request(self) -> Frame:
        """The message that begins a connection."""
        return self._executions.login(self._user, self._exchange.apiKey)

    async def know_user(self) -> None:
        """Learn whose the key is, which the order server wants to hear."""
        if not self._user:
            self._user = (await self._exchange.ask("me", {}))["data"]["username"]

    def take(self, frame: Frame) -> Frame | None:
        """Follow one message; returns the one that must be sent now, if any."""
        return self._executions.take(frame)

    def on_begin(self) -> None:
        """Tell how things stand to who watches them now."""
        if self._backlog is None and self._connection:
            self._show_open()
            self._show_balance(again=True)

    # What comes

    def _on_snapshot(self, frame: Frame) -> None:
        self._connection += 1
        self._backlog = []
        self._wallets = dict(frame["wallets"])
        rows = frame["orders"]
        self._open = {row["id"]: row for row in rows}
        self._show_balance()
        self._exchange.spawn(self._catch_up, self._connection)

    def _on_next(self, frame: Frame) -> None:
        if self._backlog is not None:
            self._backlog.append(frame)
        elif frame["type"] == "wallets":
            self._wallets |= frame["wallets"]
            self._show_balance()
        else:
            self._on_execution(frame)

    def _on_execution(self, frame: Frame) -> None:
        row = frame["order"]
        if row["status"] == "open":
            self._open[row["id"]] = row
        else:
            self._open.pop(row["id"], None)
        if self._is_watched("orders"):
            self._shown.pop(row["id"], None)
            if row["status"] == "open":
                self._shown[row["id"]] = row
            self._tell("orders", [row])
        if frame.get("fill"):
            self._on_fill(frame)

    def _on_fill(self, frame: Frame) -> None:
        row = _fill_of(frame)
        if _key(row) in self._known:
            return
        if int(row["fill_id"]) > (self._last_fill or 0):  # those by HTTP have all come again
            self._last_fill = int(row["fill_id"])
            self._known.clear()
        self._known.add(_key(row))
        self._tell("trades", [row])

    # What was missed

    async def _catch_up(self, connection: int) -> None:
        """Tell what ended or was filled since the last connection, then what came since."""
        gone = {*self._shown} - {*self._open}
        while self._connection == connection and self._exchange.is_followed(self):
            ended, filled = await self._ended(gone), await self._filled()
            if self._connection == connection and ended is not None and filled is not None:
                self._go_on(ended, filled)
                return
            await self._exchange.sleep(AGAIN_MS)

    def _go_on(self, ended: list[Row], filled: list[Row]) -> None:
        backlog, self._backlog = self._backlog or [], None
        live = {_key(_fill_of(frame)) for frame in backlog if frame.get("fill")}
        if self._last_fill is not None:
            self._tell("trades", filled)
            live = set()
        self._known |= {_key(row) for row in filled} - live
        self._last_fill = max(self._last_fill or 0, _newest(filled))
        for row in ended:
            self._shown.pop(row["id"], None)
        self._tell("orders", ended)
        self._show_open()
        for frame in backlog:
            self._on_next(frame)

    async def _ended(self, ids: set[str]) -> list[Row] | None:
        """These orders, which are open no more; None if that could not be learnt."""
        found: list[Row] = []
        asked: Row = {"limit": PAGE}
        for _ in range(MAX_PAGES):
            if not ids:
                break
            reply = await self._exchange._asked("completed", asked)
            if reply is None:
                return None
            found += [row for row in reply["data"] if row["id"] in ids]
            ids = ids - {row["id"] for row in found}
            if not reply.get("more") or not reply["data"]:  # or they are not on disk yet
                break
            asked = {"limit": PAGE, "before": reply["data"][-1]["id"]}
        return found

    async def _filled(self) -> list[Row] | None:
        """Fills since the last one that was told; without one, the last there is."""
        found: list[Row] = []
        asked: Row = {"limit": 1 if self._last_fill is None else PAGE}
        for _ in range(MAX_PAGES):
            reply = await self._exchange._asked("fills", asked)
            if reply is None:
                return None
            rows = reply["data"]
            if self._last_fill is None:
                return list(rows)
            if not rows and reply.get("more"):  # they are not on disk yet
                break
            if "before" not in asked and _newest(rows) < self._last_fill:  # of another game
                self._last_fill, self._known = 0, set()
            new = [row for row in rows if int(row["fill_id"]) >= self._last_fill]
            found += [row for row in new if _key(row) not in self._known]
            if len(new) < len(rows) or not reply.get("more"):
                break
            asked = {"limit": PAGE, "before": rows[-1]["fill_id"]}
        return found

    # What is told

    def _is_watched(self, kind: str) -> bool:
        return any(watched == kind for watched, _ in self.watched)

    def _show_open(self) -> None:
        """Tell of the open orders those that were not told as they are."""
        if self._is_watched("orders"):
            news = [row for id, row in self._open.items() if self._shown.get(id) != row]
            self._shown = {**self._open}
            self._tell("orders", news)

    def _show_balance(self, *, again: bool = False) -> None:
        if ("balance", "") not in self.watched:
            return
        if again or self.known.get("wallets") != self._wallets:
            self.known["wallets"] = {**self._wallets}
            exchange = self._exchange
            exchange.balance = exchange.parse_balance({"assets": self._wallets})
            exchange._tell(self, ("balance", ""), exchange.balance)

    def _tell(self, kind: str, rows: list[Row]) -> None:
        if not rows or not self._is_watched(kind):
            return
        exchange = self._exchange
        if kind not in self.known:
            cache, option = _CACHES[kind]
            self.known[kind] = cache(exchange.safe_integer(exchange.options, option, 1000))
        parse = exchange.parse_order if kind == "orders" else exchange.parse_trade
        parsed = sorted(map(parse, rows), key=lambda row: (row["timestamp"], int(row["id"])))
        for row in parsed:
            self.known[kind].append(row)
        for symbol in {row["symbol"] for row in parsed}:
            exchange._tell(self, (kind, symbol), self.known[kind])
        exchange._tell(self, (kind, ""), self.known[kind])


def _fill_of(frame: Frame) -> Row:
    """A fill that was pushed, as `fills` shows it."""
    order, fill = frame["order"], frame["fill"]
    return {
        **fill,
        "fill_id": fill["trade_id"],
        "filled_size": fill["size"],
        "order_id": order["id"],
        "symbol": order["symbol"],
        "timestamp": frame["ts"],
    }


def _newest(rows: list[Row]) -> int:
    return max((int(row["fill_id"]) for row in rows), default=0)


def _key(fill: Row) -> Fill:
    return fill["fill_id"], fill["order_id"]


_CACHES = {
    "orders": (ArrayCacheBySymbolById, "ordersLimit"),
    "trades": (ArrayCache, "tradesLimit"),
}

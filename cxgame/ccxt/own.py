"""One's own orders, trades and balance, asked for when the feed tells of one of one's orders.

The feed is public: it says whose an order is when it is placed, and then its id. So whoever knows
the ids of his open orders knows when to ask; what is told is what the exchange answered, exactly.
"""

from typing import TYPE_CHECKING, Any

from ccxt.async_support.base.ws.cache import ArrayCache, ArrayCacheBySymbolById

from cxgame.ccxt.rows import Row
from cxgame.ccxt.stream import Frame, Stream

if TYPE_CHECKING:
    from cxgame.ccxt.streaming import cxgame

PAGE = 200
MAX_PAGES = 20
EVERY_MS = 50
_PLACED = frozenset({"buy", "sell", "buy_market", "sell_market"})
_ALL = frozenset({"reset", "round", "shutdown", "results"})


class Own:
    """What a class of `ccxt.pro` knows of its own account."""

    def __init__(self, exchange: "cxgame") -> None:
        self._exchange: Any = exchange
        self._user = ""
        self._open: set[str] = set()  # ids of own open orders
        self._told: dict[str, Row] = {}  # those that were told, as they were then
        self._touched: set[str] = set()  # own orders that have changed since
        self._last_fill: int | None = None
        self._wallets: Row | None = None

    def on_begin(self, stream: Stream) -> None:
        """Ask for everything."""
        self._renew(stream)

    def on_frame(self, stream: Stream, frame: Frame) -> None:
        """Ask again if a frame tells of this account."""
        if self._concerns(frame):
            self._renew(stream)

    def _concerns(self, frame: Frame) -> bool:
        kind: str = frame["type"]
        message: Any = frame.get("message")
        if kind in _PLACED and message["user"].casefold() == self._user:
            self._touched.add(message["id"])
            return True
        ids: set[str] = set()
        if kind == "match":
            ids = {message["buy_id"], message["sell_id"]}
        elif kind == "cancel":
            ids = {message}
        elif kind == "reduce":
            ids = {message["id"]}
        mine = ids & (self._touched | self._open)
        self._touched |= mine
        return bool(mine) or kind in _ALL

    def _renew(self, stream: Stream) -> None:
        async def renew() -> None:
            kinds = {kind for kind, _ in stream.watched}
            if not self._user and not await self._ask_user():
                return
            await self._renew_orders(stream, is_watched="orders" in kinds)
            if "trades" in kinds:
                await self._renew_trades(stream)
            if "balance" in kinds:
                await self._renew_balance(stream)

        self._exchange._renewal(f"{stream.name} own", renew, EVERY_MS).poke()

    async def _ask_user(self) -> bool:
        reply = await self._exchange._asked("me", {})
        if reply is not None:
            self._user = reply["data"]["username"].casefold()
        return reply is not None

    # Orders

    async def _renew_orders(self, stream: Stream, *, is_watched: bool) -> None:
        touched, self._touched = self._touched, set()
        reply = await self._exchange._asked("orders", {})
        if reply is None:
            self._touched |= touched
            return
        rows = {row["id"]: row for row in reply["data"]["maker"] + reply["data"]["market"]}
        self._open = {*rows}
        if is_watched:
            changed = [row for id, row in rows.items() if self._told.get(id) != row]
            gone = (touched | self._told.keys()) - rows.keys()
            self._told = rows
            self._tell(stream, "orders", changed + await self._ended(gone))

    async def _ended(self, ids: set[str]) -> list[Row]:
        """Orders that are open no more."""
        found: list[Row] = []
        asked: Row = {"limit": PAGE}
        for _ in range(MAX_PAGES):
            if not ids:
                break
            reply = await self._exchange._asked("completed", asked)
            if reply is None:
                self._touched |= ids
                break
            found += [row for row in reply["data"] if row["id"] in ids]
            ids = ids - {row["id"] for row in found}
            if not reply.get("more"):
                break
            asked = {"limit": PAGE, "before": reply["data"][-1]["id"]}
        return found

    # Trades and balance

    async def _renew_trades(self, stream: Stream) -> None:
        found: list[Row] = []
        asked: Row = {"limit": PAGE if self._last_fill is not None else 1}
        for _ in range(MAX_PAGES):
            reply = await self._exchange._asked("fills", asked)
            if reply is None:
                return
            rows = reply["data"]
            if self._last_fill is None:  # what was there before is not told
                self._last_fill = max((int(row["fill_id"]) for row in rows), default=0)
                return
            new = [row for row in rows if int(row["fill_id"]) > self._last_fill]
            found += new
            if len(new) < len(rows) or not reply.get("more"):
                break
            asked = {"limit": PAGE, "before": rows[-1]["fill_id"]}
        if found:
            self._last_fill = max(int(row["fill_id"]) for row in found)
        self._tell(stream, "trades", found)

    async def _renew_balance(self, stream: Stream) -> None:
        reply = await self._exchange._asked("wallets", {})
        if reply is None or reply["data"] == self._wallets:
            return
        self._wallets = reply["data"]
        self._exchange.balance = self._exchange.parse_balance(reply["data"])
        self._exchange._tell(stream, ("balance", ""), self._exchange.balance)

    def _tell(self, stream: Stream, kind: str, rows: list[Row]) -> None:
        exchange = self._exchange
        if kind not in stream.known:
            cache, option = _CACHES[kind]
            stream.known[kind] = cache(exchange.safe_integer(exchange.options, option, 1000))
        parse = exchange.parse_order if kind == "orders" else exchange.parse_trade
        parsed = sorted(map(parse, rows), key=lambda row: (row["timestamp"], int(row["id"])))
        for row in parsed:
            stream.known[kind].append(row)
        for symbol in {row["symbol"] for row in parsed}:
            exchange._tell(stream, (kind, symbol), stream.known[kind])
        if parsed:
            exchange._tell(stream, (kind, ""), stream.known[kind])


_CACHES = {
    "orders": (ArrayCacheBySymbolById, "ordersLimit"),
    "trades": (ArrayCache, "tradesLimit"),
}

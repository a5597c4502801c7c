"""A small exchange and a small feed that speak the contract and fail on demand.

Both run on a loop in a thread of their own, so that the blocking `r()` can be tested from the
thread of the test. State is read by the tests only while no request is in flight.
"""

import asyncio
import json
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

SELF_SIGNED = Path(__file__).with_name("self_signed.pem")
BOUND_S = 10.0  # how long anything in these tests may take before it counts as hung

Handler = Callable[[ServerConnection], Awaitable[None]]
Reply = dict[str, Any]

OF_ORGANISERS = {"start", "pause", "shutdown", "grant", "end_round", "start_round", "announce"}
OF_ORGANISERS |= {"players", "whitelist", "kick", "rotate_user", "adjust", "set_price", "faults"}
OPEN_TO_ALL = ("markets", "book", "tickers", "time", "trades", "candles")


class Fault(Enum):
    """What goes wrong with one request."""

    NONE = "nothing"
    LOST_REQUEST = "the connection breaks before the request is carried out"
    LOST_REPLY = "the connection breaks after it was carried out"
    SILENCE = "it is carried out and never answered"
    LATE = "the replies to all later requests come first"
    GARBAGE = "it is answered with something that is not JSON"
    BINARY = "it is answered with a binary message"
    TOO_LONG = "the connection is closed with 1009"
    UNNUMBERED = "it is refused by a reply without its id"
    HALTED = "it is refused with STATE_HALTED"
    RATE = "it is refused with LIMIT_RATE"


class ThreadedServer:
    """A websockets server in a thread, on a port that stays the same across restarts."""

    def __init__(self, handler: Handler, *, tls: bool = False) -> None:
        self._handler = handler
        self._tls = tls
        self._port = 0
        self._server: Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def uri(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(BOUND_S)
            self._loop.close()

    def start(self) -> None:
        self._run(self._start())

    def stop(self, code: int = 1001, reason: str = "") -> None:
        self._run(self._stop(code, reason))

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(BOUND_S)

    async def _start(self) -> None:
        context = None
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(SELF_SIGNED)
        self._server = await serve(
            self._handle, "127.0.0.1", self._port, ssl=context, close_timeout=1
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def _stop(self, code: int, reason: str) -> None:
        if self._server is not None:
            self._server.close(code=code, reason=reason)
            await self._server.wait_closed()
            self._server = None

    async def _handle(self, websocket: ServerConnection) -> None:
        try:
            await self._handler(websocket)
        except ConnectionClosed:
            pass


class FakeExchange(ThreadedServer):
    """Users, tokens, orders by cid, pages; enough of an exchange to be a client of."""

    def __init__(self, *, tls: bool = False) -> None:
        super().__init__(self._serve, tls=tls)
        self.tokens: dict[str, str] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.fills: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.seen: list[dict[str, Any]] = []  # every request, as it came
        self.connections = 0
        self.open_now = 0
        self.close_codes: list[int | None] = []  # of connections that ended; 1006: torn
        self.page_rows = 1_000
        self.unwritten = 0  # so many pages of fills end before rows that are not on disk yet
        self.secret = "open sesame"
        self.price = "1000.00"
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._late: list[str] = []

    def fail(self, cmd: str, *faults: Fault) -> None:
        """The next requests of `cmd` meet these faults, one each."""
        self._faults[cmd].extend(faults)

    def asked(self, cmd: str) -> list[dict[str, Any]]:
        """The params of every request of `cmd`, in order."""
        return [request["params"] for request in self.seen if request["cmd"] == cmd]

    async def _serve(self, websocket: ServerConnection) -> None:
        self.connections += 1
        self.open_now += 1
        session: dict[str, str | None] = {"user": None}
        try:
            async for message in websocket:
                await self._answer(websocket, session, json.loads(message))
        finally:
            self.close_codes.append(websocket.close_code)
            self.open_now -= 1

    async def _answer(
        self, websocket: ServerConnection, session: dict[str, str | None], request: dict[str, Any]
    ) -> None:
        self.seen.append(request)
        faults = self._faults[request["cmd"]]
        fault = faults.popleft() if faults else None
        if fault is Fault.LOST_REQUEST:
            websocket.transport.abort()
            return
        if fault in (Fault.HALTED, Fault.RATE):
            code = "STATE_HALTED" if fault is Fault.HALTED else "LIMIT_RATE"
            reply = _refuse(code, "Not now.")
        elif fault is Fault.UNNUMBERED:
            await websocket.send(json.dumps(_refuse("LIMIT_MESSAGE", "Message too long.")))
            return
        elif fault is Fault.TOO_LONG:
            await websocket.close(1009, "message too big")
            return
        else:
            reply = self._carry_out(session, request["cmd"], request["params"])
        text = json.dumps({**reply, "id": request["id"]})
        match fault:
            case Fault.LOST_REPLY:
                websocket.transport.abort()
            case Fault.SILENCE:
                pass
            case Fault.LATE:
                self._late.append(text)
            case Fault.GARBAGE:
                await websocket.send("Bad Gateway")
            case Fault.BINARY:
                await websocket.send(text.encode())
            case _:
                await websocket.send(text)
                for late in self._late:
                    await websocket.send(late)
                self._late.clear()

    def _carry_out(self, session: dict[str, str | None], cmd: str, params: Reply) -> Reply:
        if cmd in ("register", "auth"):
            return self._enter(session, cmd, params)
        if cmd in OF_ORGANISERS:
            if params.get("secret") == self.secret:
                return _done("Command accepted.")
            return _refuse("AUTH_SECRET", "Invalid admin secret.")
        if session["user"] is None and cmd not in OPEN_TO_ALL:
            return _refuse("AUTH_REQUIRED", "You must be authenticated.")
        return self._play(session["user"] or "", cmd, params)

    def _enter(self, session: dict[str, str | None], cmd: str, params: Reply) -> Reply:
        user, token = params.get("username"), params.get("token")
        if user is None:
            return _refuse("PARAM_MISSING", 'Missing "username" in params.')
        known = self.tokens.get(user)
        if cmd == "register" and known in (None, token):
            self.tokens[user] = token or "0" * 64
            session["user"] = user
            return _done("Registered", self.tokens[user])
        if cmd == "register":
            return _refuse("AUTH_USER_TAKEN", "User already registered.")
        if known is None:
            return _refuse("AUTH_UNKNOWN_USER", "User is not registered.")
        if token != known and params.get("password") != "pass phrase":
            return _refuse("AUTH_TOKEN", "Authentication failed: Invalid token.")
        session["user"] = user
        return _done("Authenticated")

    def _play(self, user: str, cmd: str, params: Reply) -> Reply:
        match cmd:
            case "buy" | "sell" | "buy_market" | "sell_market" | "order":
                return self._place(user, cmd, params)
            case "cancel" | "amend":
                return self._change(cmd, params)
            case "batch":
                answers = [
                    self._play(user, one["cmd"], one["params"]) for one in params["requests"]
                ]
                return _done("Batch handled.", answers)
            case "bcast":
                self.said.append(params["message"])
                return _done("Message broadcasted.")
            case "rotate":
                self.tokens[user] = params["token"]
                return _done("Token replaced.", params["token"])
            case "price":
                return _done("Market price.", self.price)
            case "wallets":
                return _done("Wallets.", {"usd": "10000.00", "crypto": "10.0"})
            case "orders" | "all_orders":
                rows, more = self._page([*self._open()], params, "id")
                kinds: Reply = {"maker": [], "market": []}
                for row in rows:
                    kinds["market" if "market" in row["side"] else "maker"].append(row)
                return _done("Open orders list.", kinds, more)
            case "fills" if self.unwritten and "before" in params:
                self.unwritten -= 1
                return _done("Here are your fills.", [], more=True)
            case "fills":
                rows, more = self._page(self.fills, params, "fill_id")
                return _done("Here are your fills.", rows, more)
            case _:
                return _done("Done.", [])

    def _place(self, user: str, cmd: str, params: Reply) -> Reply:
        if params.get("validate"):
            return _done("Order valid; nothing was placed.", {"id": "0", "validated": True})
        cid = params["cid"]
        if cid in self.orders_by_cid:
            return _done("Order placed.", {**self.orders_by_cid[cid], "replayed": True})
        if params.get("price") == "0":
            return _refuse("FILTER_MIN_PRICE", "Price must be greater than or equal to 0.1")
        order = {
            "id": str(len(self.orders) + 1),
            "user": user,
            "side": params.get("side", cmd),
            "price": params.get("price", "1000.00"),
            "status": "open",
            "cid": cid,
        }
        self.orders[order["id"]] = order
        return _done("Order placed.", order)

    def _change(self, cmd: str, params: Reply) -> Reply:
        order = self.orders.get(params.get("order_id", ""))
        order = order or self.orders_by_cid.get(params.get("cid", ""))
        if order is None or order["status"] != "open":
            return _refuse("ORDER_NOT_FOUND", "Order not found.")
        if cmd == "amend":
            order |= {name: params[name] for name in ("price", "size") if name in params}
            return _done("Order amended.", order)
        order["status"] = "cancel"
        return _done("Order cancelled and removed.")

    @property
    def orders_by_cid(self) -> dict[str, dict[str, Any]]:
        return {order["cid"]: order for order in self.orders.values()}

    def _open(self) -> list[dict[str, Any]]:
        return [order for order in self.orders.values() if order["status"] == "open"]

    def _page(self, rows: list[Any], params: Reply, key: str) -> tuple[list[Any], bool]:
        """Newest first, below `before`, at most `limit`, never over a page."""
        newest = sorted(rows, key=lambda row: int(row[key]), reverse=True)
        if "before" in params:
            newest = [row for row in newest if int(row[key]) < int(params["before"])]
        count = min(params.get("limit", self.page_rows), self.page_rows)
        return newest[:count], len(newest) > count


class FakeFeed(ThreadedServer):
    """A feed whose connections play the scripts of a test, one each, the last one for ever."""

    def __init__(self, *scripts: Handler) -> None:
        super().__init__(self._serve)
        self._scripts = deque(scripts)
        self._failures: list[AssertionError] = []
        self.asked: list[dict[str, Any]] = []

    async def _serve(self, websocket: ServerConnection) -> None:
        script = self._scripts.popleft() if len(self._scripts) > 1 else self._scripts[0]
        try:
            await script(websocket)
        except AssertionError as failure:
            self._failures.append(failure)
        async for late in websocket:  # what the reader asked without the script's waiting for it
            self.asked.append(json.loads(late))

    def stop(self, code: int = 1001, reason: str = "") -> None:
        """Stop, and say what a script found wrong."""
        super().stop(code, reason)
        if self._failures:
            raise self._failures[0]

    async def request(self, websocket: ServerConnection) -> dict[str, Any]:
        """The next request of a reader, noted."""
        async with asyncio.timeout(BOUND_S):
            request: dict[str, Any] = json.loads(await websocket.recv())
        self.asked.append(request)
        return request


def _done(message: str, data: Any = None, more: bool = False) -> Reply:
    return {"status": True, "message": message, "data": data, **({"more": True} if more else {})}


def _refuse(code: str, message: str) -> Reply:
    return {"status": False, "message": message, "data": None, "code": code}

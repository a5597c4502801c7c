"""One's own affairs: what was missed comes first, and nothing comes twice."""

import asyncio
from typing import Any

import ccxt.pro
import pytest

import cxgame.ccxt
from tests.ccxt.test_words import MARKET

SYMBOL = MARKET["symbol"]
WITHIN_S = 10  # a bound, not an expectation
ORDER = {
    "id": "5",
    "timestamp": 1.0,
    "user": "alice",
    "symbol": SYMBOL,
    "side": "sell",
    "type": "limit",
    "price": "1000.00",
    "quantity": "1.0000",
    "size": "1.0000",
    "filled_size": "0.0000",
    "average_price": None,
    "fee": "0.00",
    "status": "open",
    "time_in_force": "gtc",
}


def by_http(number: int, order: str = "5") -> dict[str, Any]:
    """A fill as `fills` shows it."""
    about = {"price": "1000.00", "fee": "0.00", "role": "maker", "side": "sell"}
    about |= {"order_id": order, "timestamp": 2.0, "symbol": SYMBOL}
    return {**about, "fill_id": str(number), "filled_size": "0.1000"}


def pushed(seq: int, number: int, order: str = "5") -> dict[str, Any]:
    """The same as `executions` pushes it."""
    fill = {"trade_id": str(number), "price": "1000.00", "size": "0.1000", "fee": "0.00"}
    fill |= {"fee_asset": "USDT", "role": "maker", "side": "sell"}
    row = {**ORDER, "id": order}
    return {"type": "execution", "ts": 2.0, "seq": seq, "order": row, "fill": fill}


class Account:
    """A class of `ccxt.pro` without a network: what it is pushed, and what it is answered."""

    def __init__(self) -> None:
        assert cxgame.ccxt.ID in ccxt.pro.exchanges
        self.exchange = ccxt.pro.cxgame({"apiKey": "secret"})
        self.exchange.set_markets([self.exchange.parse_market(MARKET)])
        self.exchange.asyncio_loop = asyncio.get_running_loop()
        self.exchange._asked = self._asked
        self.own = self.exchange._own
        self.exchange._streams["own"] = self.own
        self.exchange.clients = {"own": None}
        self.own.watched |= {("trades", ""), ("orders", ""), ("balance", "")}
        self.fills: list[dict[str, Any]] = []
        self.completed: list[dict[str, Any]] = []
        self._may_answer = asyncio.Event()

    async def connect(self, *meanwhile: dict[str, Any], orders: Any = (ORDER,)) -> None:
        """A new connection; frames that come while it is asked for what was missed."""
        self._may_answer.clear()
        wallets = {"BTC": {"free": "9.0", "held": "1.0", "total": "10.0"}}
        about = {"ts": 1.0, "seq": 0, "orders": [*orders], "wallets": wallets}
        self.push({"type": "executions_snapshot", **about}, *meanwhile)
        await asyncio.sleep(0)
        self._may_answer.set()
        async with asyncio.timeout(WITHIN_S):
            while self.own._backlog is not None:
                await asyncio.sleep(0)

    def push(self, *frames: dict[str, Any]) -> None:
        """Frames of the order server."""
        for frame in frames:
            assert self.own.take(frame) is None

    def told(self, kind: str) -> list[str]:
        """Ids of what was told since this was asked last."""
        rows = self.own.untold.pop(f"{kind} ", None)
        self.own.untold.pop(f"{kind} {SYMBOL}", None)
        return [] if rows is None else [row["id"] for row in rows[-rows.getLimit(None, None) :]]

    async def _asked(self, command: str, params: dict[str, Any]) -> Any:
        async with asyncio.timeout(WITHIN_S):
            await self._may_answer.wait()
        rows = self.fills if command == "fills" else self.completed
        return {"data": rows[: params["limit"]]}


@pytest.fixture
async def account() -> Account:
    """One that is connected, with an open order and a fill of long ago."""
    account = Account()
    account.fills = [by_http(7)]
    await account.connect()
    assert account.told("orders") == ["5"]
    assert account.told("trades") == []
    return account


async def test_what_comes_before_the_first_answer_is_told() -> None:
    """Although the answer has it, too: it happened after one began to watch."""
    new = Account()
    new.fills = [by_http(8), by_http(7)]
    await new.connect(pushed(1, 8))
    assert new.told("trades") == ["8"]


async def test_what_was_missed_comes_first_and_once(account: Account) -> None:
    """Fills that come both by HTTP and live are one."""
    account.push(pushed(1, 8))
    assert account.told("trades") == ["8"]
    account.fills = [by_http(11), by_http(10), by_http(9), by_http(8), by_http(7)]
    await account.connect(pushed(1, 11), pushed(2, 12))
    assert account.told("trades") == ["9", "10", "11", "12"]
    account.push(pushed(3, 13))
    assert account.told("trades") == ["13"]


async def test_both_sides_of_a_trade_with_oneself_are_told(account: Account) -> None:
    """Also when the connection was cut between them."""
    account.push(pushed(1, 8))
    account.fills = [by_http(8, "6"), by_http(8), by_http(7)]
    await account.connect(orders=[ORDER, {**ORDER, "id": "6"}])
    fills = {(row["id"], row["order"]) for row in account.own.known["trades"]}
    assert fills == {("8", "5"), ("8", "6")}


async def test_an_order_that_ended_meanwhile_is_told(account: Account) -> None:
    """As the exchange has it in the end."""
    account.completed = [{**ORDER, "status": "cancel"}]
    await account.connect(orders=[])
    assert account.told("orders") == ["5"]
    assert account.own.known["orders"][-1]["status"] == "canceled"


async def test_another_game_counts_anew(account: Account) -> None:
    """Its fills have lower numbers, and are told all the same."""
    account.fills = [by_http(2), by_http(1)]
    await account.connect(orders=[])
    assert account.told("trades") == ["1", "2"]
    account.push(pushed(1, 3))
    assert account.told("trades") == ["3"]


async def test_a_newer_connection_makes_the_older_one_vain(account: Account) -> None:
    """What was asked for it is told by the newer one."""
    account.fills = [by_http(8), by_http(7)]
    account._may_answer.clear()
    account.push({"type": "executions_snapshot", "ts": 1.0, "seq": 0, "orders": [], "wallets": {}})
    await asyncio.sleep(0)
    await account.connect()
    assert account.told("trades") == ["8"]

"""Lists, page by page: what the exchange is asked for, and when there is enough."""

from typing import Any

import ccxt
import pytest

import cxgame.ccxt
from tests.ccxt.test_words import MARKET

SYMBOL = MARKET["symbol"]
ROW = {
    "symbol": SYMBOL,
    "side": "sell",
    "type": "limit",
    "price": "1000.00",
    "quantity": "1.0000",
    "filled_size": "0.0000",
    "average_price": None,
    "fee": "0.00",
    "status": "open",
    "time_in_force": "gtc",
}


@pytest.fixture
def exchange() -> Any:
    """The class, which knows two markets and asks nobody."""
    assert cxgame.ccxt.ID in ccxt.exchanges
    exchange = ccxt.cxgame()
    other = {**MARKET, "symbol": "ETH/USDT", "base": "ETH"}
    exchange.set_markets([exchange.parse_market(each) for each in (MARKET, other)])
    return exchange


def fetched(
    plan: Any, newest: int, page: int, triggers: frozenset[int] = frozenset()
) -> tuple[list[int], int]:
    """Ids that a plan gives of an exchange with so many orders, and how many pages it read.

    Those in `triggers` had a trigger.
    """
    command, asked = next(plan)
    pages = 0
    while True:
        pages += 1
        last = int(asked.get("before", newest + 1)) - 1
        ids = list(range(last, max(last - page, 0), -1))
        more = last > page
        if "after" in asked:
            first = max(int(asked["after"]), int(asked.get("since", 0)) // 1000 - 1) + 1
            ids = [*range(first, min(first + page, newest + 1))]
            more = first + page <= newest
        rows = [{**ROW, "id": str(id), "timestamp": float(id)} for id in ids]
        for row in rows:
            if int(row["id"]) in triggers:
                row["trigger"] = {"kind": "stop", "price": "1000.00", "by": "last", "armed": False}
        reply = {"data": {"maker": rows, "market": []} if command == "orders" else rows}
        reply["more"] = more
        try:
            command, asked = plan.send(reply)
        except StopIteration as end:
            return [int(row["id"]) for row in end.value], pages


def test_all_open_orders_are_listed(exchange: Any) -> None:
    """However many pages they are; with a limit only the latest, as far as it goes."""
    assert fetched(exchange.plan_open_orders(), 25, 10) == ([*range(1, 26)], 3)
    assert fetched(exchange.plan_open_orders(SYMBOL), 25, 10) == ([*range(1, 26)], 3)
    assert fetched(exchange.plan_open_orders("ETH/USDT"), 25, 10) == ([], 3)
    assert fetched(exchange.plan_open_orders(limit=3), 25, 10) == ([23, 24, 25], 1)
    assert fetched(exchange.plan_open_orders(limit=12), 25, 10) == ([*range(14, 26)], 2)


def test_open_orders_from_a_time_on_are_the_first(exchange: Any) -> None:
    """They may lie pages back."""
    plan = exchange.plan_open_orders(None, 4_000, 2)
    assert fetched(plan, 25, 10) == ([4, 5], 3)


def test_orders_of_a_kind_are_looked_for_until_there_are_enough(exchange: Any) -> None:
    """They may lie pages back, among many others; with a time the first from there on."""
    triggers = frozenset({2, 4, 14, 24})

    def ended(since: int | None, limit: int | None, symbol: str = SYMBOL) -> tuple[list[int], int]:
        plan = exchange.plan_closed_orders(symbol, since, limit, {"trigger": True})
        return fetched(plan, 25, 10, triggers)

    assert ended(None, 1) == ([24], 1)
    assert ended(None, 2) == ([14, 24], 2)
    assert ended(None, 3) == ([4, 14, 24], 3)
    assert ended(None, 9) == ([2, 4, 14, 24], 3)
    assert ended(3_000, 2) == ([4, 14], 2)
    assert ended(None, 1, "ETH/USDT") == ([], 3)
    open_ones = exchange.plan_open_orders(SYMBOL, None, 2, {"trigger": True})
    assert fetched(open_ones, 25, 10, triggers) == ([14, 24], 2)

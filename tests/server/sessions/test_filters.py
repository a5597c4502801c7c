"""Every filter of a market, by every way in which an order may come: its bound and what it got."""

from typing import Any

import pytest

from cxgame.model.errors import Code
from tests.server.rig import Player, Rig

LIMIT = {"side": "buy", "type": "limit", "price": "900", "size": "1"}
BY_SIZE = {"side": "sell", "type": "market", "size": "1"}
BY_AMOUNT = {"side": "buy", "type": "market", "amount": "100"}
STOP = {**BY_SIZE, "trigger": "stop", "trigger_price": "900"}
TRAILING = {**BY_SIZE, "trigger": "trailing", "trail": "10"}
CAPPED = {**BY_SIZE, "side": "buy", "trigger": "stop", "trigger_price": "1100", "max_price": "1200"}
PRICED = {"price": "900", "size": "1"}

MOST_TICKS, MOST_LOTS = "10000000000000.00", "100000000.0000000000"

# The numbers that a filter refuses: the field, what is sent, the code and its bound.
PRICES = (
    ("900.001", Code.FILTER_TICK, "0.01"),
    ("0", Code.FILTER_MIN_PRICE, "0.1"),
    ("-1", Code.FILTER_MIN_PRICE, "0.1"),
    ("1" + "0" * 20, Code.FILTER_MAX, MOST_TICKS),
)
SIZES = (
    ("1.00000000001", Code.FILTER_LOT, "0.0000000001"),
    ("0", Code.FILTER_MIN_SIZE, "0.00000001"),
    ("-1", Code.FILTER_MIN_SIZE, "0.00000001"),
    ("1" + "0" * 20, Code.FILTER_MAX, MOST_LOTS),
)
AMOUNTS = (
    ("9.99", Code.FILTER_MIN_AMOUNT, "10.00"),
    ("1" + "0" * 16, Code.FILTER_MAX, "1" + "0" * 15),
)
SYMBOLS = (("NO/NE", Code.FILTER_SYMBOL, "BTC/USD"),)
LIVES = (("+367d", Code.FILTER_MAX, "366 days"),)

# The ways: a command, its params, and the fields in which they may be wrong.
WAYS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("buy", PRICED, {"price": PRICES, "size": SIZES, "symbol": SYMBOLS}),
    ("sell", PRICED, {"price": PRICES, "size": SIZES, "symbol": SYMBOLS}),
    ("buy_market", {"amount": "100"}, {"amount": AMOUNTS, "symbol": SYMBOLS}),
    ("sell_market", {"amount": "1"}, {"amount": SIZES, "symbol": SYMBOLS}),
    ("order", LIMIT, {"price": PRICES, "size": SIZES, "symbol": SYMBOLS}),
    ("order", {**LIMIT, "validate": True}, {"price": PRICES, "size": SIZES, "symbol": SYMBOLS}),
    ("order", {**LIMIT, "time_in_force": "gtd"}, {"expires": LIVES}),
    ("order", BY_SIZE, {"size": SIZES}),
    ("order", BY_AMOUNT, {"amount": AMOUNTS}),
    ("order", STOP, {"trigger_price": PRICES, "size": SIZES, "symbol": SYMBOLS}),
    ("order", CAPPED, {"max_price": PRICES}),
    ("order", TRAILING, {"trail": (("0.001", Code.FILTER_TICK, "0.01"),)}),
    ("amend", {"order_id": "1"}, {"price": PRICES, "size": SIZES}),
    ("cancel_all", {}, {"symbol": SYMBOLS}),
    ("price", {}, {"symbol": SYMBOLS}),
    ("book", {}, {"symbol": SYMBOLS}),
    ("trades", {}, {"symbol": SYMBOLS}),
    ("candles", {}, {"symbol": SYMBOLS}),
)
TABLE = [
    (command, {**params, field: sent}, code, {"limit": limit, "got": sent})
    for command, params, fields in WAYS
    for field, rows in fields.items()
    for sent, code, limit in rows
]


async def owner(rig: Rig) -> Player:
    """A player with an open order, 1."""
    alice = await rig.player("alice")
    await alice.done("buy", price="900", size="1")
    return alice


async def test_a_filter_tells_its_bound_and_what_it_got(rig: Rig) -> None:
    """In `data`, as text, whatever the command."""
    alice = await owner(rig)
    for command, params, code, bound in TABLE:
        reply = await alice(command, **params)
        assert (reply["status"], reply["code"], reply["data"]) == (False, code, bound), params


async def test_so_it_does_within_a_batch(rig: Rig) -> None:
    """Each request of it by itself."""
    alice = await owner(rig)
    batched = [row for row in TABLE if row[0] not in ("price", "book", "trades", "candles")]
    for command, params, code, bound in batched:
        (reply,) = await alice.done("batch", requests=[{"cmd": command, "params": params}])
        assert (reply["code"], reply["data"]) == (code, bound), params


def test_every_filter_is_in_the_table() -> None:
    """By more than one way."""
    filters = [code for code in Code if code.startswith("FILTER_")]
    for code in filters:
        assert len({command for command, _, other, _ in TABLE if other is code}) > 1, code


@pytest.mark.parametrize("price", ["0.01", "1e30"])
async def test_a_number_is_told_as_it_was_sent(rig: Rig, price: str) -> None:
    """Also a JSON number."""
    alice = await owner(rig)
    raw = f'{{"cmd":"buy","params":{{"price":{price},"size":"1"}}}}'
    assert (await alice.ask(raw.encode()))["data"]["got"] == price

"""What a reply tells about the state of a game, compared with a state. Decimal text, no floats.

`tells(attempt, witness)` is whether the reply is true where the witness stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cxgame.engine.orders import Order
from cxgame.model.enums import Side
from tests.engine.reference_fractions import Fraction
from tests.simulation.record import Attempt
from tests.simulation.witness import Witness

_UNITS = 10**24


def tells(attempt: Attempt, witness: Witness) -> bool:
    """Whether a reply fits the state. Raises KeyError for a command that tells nothing."""
    account = witness.engine.account_ids.get(f"player{attempt.player}")
    if account is None:
        return False
    assert attempt.reply is not None
    if attempt.command == "cancel":  # refused: no such order is open
        order = witness.engine.orders.get(int(attempt.params["order_id"]))
        return order is None or order.account != account
    return VIEWS[attempt.command](witness, account, attempt.reply["data"], attempt.params)


def _wallets(witness: Witness, account: int, data: Any, _: Any) -> bool:
    ledger = witness.engine.ledger
    owner = witness.engine.accounts[account]
    return all(
        _units(data["assets"][asset]["free"]) == owner.free[column]
        and _units(data["assets"][asset]["held"]) == owner.held[column]
        for column, asset in enumerate(ledger.assets)
    )


def _orders(witness: Witness, account: int, data: Any, _: Any) -> bool:
    orders, rows = witness.engine.accounts[account].orders, data["maker"] + data["market"]
    triggers = {str(order.id) for order in orders.values() if order.trigger is not None}
    are_told = triggers == {row["id"] for row in rows if "trigger" in row}
    return are_told and _are_open(witness, rows, list(orders.values()))


def _all_orders(witness: Witness, account: int, data: Any, __: Any) -> bool:
    """Everybody's, but what waits for its price; the rows of others say nothing of triggers."""
    there = [order for order in witness.engine.orders.values() if order.level is not None]
    rows = data["maker"] + data["market"]
    own = {str(order.id) for order in there if order.account == account}
    hidden = all("trigger" not in row for row in rows if row["id"] not in own)
    return hidden and _are_open(witness, rows, there)


def _are_open(witness: Witness, rows: list[Any], there: list[Order]) -> bool:
    by_id = {int(row["id"]): row for row in rows}
    return by_id.keys() == {order.id for order in there} and all(
        _is_shown(witness, by_id[order.id], order) for order in there
    )


def _is_shown(witness: Witness, row: Any, order: Order) -> bool:
    """Whether a row says how much is left and filled, and where a trigger is now."""
    rules = witness.engine.markets[order.market].market.rules
    tick, lot = Fraction(rules.tick), Fraction(rules.lot)
    if "size" in row and Fraction(row["size"]) != order.left * lot:
        return False
    if order.trigger is not None and "trigger" in row:
        shown = Fraction(row["trigger"]["price"]), row["trigger"]["armed"]
        if shown != (order.trigger.trigger2 * tick / 2, order.trigger.armed):
            return False
    return Fraction(row["filled_size"]) == order.filled * lot


def _fills(witness: Witness, account: int, data: Any, _: Any) -> bool:
    shown = sorted((int(row["fill_id"]), int(row["order_id"])) for row in data)
    return shown == sorted((fill.trade, fill.order) for fill in witness.fills[account])


def _completed(witness: Witness, account: int, data: Any, _: Any) -> bool:
    shown = {int(row["id"]): Fraction(row["filled_size"]) for row in data}
    if sorted(shown) != sorted(witness.closed[account]):
        return False
    sizes = {row["id"]: row["symbol"] for row in data}
    markets = witness.engine.market_ids
    return all(
        size
        == witness.filled[id]
        * Fraction(witness.engine.markets[markets[sizes[str(id)]]].market.rules.lot)
        for id, size in shown.items()
    )


def _book(witness: Witness, _: int, data: Any, params: Any) -> bool:
    engine = witness.engine
    if data["seq"] != engine.event_seq:
        return False
    place = engine.markets[engine.market_ids[params["symbol"]]]
    tick, lot = Fraction(place.market.rules.tick), Fraction(place.market.rules.lot)
    for name, side in (("bids", Side.BUY), ("asks", Side.SELL)):
        rows = [(Fraction(row[0]), Fraction(row[1])) for row in data[name] if len(row) == 2]
        depth = [(price * tick, lots * lot) for price, lots in place.book.depth(side, 20)]
        if rows != depth[: len(rows)] or len(rows) < len(depth) - 1:
            return False
    return True


def _price(witness: Witness, _: int, data: Any, params: Any) -> bool:
    place = witness.engine.markets[witness.engine.market_ids[params["symbol"]]]
    return Fraction(data) == Fraction(place.market.rules.tick) * place.mid2 / 2


def _audit(_: Witness, __: int, data: Any, ___: Any) -> bool:
    return bool(data == [])


def _entered(_: Witness, __: int, ___: Any, ____: Any) -> bool:
    return True  # that the account is there has been looked at


def _units(text: str) -> Fraction:
    return Fraction(text) * _UNITS


VIEWS: dict[str, Callable[[Witness, int, Any, Any], bool]] = {
    "wallets": _wallets,
    "orders": _orders,
    "all_orders": _all_orders,
    "fills": _fills,
    "completed": _completed,
    "book": _book,
    "price": _price,
    "audit": _audit,
    "register": _entered,
    "auth": _entered,
}

"""What a reply tells about the state of a game, compared with a state. Decimal text, no floats.

`tells(attempt, witness)` is whether the reply is true where the witness stands.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from cxgame.model.enums import Side
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
    return _are_open(witness, data, [account])


def _all_orders(witness: Witness, _: int, data: Any, __: Any) -> bool:
    return _are_open(witness, data, range(len(witness.engine.accounts)))


def _are_open(witness: Witness, data: Any, accounts: Any) -> bool:
    engine = witness.engine
    rows = {int(row["id"]): row for row in data["maker"] + data["market"]}
    there = {id: order for id, order in engine.orders.items() if order.account in accounts}
    if rows.keys() != there.keys():
        return False
    for id, order in there.items():
        lot = Fraction(engine.markets[order.market].market.rules.lot)
        shown = [Fraction(rows[id][name]) for name in ("size", "filled_size")]
        if shown != [order.left * lot, order.filled * lot]:
            return False
    return True


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

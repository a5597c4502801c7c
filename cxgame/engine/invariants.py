"""What must be true of a game after every command, in words when it is not.

`violations` looks at everything: in tests after each command, in play on `audit`. `ensure` looks
only at what a command touched and is cheap enough to run in play after each one.
"""

from collections.abc import Iterator

from cxgame.engine.fees import hold_for_rest
from cxgame.engine.orders import Order
from cxgame.engine.settling import asset_held
from cxgame.engine.state import Applied, State
from cxgame.model.enums import OrderStatus

_OPEN = OrderStatus.OPEN  # a global is found faster than an enum's member


class Violation(AssertionError):
    """An invariant is broken: a bug in the engine, never a client's doing."""


def ensure(state: State, applied: Applied) -> None:
    """Check what one command touched; raises `Violation`.

    An order that rests without having met anyone holds what it was just given.
    """
    for ended in applied.ended:
        if ended.hold or ended.left < 0 or ended.level is not None or ended.id in state.orders:
            raise Violation(f"order {ended.id} has not ended cleanly")
    order = applied.order
    if order is not None and order.level is not None and len(applied.events) > 1:
        problem = _order_problem(state, order)
        if problem:
            raise Violation(problem)


def violations(state: State) -> list[str]:
    """Every invariant that does not hold now."""
    return [
        *(f"{asset} sums to {total}" for asset, total in state.ledger.totals().items() if total),
        *_column_problems(state),
        *(problem for order in state.orders.values() if (problem := _order_problem(state, order))),
        *_book_problems(state),
        *_index_problems(state),
    ]


def _column_problems(state: State) -> Iterator[str]:
    """Nobody but the house is in debt, and what is held is what open orders hold."""
    held: dict[tuple[int, int], int] = {}
    for order in state.orders.values():
        key = order.account, asset_held(state.markets[order.market].market, order)
        held[key] = held.get(key, 0) + order.hold
    for account in state.accounts:
        for column, asset in enumerate(state.ledger.assets):
            if account.id and account.free[column] < 0:
                yield f"{account.name} has {account.free[column]} {asset} free"
            if account.held[column] != held.get((account.id, column), 0):
                yield f"{account.name}'s held {asset} is not what the open orders hold"


def _order_problem(state: State, order: Order) -> str:
    if order.left <= 0 or order.status is not _OPEN or order.level is None:
        return f"order {order.id} is in the book but not open"
    if order.hold != hold_for_rest(state.markets[order.market].market, order):
        return f"order {order.id} holds {order.hold}"
    return ""


def _book_problems(state: State) -> Iterator[str]:
    resting = 0
    for place in state.markets:
        yield from place.book.problems()
        resting += len(place.book)
    if resting != len(state.orders):
        yield f"{resting} orders rest in the books, {len(state.orders)} are known"


def _index_problems(state: State) -> Iterator[str]:
    by_account = {id: order for account in state.accounts for id, order in account.orders.items()}
    if by_account != state.orders:
        yield "the accounts' open orders are not the open orders"
    for account in state.accounts:
        if any(order.account != account.id for order in account.orders.values()):
            yield f"{account.name} has another account's order"
    if len(state.account_ids) != len(state.accounts):
        yield "account names and accounts differ in number"

"""What must be true of a game after every command, in words when it is not.

`violations` looks at everything: in tests after each command. `audit` does the same in slices,
between which a game in play goes on. `ensure` looks only at what a command touched and is cheap
enough to run in play after each one.
"""

from collections.abc import Iterable, Iterator

from cxgame.engine.book import BookSide, Level
from cxgame.engine.fees import hold_for_rest
from cxgame.engine.ledger import HOUSE, Account
from cxgame.engine.orders import Order
from cxgame.engine.settling import asset_held
from cxgame.engine.state import Applied, State
from cxgame.model.enums import OrderStatus

SLICE = 500  # orders, accounts and levels looked at in one go: about half a millisecond
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
    return [problem for found in audit(state) for problem in found]


def audit(state: State) -> Iterator[list[str]]:
    """The same in slices: what each of them has found.

    Commands may be applied between two slices. What belongs together is looked at in one of them
    (an account with its orders, a level with its queue), so that it is right or wrong whatever
    came before and comes after. So a slice is as long as `SLICE` says, or as the orders of one
    account or of one level.
    """
    found: list[str] = []
    looked_at = 0
    for count, problems in _pieces(state):
        found.extend(problems)
        looked_at += count
        if looked_at >= SLICE:
            yield found
            found, looked_at = [], 0
    yield found


def _pieces(state: State) -> Iterator[tuple[int, Iterable[str]]]:
    """What must be looked at together: how much it is, and what is wrong with it.

    Whatever comes while these are gone through may be left out; whatever goes is.
    """
    for column in range(len(state.ledger.assets)):
        yield len(state.accounts), _sum_problems(state, column)
    for account in state.accounts:
        yield 1 + len(account.orders), _account_problems(state, account)
    for id in list(state.orders):
        if id in state.orders:
            yield 1, _known_order_problems(state, state.orders[id])
    for place in state.markets:
        for half in (place.book.bids, place.book.asks):
            yield len(half.keys), half.problems()
            for price in list(half.levels):
                if price in half.levels:
                    level = half.levels[price]
                    orders = list(level)
                    yield len(orders), _level_problems(state, level, orders)


def _sum_problems(state: State, column: int) -> Iterator[str]:
    """No asset was made or lost."""
    total = sum(account.free[column] + account.held[column] for account in state.accounts)
    if total:
        yield f"{state.ledger.assets[column]} sums to {total}"


def _account_problems(state: State, account: Account) -> Iterator[str]:
    """Nobody but the house is in debt, and what is held is what one's open orders hold."""
    held = [0] * len(state.ledger.assets)
    for id, order in account.orders.items():
        held[asset_held(state.markets[order.market].market, order)] += order.hold
        if order.account != account.id or state.orders.get(id) is not order:
            yield f"{account.name} has order {id}, which is not its own open order"
    for column, asset in enumerate(state.ledger.assets):
        if account.id != HOUSE and account.free[column] < 0:
            yield f"{account.name} has {account.free[column]} {asset} free"
        if account.held[column] != held[column]:
            yield f"{account.name}'s held {asset} is not what the open orders hold"
    if state.account_ids.get(account.name.casefold()) != account.id:
        yield f"{account.name} is not found by name"


def _known_order_problems(state: State, order: Order) -> Iterator[str]:
    """An open order rests where it should, and its account knows it."""
    problem = _order_problem(state, order)
    if problem:
        yield problem
    if state.accounts[order.account].orders.get(order.id) is not order:
        yield f"order {order.id} is not among its account's"
    half = state.markets[order.market].book.side(order.side)
    if not _rests(half, order):
        yield f"order {order.id} is not in the book"


def _order_problem(state: State, order: Order) -> str:
    if order.left <= 0 or order.status is not _OPEN or order.level is None:
        return f"order {order.id} is in the book but not open"
    if order.hold != hold_for_rest(state.markets[order.market].market, order):
        return f"order {order.id} holds {order.hold}"
    return ""


def _rests(half: BookSide, order: Order) -> bool:
    """Whether the queue of its price leads to an order."""
    level = half.levels.get(order.price)
    if level is None or level is not order.level:
        return False
    return order is (level.first if order.previous is None else order.previous.next)


def _level_problems(state: State, level: Level, orders: list[Order]) -> Iterator[str]:
    """The queue is whole, and everything in it is known."""
    yield from level.problems(orders)
    for order in orders:
        if state.orders.get(order.id) is not order:
            yield f"order {order.id} rests but is not known"

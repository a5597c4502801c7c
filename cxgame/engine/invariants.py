"""What must be true of a game after every command, in words when it is not.

`violations` looks at everything: in tests after each command. `audit` does the same in slices,
between which a game in play goes on. `ensure` looks only at what a command touched and is cheap
enough to run in play after each one.
"""

from collections.abc import Iterator

from cxgame.engine.book import Level
from cxgame.engine.fees import hold_before_market, hold_for_rest
from cxgame.engine.ledger import HOUSE, Account
from cxgame.engine.orders import Order
from cxgame.engine.settling import asset_held
from cxgame.engine.state import Applied, MarketState, State
from cxgame.engine.timers import Due, Task
from cxgame.model.enums import OrderStatus, Phase, TriggerBy
from cxgame.model.events import OrderPlaced

SLICE = 500  # orders, accounts and levels looked at in one go: about half a millisecond
_OPEN = OrderStatus.OPEN  # a global is found faster than an enum's member
_OPEN_PHASE = Phase.OPEN


class Violation(AssertionError):
    """An invariant is broken: a bug in the engine, never a client's doing."""


def ensure(state: State, applied: Applied) -> None:
    """Check what one command touched; raises `Violation`.

    An order of which nothing is said but that it was placed holds what it was just given.
    """
    for ended in applied.ended:
        holds = ended.hold or ended.fee_hold
        if holds or ended.left < 0 or ended.level is not None or ended.id in state.orders:
            raise Violation(f"order {ended.id} has not ended cleanly")
    order = applied.order
    if (
        order is not None
        and order.level is not None
        and type(applied.events[-1]) is not OrderPlaced
    ):
        problem = _order_problem(state, order)
        if problem:
            raise Violation(problem)


def violations(state: State) -> list[str]:
    """Every invariant that does not hold now."""
    return [problem for found in audit(state) for problem in found]


def audit(state: State) -> Iterator[list[str]]:
    """The same in slices: what each of them has found.

    Commands may be applied between two slices. What is compared with each other is looked at in
    one of them, so that it is right or wrong whatever came before and comes after. A slice is as
    long as `SLICE` says; it is longer by the orders of one account or one level if those are more.
    """
    found: list[str] = []
    looked_at = 0
    for count, problems in _pieces(state):
        found += problems
        looked_at += count
        if looked_at >= SLICE:
            yield found
            found, looked_at = [], 0
    yield found


def _pieces(state: State) -> Iterator[tuple[int, list[str]]]:
    """How much was looked at together, and what is wrong with it.

    Whatever comes while these are gone through may be left out; whatever goes is.
    """
    accounts = state.accounts
    for column in range(len(state.ledger.assets)):
        yield len(accounts), _sum_problems(state, column)
    yield len(accounts), _count_problems(state)
    for due in list(state.timers.heap):
        if due.task is Task.EXPIRE and state.timers.holds(due.due_ns, due.order):
            yield 1, _expiry_problems(state, due)
    for account in accounts:
        yield 1 + len(account.orders), _account_problems(state, account)
    for id in list(state.orders):
        if id in state.orders:
            yield 1 + len(state.triggered) // 50, _known_order_problems(state, state.orders[id])
    for order in list(state.triggered):
        if order in state.triggered:
            yield 1, _queue_problems(state, order)
    for place in state.followed:
        yield sum(place.armed.counts.values()), _armed_problems(state, place)
    for place in state.markets:
        for half in (place.book.bids, place.book.asks):
            yield len(half.keys), [] if half.is_sorted() else ["price keys and levels differ"]
            for price in list(half.levels):
                if price in half.levels:
                    yield _level_problems(state, half.levels[price])


def _sum_problems(state: State, column: int) -> list[str]:
    """No asset was made or lost."""
    total = sum(account.free[column] + account.held[column] for account in state.accounts)
    return [f"{state.ledger.assets[column]} sums to {total}"] if total else []


def _count_problems(state: State) -> list[str]:
    """No account has an order that is not known; that each known one has its account is below."""
    count = sum(len(account.orders) for account in state.accounts)
    known = len(state.orders)
    return [f"the accounts have {count} orders, {known} are known"] if count != known else []


def _expiry_problems(state: State, due: Due) -> list[str]:
    """Only an open order has an entry among the timers; that it has one is below."""
    order = state.orders.get(due.order)
    if order is not None and order.expires_ns == due.due_ns:
        return []
    return [f"order {due.order} does not expire at {due.due_ns}"]


def _account_problems(state: State, account: Account) -> list[str]:
    """Nobody but the house is in debt, and what is held is what one's open orders hold."""
    problems = []
    held = [0] * len(state.ledger.assets)
    for order in account.orders.values():
        market = state.markets[order.market].market
        held[asset_held(market, order)] += order.hold
        held[market.quote_asset] += order.fee_hold
    for column, asset in enumerate(state.ledger.assets):
        held[column] += account.admin_held.get(asset, 0)
        if account.id != HOUSE and account.free[column] < 0:
            problems.append(f"{account.name} has {account.free[column]} {asset} free")
        if account.held[column] != held[column]:
            problems.append(f"{account.name}'s held {asset} is not what orders and admin hold")
    if state.account_ids.get(account.name.casefold()) != account.id:
        problems.append(f"{account.name} is not found by name")
    return problems


def _known_order_problems(state: State, order: Order) -> list[str]:
    """A known order is open, stands in the book or waits, and its account has it."""
    in_book = False
    if order.due_ns:
        problem = _waiting_problem(state, order)
    elif order.trigger is not None and order.level is None:
        problem = _trigger_problem(state, order)
    else:
        problem, in_book = _order_problem(state, order), True
    problems = [problem] if problem else []
    if state.accounts[order.account].orders.get(order.id) is not order:
        problems.append(f"order {order.id} is not among its account's")
    if order.expires_ns and not state.timers.holds(order.expires_ns, order.id):
        problems.append(f"order {order.id} never expires")
    if in_book and not state.markets[order.market].book.side(order.side).holds(order):
        problems.append(f"order {order.id} is not in the book")
    if order.next is not None and state.orders.get(order.next.id) is not order.next:
        problems.append(f"order {order.next.id} rests but is not known")
    return problems


def _order_problem(state: State, order: Order) -> str:
    if order.left <= 0 or order.status is not _OPEN or order.level is None:
        return f"order {order.id} is in the book but not open"
    due = hold_for_rest(state.markets[order.market].market, order)
    if order.hold != due and not (order.short and 0 <= order.hold < due):
        return f"order {order.id} holds {order.hold}"
    return f"order {order.id} holds a fee of {order.fee_hold}" if order.fee_hold < 0 else ""


def _waiting_problem(state: State, order: Order) -> str:
    """An order that waits is on no level; its hold is what it was booked at, or less."""
    if order.left <= 0 or order.status is not _OPEN or order.level is not None:
        return f"order {order.id} waits but is not open"
    if state.markets[order.market].waiting.get(order.id) is not order:
        return f"order {order.id} is not among those that wait"
    most = hold_for_rest(state.markets[order.market].market, order)
    if not 0 <= order.hold <= most or order.fee_hold < 0:
        return f"order {order.id} holds {order.hold} and waits"
    return ""


def _trigger_problem(state: State, order: Order) -> str:
    """An order is armed, or stands in the queue; with all held that it may need."""
    trigger = order.trigger
    assert trigger is not None
    if order.status is not _OPEN or order.filled:
        return f"order {order.id} has a trigger but is not open"
    if not trigger.armed and order not in state.triggered:
        return f"order {order.id} has fired but is not in the queue"
    if trigger.armed and not state.markets[order.market].armed.holds(order):
        return f"order {order.id} is armed but waits for no price"
    due = hold_before_market(state.markets[order.market].market, order)
    if order.hold != due and not (order.short and 0 <= order.hold < due):
        return f"order {order.id} holds {order.hold}"
    return ""


def _queue_problems(state: State, order: Order) -> list[str]:
    """What stands in the queue is open, on no level, and has fired."""
    fired = order.trigger is not None and not order.trigger.armed
    if fired and order.level is None and state.orders.get(order.id) is order:
        return []
    return [f"order {order.id} is in the queue but does not come to the market"]


def _armed_problems(state: State, place: MarketState) -> list[str]:
    """What waits for the prices of a market is open, armed and counted, and not reached yet."""
    problems, armed = [], place.armed
    counts: dict[int, int] = {}
    for order in armed.orders():
        counts[order.account] = counts.get(order.account, 0) + 1
        if state.orders.get(order.id) is not order or not (order.trigger and order.trigger.armed):
            problems.append(f"order {order.id} waits for a price but is not armed")
    if counts != armed.counts:
        problems.append("armed orders are not counted right")
    for by in TriggerBy:
        for watchers in armed.watching(by):
            if not watchers.is_sound():
                problems.append("triggers are not where they are looked for")
            nearest = watchers.nearest()
            if state.phase is _OPEN_PHASE and nearest <= watchers.sign * place.watched(by):
                problems.append("a trigger was reached but has not fired")
    return problems


def _level_problems(state: State, level: Level) -> tuple[int, list[str]]:
    """The ends of a queue, and what it sums to; its links are checked order by order."""
    problems = []
    count, lots, last = level.walk()
    first = level.first
    if last is None or first is None or last is not level.last or first.previous is not None:
        problems.append(f"level {level.price} has loose ends")
    elif state.orders.get(first.id) is not first:
        problems.append(f"order {first.id} rests but is not known")
    if lots != level.lots:
        problems.append(f"level {level.price} does not sum to its lots")
    return 1 + count, problems

"""The state as plain lists and back, and its hash: two games are the same when their hashes are.

Everything that a later command may ask for is written down; what follows from it (look-ups, the
markets' integers, sums of levels) is made anew. A new attribute of the state, an account, a market
or an order belongs into one of the lists below: a test holds them against the classes.
"""

import json
from collections import deque
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from cxgame.engine.ledger import Account, Flow, Total
from cxgame.engine.orders import Order
from cxgame.engine.state import MarketState, State
from cxgame.engine.timers import Due, Task
from cxgame.engine.triggers import Trigger
from cxgame.model.enums import (
    Liquidity,
    Mid,
    OrderStatus,
    OrderType,
    Phase,
    SelfTrade,
    SellFee,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)
from cxgame.model.market import build_market
from cxgame.model.rules import MarketRules, Rules

if TYPE_CHECKING:
    from cxgame.engine.engine import Engine

SCHEMA = 1

# Attributes in the order in which they are written.
COUNTERS = ("command_seq", "event_seq", "private_seq", "last_order_id", "last_trade_id")
ACCOUNT = ("name", "team", "bot", "admin", "free", "held", "closed_orders")
MARKET = ("bid", "ask", "bid_volume", "ask_volume", "mid2", "tick_index", "carry")
ORDER = (
    "id account verb side price quantity left filled time_in_force self_trade cid fingerprint "
    "wall_ms hold maker_value taker_value maker_fee taker_fee type budget"
).split()
# What most orders and accounts lack is written only where it is there, as the last of a row.
# What came later stands at their end, and is left out again where it is not there.
ORDER_EXTRAS = ("due_ns", "fee_hold", "short", "expires_ns", "trigger")
_FIRST_EXTRAS = 3
_NO_EXTRAS = (0, 0, False, 0, None)
TRIGGER = "kind by trigger2 max_price trail trail_rate best2 post_only armed".split()
ACCOUNT_EXTRAS = ("admin_held", "deposits", "withdrawals", "totals", "first_order", "sandbox")
FIRST_RULES = 13  # fields of `Rules` that are always written; later ones unless at their defaults
_ORDER_ENUMS: dict[str, list[Any]] = {  # members in the order of their numbers
    "verb": list(Verb),
    "side": list(Side),
    "time_in_force": list(TimeInForce),
    "self_trade": list(SelfTrade),
    "type": list(OrderType),
}

_counters = attrgetter(*COUNTERS)
_account_fields = attrgetter(*ACCOUNT)
_market_fields = attrgetter(*MARKET)
_order_fields = attrgetter(*ORDER)
_trigger_fields = attrgetter(*TRIGGER)


class UnknownSchema(ValueError):
    """A dump of a version that this program cannot read."""


def dump(state: State) -> dict[str, Any]:
    """All of the state in lists, texts and integers, in one order only."""
    return {
        "schema": SCHEMA,
        "rules": _plain_rules(state.known_rules),
        "phase": int(state.phase),
        "start_requested": state.start_requested,
        "round": state.round,
        "game_time_ns": state.game_time_ns,
        "wall_ms": state.wall_ms,
        "counters": list(_counters(state)),
        "assets": state.ledger.assets,
        "accounts": [_account(account) for account in state.accounts],
        "markets": [_market(market) for market in state.markets],
        "timers": sorted(map(_timer, state.timers.heap)),
        **_triggered(state),
    }


def load(shown: dict[str, Any]) -> "Engine":
    """An engine in the state of which `dump` was made. Raises `UnknownSchema`."""
    from cxgame.engine.engine import Engine  # which itself asks for the hash

    if shown["schema"] != SCHEMA:
        raise UnknownSchema(f"schema {shown['schema']} of a snapshot is not known")
    state = Engine()
    for asset in shown["assets"]:
        state.ledger.add_asset(asset)
    for id, account in enumerate(shown["accounts"]):
        _load_account(state, id, *account)
    state.take_rules(_rules(shown["rules"]))
    orders: list[Order] = []
    for id, market in enumerate(shown["markets"]):
        orders += _load_market(state, id, *market)
    state.triggered.extend(_load_order(*row) for row in shown.get("triggered", ()))
    orders += state.triggered
    for order in sorted(orders, key=attrgetter("id")):  # as they were placed
        state.orders[order.id] = order
        state.accounts[order.account].orders[order.id] = order
    state.timers.heap = [
        Due(due_ns, seq, Task(task), *order) for due_ns, seq, task, *order in shown["timers"]
    ]
    state.phase = Phase(shown["phase"])
    for name in ("start_requested", "round", "game_time_ns", "wall_ms"):
        setattr(state, name, shown[name])
    for name, value in zip(COUNTERS, shown["counters"], strict=True):
        setattr(state, name, value)
    return state


def state_hash(state: State) -> bytes:
    """16 bytes over everything in `dump`."""
    text = json.dumps(dump(state), sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).digest()


def _account(account: Account) -> list[Any]:
    return [
        *_account_fields(account),
        sorted([cid, *known] for cid, known in account.cids.items()),
        [list(closed) for closed in account.closed_cids],
        *_extras(account),
    ]


def _extras(account: Account) -> list[dict[str, Any]]:
    """What few accounts have, if this one has any of it."""
    extras: dict[str, Any] = {
        "admin_held": account.admin_held,
        "deposits": {name: [flow.amount, flow.value] for name, flow in account.deposits.items()},
        "withdrawals": {
            name: [flow.amount, flow.value] for name, flow in account.withdrawals.items()
        },
        "totals": sorted(
            [market, int(side), total.count, total.lots, total.value, total.fee]
            for (market, side), total in account.totals.items()
        ),
        "first_order": account.first_order,
    }
    if account.sandbox:  # came later
        extras["sandbox"] = True
    return [extras] if any(extras.values()) else []


def _load_extras(account: Account, extras: dict[str, Any]) -> None:
    account.admin_held = dict(extras["admin_held"])
    account.deposits = {name: Flow(*flow) for name, flow in extras["deposits"].items()}
    account.withdrawals = {name: Flow(*flow) for name, flow in extras["withdrawals"].items()}
    account.totals = {
        (market, Side(side)): Total(*total) for market, side, *total in extras["totals"]
    }
    account.first_order = extras["first_order"]
    account.sandbox = extras.get("sandbox", False)


def _load_account(state: State, id: int, *fields: Any) -> None:
    plain = fields[: len(ACCOUNT)]
    cids, closed_cids, *extras = fields[len(ACCOUNT) :]
    name, team, bot = plain[:3]
    account = state.house if id == 0 else state.ledger.open_account(name, team, bot)
    for attribute, value in zip(ACCOUNT, plain, strict=True):
        if attribute in ("free", "held"):
            getattr(account, attribute)[:] = value  # the ledger knows the house's list
        else:
            setattr(account, attribute, value)
    account.cids = {cid: (order, fingerprint) for cid, order, fingerprint in cids}
    account.closed_cids = deque((number, when_ns, cid) for number, when_ns, cid in closed_cids)
    state.account_ids[name.casefold()] = id
    for each in extras:
        _load_extras(account, each)


def _triggered(state: State) -> dict[str, Any]:
    """The queue of orders that come next, if there is one."""
    rows = [[order.market, _order(order)] for order in state.triggered]
    return {"triggered": rows} if rows else {}


def _market(place: MarketState) -> list[Any]:
    """Quotes, the orders of each level in their queue positions, and those that wait.

    Where there has been a trigger, the last price and the armed orders, too, oldest first.
    """
    orders = [
        _order(order)
        for half in (place.book.bids, place.book.asks)
        for level in half
        for order in level
    ]
    waiting = [_order(order) for order in place.waiting.values()]
    row = [*_market_fields(place), orders]
    if place.follows:
        return [*row, waiting, [place.last, [_order(order) for order in place.armed.orders()]]]
    return [*row, *([waiting] if waiting else [])]


def _order(order: Order) -> list[Any]:
    extras = [getattr(order, name) for name in ORDER_EXTRAS]
    if order.trigger is not None:
        extras[-1] = list(_trigger_fields(order.trigger))
    while len(extras) > _FIRST_EXTRAS and not extras[-1]:
        extras.pop()
    return [*_order_fields(order), *([extras] if any(extras) else [])]


def _timer(due: Due) -> list[Any]:
    return [due.due_ns, due.seq, str(due.task), *([due.order] if due.order else [])]


def _load_market(state: State, id: int, *fields: Any) -> list[Order]:
    """Put a market with its book into the state; returns the orders in it."""
    plain = fields[: len(MARKET)]
    rows, *later = fields[len(MARKET) :]
    rules = state.known_rules.markets[id]
    column = state.ledger.column
    place = MarketState(build_market(id, rules, column(rules.base), column(rules.quote)))
    for attribute, value in zip(MARKET, plain, strict=True):
        setattr(place, attribute, value)
    orders = [_load_order(id, row) for row in rows]
    for order in orders:
        place.book.side(order.side).add(order)
    waiting = [_load_order(id, row) for row in later[0]] if later else []
    place.waiting = {order.id: order for order in waiting}
    state.markets.append(place)
    state.market_ids[rules.symbol] = id
    armed = _load_armed(state, place, *later[1]) if later[1:] else []
    return [*orders, *waiting, *armed]


def _load_armed(state: State, place: MarketState, last: int, rows: list[list[Any]]) -> list[Order]:
    place.last = last
    state.follow(place)
    orders = [_load_order(place.market.id, row) for row in rows]
    for order in orders:
        place.armed.add(order)
    return orders


def _load_order(market: int, row: list[Any]) -> Order:
    order = Order.__new__(Order)  # not what a command makes, but what became of it
    extras = row[len(ORDER)] if len(row) > len(ORDER) else ()
    extras = (*extras, *_NO_EXTRAS[len(extras) :])
    for attribute, value in zip(ORDER, row[: len(ORDER)], strict=True):
        setattr(order, attribute, value)
    for attribute, value in zip(ORDER_EXTRAS, extras, strict=True):
        setattr(order, attribute, value)
    if order.trigger is not None:
        order.trigger = _load_trigger(extras[-1])
    for attribute, members in _ORDER_ENUMS.items():
        setattr(order, attribute, members[getattr(order, attribute)])
    order.market = market
    order.status = OrderStatus.OPEN
    order.reason, order.comment, order.ended_ms = None, "", 0
    order.level = order.previous = order.next = None
    return order


def _load_trigger(row: list[Any]) -> Trigger:
    trigger = Trigger.__new__(Trigger)
    for attribute, value in zip(TRIGGER, row, strict=True):
        setattr(trigger, attribute, value)
    trigger.kind, trigger.by = TriggerKind(trigger.kind), TriggerBy(trigger.by)
    return trigger


def _plain_rules(rules: Rules) -> list[Any]:
    plain: list[Any] = _plain(rules)
    defaults = _plain(Rules(0, (), {}, 0))
    while len(plain) > FIRST_RULES and plain[-1] == defaults[len(plain) - 1]:
        plain.pop()
    return plain


def _plain(value: Any) -> Any:
    """Structs as lists, for json; the engine imports no codec."""
    fields = getattr(value, "__struct_fields__", None)
    if fields is not None:
        return [_plain(getattr(value, field)) for field in fields]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _rules(plain: list[Any]) -> Rules:
    """The rules that `_plain` made lists of; fields that came later have their defaults."""
    fields: dict[str, Any] = dict(zip(Rules.__struct_fields__, plain, strict=False))
    fields["markets"] = tuple(MarketRules(*market) for market in fields["markets"])
    if fields["whitelist"] is not None:
        fields["whitelist"] = {team: tuple(names) for team, names in fields["whitelist"].items()}
    for name, enum in (("mid", Mid), ("liquidity", Liquidity), ("self_trade", SelfTrade)):
        fields[name] = enum(fields[name])
    if "sell_fee" in fields:
        fields["sell_fee"] = SellFee(fields["sell_fee"])
    return Rules(**fields)

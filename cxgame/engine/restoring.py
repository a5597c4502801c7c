"""A state out of the lists that `cxgame.engine.snapshot` made of one.

What follows from them (look-ups, the markets' integers, sums of levels) is made anew.
"""

from collections import deque
from operator import attrgetter
from typing import Any

from cxgame.engine.engine import Engine
from cxgame.engine.ledger import Account, Flow, Total
from cxgame.engine.orders import Order
from cxgame.engine.snapshot import ACCOUNT, COUNTERS, MARKET, ORDER, ORDER_EXTRAS, SCHEMA, TRIGGER
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

_NO_EXTRAS = (0, 0, False, 0, None)  # of an order
_ORDER_ENUMS: dict[str, list[Any]] = {  # members in the order of their numbers
    "verb": list(Verb),
    "side": list(Side),
    "time_in_force": list(TimeInForce),
    "self_trade": list(SelfTrade),
    "type": list(OrderType),
}


class UnknownSchema(ValueError):
    """A dump of a version that this program cannot read."""


def load(shown: dict[str, Any]) -> Engine:
    """An engine in the state of which `dump` was made. Raises `UnknownSchema`."""
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


def _load_extras(account: Account, extras: dict[str, Any]) -> None:
    account.admin_held = dict(extras["admin_held"])
    account.deposits = {name: Flow(*flow) for name, flow in extras["deposits"].items()}
    account.withdrawals = {name: Flow(*flow) for name, flow in extras["withdrawals"].items()}
    account.totals = {
        (market, Side(side)): Total(*total) for market, side, *total in extras["totals"]
    }
    account.first_order = extras["first_order"]
    account.sandbox = extras.get("sandbox", False)


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

"""The state as plain lists, and its hash: two games are the same when their hashes are.

Everything that a later command may ask for is written down; what follows from it is not. The way
back is `cxgame.engine.restoring`. A new attribute of the state, an account, a market
or an order belongs into one of the lists below: a test holds them against the classes.
"""

import json
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from cxgame.engine.ledger import Account
from cxgame.engine.orders import Order
from cxgame.engine.state import MarketState, State
from cxgame.engine.timers import Due
from cxgame.model.rules import Rules

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
TRIGGER = "kind by trigger2 max_price trail trail_rate best2 post_only armed".split()
ACCOUNT_EXTRAS = ("admin_held", "deposits", "withdrawals", "totals", "first_order", "sandbox")
FIRST_RULES = 13  # fields of `Rules` that are always written; later ones unless at their defaults

_counters = attrgetter(*COUNTERS)
_account_fields = attrgetter(*ACCOUNT)
_market_fields = attrgetter(*MARKET)
_order_fields = attrgetter(*ORDER)
_trigger_fields = attrgetter(*TRIGGER)


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

"""The state as plain lists, and its hash: two games are the same when their hashes are."""

import json
from hashlib import blake2b
from typing import Any

from cxgame.engine.ledger import Account
from cxgame.engine.orders import Order
from cxgame.engine.state import MarketState, State

SCHEMA = 1


def dump(state: State) -> dict[str, Any]:
    """All of the state in lists, texts and integers, in one order only."""
    return {
        "schema": SCHEMA,
        "rules": _plain(state.known_rules),
        "phase": int(state.phase),
        "start_requested": state.start_requested,
        "round": state.round,
        "game_time_ns": state.game_time_ns,
        "wall_ms": state.wall_ms,
        "counters": [
            state.command_seq,
            state.event_seq,
            state.private_seq,
            state.last_order_id,
            state.last_trade_id,
        ],
        "assets": state.ledger.assets,
        "accounts": [_account(account) for account in state.accounts],
        "markets": [_market(market) for market in state.markets],
        "timers": sorted([due.due_ns, due.seq, str(due.task)] for due in state.timers.heap),
    }


def state_hash(state: State) -> bytes:
    """16 bytes over everything in `dump`."""
    text = json.dumps(dump(state), sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).digest()


def _account(account: Account) -> list[Any]:
    return [
        account.name,
        account.team,
        account.bot,
        account.admin,
        account.free,
        account.held,
        account.closed_orders,
        sorted([cid, *known] for cid, known in account.cids.items()),
        [list(closed) for closed in account.closed_cids],
    ]


def _market(place: MarketState) -> list[Any]:
    """Quotes, and the orders of each level in their queue positions."""
    orders = [
        _order(order)
        for half in (place.book.bids, place.book.asks)
        for level in half
        for order in level
    ]
    return [
        place.bid,
        place.ask,
        place.bid_volume,
        place.ask_volume,
        place.mid2,
        place.tick_index,
        place.carry,
        orders,
    ]


def _order(order: Order) -> list[Any]:
    return [
        order.id,
        order.account,
        int(order.verb),
        int(order.side),
        order.price,
        order.quantity,
        order.left,
        order.filled,
        int(order.time_in_force),
        int(order.self_trade),
        order.cid,
        order.fingerprint,
        order.wall_ms,
        order.hold,
        order.maker_value,
        order.taker_value,
        order.maker_fee,
        order.taker_fee,
    ]


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

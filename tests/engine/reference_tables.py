"""What the generated games are made of: small tables of values, and how often each is used.

Prices lie within a few ticks, sizes within a few lots and funds last for a few orders, so that
matches, partial fills, shortages and meetings of a team's own orders are common.
"""

from __future__ import annotations

from typing import Any

from cxgame.model import commands as ask
from cxgame.model.enums import (
    Liquidity,
    Mid,
    OrderType,
    SelfTrade,
    SellFee,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
)

Table = dict[str, tuple[Any, ...]]
Drawn = dict[str, Any]

# tick and lot of BTC/USD, tick and lot of ETH/BTC. In the first, fees come out even; in the others
# a trade of one lot at one tick is worth so few units that nearly every fee must be rounded.
SCALES = {
    "even": ("0.01", "0.0001", "0.005", "0.002"),
    "fine": ("0.01", "0." + "0" * 21 + "1", "0." + "0" * 12 + "5", "0." + "0" * 10 + "2"),
    "odd": ("0.3", "0." + "0" * 22 + "7", "0." + "0" * 11 + "7", "0." + "0" * 11 + "1"),
}
RULES: Table = {
    "scale": tuple(SCALES),
    "fees": (("0", "0"), ("0.001", "0.002"), ("0.1", "0.25"), ("0.3", "0"), ("0", "0.07")),
    "mid": tuple(Mid),
    "liquidity": tuple(Liquidity),
    "self_trade": tuple(SelfTrade),
    "max_open_orders": (0, 4),
    "max_levels": (10_000, 3),
    "time_limit_ms": (None, None, 40_000),
    "user_limit": (None, None, 4),
    "whitelist": (None, None, {"": ("Ann", "bob"), "blue": ("cid", "dan")}),
    "started": (True, False),
    "sell_fee": tuple(SellFee),
    "fill_sigma": ("0", "0.5", "0", "3"),
    "cash_asset": ("", "USD"),
}

PLAYERS = (("ann", ""), ("bob", "red"), ("cid", "red"), ("dan", ""))
_NAMES = ("eve", "ann", "ANN", "fay", "gus")

_ORDER: Table = {
    "account": (1, 2, 3, 4),
    "market": (0, 0, 1, 2),  # the third joins some games
    "side": tuple(Side),
    "self_trade": (None, *SelfTrade),
    "cid": (*[""] * 14, *"abcde"),
    "fingerprint": (0, 0, 0, 1),
}
_PRICES = (*(10, 9, 11, 8, 12, 7, 13, 6) * 6, 14, 5, 10**15 + 1)
_LOTS = (*(3, 5, 2, 8, 4, 13) * 6, 21, 30, 60, 1, 10**18 + 1)
_TIMES = (*[TimeInForce.GTC] * 5, *list(TimeInForce)[1:])
# From now, in ms of the wall clock. None: no deadline.
_DEADLINES = (*[None] * 12, 0, 400, -1)
_VOLUMES = (None, 3, 10, 0)
_ASSETS = ("USD", "BTC", "USD", "ETH", "GOLD")

TABLES: dict[str, Table] = {
    "limit": _ORDER
    | {
        "price": _PRICES,
        "quantity": _LOTS,
        "time_in_force": _TIMES,
        "post_only": (False,) * 6 + (True,),
        "deadline": _DEADLINES,
        "lives_ms": (0, 1, 300, 900),
    },
    "seed": _ORDER | {"price": _PRICES, "quantity": _LOTS},
    "market": _ORDER | {"quantity": _LOTS, "time_in_force": _TIMES},
    "budget": _ORDER
    | {
        "steps": (40, 25, 70, 33, 110, 51, 12, 9, 600),  # one: a lot at a price of one tick
        "units": (0, 1, 2),
        "time_in_force": _TIMES,
    },
    "cancel": {"account": (1, 2, 3, 4), "which": tuple(range(12)), "own": (True,) * 5 + (False,)},
    "amend": {
        "account": (1, 2, 3, 4),
        "which": tuple(range(12)),
        "own": (True,) * 9 + (False,),
        "price": (0, *_PRICES[:8], 0, 0, 0, 5, 10**15 + 1),
        "quantity": (0, *_LOTS[:6], 0, 1, 3, 5, 30, 60, 10**18 + 1),
        "post_only": (False,) * 6 + (True,),
        "deadline": _DEADLINES,
    },
    "cancel_all": {"account": (1, 2, 3, 4), "market": (-1, 0, 1), "side": (None, *Side)},
    "tick": {
        "market": (0, 1, 2),
        "draw": tuple(range(40)),
        "bid": (10, 9, 8, 11, 7, 12),
        "spread": (0, 1, 2, 0),
        "bid_volume": _VOLUMES,
        "ask_volume": _VOLUMES,
    },
    "talk": {"account": (1, 2, 3, 4), "text": ("hello",)},
    "notice": {"act": ("kick",), "text": ("ann was disconnected.",), "account": (0, 1, 2)},
    "role": {"account": (1, 2, 3, 4)},
    "account": {"name": _NAMES, "team": ("", "red", "blue"), "bot": (False, True)},
    "rules": {name: RULES[name] for name in RULES if name not in ("scale", "fees", "started")}
    | {"max_levels": (None,)},
    "round": {"seed": (7,), "ends": (True, False)},
    "phase": {"command": (ask.Start(), ask.Pause(), ask.Open(), ask.Advance(), ask.Pause())},
    "close": {"why": ("shutdown",)},
    "pending": {name: _ORDER[name] for name in _ORDER if name != "self_trade"}
    | {
        "type": (OrderType.MARKET, OrderType.LIMIT),
        "price": _PRICES,
        "quantity": _LOTS,
        "delay_ms": (0, 1, 300, 900),
    },
    "trigger": _ORDER
    | {
        "form": ("limit", "market", "by budget", "limit"),
        "price": _PRICES,
        "quantity": _LOTS,
        "steps": (40, 25, 70, 33, 110, 51, 12, 9),
        "time_in_force": _TIMES,
        "post_only": (False,) * 6 + (True,),
        "deadline": _DEADLINES,
        "lives_ms": (0, 1, 300, 900),
        "kind": tuple(TriggerKind),
        "by": tuple(TriggerBy),
        "away": (1, 2, 1, 3, 1, 1, 2, 0, 1, 1, -1),  # ticks from the price to the trigger
        "wrong": (*[None] * 20, 5, 10**15 + 1),  # a trigger price, and a trail, out of bounds
        "trail": (1, 2, 3, 1, 2, 1, 2, 3, 0),
        "rate": (*(0, 0, 0, 50_000, 130_000, 333_333) * 2, 1_000_000),
        "max_price": (*(12, 13, 14, 11, 12, 13, 9) * 2, 0, 5, 10**15 + 1),
    },
    "money": {
        "account": (1, 2, 3, 4),
        "asset": _ASSETS,
        "steps": (40, 0, 7, 200, 10**15),
        "goes": (False, True),
    },
    "balance": {
        "account": (1, 2, 3, 4),
        "asset": _ASSETS[:3],
        "free": (300, 40, 0, 600),
        "held": (0, None, 5, 20, 100, 400),
    },
    "reset": {"accounts": ((1,), (2, 3), ())},
    "new_market": {"quote": ("USD", "BTC")},
}
WEIGHTS = {
    "limit": 40,
    "seed": 8,
    "market": 14,
    "budget": 18,
    "cancel": 9,
    "amend": 26,
    "cancel_all": 2,
}
WEIGHTS |= {"tick": 12, "talk": 1, "role": 1, "account": 2, "rules": 1, "round": 1, "phase": 4}
WEIGHTS |= {"pending": 24, "trigger": 26, "money": 3, "balance": 4, "reset": 1, "new_market": 1}
WEIGHTS |= {"notice": 1}

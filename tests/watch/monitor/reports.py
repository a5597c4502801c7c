"""Reports of a server for the tests of the monitor."""

from typing import Any

Report = dict[str, Any]

FAULTS = [
    {
        "id": 1,
        "fault": "delay",
        "direction": "both",
        "probability": 1.0,
        "profile": "typical",
        "since": 0.0,
        "until": 90.0,
        "by": "setting",
        "hits": 1234,
        "for": "everybody",
    },
    {
        "id": 2,
        "fault": "rate_limit",
        "direction": "in",
        "faces": ["rest"],
        "per_second": 10,
        "since": 1.0,
        "until": None,
        "by": "admin",
        "hits": 1,
        "for": "some",
        "to": ["alice", "b\x1b[2Job"],
    },
]
ACCOUNT = {
    "name": "alice",
    "balances": {
        "BTC": {"free": "9.5000000000", "held": "0.5", "total": "10.0000000000"},
        "USD": {"free": "100000.00", "held": "0.00", "total": "100000.00"},
    },
    "open_orders": 3,
}


def session(user: str | None = "alice", **changes: Any) -> dict[str, Any]:
    """A connection that is well."""
    row = {
        "face": "orders",
        "user": user,
        "connection": 3,
        "round_trip_ms": 1.5,
        "messages_per_s": 2.0,
        "refusals_per_min": 0,
        "faults": [],
        "hits": {},
    }
    return {**row, **changes}


def report(ts: float = 100.0, **changes: Any) -> Report:
    """A server that is well."""
    told = {
        "game": "main.1",
        "ts": ts,
        "condition": "ready",
        "phase": "open",
        "sandbox": True,
        "connections": {"orders": 4, "feed": 1, "simulator": 0},
        "messages_per_s": 12.5,
        "refusals_per_min": 2,
        "totals": {"commands": 100, "orders": 10, "trades": 5, "requests": 50},
        "open_orders": 7,
        "accounts": 3,
        "faults": [],
        "is_admin": False,
        "account": None,
        "sessions": [],
    }
    return {**told, **changes}

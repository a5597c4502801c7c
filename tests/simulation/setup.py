"""What a seed decides before anything runs: the game, who plays it, how much."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

SECRET = "open sesame"
_SYMBOLS = ("BTC/USD", "ETH/USD", "ETH/BTC")
_FEES = (("0", "0"), ("0.001", "0.002"), ("0.0003", "0.05"), ("0.1", "0"))
_ORACLES = ("constant:price=100.00", "gbm:price=100.00,volatility=0.9", "random_walk:price=100.00")


@dataclass(frozen=True)
class Setup:
    """One run."""

    players: int
    commands: int
    faults: int
    symbols: tuple[str, ...]
    settings: dict[str, Any]

    @classmethod
    def draw(cls, random: Random, commands: int, faults: int) -> Setup:
        """A game that is a little different each time."""
        symbols = _SYMBOLS[: random.choice((1, 2, 2, 3))]
        maker_fee, taker_fee = random.choice(_FEES)
        settings = {
            "seed": random.randrange(2**32),
            "symbol": symbols,
            "oracle": (random.choice(_ORACLES),),
            "tick_interval": random.choice((0.2, 1.0, 3.0)),
            "mid": random.choice(("oracle", "oracle", "book")),
            "liquidity": random.choice(("none", "none", "house")),
            "maker_fee": maker_fee,
            "taker_fee": taker_fee,
            "stp": random.choice(("expire_taker", "skip", "decrement", "none")),
            "max_open_orders": random.choice((200, 8)),
            "commit_timeout": random.choice((0.3, 1.0, 5.0)),
            "rate_limit": random.choice((0, 0, 100)),
            "usd_start": "20000.00",
            "crypto_start": "50.0",
            "admin_secret": SECRET,
        }
        return cls(random.randint(2, 6), commands, faults + random.randrange(4), symbols, settings)

"""Presets: values for a purpose, weaker than any source and stronger than the defaults.

A value of a preset does not count as given. A new game begins with it, and a later start leaves
the game as it is, with this preset, with another one or without. What is no rule of the game, such
as the limit of messages, holds for the start that names the preset.
"""

from collections.abc import Mapping

PRESETS: Mapping[str, Mapping[str, object]] = {
    # One user and his programs, who trade with the house over REST.
    "mockx": {
        "bind": "127.0.0.1",
        "symbol": "BTC/USDT",
        "oracle": "constant:price=60000",
        "discover_tickers": True,
        "steps": "by_price",
        "tick_interval": 10,
        "liquidity": "house",
        "stp": "skip",
        "maker_fee": "0.00075",
        "taker_fee": "0.00075",
        "sell_fee": "hold",
        "fill_sigma": "0.1",
        "usd_start": "0",
        "crypto_start": "0",
        "cash_asset": "USDT",
        "min_answer_time": 3,
        "max_answer_time": 5,
        "prune_every": 60,
        "stale_after": 24,
        "expire_after": 24,
        "sanity_check_every": 5,
        "rate_limit": 0,
        "max_open_orders": 0,
        "durability": "relaxed",
    },
    # Programs that test how they trade, each with an account of its own that nobody has to make.
    "simulator": {
        "bind": "127.0.0.1",
        "http_port": 8765,
        "sandbox": True,
        "symbol": ("BTC/USD", "ETH/USD"),
        "oracle": (
            "BTC/USD=gbm:price=50000,volatility=0.2,year_days=252,spread=1bp",
            "ETH/USD=gbm:price=3000,volatility=0.2,year_days=252,spread=1bp",
        ),
        "tick_interval": "0.025",
        "liquidity": "house",
        "grants": "USD=100000,BTC=10,ETH=100",
        "rate_limit": 0,
        "max_open_orders": 0,
        "max_connections_per_address": 10_000,
        "max_registrations_per_minute": 1_000_000,
        "durability": "relaxed",
    },
}

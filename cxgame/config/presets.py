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
}

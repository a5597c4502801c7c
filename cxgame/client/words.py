"""The words that arguments may be, as types: what an editor offers and mypy checks."""

from typing import Literal

Side = Literal["buy", "sell"]
OrderType = Literal["limit", "market"]
TimeInForce = Literal["gtc", "ioc", "fok", "gtd", "day"]
SelfTrade = Literal["none", "skip", "expire_taker", "expire_maker", "expire_both", "decrement"]
TriggerKind = Literal["stop", "take_profit", "trailing"]
TriggerBy = Literal["last", "mid"]
Timeframe = Literal["1s", "5s", "15s", "30s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"]

MarketChannel = Literal[
    "activity",
    "full",
    "trades",
    "ticker",
    "book",
    "standings",
    "depth",
    "orders",
    "candles",
]
"""What everybody may follow, on the order server and on the feed."""

Channel = MarketChannel | Literal["executions"]
"""What a client may follow; `executions` is its own account's."""

CommandName = Literal[
    "register",
    "auth",
    "rotate",
    "bcast",
    "broadcast",
    "buy",
    "sell",
    "buy_market",
    "sell_market",
    "order",
    "validate",
    "amend",
    "cancel",
    "cancel_all",
    "batch",
    "cancel_on_disconnect",
    "cancel_all_after",
    "price",
    "wallets",
    "orders",
    "all_orders",
    "fills",
    "completed",
    "audit",
    "markets",
    "book",
    "tickers",
    "time",
    "trades",
    "candles",
    "start",
    "pause",
    "grant",
    "shutdown",
    "end_round",
    "start_round",
    "announce",
    "players",
    "whitelist",
    "kick",
    "rotate_user",
    "adjust",
    "set_price",
    "faults",
    "reset",
]
"""What `r` and `runcmd` run."""

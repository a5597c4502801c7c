"""Words for what is a number inside the game, as the feed and the records of a game use them."""

from cxgame.model.enums import OrderType, Phase, Reason, Side, TimeInForce

SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
TYPES = {OrderType.LIMIT: "limit", OrderType.MARKET: "market"}
TIMES = {
    TimeInForce.GTC: "gtc",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
    TimeInForce.GTD: "gtd",
    TimeInForce.DAY: "day",
}
PHASES = {
    Phase.REGISTRATION: "registration",
    Phase.OPEN: "open",
    Phase.PAUSED: "paused",
    Phase.CLOSED: "closed",
}
REASONS = {
    Reason.USER: "user",
    Reason.UNFILLED: "unfilled",
    Reason.SELF_TRADE: "self_trade",
    Reason.CLOSED: "closed",
    Reason.EXPIRED: "expired",
    Reason.RESET: "reset",
    Reason.REJECTED: "rejected",
    Reason.POST_ONLY: "post_only",
}

# The intervals of candles, and their seconds.
TIMEFRAMES = {
    "1s": 1,
    "5s": 5,
    "15s": 15,
    "30s": 30,
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
}

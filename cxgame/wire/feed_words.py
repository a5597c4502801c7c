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

"""The fields of requests: of which type each is, how long it may be, and what to say if it is not.

Money stays raw JSON here, because what it means depends on a market (`cxgame.wire.money`).
"""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Raw

MAX_DEPTH = 1_000  # book levels per side in one reply
MAX_ROWS = 1_000_000  # what may be asked for; the server sends a page of it
MAX_SYMBOL = 64
MAX_SYMBOLS = 1_000  # named in one request; all of them need not be named
MAX_SECRET = 1_024  # what is hashed is bounded
MAX_ID = 64  # characters of a request's id
MAX_CID = 64  # a UUID with a prefix; remembered for each of an account's last 1,000 orders
MAX_ORDER_KEY = 40  # of text that may be an order's id, and is echoed if it is none
MAX_BATCH = 15  # requests in one message: a ladder of seven levels a side, and one cancel
MAX_CHANNELS = 32  # named in one request; there are fewer
MAX_NAMED = 1_000  # users named in one request about the whitelist
MAX_FAULTS = 100  # network faults named in one request
MAX_DECK = 50_000  # characters of a deck; a deal has some 100
MAX_SWITCH_MS = 3_600_000  # an hour: who wants to be away for longer wants no switch

ABSENT: Any = None  # an optional `Raw` that was not given; msgspec knows no `Raw | None`

# What a client may mark a message with, to find its answer; integers as the journal can keep them.
RequestId: TypeAlias = (
    Annotated[str, Meta(max_length=MAX_ID)] | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None
)
Symbol = Annotated[str, Meta(min_length=1, max_length=MAX_SYMBOL)]
Symbols = Annotated[list[Symbol], Meta(min_length=1, max_length=MAX_SYMBOLS)]
Secret = Annotated[str, Meta(min_length=1, max_length=MAX_SECRET)]
Cid = Annotated[str, Meta(min_length=1, max_length=MAX_CID)]
Token = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", min_length=64, max_length=64)]
OrderKey = Annotated[str, Meta(max_length=MAX_ORDER_KEY)] | Annotated[int, Meta(ge=0, le=2**63 - 1)]
UserNames = Annotated[list[str], Meta(max_length=MAX_NAMED)]
Listed: TypeAlias = UserNames | Annotated[dict[str, UserNames], Meta(max_length=MAX_NAMED)]
Rows = Annotated[int, Meta(ge=1, le=MAX_ROWS)]
Milliseconds = Annotated[int, Meta(ge=0, le=2**53)]
Levels = Annotated[int, Meta(ge=1, le=MAX_DEPTH)]
# A distance from now, or a time in seconds since 1970.
Expires: TypeAlias = (
    Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{0,9}(ms|s|m|h|d)$")]
    | Annotated[float, Meta(ge=0, le=2**43)]
)
Batched = Annotated[list[Raw], Meta(min_length=1, max_length=MAX_BATCH)]
SwitchTime = Annotated[int, Meta(ge=0, le=MAX_SWITCH_MS)]
ChannelNames = Annotated[
    list[Annotated[str, Meta(max_length=MAX_SYMBOL)]],
    Meta(min_length=1, max_length=MAX_CHANNELS),
]
FaultTables = Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=MAX_FAULTS)]
FaultIds = Annotated[list[Annotated[int, Meta(ge=1)]], Meta(min_length=1, max_length=MAX_FAULTS)]
IntervalWord = Literal["1s", "5s", "15s", "30s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"]
SideWord = Literal["buy", "sell"]
TimeInForceWord = Literal["gtc", "ioc", "fok", "gtd", "day"]
TriggerWord = Literal["stop", "take_profit", "trailing"]
TriggerByWord = Literal["last", "mid"]
SelfTradeWord = Literal["none", "skip", "expire_taker", "expire_maker", "expire_both", "decrement"]

# What a field must be, in words for the client. One list, since a name means one thing everywhere.
EXPECTED = {
    "cmd": "text",
    "params": "an object",
    "id": f"an integer of 64 bits or text of at most {MAX_ID} characters",
    "ts": "true or false",
    "limits": "true or false",
    "username": "text",
    "token": "64 characters of 0-9 a-f",
    "password": f"text of 1 to {MAX_SECRET} characters",
    "team": "text",
    "secret": f"text of 1 to {MAX_SECRET} characters",
    "symbol": f"text of 1 to {MAX_SYMBOL} characters",
    "symbols": "a list of symbols",
    "message": "text that is not empty",
    "order_id": "an order's id",
    "price": "a number as text",
    "size": "a number as text",
    "amount": "a number as text",
    "cid": f"text of 1 to {MAX_CID} characters",
    "side": '"buy" or "sell"',
    "type": '"limit" or "market"',
    "time_in_force": '"gtc", "ioc", "fok", "gtd" or "day"',
    "expires": 'a distance such as "+30s" (ms, s, m, h, d) or seconds since 1970',
    "deadline_ms": "milliseconds since 1970",
    "validate": "true or false",
    "post_only": "true or false",
    "trigger": '"stop", "take_profit" or "trailing"',
    "trigger_price": "a number as text",
    "trigger_by": '"last" or "mid"',
    "trail": "a number as text",
    "trail_percent": "a number as text",
    "max_price": "a number as text",
    "stp": "one of none, skip, expire_taker, expire_maker, expire_both, decrement",
    "limit": f"an integer from 1 to {MAX_ROWS}",
    "before": "an id from the list",
    "after": "an id from the list, or 0",
    "since": "milliseconds since 1970",
    "until": "milliseconds since 1970",
    "interval": "one of 1s, 5s, 15s, 30s, 1m, 5m, 15m, 30m, 1h, 4h, 1d",
    "timeframe": "one of 1s, 5s, 15s, 30s, 1m, 5m, 15m, 30m, 1h, 4h, 1d",
    "channels": "a list of channels",
    "depth": f"an integer from 1 to {MAX_DEPTH}",
    "requests": f"a list of 1 to {MAX_BATCH} requests",
    "on": "true or false",
    "ms": f"an integer from 0 to {MAX_SWITCH_MS}",
    "add": f"a list of at most {MAX_NAMED} names, or an object of such lists by team",
    "remove": f"a list of at most {MAX_NAMED} names",
    "everyone": "true or false",
    "asset": f"text of 1 to {MAX_SYMBOL} characters",
    "free": "a number as text",
    "held": "a number as text",
    "set": f"a list of 1 to {MAX_FAULTS} faults",
    "clear": '"all" or a list of ids',
    "deck": f"TOML of at most {MAX_DECK} characters",
}

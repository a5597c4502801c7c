"""Orders, fills, markets, books and wallets as the order server shows them, as types.

Owns the shapes for whoever reads the protocol; what is sent is written by hand, for speed, in
`cxgame.wire.rows`, and tests hold it against these. Money, ids and sizes are text; times are
seconds since 1970.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from cxgame.wire.feed_parts import MarketInfo
from cxgame.wire.fields import SideWord, TimeInForceWord, TriggerByWord, TriggerWord

StatusWord = Literal["open", "filled", "cancel", "rejected"]
RoleWord = Literal["maker", "taker"]
Level = Annotated[list[str | None], Meta(min_length=2, max_length=3)]
"""Price, size (null: without end), and `house` if it is the house's."""


# Orders


class TriggerRow(Struct, frozen=True):
    """What brings an order to the market; `price` is where it would fire now, or has fired."""

    kind: TriggerWord
    by: TriggerByWord
    price: str
    armed: bool
    trail: str | UnsetType = UNSET
    trail_percent: str | UnsetType = UNSET
    max_price: str | UnsetType = UNSET


class FillRow(Struct, frozen=True):
    """One account's side of a trade."""

    fill_id: str
    filled_size: str
    price: str
    buy_id: str
    sell_id: str
    side: SideWord
    fee: str
    role: RoleWord
    order_id: str
    timestamp: float
    symbol: str


class _OrderRow(Struct, frozen=True, kw_only=True, tag_field="type"):
    timestamp: float
    id: str
    status: StatusWord
    filled_size: str
    user: str
    symbol: str
    average_price: str | None
    fee: str
    cid: str | UnsetType = UNSET
    trigger: TriggerRow | UnsetType = UNSET


class LimitOrderRow(_OrderRow, frozen=True, kw_only=True, tag="limit"):
    """A limit order; `size` is what remains, `usd_used` what a buy has cost or holds."""

    side: SideWord
    price: str
    size: str
    quantity: str
    time_in_force: TimeInForceWord
    usd_used: str | UnsetType = UNSET
    expires: float | UnsetType = UNSET


class MarketOrderRow(_OrderRow, frozen=True, kw_only=True, tag="market"):
    """A market order; `amount` is the budget, or the quantity where one was given."""

    side: Literal["buy", "sell", "buy_market", "sell_market"]
    price: str | None
    amount: str
    quantity: str | None
    expires: float | UnsetType = UNSET


OrderRow: TypeAlias = LimitOrderRow | MarketOrderRow


class PlacedLimitOrder(LimitOrderRow, frozen=True, kw_only=True, tag="limit"):
    """A limit order as its command answers it."""

    replayed: Literal[True] | UnsetType = UNSET
    validated: Literal[True] | UnsetType = UNSET
    fills: list[FillRow] | UnsetType = UNSET


class PlacedMarketOrder(MarketOrderRow, frozen=True, kw_only=True, tag="market"):
    """A market order as its command answers it."""

    replayed: Literal[True] | UnsetType = UNSET
    validated: Literal[True] | UnsetType = UNSET
    fills: list[FillRow] | UnsetType = UNSET


class ForgottenOrder(Struct, frozen=True):
    """The order of a repeated `cid` that is over for so long that only its id is known."""

    id: str
    replayed: Literal[True]
    validated: Literal[True] | UnsetType = UNSET


class AmendedOrder(LimitOrderRow, frozen=True, kw_only=True, tag="limit"):
    """An order as it is after its amendment."""

    fills: list[FillRow]


class CancelledOrders(Struct, frozen=True):
    """The ids of what was cancelled."""

    cancelled: list[str]


class OpenOrders(Struct, frozen=True):
    """Open orders by type, newest first."""

    maker: list[LimitOrderRow]
    market: list[MarketOrderRow]


# Markets


class MarketRow(MarketInfo, frozen=True):
    """A market, and the phase of its game."""

    phase: str


class BookData(Struct, frozen=True):
    """The best levels of both sides, best first."""

    symbol: str
    seq: int
    bids: list[Level]
    asks: list[Level]


class TickerRow(Struct, frozen=True):
    """Best prices with all that is there, and the last 24 hours; null where there is nothing."""

    symbol: str
    timestamp: float
    bid: str | None
    bid_size: str | None
    ask: str | None
    ask_size: str | None
    open: str | None
    high: str | None
    low: str | None
    last: str | None
    volume: str | None


class TimeData(Struct, frozen=True):
    """Times in seconds; `remaining` is null in an endless game."""

    ts: float
    game_time: float
    phase: str
    remaining: float | None


class TradeRow(Struct, frozen=True):
    """A trade as everybody sees it; `side` is the taker's."""

    trade_id: str
    timestamp: float
    symbol: str
    price: str
    size: str
    side: SideWord
    buy_id: str
    sell_id: str


class CandleRow(Struct, frozen=True):
    """What the trades of an interval come to; `timestamp` is its beginning."""

    timestamp: float
    open: str
    high: str
    low: str
    close: str
    volume: str
    trades: int
    closed: bool


# The account


class Wallet(Struct, frozen=True):
    """What is owned of an asset."""

    free: str
    held: str
    total: str


class FirstHeld(Struct, frozen=True):
    """What open orders hold of the first market's assets."""

    usd: str
    crypto: str


class WalletsData(Struct, frozen=True):
    """What is owned; `usd` and `crypto` are the assets of the first market."""

    usd: str
    crypto: str
    held: FirstHeld
    assets: dict[str, Wallet]


class GuardData(Struct, frozen=True):
    """Whether the orders of this connection go with it."""

    on: bool


class SwitchData(Struct, frozen=True):
    """When all orders go unless the command comes again; null: never."""

    cancel_at: float | None


class AuditReport(Struct, frozen=True):
    """What an admin is told of the books."""

    violations: list[str]
    totals: dict[str, str]
    state_hash: str


class PlayerRow(Struct, frozen=True):
    """A player as the organiser sees him; both rates are of what was asked and answered."""

    user: str
    team: str
    bot: bool
    admin: bool
    listed: bool
    connections: int
    messages_per_s: float
    refusals_per_min: int
    open_orders: int
    equity: str
    rank: int


class Whitelisted(Struct, frozen=True):
    """Who may play, by team (`""` for none); null: everyone."""

    teams: dict[str, list[str]] | None


class Kicked(Struct, frozen=True):
    """How many connections were closed."""

    closed: int


class Adjusted(Struct, frozen=True):
    """What the account has of the asset now."""

    user: str
    asset: str
    free: str
    held: str


class PriceSet(Struct, frozen=True):
    """At what the market is quoted now."""

    symbol: str
    price: str


class Following(Struct, frozen=True):
    """What this connection is sent from now on."""

    channels: list[str]
    symbol: str | None
    timeframe: str | UnsetType = UNSET

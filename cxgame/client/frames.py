"""Shapes of what streams deliver, as types. Owns no behaviour: every event is a plain dict.

An event's `type` says which of these it is; `if event["type"] == "match":` tells mypy and an
editor, too. Prices, sizes and amounts are decimal text, `ts` and timestamps seconds since 1970,
ids decimal text. An exchange may send members and types that are not listed here.
"""

from typing import Literal, NotRequired, TypedDict

from cxgame.client.words import OrderType, Side, Timeframe, TriggerBy, TriggerKind

PriceSize = tuple[str, str]
"""A level as it is sent: a JSON list of price and size."""


class TriggerRow(TypedDict):
    """What an order waits for, or waited for; `price`: where it would fire now."""

    kind: TriggerKind
    by: TriggerBy
    price: str
    armed: bool
    trail: NotRequired[str]
    trail_percent: NotRequired[str]
    max_price: NotRequired[str]


class OrderRow(TypedDict):
    """An order, as `orders` lists it. `size` is what remains of a limit order."""

    id: str
    timestamp: float
    user: str
    symbol: str
    side: str  # `buy_market` and `sell_market` for orders of those commands
    type: OrderType
    status: Literal["open", "filled", "cancel", "rejected"]
    price: str | None  # None: of a market order that waits for its trigger
    quantity: str | None
    size: NotRequired[str]
    amount: NotRequired[str]
    usd_used: NotRequired[str]
    filled_size: str
    average_price: str | None
    fee: str
    time_in_force: NotRequired[str]
    expires: NotRequired[float]
    cid: NotRequired[str]
    trigger: NotRequired[TriggerRow]


class FillRow(TypedDict):
    """One fill of an order."""

    trade_id: str
    price: str
    size: str
    fee: str
    fee_asset: str
    role: Literal["maker", "taker"]
    side: Side


class WalletRow(TypedDict):
    """What an account owns of one asset."""

    free: str
    held: str
    total: str


class Gap(TypedDict):
    """The library's own event: something was missed here.

    `connection`: it was lost, and the client opens another; `slow`: events came faster than they
    were taken, and `missed` of them were dropped. Snapshots follow on channels that have them.
    """

    type: Literal["gap"]
    ts: float
    reason: Literal["connection", "slow"]
    missed: int


class ExecutionsSnapshot(TypedDict):
    """The account's open orders and all it owns; `seq` 0."""

    type: Literal["executions_snapshot"]
    ts: float
    seq: int
    orders: list[OrderRow]
    wallets: dict[str, WalletRow]


class Execution(TypedDict):
    """Something happened to an order of the account; the order is as it was afterwards."""

    type: Literal["execution"]
    ts: float
    seq: int
    event: Literal[
        "accepted",
        "triggered",
        "filled",
        "reduced",
        "amended",
        "cancelled",
        "expired",
        "rejected",
    ]
    order: OrderRow
    fill: NotRequired[FillRow]  # of `filled`
    reason: NotRequired[str]  # of `cancelled`
    comment: NotRequired[str]  # of `rejected`


class WalletsChanged(TypedDict):
    """What the account owns now of the assets that changed."""

    type: Literal["wallets"]
    ts: float
    seq: int
    wallets: dict[str, WalletRow]


class DepthSnapshot(TypedDict):
    """A market's whole book, best prices first."""

    type: Literal["depth_snapshot"]
    ts: float
    symbol: str
    seq: int
    bids: list[PriceSize]
    asks: list[PriceSize]
    checksum: int


class Depth(TypedDict):
    """Levels that changed since `prev_seq`: their sizes now, "0" for one that is gone."""

    type: Literal["depth"]
    ts: float
    symbol: str
    seq: int
    prev_seq: int
    bids: list[PriceSize]
    asks: list[PriceSize]
    checksum: int


class Matched(TypedDict):
    """What a `match` says of the trade itself."""

    size: str
    price: str
    buy_id: str
    sell_id: str


class Match(TypedDict):
    """A trade; `side` is the taker's. Trade ids count the game's trades without gaps."""

    type: Literal["match"]
    ts: float
    symbol: str
    seq: int
    prev_seq: int
    trade_id: str
    side: Side
    message: Matched


class Candle(TypedDict):
    """A candle as it is now, and once more when it has ended (`closed`)."""

    type: Literal["candle"]
    ts: float
    symbol: str
    timeframe: Timeframe
    start: float
    open: str
    high: str
    low: str
    close: str
    volume: str
    trades: int
    closed: bool


class Ticker(TypedDict):
    """The oracle's quotes."""

    type: Literal["ticker"]
    ts: float
    symbol: str
    bid: str
    ask: str
    mid: str


class TopOfBook(TypedDict):
    """The best 20 levels a side, best first."""

    type: Literal["book"]
    ts: float
    symbol: str
    bids: list[PriceSize]
    asks: list[PriceSize]
    last_seq: int


class PhaseChange(TypedDict):
    """The game entered a phase; `remaining` seconds of play, None in an endless game."""

    type: Literal["phase"]
    ts: float
    phase: Literal["registration", "open", "paused", "closed"]
    remaining: float | None


class Announcement(TypedDict):
    """The market opened or stopped, or the game ended."""

    type: Literal["start", "pause", "shutdown"]
    ts: float
    message: str


AccountEvent = ExecutionsSnapshot | Execution | WalletsChanged | Gap
_Anywhere = PhaseChange | Announcement | Gap
TradeEvent = Match | _Anywhere
DepthEvent = DepthSnapshot | Depth | _Anywhere
CandleEvent = Candle | _Anywhere
TickerEvent = Ticker | _Anywhere
Event = Match | DepthSnapshot | Depth | Candle | Ticker | TopOfBook | _Anywhere | AccountEvent

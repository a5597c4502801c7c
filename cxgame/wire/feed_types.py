"""Every frame of the feed, as a type. What goes over the wire is exactly these, in JSON.

Owns the shapes and nothing else: what stands inside them is `feed_parts`, which event gives which
frame is `feed_frames`, who gets it is `feed`. A frame of an event carries the event's `seq` and
`prev_seq`, a frame about a moment (`hello`, `heartbeat`, `book`, `standings`, notices) carries
neither; `depth` is a chain of its own per market. Money, ids and sizes are text; times are float
seconds since 1970.
"""

from msgspec import UNSET, Struct, UnsetType

from cxgame.wire.feed_parts import (
    Amended,
    Cut,
    EquityCurve,
    LimitOrder,
    MarketInfo,
    MarketOrder,
    MatchedOrders,
    RestingOrder,
    Row,
)


class FeedFrame(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all frames."""

    ts: float
    seq: int | UnsetType = UNSET
    prev_seq: int | UnsetType = UNSET  # differs per subscription: joined to the bytes by the lane


class Hello(FeedFrame, frozen=True, tag="hello"):
    """The first frame of a connection, and of a game: where it stands."""

    game: str
    number: int
    phase: str
    remaining: float | None
    markets: list[MarketInfo]
    house: bool  # trades at the oracle's quotes, beside the players
    delay: float | UnsetType = UNSET  # seconds by which this feed is told later
    seq: int  # the last event before this; the next due one has a higher seq


class Subscribed(FeedFrame, frozen=True, tag="subscribed"):
    """What this connection is sent from now on."""

    channels: list[str]
    symbol: str | None
    timeframe: str | UnsetType = UNSET  # of `candles`
    id: str | int | UnsetType = UNSET


class Error(FeedFrame, frozen=True, tag="error"):
    """A request was refused; the subscription is as it was."""

    code: str
    message: str
    id: str | int | UnsetType = UNSET


class Resync(FeedFrame, frozen=True, tag="resync"):
    """What was asked for is out of reach. The feed goes on after `seq`; it has all from `first`."""

    seq: int
    first: int


class Heartbeat(FeedFrame, frozen=True, tag="heartbeat"):
    """Nothing else was due for a second. `last_seq` is the game's last event."""

    last_seq: int
    phase: str
    remaining: float | None
    halted: bool
    spectators: int | UnsetType = UNSET  # who follow the standings; not told on the order server


class Info(FeedFrame, frozen=True, tag="info"):
    """A user registered (with `seq`), or a notice (without)."""

    message: str
    user: str | UnsetType = UNSET
    bot: bool | UnsetType = UNSET


class Buy(FeedFrame, frozen=True, tag="buy"):
    """A limit buy order was accepted."""

    message: LimitOrder
    symbol: str


class Sell(FeedFrame, frozen=True, tag="sell"):
    """A limit sell order was accepted."""

    message: LimitOrder
    symbol: str


class BuyMarket(FeedFrame, frozen=True, tag="buy_market"):
    """A market buy order was accepted."""

    message: MarketOrder
    symbol: str


class SellMarket(FeedFrame, frozen=True, tag="sell_market"):
    """A market sell order was accepted."""

    message: MarketOrder
    symbol: str


class Match(FeedFrame, frozen=True, tag="match"):
    """A trade; `side` is the taker's."""

    message: MatchedOrders
    symbol: str
    trade_id: str
    side: str


class Reduce(FeedFrame, frozen=True, tag="reduce"):
    """Self-trade prevention cut an order without a trade."""

    message: Cut
    symbol: str


class Amend(FeedFrame, frozen=True, tag="amend"):
    """An open order has another price or size."""

    message: Amended
    symbol: str


class Cancel(FeedFrame, frozen=True, tag="cancel"):
    """What was left of an order is gone; `message` is its id."""

    message: str
    symbol: str
    reason: str


class Bcast(FeedFrame, frozen=True, tag="bcast"):
    """A player said something, or an organiser, who is called `admin`."""

    message: str
    user: str


class NoticeFrame(FeedFrame, frozen=True, tag="notice"):
    """An organiser did something; `act` is the command, `user` an admin's name or `admin`."""

    act: str
    message: str
    user: str


class PhaseFrame(FeedFrame, frozen=True, tag="phase"):
    """The game entered a phase; `remaining` seconds of play, null in an endless game."""

    phase: str
    remaining: float | None


class Start(FeedFrame, frozen=True, tag="start"):
    """The market opened."""

    message: str


class Pause(FeedFrame, frozen=True, tag="pause"):
    """The market stopped until the next `start`."""

    message: str


class Shutdown(FeedFrame, frozen=True, tag="shutdown"):
    """The game closed."""

    message: str


class ResultsFrame(FeedFrame, frozen=True, tag="results"):
    """The settled standings of a round."""

    round: int
    standings: list[Row]


class Csv(FeedFrame, frozen=True, tag="csv"):
    """The settled standings as a table."""

    message: str
    data: str


class RoundFrame(FeedFrame, frozen=True, tag="round"):
    """A round began: every account holds the grants again."""

    round: int


class RulesFrame(FeedFrame, frozen=True, tag="rules"):
    """The rules came into force, or changed."""

    markets: list[MarketInfo]


class MarketFrame(FeedFrame, frozen=True, tag="market"):
    """One more market opened; the members are those that `hello` lists."""

    symbol: str
    base: str
    quote: str
    tick: str
    lot: str
    min_size: str
    min_price: str
    min_amount: str
    maker_fee: str
    taker_fee: str


class Reset(FeedFrame, frozen=True, tag="reset"):
    """Accounts of users were emptied; what they did before counts no longer."""

    users: list[str]


class TickerFrame(FeedFrame, frozen=True, tag="ticker"):
    """The oracle's quotes; without `seq` on subscribing: how they stood."""

    symbol: str
    bid: str
    ask: str
    mid: str


class BookFrame(FeedFrame, frozen=True, tag="book"):
    """The best 20 levels a side as `[price, size]`, best first, as of event `last_seq`."""

    symbol: str
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    last_seq: int


class DepthSnapshot(FeedFrame, frozen=True, tag="depth_snapshot"):
    """All levels of a book as `[price, size]`, best first, as they are since event `seq`."""

    symbol: str
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    checksum: int
    seq: int


class DepthFrame(FeedFrame, frozen=True, tag="depth"):
    """The levels that changed since `prev_seq`, the market's last; size "0": there is none."""

    symbol: str
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    checksum: int
    seq: int
    prev_seq: int


class OrdersSnapshot(FeedFrame, frozen=True, tag="orders_snapshot"):
    """All orders of a book as of event `seq`: best price first, then first come first."""

    symbol: str
    bids: list[RestingOrder]
    asks: list[RestingOrder]
    seq: int


class CandleFrame(FeedFrame, frozen=True, tag="candle"):
    """What the trades of an interval come to; `start` in seconds since 1970."""

    symbol: str
    timeframe: str
    start: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    trades: int
    closed: bool


class PastCandlesFrame(FeedFrame, frozen=True, tag="past_candles"):
    """The answer to `past_candles`: `[start, open, high, low, close, volume]`, oldest first.

    Those without trades are left out. All trades up to `last_trade` are in them.
    """

    symbol: str
    timeframe: str
    candles: list[tuple[int, str, str, str, str, str]]
    last_trade: str


class StandingsFrame(FeedFrame, frozen=True, tag="standings"):
    """The best 100 accounts at the mid; `players` counts all."""

    standings: list[Row]
    players: int
    spectators: int | UnsetType = UNSET  # as in `heartbeat`


class EquityHistory(FeedFrame, frozen=True, tag="equity_history"):
    """What the best accounts were worth at these times, before anybody subscribed."""

    times: list[float]
    curves: list[EquityCurve]


FRAMES: tuple[type[FeedFrame], ...] = tuple(FeedFrame.__subclasses__())

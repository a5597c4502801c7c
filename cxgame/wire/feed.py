"""The feed's dialect: channels, what a spectator may ask, and which frame goes to whom.

Owns the table of channels. Requests are read in `feed_requests`, the shapes of frames are
`feed_types`, events become frames in `feed_frames`, subscribers share bytes in `feed_lanes`, and
`feed_core` is the whole feed without sockets.

A frame is due to a subscription when they share a bit of `Due` and the frame concerns no market,
or the subscription no symbol, or both the same one.
"""

from enum import IntFlag
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from cxgame.model.candles import TIMEFRAMES
from cxgame.model.errors import Rejection

ALL_MARKETS = -1
MAX_REQUEST_BYTES = 4096  # a request names nine channels, a symbol and a timeframe at most


class Due(IntFlag):
    """Bits that a frame and a subscription may share."""

    ACTIVITY = 1
    DETAIL = 2  # activity that is left out when there is too much of it
    FULL = 4
    TRADES = 8
    TICKER = 16
    BOOK = 32
    STANDINGS = 64
    THINNED = 128  # what a thinned activity gets instead of its detail
    DEPTH = 256
    ORDERS = 512
    CANDLES = 1024


# Candles of each timeframe have a bit of their own, above those of `Due`.
TIMEFRAME_DUE: dict[str, Due] = {
    timeframe: Due(1 << (16 + place)) for place, timeframe in enumerate(TIMEFRAMES)
}
ALL_TIMEFRAMES = sum(TIMEFRAME_DUE.values())


CHANNELS: dict[str, Due] = {
    "activity": Due.ACTIVITY | Due.DETAIL,
    "full": Due.FULL,
    "trades": Due.TRADES,
    "ticker": Due.TICKER,
    "book": Due.BOOK,
    "standings": Due.STANDINGS,
    "depth": Due.DEPTH,
    "orders": Due.ORDERS,
    "candles": Due.CANDLES,
}

_ORDER = Due.FULL | Due.DETAIL | Due.ORDERS
_NEWS = Due.FULL | Due.ACTIVITY
# Whatever one watches, one must know that the market is closed, or the game over.
_EVERYWHERE = Due(sum(CHANNELS.values())) & ~Due.DETAIL

# Which frames a channel carries; replies to a request go to the asker alone.
DUE: dict[str, Due] = {
    "info": _NEWS,
    "buy": _ORDER,
    "sell": _ORDER,
    "buy_market": _ORDER,
    "sell_market": _ORDER,
    "match": Due.FULL | Due.ACTIVITY | Due.TRADES | Due.ORDERS,
    "reduce": _ORDER,
    "amend": _ORDER,
    "cancel": _ORDER,
    "bcast": _NEWS,
    "notice": _NEWS,
    "phase": _EVERYWHERE,
    "start": _EVERYWHERE,
    "pause": _EVERYWHERE,
    "shutdown": _EVERYWHERE,
    "results": _NEWS | Due.STANDINGS,
    "csv": _NEWS | Due.STANDINGS,
    "round": _NEWS,
    "market": _NEWS | Due.ORDERS,  # one more book, which begins empty
    "reset": _NEWS,
    "rules": Due.FULL | Due.ORDERS,
    "ticker": Due.FULL | Due.TICKER,
    "book": Due.BOOK | Due.THINNED,
    "standings": Due.STANDINGS,
    "equity_history": Due.STANDINGS,
    "depth": Due.DEPTH,
    "depth_snapshot": Due.DEPTH,
    "orders_snapshot": Due.ORDERS,
    "candle": Due.CANDLES,  # more exactly: due to the bit of its timeframe
}


class Subscription(NamedTuple):
    """What a spectator wants; equal subscriptions share a lane."""

    channels: tuple[str, ...] = ("activity",)  # in the order of `CHANNELS`
    market: int = ALL_MARKETS
    timeframe: str = ""  # of the channel `candles`; "" without it

    @property
    def wants(self) -> Due:
        """The bits of all its channels."""
        wants = TIMEFRAME_DUE.get(self.timeframe, Due(0))
        for channel in self.channels:
            wants |= CHANNELS[channel]
        return wants

    def without(self, channels: frozenset[str]) -> "Subscription":
        """What is left of it without some channels."""
        left = tuple(channel for channel in self.channels if channel not in channels)
        return Subscription(left, self.market, self.timeframe if "candles" in left else "")


DEFAULT = Subscription()


class Subscribe(NamedTuple):
    """A parsed `subscribe`."""

    subscription: Subscription
    symbol: str | None
    id: str | int | UnsetType


class Unsubscribe(NamedTuple):
    """A parsed `unsubscribe`: these channels are wanted no longer."""

    channels: frozenset[str]
    id: str | int | UnsetType


class Resume(NamedTuple):
    """A parsed `resume`: what came after `seq` is wanted again."""

    seq: int


class Resync(NamedTuple):
    """A parsed `resync`: the books of one market, or of all, are wanted again in full."""

    market: int = ALL_MARKETS
    id: str | int | UnsetType = UNSET


class PastCandles(NamedTuple):
    """A parsed `past_candles`: the latest candles of one market, or of all, are wanted."""

    timeframe: str
    market: int
    id: str | int | UnsetType


class Refused(NamedTuple):
    """A request that was none."""

    rejection: Rejection
    id: str | int | UnsetType
    is_outside: bool = False  # what is wrong lies outside of its params


Asked = Subscribe | Unsubscribe | Resume | Resync | PastCandles | Refused

"""The order server's replies as types: the envelope, and the `data` of every command.

Owns the shapes for whoever reads the protocol; what is sent is written by hand, for speed, in
`cxgame.wire.replies`, and tests hold it against these.
"""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from cxgame.model.errors import Code
from cxgame.wire.fault_rows import FaultsData
from cxgame.wire.fields import RequestId
from cxgame.wire.row_types import (
    Adjusted,
    AmendedOrder,
    AuditReport,
    BookData,
    CancelledOrders,
    CandleRow,
    FillRow,
    Following,
    ForgottenOrder,
    GuardData,
    Kicked,
    MarketRow,
    OpenOrders,
    OrderRow,
    PlacedLimitOrder,
    PlacedMarketOrder,
    PlayerRow,
    PriceSet,
    SwitchData,
    TickerRow,
    TimeData,
    TradeRow,
    WalletsData,
    Whitelisted,
)


class Rate(Struct, frozen=True):
    """Messages that would be taken now, and how many come back each second."""

    remaining: int
    per_s: int


class OpenOrderCount(Struct, frozen=True):
    """Open orders of the account, and how many there may be."""

    open: int
    most: int | None


class YoungCancel(Struct, frozen=True):
    """How long an order is young, and how many messages it costs to take it back then."""

    ms: int
    cost: int


class LimitState(Struct, frozen=True):
    """What may still be asked; null is without a limit, or without a login."""

    rate: Rate | None
    orders: OpenOrderCount | None
    young_cancel: YoungCancel | None


class Reply(Struct, frozen=True, kw_only=True):
    """The answer to one request."""

    message: str
    id: RequestId | UnsetType = UNSET
    ts_in: int | UnsetType = UNSET
    ts_out: int | UnsetType = UNSET
    limits: LimitState | UnsetType = UNSET
    halted: Literal[True] | UnsetType = UNSET
    seq: int | UnsetType = UNSET


class Bound(Struct, frozen=True):
    """What was exceeded, and when to come again."""

    limit: str | UnsetType = UNSET
    got: str | UnsetType = UNSET
    wait_ms: int | UnsetType = UNSET


class Refusal(Reply, frozen=True, kw_only=True):
    """No, and nothing was changed."""

    status: Literal[False]
    data: Bound | None
    code: Code


class Done(Reply, frozen=True, kw_only=True):
    """Yes; `data` is the command's own."""

    status: Literal[True]
    data: Any
    more: Literal[True] | UnsetType = UNSET


DATA: dict[str, Any] = {
    "register": str,
    "auth": None,
    "rotate": str,
    "bcast": None,
    "buy": (PlacedLimitOrder, ForgottenOrder),
    "sell": (PlacedLimitOrder, ForgottenOrder),
    "buy_market": (PlacedMarketOrder, ForgottenOrder),
    "sell_market": (PlacedMarketOrder, ForgottenOrder),
    "order": (PlacedLimitOrder | PlacedMarketOrder, ForgottenOrder),
    "amend": AmendedOrder,
    "cancel": None,
    "cancel_all": CancelledOrders,
    "batch": (list[Done], list[Refusal]),
    "cancel_on_disconnect": GuardData,
    "cancel_all_after": SwitchData,
    "subscribe": Following,
    "unsubscribe": Following,
    "resync": None,
    "price": str,
    "wallets": WalletsData,
    "orders": OpenOrders,
    "all_orders": OpenOrders,
    "fills": list[FillRow],
    "completed": list[OrderRow],
    "trades": list[TradeRow],
    "candles": list[CandleRow],
    "markets": list[MarketRow],
    "book": BookData,
    "tickers": list[TickerRow],
    "time": TimeData,
    "audit": (list[str], AuditReport),
    "start": None,
    "pause": None,
    "shutdown": None,
    "grant": None,
    "end_round": None,
    "start_round": None,
    "announce": None,
    "players": list[PlayerRow],
    "whitelist": Whitelisted,
    "kick": Kicked,
    "rotate_user": str,
    "adjust": Adjusted,
    "set_price": PriceSet,
    "faults": FaultsData,
}
"""The `data` of each command when it worked; several types where it depends."""

"""The params of the players' commands: which fields, of which type, needed or not.

A field without a default must be given; an optional one may be left out or `null`. Anything that
a struct does not name is refused. The organisers' are in `cxgame.wire.organiser_params`.
"""

from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from cxgame.wire.fields import (
    ABSENT,
    Batched,
    ChannelNames,
    Cid,
    Expires,
    IntervalWord,
    Levels,
    Milliseconds,
    OrderKey,
    Rows,
    Secret,
    SelfTradeWord,
    SideWord,
    SwitchTime,
    Symbol,
    Symbols,
    TimeInForceWord,
    Token,
    TriggerByWord,
    TriggerWord,
)


class Params(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of all params, and the params of commands that take none."""


class RegisterParams(Params, frozen=True):
    """A name to play under; `token` is the client's own, so that a lost reply locks nobody out."""

    username: str  # `cxgame.auth` knows which names are names
    token: Token | None = None
    password: Secret | None = None
    team: str | None = None


class AuthParams(Params, frozen=True):
    """A name and its token, or its password."""

    username: str
    token: str | None = None  # any text: what is no token is a wrong token
    password: Secret | None = None


class RotateParams(Params, frozen=True):
    """Optionally the client's own new token."""

    token: Token | None = None


class LimitOrderParams(Params, frozen=True):
    """`buy` and `sell`."""

    price: Raw
    size: Raw
    symbol: Symbol | None = None
    cid: Cid | None = None


class MarketOrderParams(Params, frozen=True):
    """`buy_market` (quote to spend) and `sell_market` (base to sell)."""

    amount: Raw
    symbol: Symbol | None = None
    cid: Cid | None = None


class OrderParams(Params, frozen=True):
    """`order`, the full verb."""

    side: SideWord
    type: Literal["limit", "market"]
    price: Raw = ABSENT
    size: Raw = ABSENT
    amount: Raw = ABSENT
    symbol: Symbol | None = None
    time_in_force: TimeInForceWord | None = None
    post_only: bool | None = None
    stp: SelfTradeWord | None = None
    cid: Cid | None = None
    expires: Expires | None = None
    deadline_ms: Milliseconds | None = None
    validate: bool | None = None
    trigger: TriggerWord | None = None
    trigger_price: Raw = ABSENT
    trigger_by: TriggerByWord | None = None
    trail: Raw = ABSENT
    trail_percent: Raw = ABSENT
    max_price: Raw = ABSENT


class CancelParams(Params, frozen=True):
    """An order's id, or the `cid` under which it was placed."""

    order_id: OrderKey | None = None
    cid: Cid | None = None


class AmendParams(Params, frozen=True):
    """An open order, and what is to be different; what is not named stays."""

    order_id: OrderKey | None = None
    cid: Cid | None = None
    price: Raw = ABSENT
    size: Raw = ABSENT
    post_only: bool | None = None
    deadline_ms: Milliseconds | None = None


class CancelAllParams(Params, frozen=True):
    """All open orders, or those of one market or side."""

    symbol: Symbol | None = None
    side: SideWord | None = None


class BatchParams(Params, frozen=True):
    """Requests, each read by itself, so that one that is wrong does not spoil the others."""

    requests: Batched


class DisconnectParams(Params, frozen=True):
    """Whether the orders of this connection go with it."""

    on: bool


class SwitchParams(Params, frozen=True):
    """When all orders go unless the command comes again; 0: never."""

    ms: SwitchTime


class SubscribeParams(Params, frozen=True):
    """What to follow: channels, of one market or of all; `timeframe` is that of candles."""

    channels: ChannelNames
    symbol: Symbol | None = None
    timeframe: IntervalWord | None = None


class UnsubscribeParams(Params, frozen=True):
    """What to follow no more; everything without it."""

    channels: ChannelNames | None = None


class SymbolParams(Params, frozen=True):
    """A market; the game's first without it."""

    symbol: Symbol | None = None


class BookParams(Params, frozen=True):
    """A market and how many levels of each side."""

    symbol: Symbol | None = None
    depth: Levels | None = None


class TickersParams(Params, frozen=True):
    """Some markets; all without it."""

    symbols: Symbols | None = None


class PageParams(Params, frozen=True):
    """At most `limit` rows whose ids lie below `before`."""

    limit: Rows | None = None
    before: OrderKey | None = None


class PastParams(PageParams, frozen=True):
    """The same, with a time from `since` until before `until`; or the first after an id."""

    since: Milliseconds | None = None
    until: Milliseconds | None = None
    after: OrderKey | None = None


class TradesParams(PastParams, frozen=True):
    """The same, of a market."""

    symbol: Symbol | None = None


class CandlesParams(Params, frozen=True):
    """Of a market: the last `limit` candles that begin from `since` until before `until`."""

    symbol: Symbol | None = None
    interval: IntervalWord | None = None
    limit: Rows | None = None
    since: Milliseconds | None = None
    until: Milliseconds | None = None


class BroadcastParams(Params, frozen=True):
    """A message to everyone."""

    message: Annotated[str, Meta(min_length=1)]

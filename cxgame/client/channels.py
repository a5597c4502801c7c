"""Which event belongs to which stream: the channels, what they carry, and wishes for them. Pure.

The exchange keeps one subscription per connection; several streams share it, so each one picks
from what comes. The table follows `docs/feed.md` and `docs/protocol.md`.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

Frame = dict[str, Any]

_ORDERS = frozenset({"buy", "sell", "buy_market", "sell_market", "reduce", "amend", "cancel"})
_NEWS = frozenset({"info", "bcast", "notice", "round", "market", "reset", "results", "csv"})
_EVERYWHERE = frozenset({"phase", "start", "pause", "shutdown"})

CARRIES: dict[str, frozenset[str]] = {
    "activity": _ORDERS | _NEWS | {"match", "book"},
    "full": _ORDERS | _NEWS | {"match", "ticker", "rules"},
    "trades": frozenset({"match"}),
    "ticker": frozenset({"ticker"}),
    "book": frozenset({"book"}),
    "standings": frozenset({"standings", "equity_history", "results", "csv"}),
    "depth": frozenset({"depth_snapshot", "depth"}),
    "orders": _ORDERS | {"match", "market", "rules", "orders_snapshot"},
    "candles": frozenset({"candle"}),
    "executions": frozenset({"executions_snapshot", "execution", "wallets"}),
}
"""Channel → the types of its frames. Those on phases come on every market-data channel."""

PRIVATE = frozenset({"executions"})

# What a frame that was damaged on its way does to its reader.
DAMAGED = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)

# Frames that mean nothing before the snapshot that they change.
_BASES = {
    "depth": "depth_snapshot",
    "execution": "executions_snapshot",
    "wallets": "executions_snapshot",
}
_SNAPSHOTS = frozenset(_BASES.values())


class Wish(NamedTuple):
    """What somebody wants to be sent; `symbol` None: of all markets."""

    channels: frozenset[str]
    symbol: str | None = None
    timeframe: str | None = None

    @property
    def is_private(self) -> bool:
        """Whether it needs a login."""
        return bool(self.channels & PRIVATE)

    @property
    def is_public(self) -> bool:
        """Whether any of it is market data, and a symbol therefore matters."""
        return bool(self.channels - PRIVATE)

    def fits(self, frame: Frame) -> bool:
        """Whether a frame is part of this."""
        kind = frame.get("type")
        if kind in _EVERYWHERE:
            return self.is_public
        if not any(kind in CARRIES[channel] for channel in self.channels):
            return False
        if self.symbol is not None and frame.get("symbol", self.symbol) != self.symbol:
            return False
        return kind != "candle" or frame.get("timeframe") in (None, self.timeframe)

    def params(self) -> dict[str, Any]:
        """The parameters of `subscribe`."""
        params = {"symbol": self.symbol, "timeframe": self.timeframe}
        given = {name: value for name, value in params.items() if value is not None}
        return {"channels": [channel for channel in CARRIES if channel in self.channels], **given}


def together(wishes: Iterable[Wish]) -> Wish:
    """The least subscription in which all of these are contained. They agree on the timeframe."""
    channels: set[str] = set()
    symbols: set[str | None] = set()
    timeframe = None
    for wish in wishes:
        channels |= wish.channels
        timeframe = timeframe or wish.timeframe
        if wish.is_public:
            symbols.add(wish.symbol)
    symbol = next(iter(symbols)) if len(symbols) == 1 else None
    return Wish(frozenset(channels), symbol, timeframe)


class Bases:
    """Which snapshots have come, so that no change is delivered before what it changes."""

    def __init__(self) -> None:
        self._known: set[tuple[str, Any]] = set()

    def forget(self) -> None:
        """Snapshots come anew."""
        self._known.clear()

    def admit(self, frame: Frame) -> bool:
        """Whether a frame can be understood; notes snapshots."""
        kind, symbol = str(frame.get("type")), frame.get("symbol")
        if kind in _SNAPSHOTS:
            self._known.add((kind, symbol))
        base = _BASES.get(kind)
        return base is None or (base, symbol) in self._known

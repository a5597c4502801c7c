"""The feed's dialect: channels, what a spectator may ask, and which frame goes to whom.

Owns the table of channels and the parsing of requests. The shapes of frames are `feed_types`,
events become frames in `feed_frames`, subscribers share bytes in `feed_lanes`, and `feed_core`
is the whole feed without sockets.

A frame is due to a subscription when they share a bit of `Due` and the frame concerns no market,
or the subscription no symbol, or both the same one.
"""

from enum import IntFlag
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from cxgame.model.errors import Code, Rejection, reject

ALL_MARKETS = -1
MAX_REQUEST_BYTES = 4096  # a request names six channels and a symbol at most


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


CHANNELS: dict[str, Due] = {
    "activity": Due.ACTIVITY | Due.DETAIL,
    "full": Due.FULL,
    "trades": Due.TRADES,
    "ticker": Due.TICKER,
    "book": Due.BOOK,
    "standings": Due.STANDINGS,
}

_ORDER = Due.FULL | Due.DETAIL
_NEWS = Due.FULL | Due.ACTIVITY
# Whatever one watches, one must know that the market is closed, or the game over.
_EVERYWHERE = _NEWS | Due.TRADES | Due.TICKER | Due.BOOK | Due.STANDINGS

# Which frames a channel carries; replies to a request go to the asker alone.
DUE: dict[str, Due] = {
    "info": _NEWS,
    "buy": _ORDER,
    "sell": _ORDER,
    "buy_market": _ORDER,
    "sell_market": _ORDER,
    "match": Due.FULL | Due.ACTIVITY | Due.TRADES,
    "reduce": _ORDER,
    "amend": _ORDER,
    "cancel": _ORDER,
    "bcast": _NEWS,
    "phase": _EVERYWHERE,
    "start": _EVERYWHERE,
    "pause": _EVERYWHERE,
    "shutdown": _EVERYWHERE,
    "results": _NEWS | Due.STANDINGS,
    "csv": _NEWS | Due.STANDINGS,
    "round": _NEWS,
    "market": _NEWS,
    "reset": _NEWS,
    "rules": Due.FULL,
    "ticker": Due.FULL | Due.TICKER,
    "book": Due.BOOK | Due.THINNED,
    "standings": Due.STANDINGS,
}


class Subscription(NamedTuple):
    """What a spectator wants; equal subscriptions share a lane."""

    channels: tuple[str, ...] = ("activity",)  # in the order of `CHANNELS`
    market: int = ALL_MARKETS

    @property
    def wants(self) -> Due:
        """The bits of all its channels."""
        wants = Due(0)
        for channel in self.channels:
            wants |= CHANNELS[channel]
        return wants


DEFAULT = Subscription()


class Subscribe(NamedTuple):
    """A parsed `subscribe`."""

    subscription: Subscription
    symbol: str | None
    id: str | int | UnsetType


class Resume(NamedTuple):
    """A parsed `resume`: what came after `seq` is wanted again."""

    seq: int


class Refused(NamedTuple):
    """A request that was none."""

    rejection: Rejection
    id: str | int | UnsetType


_Params = dict[str, msgspec.Raw]


class _Request(Struct):
    cmd: str | None = None
    params: _Params | None = None
    id: str | int | UnsetType = UNSET


_decode_request = msgspec.json.Decoder(_Request, strict=True).decode
_decode_channels = msgspec.json.Decoder(list[str]).decode
_decode_symbol = msgspec.json.Decoder(str | None).decode
_decode_seq = msgspec.json.Decoder(int).decode

_PARAMS: dict[str, frozenset[str]] = {
    "subscribe": frozenset({"channels", "symbol"}),
    "resume": frozenset({"seq"}),
}


def parse_request(data: str | bytes, symbols: dict[str, int]) -> Subscribe | Resume | Refused:
    """Read one message of a spectator; `symbols` gives the market of each symbol."""
    try:
        request = _decode_request(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Refused(reject(Code.PARAM_JSON), UNSET)
    parsed = _read(request, symbols)
    return Refused(parsed, request.id) if isinstance(parsed, Rejection) else parsed


def _read(request: _Request, symbols: dict[str, int]) -> Subscribe | Resume | Rejection:
    if request.cmd is None or request.params is None:
        return reject(Code.PARAM_MISSING, name="cmd" if request.cmd is None else "params")
    if request.cmd not in _PARAMS:
        return reject(Code.PARAM_COMMAND, got=request.cmd[:40])
    for name in request.params:
        if name not in _PARAMS[request.cmd]:
            return reject(Code.PARAM_UNKNOWN, name=name[:40])
    if request.cmd == "resume":
        return _resume(request.params)
    return _subscribe(request.params, symbols, request.id)


def _resume(params: _Params) -> Resume | Rejection:
    raw = params.get("seq")
    if raw is None:
        return reject(Code.PARAM_MISSING, name="seq")
    try:
        seq = _decode_seq(raw)
    except msgspec.DecodeError:
        return reject(Code.PARAM_TYPE, name="seq", got="a whole number")
    return Resume(seq) if seq >= 0 else reject(Code.PARAM_TYPE, name="seq", got="a seq")


def _subscribe(
    params: _Params, symbols: dict[str, int], id: str | int | UnsetType
) -> Subscribe | Rejection:
    raw = params.get("channels", msgspec.Raw(b'["activity"]'))
    try:
        asked = _decode_channels(raw)
    except msgspec.DecodeError:
        return reject(Code.PARAM_TYPE, name="channels", got="a list of channels")
    if not asked or not set(asked) <= CHANNELS.keys():
        return reject(Code.PARAM_TYPE, name="channels", got=f"some of {', '.join(CHANNELS)}")
    try:
        symbol = _decode_symbol(params.get("symbol", msgspec.Raw(b"null")))
    except msgspec.DecodeError:
        return reject(Code.PARAM_TYPE, name="symbol", got="a symbol")
    market = ALL_MARKETS
    if symbol is not None:
        if symbol not in symbols:
            return reject(Code.FILTER_SYMBOL, got=symbol[:40])
        market = symbols[symbol]
    channels = tuple(channel for channel in CHANNELS if channel in asked)
    return Subscribe(Subscription(channels, market), symbol, id)

"""What a spectator sends, read: one message in, what is asked or why it was none out."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct, UnsetType

from cxgame.model.candles import TIMEFRAMES
from cxgame.model.errors import Code, Rejection, reject, unknown_symbol
from cxgame.wire.feed import (
    ALL_MARKETS,
    CHANNELS,
    Asked,
    PastCandles,
    Refused,
    Resume,
    Resync,
    Subscribe,
    Subscription,
    Unsubscribe,
)

DEFAULT_TIMEFRAME = "1m"

_Params = dict[str, msgspec.Raw]
_Id = str | int | UnsetType
_Symbols = Mapping[str, int]

PARAMS: dict[str, frozenset[str]] = {
    "subscribe": frozenset({"channels", "symbol", "timeframe"}),
    "unsubscribe": frozenset({"channels"}),
    "resume": frozenset({"seq"}),
    "resync": frozenset({"symbol"}),
    "past_candles": frozenset({"symbol", "timeframe"}),
}
"""What may be asked, and with which params."""


class _Request(Struct):
    cmd: str | None = None
    params: _Params | None = None
    id: _Id | None = UNSET


_decode_request = msgspec.json.Decoder(_Request, strict=True).decode
_decode_channels = msgspec.json.Decoder(list[str]).decode
_decode_text = msgspec.json.Decoder(str | None).decode
_decode_seq = msgspec.json.Decoder(int).decode


def parse_request(data: str | bytes, symbols: _Symbols) -> Asked:
    """Read one message of a spectator; `symbols` gives the market of each symbol."""
    try:
        request = _decode_request(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Refused(reject(Code.PARAM_JSON), UNSET)
    id = UNSET if request.id is None else request.id
    if request.cmd is None or request.params is None:
        missing = "cmd" if request.cmd is None else "params"
        return Refused(reject(Code.PARAM_MISSING, name=missing), id, is_outside=True)
    parsed = _read(request.cmd, request.params, id, symbols)
    return Refused(parsed, id) if isinstance(parsed, Rejection) else parsed


def subscription_of(
    channels: list[str], symbol: str | None, timeframe: str | None, symbols: _Symbols
) -> Subscription | Rejection:
    """What somebody wants who names channels, a symbol, a timeframe of candles."""
    if not channels or not set(channels) <= CHANNELS.keys():
        return reject(Code.PARAM_TYPE, name="channels", got=f"some of {', '.join(CHANNELS)}")
    market = _market(symbol, symbols)
    if isinstance(market, Rejection):
        return market
    if timeframe is not None and timeframe not in TIMEFRAMES:
        return reject(Code.PARAM_TYPE, name="timeframe", got=f"one of {', '.join(TIMEFRAMES)}")
    wanted = tuple(channel for channel in CHANNELS if channel in channels)
    of_candles = (timeframe or DEFAULT_TIMEFRAME) if "candles" in wanted else ""
    return Subscription(wanted, market, of_candles)


def _read(cmd: str, params: _Params, id: _Id, symbols: _Symbols) -> Asked | Rejection:
    if cmd not in PARAMS:
        return reject(Code.PARAM_COMMAND, got=cmd[:40])
    for name in params:
        if name not in PARAMS[cmd]:
            return reject(Code.PARAM_UNKNOWN, name=name[:40])
    if cmd == "resume":
        return _resume(params)
    if cmd == "resync":
        return _resync(params, symbols, id)
    if cmd == "past_candles":
        return _past_candles(params, symbols, id)
    if cmd == "unsubscribe":
        return _unsubscribe(params, id)
    return _subscribe(params, symbols, id)


def _resume(params: _Params) -> Resume | Rejection:
    raw = params.get("seq")
    if raw is None:
        return reject(Code.PARAM_MISSING, name="seq")
    try:
        seq = _decode_seq(raw)
    except msgspec.DecodeError:
        return reject(Code.PARAM_TYPE, name="seq", got="a whole number")
    return Resume(seq) if seq >= 0 else reject(Code.PARAM_TYPE, name="seq", got="a seq")


def _resync(params: _Params, symbols: _Symbols, id: _Id) -> Resync | Rejection:
    symbol = _text(params, "symbol", "a symbol")
    market = symbol if isinstance(symbol, Rejection) else _market(symbol, symbols)
    return market if isinstance(market, Rejection) else Resync(market, id)


def _unsubscribe(params: _Params, id: _Id) -> Unsubscribe | Rejection:
    if "channels" not in params:
        return Unsubscribe(frozenset(CHANNELS), id)
    channels = _channels(params)
    if isinstance(channels, Rejection):
        return channels
    if not set(channels) <= CHANNELS.keys():
        return reject(Code.PARAM_TYPE, name="channels", got=f"some of {', '.join(CHANNELS)}")
    return Unsubscribe(frozenset(channels), id)


def _subscribe(params: _Params, symbols: _Symbols, id: _Id) -> Subscribe | Rejection:
    channels = _channels(params)
    if isinstance(channels, Rejection):
        return channels
    symbol = _text(params, "symbol", "a symbol")
    if isinstance(symbol, Rejection):
        return symbol
    timeframe = _text(params, "timeframe", f"one of {', '.join(TIMEFRAMES)}")
    if isinstance(timeframe, Rejection):
        return timeframe
    subscription = subscription_of(channels, symbol, timeframe, symbols)
    if isinstance(subscription, Rejection):
        return subscription
    return Subscribe(subscription, symbol, id)


def _past_candles(params: _Params, symbols: _Symbols, id: _Id) -> PastCandles | Rejection:
    asked = _subscribe({**params, "channels": msgspec.Raw(b'["candles"]')}, symbols, id)
    if isinstance(asked, Rejection):
        return asked
    return PastCandles(asked.subscription.timeframe, asked.subscription.market, id)


def _channels(params: _Params) -> list[str] | Rejection:
    try:
        return _decode_channels(params.get("channels", msgspec.Raw(b'["activity"]')))
    except msgspec.DecodeError:
        return reject(Code.PARAM_TYPE, name="channels", got="a list of channels")


def _text(params: _Params, name: str, expected: str) -> str | Rejection | None:
    try:
        text: str | None = _decode_text(params.get(name, msgspec.Raw(b"null")))
    except msgspec.DecodeError:
        return reject(Code.PARAM_TYPE, name=name, got=expected)
    return text


def _market(symbol: str | None, symbols: _Symbols) -> int | Rejection:
    if symbol is None:
        return ALL_MARKETS
    if symbol not in symbols:
        return unknown_symbol(symbol[:40], symbols)
    return symbols[symbol]

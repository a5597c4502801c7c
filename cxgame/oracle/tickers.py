"""Tickers in the store: what other programs write there, and the mirror of our own prices.

`tickers:<SYMBOL>` is a hash of text fields: price, timestamp, bid, ask, bidVolume, askVolume,
symbol, and in what we write, writer. The store reads and writes it; here is what it means.

Programs that feed prices write some fields of the hash and know nothing of `writer`, which then
still says that it was us. So our writer field ends with a digest of what we wrote: it holds only
as long as nobody changed a field.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple, Protocol

from cxgame.oracle.numbers import OracleError, read_decimal, read_price, read_volume
from cxgame.oracle.tape import Quote

log = logging.getLogger("cxgame.oracle")

_CONTENT = ("price", "timestamp", "bid", "ask", "bidVolume", "askVolume")
_STAMP = "cxgame"
_MOST_SECONDS = 1e12


class TickerReader(Protocol):
    """Where tickers are read. Implemented by the store."""

    async def read_many(self, symbols: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """All fields of the markets' tickers, by symbol; without those that have none.

        Raises `OSError` (as which `ConnectionError` and `TimeoutError` count) when the store
        cannot be reached; the oracle logs that once and asks again.
        """
        ...


# Replaces whole tickers, by symbol, so that none of an older one's fields stays.
# Raises `OSError` as the reader does.
TickerWriter = Callable[[Mapping[str, Mapping[str, str]]], Awaitable[None]]


class Ticker(NamedTuple):
    """A ticker that somebody wrote. A side or volume of None was not written."""

    price: Decimal
    bid: Decimal | None
    ask: Decimal | None
    bid_volume: Decimal | None
    ask_volume: Decimal | None
    timestamp_s: float | None = None  # since 1970, as its writer says


def read_ticker(fields: Mapping[str, str]) -> Ticker:
    """Read a ticker's fields; raises `OracleError` unless price, bid and ask make sense."""
    price = read_price(fields.get("price", ""))
    bid, ask = (read_price(fields[name]) if fields.get(name) else None for name in ("bid", "ask"))
    if not (bid or price) <= (ask or price):
        raise OracleError(f"the bid {bid or price} lies above the ask {ask or price}")
    bid_volume, ask_volume = (
        read_volume(fields[name]) if fields.get(name) else None
        for name in ("bidVolume", "askVolume")
    )
    timestamp_s = _read_timestamp(fields.get("timestamp", ""))
    return Ticker(price, bid, ask, bid_volume, ask_volume, timestamp_s)


def mirror_fields(quote: Quote, wall_s: float, writer: str) -> dict[str, str]:
    """What our own quote looks like as a ticker; `writer` names the game."""
    fields = {
        "symbol": quote.symbol,
        "price": f"{quote.price:f}",
        "timestamp": f"{wall_s:.6f}",
        "bid": f"{quote.bid:f}",
        "ask": f"{quote.ask:f}",
    }
    for name, volume in (("bidVolume", quote.bid_volume), ("askVolume", quote.ask_volume)):
        if volume is not None:
            fields[name] = f"{volume:f}"
    fields["writer"] = f"{_STAMP}:{writer}:{_digest(fields)}"
    return fields


def mirrored_by(fields: Mapping[str, str]) -> str | None:
    """The name of the game whose mirror this ticker is, untouched; None for anything else."""
    stamp, _, rest = fields.get("writer", "").partition(":")
    writer, _, digest = rest.rpartition(":")
    return writer if stamp == _STAMP and digest == _digest(fields) else None


class Watch:
    """Tells which tickers of a market are news.

    `follows`: the ticker is the market's only source, so whatever stands there counts, a mirror
    of another game too. Otherwise a model makes the prices, and only what somebody writes from
    now on overrides it: not what was there at the first look, and no game's mirror.
    """

    def __init__(self, symbol: str, writer: str, *, follows: bool) -> None:
        self._symbol = symbol
        self._writer = writer
        self._follows = follows
        self._has_looked = follows
        self._seen: tuple[str, ...] = ()
        self._mirrored: Mapping[str, str] = {}
        self._said_bad = False

    def look(self, fields: Mapping[str, str] | None) -> Ticker | None:
        """The ticker if somebody wrote a good one since the last look. Logs the first bad one."""
        has_looked, self._has_looked = self._has_looked, True
        if not fields:  # gone or out of reach: what was there is no news when it comes back
            return None
        seen = _content(fields)
        is_news = has_looked and seen != self._seen
        self._seen = seen
        if not is_news or self._is_mirror(fields):
            return None
        try:
            ticker = read_ticker(self._without_leftovers(fields))
        except OracleError as error:
            if not self._said_bad:
                log.warning("The ticker of %s is skipped: %s", self._symbol, error)
            self._said_bad = True
            return None
        self._said_bad = False
        return ticker

    def mirrored(self, fields: Mapping[str, str]) -> None:
        """We have written these fields."""
        self._mirrored, self._seen = fields, _content(fields)

    def _is_mirror(self, fields: Mapping[str, str]) -> bool:
        writer = mirrored_by(fields)
        return writer == self._writer if self._follows else writer is not None

    def _without_leftovers(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        """Whoever sets the price alone leaves our own bid and ask standing beside it."""
        ours = self._mirrored
        if not ours or any(fields.get(name) != ours[name] for name in ("bid", "ask")):
            return fields
        return {name: text for name, text in fields.items() if name not in ("bid", "ask")}


def _read_timestamp(text: str) -> float | None:
    """Seconds; milliseconds, which some exchanges give, are told by their size."""
    try:
        stamp = float(read_decimal(text))
    except OracleError:
        return None  # it says nothing about the price
    return stamp / 1000 if stamp > _MOST_SECONDS else stamp


def _content(fields: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(fields.get(name, "") for name in _CONTENT)


def _digest(fields: Mapping[str, str]) -> str:
    return blake2b("\0".join(_content(fields)).encode(), digest_size=4).hexdigest()

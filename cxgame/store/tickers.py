"""Prices in Valkey: read what feeders write there, and show what our own oracle says.

`tickers:<SYMBOL>`, and the older `sym_<SYMBOL>`, are hashes of texts. They stay texts here: what a
number is, the model decides. Nothing here ends a game; trouble is logged once.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.keys import OLD_TICKERS, TICKERS
from cxgame.store.link import Link
from cxgame.store.resp import command

_LONGEST = 40  # characters of a number
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?")
_POSITIVE = re.compile(r"[0.]*[1-9]")
_WRITER = "cxgame"
_TIMEOUT_S = 2.0
_SCANNED = 250  # keys in one go: reading their names takes a millisecond
_AT_ONCE = 400  # commands in one go: between them, a game in the same Valkey has its turn

log = logging.getLogger("cxgame.store")


class Ticker(NamedTuple):
    """One symbol's price as text; None where it is not said."""

    symbol: str
    price: str
    timestamp: str  # seconds since 1970
    bid: str | None = None
    ask: str | None = None
    bid_volume: str | None = None
    ask_volume: str | None = None


_FIELDS = ("price", "timestamp", "bid", "ask", "bidVolume", "askVolume")


class Tickers:
    """Tickers over a connection of their own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._link = Link(endpoint, _TIMEOUT_S)
        self._complained: set[str] = set()

    async def read(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """What others wrote: `tickers:` before `sym_`. Bad and missing ones are left out.

        Each prefix is one round trip; the caller decides how many symbols make one.
        """
        found: dict[str, Ticker] = {}
        try:
            for prefix in (TICKERS, OLD_TICKERS):
                missing = [symbol for symbol in symbols if symbol not in found]
                if missing:
                    found |= await self._read(prefix, missing)
        except (StoreError, StoreUnavailable) as error:
            self._complain("", "cannot read tickers: %s", error)
            return {}
        self._complained.discard("")
        return found

    async def symbols(self) -> list[str]:
        """All symbols that have a ticker, sorted; ours included."""
        found: set[str] = set()
        for prefix in (TICKERS, OLD_TICKERS):
            cursor = b"0"
            while True:
                cursor, keys = await self._link.call(
                    "SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", _SCANNED
                )
                found.update(key.decode(errors="replace").removeprefix(prefix) for key in keys)
                if cursor == b"0":
                    break
        return sorted(found)

    async def mirror(self, tickers: Iterable[Ticker]) -> None:
        """Write `tickers:<SYMBOL>` of our own oracle, marked so that `read` passes it over."""
        marked = ((ticker, _mark(*ticker[1:3])) for ticker in tickers)
        try:
            await self._replace(_commands(marked))
        except (StoreError, StoreUnavailable) as error:
            self._complain("mirror", "tickers are not written: %s", error)
        else:
            self._complained.discard("mirror")

    async def write(self, tickers: Iterable[Ticker]) -> None:
        """Write prices for games to follow, as any other program does: without our mark.

        Raises StoreError and StoreUnavailable, after which some may be written.
        """
        await self._replace(_commands((ticker, None) for ticker in tickers))

    async def reach(self, patience_s: float) -> None:
        """Wait until Valkey lets us in; raises StoreUnavailable after that, or StoreError."""
        await self._link.patient("PING", patience_s=patience_s)

    async def close(self) -> None:
        """Disconnect."""
        await self._link.close()

    async def _read(self, prefix: str, symbols: Sequence[str]) -> dict[str, Ticker]:
        commands = [command("HMGET", prefix + symbol, *_FIELDS, "writer") for symbol in symbols]
        found: dict[str, Ticker] = {}
        for symbol, reply in zip(symbols, await self._link.calls(commands), strict=True):
            if isinstance(reply, Exception):
                key = prefix + symbol
                self._complain(key, "ticker %s is not a hash: %s", key, reply)
            elif any(reply):
                ticker = self._parse(prefix + symbol, symbol, reply)
                if ticker is not None:
                    found[symbol] = ticker
        return found

    async def _replace(self, commands: Sequence[bytes]) -> None:
        refused: list[Exception] = []
        for first in range(0, len(commands), _AT_ONCE):
            replies = await self._link.calls(commands[first : first + _AT_ONCE])
            refused += [reply for reply in replies if isinstance(reply, Exception)]
        if refused:  # only now: one bad key does not keep the others from being written
            raise refused[0]

    def _parse(self, key: str, symbol: str, values: Sequence[bytes | None]) -> Ticker | None:
        *texts, writer = [value and value.decode("ascii", errors="replace") for value in values]
        fields = {name: text for name, text in zip(_FIELDS, texts, strict=True) if text}
        if writer == _mark(fields.get("price", ""), fields.get("timestamp", "")):
            return None
        for name in _FIELDS:
            text = fields.get(name)
            if text is None:
                wrong = name in ("price", "timestamp")
            else:
                wrong = not _is_number(text, positive="Volume" not in name)
            if wrong:
                self._complain(key, "ticker %s is passed over: bad %s", key, name)
                return None
        self._complained.discard(key)
        return Ticker(symbol, fields["price"], fields["timestamp"], *map(fields.get, _FIELDS[2:]))

    def _complain(self, about: str, text: str, *details: object) -> None:
        if about not in self._complained:
            self._complained.add(about)
            log.warning(text, *details)


def _commands(tickers: Iterable[tuple[Ticker, str | None]]) -> list[bytes]:
    """What writes tickers, each with its mark; fields that are not said are taken away."""
    commands: list[bytes] = []
    for ticker, mark in tickers:
        texts = {"symbol": ticker.symbol, "writer": mark}
        texts |= zip(_FIELDS, ticker[1:], strict=True)
        key = TICKERS + ticker.symbol
        said = [word for name, text in texts.items() if text is not None for word in (name, text)]
        commands.append(command("HSET", key, *said))
        absent = [name for name, text in texts.items() if text is None]
        if absent:
            commands.append(command("HDEL", key, *absent))
    return commands


def _mark(price: str, timestamp: str) -> str:
    """Our signature: it fits no longer when somebody else writes another price into the hash."""
    return f"{_WRITER} {price} {timestamp}"


def _is_number(text: str, *, positive: bool) -> bool:
    whole = len(text) <= _LONGEST and _NUMBER.fullmatch(text) is not None
    return whole and (not positive or _POSITIVE.match(text) is not None)

"""Which markets of an exchange are meant: those that are named, and those that are discovered.

`markets` and `tickers` are as ccxt gives them; nothing here asks the exchange for anything.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cxgame.oracle.live_price import live_price

# Spot markets as a game can have them; ccxt writes futures BTC/USDT:USDT.
_SYMBOL = re.compile(r"[A-Z0-9]{1,12}/[A-Z0-9]{1,12}", re.ASCII)

_Markets = Mapping[str, Mapping[str, Any]]


class Wish(NamedTuple):
    """What somebody wants to see: markets by name, and all in some quote assets."""

    symbols: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    limit: int = 0  # in each quote asset; 0 for all

    @property
    def needs_ranking(self) -> bool:
        """Whether it matters which markets are traded most."""
        return bool(self.quotes) and self.limit > 0


def choose(wish: Wish, markets: _Markets, tickers: Mapping[str, Any]) -> list[str]:
    """The symbols that are there, the named ones first, each once.

    With a limit, those with the highest turnover in `tickers` come first.
    """
    chosen = [symbol for symbol in wish.symbols if symbol in markets]
    for quote in wish.quotes:
        found = [symbol for symbol in _spot(markets) if symbol.partition("/")[2] == quote]
        found.sort(key=lambda symbol: (-_turnover(tickers.get(symbol)), symbol))
        chosen += found[: wish.limit or None]
    return list(dict.fromkeys(chosen))


def missing(wish: Wish, markets: _Markets) -> list[str]:
    """The named symbols that the exchange does not have."""
    return [symbol for symbol in wish.symbols if symbol not in markets]


def names(symbols: Sequence[str], most: int = 5) -> str:
    """A few symbols as text: `A/B, C/D and 7 more`."""
    text = ", ".join(symbols[:most])
    return f"{text} and {len(symbols) - most} more" if len(symbols) > most else text


def _spot(markets: _Markets) -> Iterable[str]:
    for symbol, market in markets.items():
        is_spot = market.get("spot") or market.get("type") in (None, "spot")
        if is_spot and market.get("active") is not False and _SYMBOL.fullmatch(symbol):
            yield symbol


def _turnover(ticker: object) -> float:
    """In the quote asset, over the exchange's usual day; 0 where it does not say."""
    if not isinstance(ticker, Mapping):
        return 0.0
    turnover = ticker.get("quoteVolume")
    if isinstance(turnover, int | float) and turnover > 0:
        return float(turnover)
    price, volume = live_price("", ticker, 0.0), ticker.get("baseVolume")
    if price is None or not isinstance(volume, int | float) or not volume > 0:
        return 0.0
    return float(price.price) * float(volume)

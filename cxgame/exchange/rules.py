"""From keywords to the rules of a game. The names and defaults are those of the settings.

Beyond the settings there are a market's steps (`tick`, `lot`, the minimums), which a back-test
chooses to fit its data.
"""

from collections.abc import Mapping, Sequence
from operator import index
from typing import Any, TypedDict, TypeVar

from cxgame.exchange.numbers import Number, plain_text
from cxgame.model.enums import Liquidity, Mid, SelfTrade
from cxgame.model.rules import RULES_VERSION, MarketRules, Rules


class Terms(TypedDict, total=False):
    """The keywords of `Exchange` that make its rules; see docs/backtest.md."""

    markets: Sequence[MarketRules]
    start_price: Number
    tick: Number
    lot: Number
    min_price: Number
    min_size: Number
    min_amount: Number
    maker_fee: Number
    taker_fee: Number
    max_levels: int
    usd_start: Number
    crypto_start: Number
    grants: Mapping[str, Number]
    liquidity: str
    mid: str
    stp: str
    max_open_orders: int
    time_limit: float


T = TypeVar("T")

SELF_TRADE = {mode.name.lower(): mode for mode in SelfTrade}
_LIQUIDITY = {kind.name.lower(): kind for kind in Liquidity}
_MID = {kind.name.lower(): kind for kind in Mid}
_LONGEST_S = 9_000_000_000  # some 285 years; game time is counted in ns, in 63 bits
_SEED = 0  # of the oracle's draws, of which there are none: the caller sets the prices
_OF_MARKETS = (
    "start_price",
    "tick",
    "lot",
    "min_price",
    "min_size",
    "min_amount",
    "maker_fee",
    "taker_fee",
)


def rules_of(symbol: str | Sequence[str], terms: Terms) -> Rules:
    """The rules of a new game; raises ValueError, and TypeError for an unknown keyword."""
    unknown = sorted(set(terms) - set(Terms.__annotations__))
    if unknown:
        raise TypeError(f"Exchange has no keyword {', '.join(unknown)}")
    markets = tuple(terms.get("markets", ())) or _markets(symbol, terms)
    if len({market.symbol for market in markets}) < len(markets) or not markets:
        raise ValueError("name each market once, and at least one")
    limit = terms.get("time_limit")
    if limit is not None and not 0.001 <= limit <= _LONGEST_S:
        raise ValueError(f"time_limit must be from 0.001 to {_LONGEST_S} seconds, not {limit}")
    return Rules(
        RULES_VERSION,
        markets,
        _grants(markets, terms),
        _SEED,
        time_limit_ms=None if limit is None else round(limit * 1000),
        liquidity=word(_LIQUIDITY, terms.get("liquidity", "none"), "liquidity"),
        mid=word(_MID, terms.get("mid", "oracle"), "mid"),
        self_trade=word(SELF_TRADE, terms.get("stp", "expire_taker"), "stp"),
        max_open_orders=_whole(terms.get("max_open_orders", 200), "max_open_orders"),
    )


def word(words: Mapping[str, T], value: str, name: str) -> T:
    """What a word stands for; raises ValueError with the words there are."""
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}, not {value!r}")
    return words[value]


def _whole(value: int, name: str) -> int:
    """A number of things, as the rules hold it; raises ValueError."""
    try:
        whole = index(value)
    except TypeError:
        whole = -1
    if not 0 <= whole < 2**63:
        raise ValueError(f"{name} must be a whole number from 0 on, not {value!r}")
    return whole


def _markets(symbol: str | Sequence[str], terms: Terms) -> tuple[MarketRules, ...]:
    """Markets under the same terms."""
    given: Mapping[str, Any] = terms
    fields = {name: plain_text(given[name], name) for name in _OF_MARKETS if name in given}
    # The default minimums suit the default steps; with steps of its own a market has one of each.
    for least, step in (("min_price", "tick"), ("min_size", "lot")):
        if step in fields:
            fields.setdefault(least, fields[step])
    levels = _whole(terms.get("max_levels", 10_000), "max_levels")
    symbols = symbol.split(",") if isinstance(symbol, str) else symbol
    return tuple(MarketRules(name, *_assets(name), max_levels=levels, **fields) for name in symbols)


def _assets(symbol: str) -> tuple[str, str]:
    base, _, quote = symbol.partition("/")
    if not base or not quote:
        raise ValueError(f"a market is named BASE/QUOTE, not {symbol!r}")
    return base, quote


def _grants(markets: Sequence[MarketRules], terms: Terms) -> dict[str, str]:
    """What an account is given of each asset; what is a coin in any market is a coin."""
    coins = sorted({market.base for market in markets})
    currencies = sorted({market.quote for market in markets} - set(coins))
    given: dict[str, Number] = dict.fromkeys(currencies, terms.get("usd_start", "10000.00"))
    given |= dict.fromkeys(coins, terms.get("crypto_start", "10.0"))
    given |= terms.get("grants", {})
    return {asset: plain_text(amount, asset) for asset, amount in given.items()}

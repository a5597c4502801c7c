"""From settings to the rules of a game, and what of them a restart may change.

The rules are the first entry of the journal. At a restart a setting counts only if somebody gave
it: one that is given and differs is a change, which is journaled where it may be, and refused
where it would make the game another one. Pure: no clock, no chance, no store.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from enum import Enum

from msgspec.structs import replace

from cxgame.config import DEFAULTS, Settings, flag_of
from cxgame.engine.state import SIGMA_PLACES
from cxgame.model.enums import Liquidity, Mid, SelfTrade, SellFee
from cxgame.model.market import RATE_PLACES, build_market
from cxgame.model.rules import RULES_VERSION, MarketRules, Rules
from cxgame.model.units import format_decimal, parse_decimal, parse_units
from cxgame.oracle import OracleSpec, assign, build, describe, parse
from cxgame.server.errors import StartError
from cxgame.server.play.steps import market_rules

# Settings that a restart may change. Not among them: what players have counted on from the start
# (grants, fees, the seed of the prices), and `started`, for which there is an admin command.
MAY_CHANGE = frozenset(
    "symbol oracle user_limit time_limit whitelist mid liquidity stp max_open_orders max_levels "
    "tick_interval fill_sigma".split()
)

# Setting → the field of `Rules` and how its value is written there.
_WHOLE: dict[str, tuple[str, Callable[[Settings], object]]] = {
    "seed": ("seed", lambda settings: settings.seed),
    "user_limit": ("user_limit", lambda settings: settings.user_limit),
    "time_limit": ("time_limit_ms", lambda settings: _milliseconds(settings.time_limit)),
    "whitelist": ("whitelist", lambda settings: settings.whitelist),
    "mid": ("mid", lambda settings: Mid[settings.mid.upper()]),
    "liquidity": ("liquidity", lambda settings: Liquidity[settings.liquidity.upper()]),
    "stp": ("self_trade", lambda settings: SelfTrade[settings.stp.upper()]),
    "max_open_orders": ("max_open_orders", lambda settings: settings.max_open_orders),
    "tick_interval": ("tick_interval_ms", lambda settings: _milliseconds(settings.tick_interval)),
    "started": ("started", lambda settings: settings.started),
    "sell_fee": ("sell_fee", lambda settings: SellFee[settings.sell_fee.upper()]),
    "fill_sigma": ("fill_sigma", lambda settings: settings.fill_sigma),
    "cash_asset": ("cash_asset", lambda settings: settings.cash_asset or ""),
}
PRICE_PLACES = 12  # of a first price; no source quotes below 1e-12
BY_PRICE = "by_price"  # the word of the setting `steps`
_OF_MARKETS = ("maker_fee", "taker_fee", "max_levels")  # the same in all of them


class RulesRefused(StartError):
    """Settings that differ from those of the game and may not change in its course."""

    def __init__(self, differences: list[str]) -> None:
        super().__init__(
            "the game that is kept here has other rules: "
            + "; ".join(differences)
            + ". Leave these settings out to go on with it, or begin a new game with --fresh"
        )
        self.differences = differences


def new_rules(settings: Settings, given: Collection[str], seed: int) -> Rules:
    """The rules of a new game; `seed` is the one to use if none is set. Raises `StartError`."""
    names = set(DEFAULTS) - ({"seed"} if settings.seed is None else set())
    rules = _merge(Rules(RULES_VERSION, (), {}, seed), settings, names)
    if settings.user_limit == 1 and "stp" not in given:
        rules = replace(rules, self_trade=SelfTrade.SKIP)  # nobody else is there to trade with
    return _checked(rules)


def changed_rules(rules: Rules, settings: Settings, given: Collection[str]) -> Rules:
    """The rules after a restart with these settings; the same object if nothing changes.

    Raises `RulesRefused`, which names every setting that differs and may not.
    """
    wanted = _merge(rules, settings, given)
    said = [name for name in DEFAULTS if name in given]
    differing = [name for name in said if _said(rules, name) != _said(wanted, name)]
    refused = [name for name in differing if not _may_change(rules, wanted, name)]
    if refused:
        raise RulesRefused([_difference(rules, wanted, name) for name in refused])
    return _checked(wanted) if differing else rules


def _merge(rules: Rules, settings: Settings, given: Collection[str]) -> Rules:
    """The rules with what was given put in its place."""
    whole = {field: write(settings) for name, (field, write) in _WHOLE.items() if name in given}
    merged: Rules = replace(rules, **whole)
    try:
        merged = replace(merged, markets=_markets(merged, settings, given))
    except ValueError as error:  # of a price source, or of a price for which there are no steps
        raise StartError(str(error)) from None
    return replace(merged, grants=_grants(rules.markets, merged, settings, given))


def _markets(rules: Rules, settings: Settings, given: Collection[str]) -> tuple[MarketRules, ...]:
    known = {market.symbol: market for market in rules.markets}
    symbols = _symbols(rules, settings) if "symbol" in given else tuple(known)
    sources = _sources(rules, settings, symbols)
    of_all = {name: getattr(settings, name) for name in _OF_MARKETS if name in given}
    markets = []
    for symbol in symbols:
        market = known.get(symbol)
        if symbol in sources and (market is None or "oracle" in given):
            source = describe(sources[symbol])
            market = replace(market or _new_market(symbol, source, rules, settings), oracle=source)
        assert market is not None  # a market that is not known has a source
        markets.append(replace(market, **of_all))
    return tuple(markets)


def _symbols(rules: Rules, settings: Settings) -> tuple[str, ...]:
    """The markets that are asked for, with those in their places that opened in play.

    Those are told by their source: a market that nobody names follows its ticker.
    """
    said = settings.symbol
    named = iter(said)
    symbols = [
        market.symbol if _follows_ticker(market) and market.symbol not in said else next(named, "")
        for market in rules.markets
    ]
    return (*filter(None, symbols), *named)


def _sources(rules: Rules, settings: Settings, symbols: Sequence[str]) -> Mapping[str, OracleSpec]:
    """Where the prices of markets come from, by what is said now.

    A source for all markets is none for those that every ticker opens, unless it names them.
    """
    specs = [parse(text) for text in settings.oracle]
    named = {*settings.symbol, *(spec.symbol for spec in specs)}
    opened = [
        market.symbol
        for market in rules.markets
        if settings.discover_tickers and _follows_ticker(market) and market.symbol not in named
    ]
    return assign(specs, [symbol for symbol in symbols if symbol not in opened])


def _follows_ticker(market: MarketRules) -> bool:
    return parse(market.oracle).is_valkey


def _new_market(symbol: str, source: str, rules: Rules, settings: Settings) -> MarketRules:
    base, _, quote = symbol.partition("/")
    price = _first_price(source, symbol, rules)
    if settings.steps == BY_PRICE:
        like = rules.markets[0] if rules.markets else MarketRules(symbol, base, quote)
        return market_rules(symbol, Decimal(price), like)
    if not rules.markets:
        return MarketRules(symbol, base, quote, start_price=price)
    # A market that joins later has the fees of the others.
    return replace(rules.markets[0], symbol=symbol, base=base, quote=quote, start_price=price)


def _first_price(source: str, symbol: str, rules: Rules) -> str:
    """Where a market's mid begins, as decimal text."""
    spec = parse(source)
    price = Decimal(1000)
    if not spec.is_valkey:
        model = build(spec, symbol, rules.seed, rules.tick_interval_ms / 1000)
        price = model.first_price()
    digits = parse_decimal(f"{price:.{PRICE_PLACES}f}", PRICE_PLACES)
    return format_decimal(digits, PRICE_PLACES, 2)


def _grants(
    before: Sequence[MarketRules], rules: Rules, settings: Settings, given: Collection[str]
) -> dict[str, str]:
    """What an account is given of each asset; nothing of those whose market opened in play."""
    grants = dict(rules.grants)
    there = {asset for market in before for asset in (market.base, market.quote)}
    own = settings.grants or {}  # of single assets: they come before those of all
    if "grants" in given:
        traded = {asset for assets in _granted(rules.markets).values() for asset in assets}
        grants |= {asset: amount for asset, amount in own.items() if asset in traded}
    for name, assets in _granted(rules.markets).items():
        known = [rules.grants[asset] for asset in assets if asset in rules.grants]
        for asset in assets:
            if asset in own and asset in grants:
                continue
            if name in given and (asset in grants or asset not in there):
                grants[asset] = getattr(settings, name)
            elif asset not in there:  # of a market that joins later: as the others of its kind
                grants[asset] = known[0] if known else getattr(settings, name)
    return grants


def _granted(markets: Sequence[MarketRules]) -> dict[str, list[str]]:
    """Which assets a setting grants; what is a coin in any market is a coin."""
    coins = {market.base for market in markets}
    currencies = {market.quote for market in markets} - coins
    return {"usd_start": sorted(currencies), "crypto_start": sorted(coins)}


def _said(rules: Rules, name: str) -> object:
    """What rules say about a setting, in a form in which equal means the same; None: nothing."""
    if name == "fill_sigma":
        return parse_decimal(rules.fill_sigma, SIGMA_PLACES)
    if name in _WHOLE:
        return getattr(rules, _WHOLE[name][0])
    if name in ("maker_fee", "taker_fee"):
        return parse_decimal(getattr(rules.markets[0], name), RATE_PLACES)
    if name == "max_levels":
        return rules.markets[0].max_levels
    if name == "symbol":
        return [market.symbol for market in rules.markets]
    if name == "oracle":
        return [market.oracle for market in rules.markets]
    if name in ("usd_start", "crypto_start"):
        return set(map(parse_units, _grants_of(rules, name)))
    if name == "grants":
        return {asset: parse_units(amount) for asset, amount in rules.grants.items()}
    return None


def _grants_of(rules: Rules, name: str) -> list[str]:
    """The amounts that a setting of the start grants."""
    assets = _granted(rules.markets)[name]
    return [rules.grants[asset] for asset in assets if asset in rules.grants]


def _may_change(rules: Rules, wanted: Rules, name: str) -> bool:
    if name == "symbol":  # markets may join at the end: orders know theirs by its place
        old, new = (tuple(market.symbol for market in each.markets) for each in (rules, wanted))
        return new[: len(old)] == old
    return name in MAY_CHANGE


def _difference(rules: Rules, wanted: Rules, name: str) -> str:
    return f"{flag_of(name)} is {_shown(rules, name)}, not {_shown(wanted, name)}"


def _shown(rules: Rules, name: str) -> str:
    """A setting as a person would write it."""
    if name in ("usd_start", "crypto_start"):
        return _grants_of(rules, name)[0]
    if name == "grants":
        return ",".join(f"{asset}={amount}" for asset, amount in sorted(rules.grants.items()))
    if name in ("maker_fee", "taker_fee"):
        return str(getattr(rules.markets[0], name))
    if name == "symbol":
        return ",".join(market.symbol for market in rules.markets)
    value = _said(rules, name)
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _checked(rules: Rules) -> Rules:
    """The rules, or a `StartError` with what is wrong about a market."""
    try:
        for number, market in enumerate(rules.markets):
            build_market(number, market, 0, 1)
    except ValueError as error:
        raise StartError(str(error)) from None
    return rules

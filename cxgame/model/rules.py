"""The rule set of a game: what its journal begins with, and all that `apply` may consult.

Money is decimal text here, as people write it; `Market` and the engine hold what it means in
integers.
"""

from msgspec import Struct
from msgspec.structs import replace

from cxgame.model.enums import Liquidity, Mid, SelfTrade, SellFee

RULES_VERSION = 1


class MarketRules(Struct, frozen=True, array_like=True):
    """One market: what is traded for what, in which steps, at which fees."""

    symbol: str  # "BTC/USD"
    base: str
    quote: str
    tick: str = "0.01"  # smallest price step, in quote per base
    lot: str = "0.0000000001"  # smallest quantity step, in base
    min_size: str = "0.00000001"
    min_price: str = "0.1"
    min_amount: str = "10.00"  # least budget of a market buy, in quote
    maker_fee: str = "0"  # share of the value, in quote
    taker_fee: str = "0"
    start_price: str = "1000.00"  # the mid before anything else is known
    max_levels: int = 10_000  # price levels per side, which bounds the key list's inserts
    oracle: str = ""  # the price source, as `cxgame.oracle` describes it


class Rules(Struct, frozen=True, array_like=True):
    """Everything a game was started with."""

    version: int
    markets: tuple[MarketRules, ...]
    grants: dict[str, str]  # asset → amount given to an account when it opens
    seed: int
    user_limit: int | None = None
    time_limit_ms: int | None = None  # playing time from the first opening
    whitelist: dict[str, tuple[str, ...]] | None = None  # team ("" for none) → users
    mid: Mid = Mid.ORACLE
    liquidity: Liquidity = Liquidity.NONE
    self_trade: SelfTrade = SelfTrade.EXPIRE_TAKER
    max_open_orders: int = 200  # per account; 0 switches the limit off
    tick_interval_ms: int = 1000
    started: bool = True  # False: opens only after `start`
    sell_fee: SellFee = SellFee.PROCEEDS
    fill_sigma: str = "0"  # spread of the share of the house's volume that an order gets
    cash_asset: str = ""  # in which deposits are valued; with one, accounts have totals


def with_market(rules: Rules, market: MarketRules) -> Rules:
    """The rules with one more market."""
    return replace(rules, markets=(*rules.markets, market))

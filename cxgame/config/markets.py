"""The settings of the markets: what is traded, where prices come from, what trading costs."""

from dataclasses import dataclass

from cxgame.config import about as a
from cxgame.config.about import MARKET, setting
from cxgame.config.kinds import boolean, choice, decimal, optional, rate, seconds, several


@dataclass(frozen=True, kw_only=True)
class Markets:
    """The part of the settings that says what a game's markets are like."""

    symbol: tuple[str, ...] = setting(
        ("BTC/USD",),
        MARKET,
        several(a.SYMBOL, ",", least=1),
        "A market to open; may be repeated, and the first one is the default.",
    )
    oracle: tuple[str, ...] = setting(
        ("constant:price=1000.00",),
        MARKET,
        several(a.ORACLE, ";"),
        "Where prices come from: [SYMBOL=]NAME[:key=value,...], NAME being constant, random_walk, "
        "gbm, mean_reversion, replay, valkey or module:Class; may be repeated.",
    )
    tick_interval: float = setting(
        1.0,
        MARKET,
        seconds("0.001", "3600"),
        "Time between two prices of the oracle.",
        variables=("TICK_LOOP_SEC",),
    )
    discover_tickers: bool = setting(
        False,
        MARKET,
        boolean(),
        "Open a market for every ticker that another program writes to Valkey.",
    )
    ticker_max_age: float | None = setting(
        None,
        MARKET,
        optional(seconds("0.001", "31536000")),
        "Do not trade at a price in Valkey that has not changed for so long.",
    )
    mid: str = setting(
        "oracle",
        MARKET,
        choice("oracle", "book"),
        "What `price` answers: the oracle's price, or the middle of the book.",
    )
    liquidity: str = setting(
        "none",
        MARKET,
        choice("none", "house"),
        "With house, the server itself buys and sells at the oracle's price: a game for one.",
    )
    maker_fee: str = setting(
        "0",
        MARKET,
        rate(),
        "Share of the value that the resting order pays.",
        variables=("COMMISSION",),
    )
    taker_fee: str = setting(
        "0",
        MARKET,
        rate(),
        "Share of the value that the incoming order pays.",
        variables=("COMMISSION",),
    )
    stp: str = setting(
        "expire_taker",
        MARKET,
        a.SELF_TRADE,
        "When an order meets one of its own team.",
    )
    sell_fee: str = setting(
        "proceeds",
        MARKET,
        choice("proceeds", "hold"),
        "Out of what the fee of a sell is paid: what it brings, or quote that is set aside when "
        "the order is placed.",
    )
    steps: str = setting(
        "fixed",
        MARKET,
        choice("fixed", "by_price"),
        "Steps of price and size in a new market: 0.01 and 1e-10, or as fine as its first price "
        "asks for, so that no number of a program is cut.",
    )
    fill_sigma: str = setting(
        "0",
        MARKET,
        decimal("SIGMA", 100, 6, "0.1"),
        "How much the share of the house's volume varies that a market order over REST gets at "
        "once; with 0, all of it.",
        variables=("SIGMA_FILL_MARKET_ORDER",),
    )

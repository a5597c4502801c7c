"""From an oracle's quotes to the game's ticks.

The oracle knows prices as decimals and no market's steps; the engine knows ticks and lots only.
"""

import math
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from cxgame.engine.state import MarketState
from cxgame.model.commands import Tick
from cxgame.model.market import Market
from cxgame.model.rules import Rules
from cxgame.model.units import MAX_LOTS, MAX_TICKS
from cxgame.oracle import Oracle, Quote, Start, draw_u64, parse


def build_oracle(
    rules: Rules,
    markets: Iterable[MarketState],
    writer: str,
    max_age_s: float | None = None,
) -> Oracle:
    """The price sources of a game, going on where its journal left off. Raises `OracleError`.

    A ticker that is followed offers nothing once it has stood for `max_age_s`.
    """
    return Oracle.from_specs(
        {market.symbol: parse(market.oracle) for market in rules.markets},
        rules.seed,
        rules.tick_interval_ms / 1000,
        starts={state.market.symbol: _start(state) for state in markets if state.bid},
        writer=writer,
        max_age_s=max_age_s,
    )


def tick(quote: Quote, market: Market, seed: int) -> Tick:
    """The command for a quote, volumes rounded down to the lot.

    The sides of another program's ticker are rounded outward, so that nobody trades better than
    it says. A price of ours goes to the nearest tick on both sides: bid and ask that are the same
    stay so.
    """
    down, up = (ROUND_FLOOR, ROUND_CEILING) if quote.is_fed else (ROUND_HALF_EVEN, ROUND_HALF_EVEN)
    return Tick(
        market.id,
        quote.index,
        _ticks(quote.bid, market, down),
        _ticks(quote.ask, market, up),
        _lots(quote.bid_volume, market),
        _lots(quote.ask_volume, market),
        quote.carry,
        draw_u64(seed, f"market/{market.symbol}#tick", quote.index),
    )


def tick_size(market: Market) -> Decimal:
    """One tick, in quote per base."""
    return Decimal(market.tick).scaleb(-market.price_places)


def _start(state: MarketState) -> Start:
    size = tick_size(state.market)
    bid, ask = state.bid * size, state.ask * size
    return Start(state.tick_index, (bid + ask) / 2, state.carry, (bid, ask))


def _ticks(price: Decimal, market: Market, rounding: str) -> int:
    ticks = int((price / tick_size(market)).to_integral_value(rounding))
    return min(max(ticks, 1), MAX_TICKS)


def _lots(volume: Decimal | None, market: Market) -> int | None:
    if volume is None:
        return None
    return min(math.floor(volume / Decimal(market.lot).scaleb(-market.size_places)), MAX_LOTS)

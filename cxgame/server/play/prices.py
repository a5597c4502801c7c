"""From an oracle's quotes to the game's ticks.

The oracle knows prices as decimals and no market's steps; the engine knows ticks and lots only.
"""

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from cxgame.engine.state import MarketState
from cxgame.model.commands import Tick
from cxgame.model.market import Market
from cxgame.model.rules import Rules
from cxgame.model.units import MAX_LOTS, MAX_TICKS
from cxgame.oracle import Oracle, Quote, Start, draw_u64, parse


def build_oracle(rules: Rules, markets: Iterable[MarketState], writer: str) -> Oracle:
    """The price sources of a game, going on where its journal left off. Raises `OracleError`."""
    sources = {market.symbol: parse(market.oracle) for market in rules.markets}
    starts = {state.market.symbol: _start(state) for state in markets if state.bid}
    interval_s = rules.tick_interval_ms / 1000
    return Oracle.from_specs(sources, rules.seed, interval_s, starts=starts, writer=writer)


def tick(quote: Quote, market: Market, seed: int) -> Tick:
    """The command for a quote, each side rounded to the nearest tick, volumes down to the lot."""
    return Tick(
        market.id,
        quote.index,
        _ticks(quote.bid, market),
        _ticks(quote.ask, market),
        _lots(quote.bid_volume, market),
        _lots(quote.ask_volume, market),
        quote.carry,
        draw_u64(seed, f"market/{market.symbol}#tick", quote.index),
    )


def _start(state: MarketState) -> Start:
    market = state.market
    price = Decimal(state.bid + state.ask) * _tick_size(market) / 2
    return Start(state.tick_index, price, state.carry)


def _ticks(price: Decimal, market: Market) -> int:
    ticks = int((price / _tick_size(market)).to_integral_value(ROUND_HALF_EVEN))
    return min(max(ticks, 1), MAX_TICKS)


def _tick_size(market: Market) -> Decimal:
    return Decimal(market.tick).scaleb(-market.price_places)


def _lots(volume: Decimal | None, market: Market) -> int | None:
    if volume is None:
        return None
    return min(math.floor(volume / Decimal(market.lot).scaleb(-market.size_places)), MAX_LOTS)

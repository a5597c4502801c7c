"""Oracle ticks, and the house as a virtual level in the book.

The house has no order and holds nothing. Its quote on a side is one more level, last at its price,
with the tick's volume; players' orders that a tick crosses fill at the quote, best price first.
"""

from cxgame.engine import pending, settling
from cxgame.engine.matching import crossed, other_side
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.model.commands import Tick
from cxgame.model.enums import Phase, Side
from cxgame.model.events import Ticker


def tick(state: State, command: Tick, applied: Applied) -> None:
    """Take new quotes; a tick that changes none of them, and nobody waits for, is no event."""
    market = state.markets[command.market]
    quotes = (command.bid, command.ask, command.bid_volume, command.ask_volume)
    standing = (market.bid, market.ask, market.bid_volume, market.ask_volume)
    mid2 = market.mid2 if state.mid_by_book else command.bid + command.ask
    if quotes == standing and mid2 == market.mid2 and not _somebody_waits(state, market):
        return
    market.bid, market.ask, market.bid_volume, market.ask_volume = quotes
    market.tick_index = command.index
    market.carry = command.carry
    market.mid2 = mid2
    applied.events.append(Ticker(market.market.id, command.index, command.bid, command.ask))
    fill_crossed(state, market, applied, command.draw)
    pending.go_on(state, market, command.draw, applied)
    state.update_mid(market)


def _somebody_waits(state: State, market: MarketState) -> bool:
    """Whether an order waits for the next draw: on no level, or crossed and without a share."""
    if market.waiting:
        return True
    if not state.fill_sigma or state.phase is not Phase.OPEN or not state.house_quotes:
        return False
    return any(
        quote.price and quote.lots != 0 and any(crossed(market.half_against(side), quote.price))
        for side in Side
        for quote in [market.quote_against(other_side(side))]
    )


def fill_crossed(
    state: State, market: MarketState, applied: Applied, draw: int | None = None
) -> None:
    """Fill the resting orders that the house's quotes reach, while the game is open.

    With a draw, an order gets a share of the house's volume at most.
    """
    if state.phase is not Phase.OPEN or not state.house_quotes:
        return
    for house_side in (Side.SELL, Side.BUY):
        quote = market.quote_against(other_side(house_side))
        if quote.price and quote.lots != 0:
            makers = list(crossed(market.half_against(house_side), quote.price))
            _fill(state, market, house_side, quote.price, makers, draw, applied)


def _fill(
    state: State,
    market: MarketState,
    house_side: Side,
    price: int,
    makers: list[Order],
    draw: int | None,
    applied: Applied,
) -> None:
    for maker in makers:
        volume = market.ask_volume if house_side is Side.SELL else market.bid_volume
        if volume == 0:
            return
        if maker.short:
            settling.reject_order(
                state, maker, settling.lack_of_hold(market.market, maker), applied
            )
            continue
        sigma = 0 if draw is None else state.fill_sigma
        share = pending.share_of(volume, sigma, draw or 0, maker.id)
        lots = maker.left if share is None else min(maker.left, share)
        if not lots:
            continue
        settling.trade(state, market, house_side, None, maker, price, lots, applied)
        if volume is not None and house_side is Side.SELL:
            market.ask_volume = volume - lots
        elif volume is not None:
            market.bid_volume = volume - lots
        if maker.left:
            settling.lower_hold(state, maker)
        else:
            settling.fill_up(state, maker, applied)

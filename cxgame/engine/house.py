"""Oracle ticks, and the house as a virtual level in the book.

The house has no order and holds nothing. Its quote on a side is one more level, last at its price,
with the tick's volume; players' orders that a tick crosses fill at the quote, best price first.
"""

from cxgame.engine import settling
from cxgame.engine.matching import crossed, other_side
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied, MarketState, State
from cxgame.model.commands import Tick
from cxgame.model.enums import Phase, Side
from cxgame.model.events import Ticker


def tick(state: State, command: Tick, applied: Applied) -> None:
    """Take new quotes; a tick that changes none of them is no event."""
    market = state.markets[command.market]
    quotes = (command.bid, command.ask, command.bid_volume, command.ask_volume)
    standing = (market.bid, market.ask, market.bid_volume, market.ask_volume)
    mid2 = market.mid2 if state.mid_by_book else command.bid + command.ask
    if quotes == standing and mid2 == market.mid2:
        return
    market.bid, market.ask, market.bid_volume, market.ask_volume = quotes
    market.tick_index = command.index
    market.carry = command.carry
    market.mid2 = mid2
    applied.events.append(Ticker(market.market.id, command.index, command.bid, command.ask))
    fill_crossed(state, market, applied)


def fill_crossed(state: State, market: MarketState, applied: Applied) -> None:
    """Fill the resting orders that the house's quotes reach, while the game is open."""
    if state.phase is not Phase.OPEN or not state.house_quotes:
        return
    for house_side in (Side.SELL, Side.BUY):
        quote = market.quote_against(other_side(house_side))
        if quote.price and quote.lots != 0:
            makers = list(crossed(market.half_against(house_side), quote.price))
            _fill(state, market, house_side, quote.price, makers, applied)
    state.update_mid(market)


def _fill(
    state: State,
    market: MarketState,
    house_side: Side,
    price: int,
    makers: list[Order],
    applied: Applied,
) -> None:
    for maker in makers:
        volume = market.ask_volume if house_side is Side.SELL else market.bid_volume
        lots = maker.left if volume is None else min(maker.left, volume)
        if not lots:
            return
        settling.trade(state, market, house_side, None, maker, price, lots, applied)
        if volume is not None and house_side is Side.SELL:
            market.ask_volume = volume - lots
        elif volume is not None:
            market.bid_volume = volume - lots
        if maker.left:
            settling.lower_hold(state, maker)
        else:
            settling.fill_up(state, maker, applied)

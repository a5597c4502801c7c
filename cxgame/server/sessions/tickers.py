"""The command `tickers`: best prices and the last 24 hours, of some markets or of all at once."""

import asyncio
from typing import TYPE_CHECKING

from cxgame.model.enums import Liquidity, Side
from cxgame.model.errors import Rejection
from cxgame.server.sessions.days import Day
from cxgame.server.sessions.reads import levels, shown_market
from cxgame.wire.money import MarketMoney
from cxgame.wire.replies import NULL, done, json_list, refused
from cxgame.wire.request_types import Tickers
from cxgame.wire.rows import seconds

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host
    from cxgame.server.sessions.session import Session

SLICE = 50  # markets between which others have their turn: half a millisecond


async def tickers(session: "Session", request: Tickers) -> bytes:
    """A row for each market."""
    host, wanted = session.host, []
    symbols = request.params.symbols
    if symbols is None:
        symbols = [state.market.symbol for state in host.shown.engine.markets]
    for symbol in symbols:
        money = shown_market(host, symbol)
        if isinstance(money, Rejection):
            return refused("tickers", money, request.id)
        wanted.append(money)
    now_ms = max(host.clock.wall_ms(), host.shown.engine.wall_ms)
    ids = [money.market.id for money in wanted]
    days = await host.days.of(host.past, host.shown.recent, ids, now_ms)
    rows: list[str] = []
    for place, money in enumerate(wanted):
        if place % SLICE == SLICE - 1:
            await asyncio.sleep(0)
        rows.append(_row(host, money, days[money.market.id]))
    return done("tickers", json_list(rows), request.id)


def _row(host: "Host", money: MarketMoney, day: Day | None) -> str:
    """One market; prices and sizes are decimal text, null where there is none."""
    bid, ask = (_best(host, money, side) for side in Side)
    return (
        f'{{"symbol":{money.symbol_json},"timestamp":{seconds(host.clock.wall_ms())},'
        f'"bid":{bid[0]},"bid_size":{bid[1]},"ask":{ask[0]},"ask_size":{ask[1]},'
        f"{_day_members(money, day)}}}"
    )


def _best(host: "Host", money: MarketMoney, side: Side) -> tuple[str, str]:
    """The best price and all that is there at it; the house may stand beside players."""
    engine = host.shown.engine
    with_house = engine.known_rules.liquidity is Liquidity.HOUSE
    best = levels(engine.markets[money.market.id], side, 2, with_house)
    if not best:
        return NULL, NULL
    price, size = best[0][0], 0
    for ticks, lots, _ in best:
        if ticks == price:
            if lots is None:  # the house has no end there
                return f'"{money.price_text(price)}"', NULL
            size += lots
    return f'"{money.price_text(price)}"', f'"{money.size_text(size)}"'


def _day_members(money: MarketMoney, day: Day | None) -> str:
    if day is None:
        return '"open":null,"high":null,"low":null,"last":null,"volume":null'
    price_text = money.price_text
    return (
        f'"open":"{price_text(day.open)}","high":"{price_text(day.high)}",'
        f'"low":"{price_text(day.low)}","last":"{price_text(day.last)}",'
        f'"volume":"{money.size_text(day.quantity)}"'
    )

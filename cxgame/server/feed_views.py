"""The views that a feed in another process begins from: as they are written, as they are read.

`markets` and `orders` are written by commits (`cxgame.views`); `standings` is written beside them,
at most once a second, by whoever runs the game.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from cxgame.model.enums import Phase, Side
from cxgame.model.events import Standing
from cxgame.model.market import Market, build_market
from cxgame.model.rules import MarketRules
from cxgame.model.units import parse_decimal
from cxgame.ports import View
from cxgame.wire.feed_book import OpenOrder
from cxgame.wire.feed_state import Snapshot

Rows = Mapping[str, bytes]  # field → JSON


class UnclearViews(Exception):
    """The views do not tell where the game stands."""


class _MarketRow(Struct):
    phase: str
    bid: str
    ask: str
    rules: MarketRules
    id: int | None = None
    remaining_ms: int | None = None
    wall_ms: int = 0


class _OrderRow(Struct):
    symbol: str
    side: str
    price: str
    size: str


class _StandingRow(Struct):
    rank: int
    base: str
    quote: str
    equity: str
    bot: bool


_market_row = msgspec.json.Decoder(_MarketRow).decode
_order_row = msgspec.json.Decoder(_OrderRow).decode
_standing_row = msgspec.json.Decoder(_StandingRow).decode
_encode = msgspec.json.Encoder().encode


def standings_views(standings: Iterable[Standing]) -> list[View]:
    """One field per user."""
    return [
        View(
            "standings",
            row.user,
            _encode(_StandingRow(row.rank, row.base, row.quote, row.equity, row.bot)),
        )
        for row in standings
    ]


def read_standings(rows: Rows) -> list[Standing]:
    """Back from the view, best first."""
    read = [(user, _standing_row(blob)) for user, blob in rows.items()]
    return sorted(
        (Standing(row.rank, user, row.base, row.quote, row.equity, row.bot) for user, row in read),
        key=lambda standing: standing.rank,
    )


def read_snapshot(game: str, number: int, seq: int, markets: Rows, orders: Rows) -> Snapshot | None:
    """Where a game stood at event `seq` or a little later; None before its rules are known."""
    if not markets:
        return None
    rows = _in_order([_market_row(blob) for blob in markets.values()])
    built = [build_market(id, row.rules, 0, 1) for id, row in enumerate(rows)]
    return Snapshot(
        game=game,
        number=number,
        markets=tuple(row.rules for row in rows),
        phase=Phase[rows[0].phase.upper()],
        remaining_ms=rows[0].remaining_ms,
        seq=seq,
        wall_ms=rows[0].wall_ms,
        orders=_orders(orders, {market.symbol: market for market in built}),
        quotes=tuple(
            (market.id, bid, ask)
            for market, row in zip(built, rows, strict=True)
            if (bid := _ticks(row.bid, market)) and (ask := _ticks(row.ask, market))
        ),
    )


def _in_order(rows: Sequence[_MarketRow]) -> list[_MarketRow]:
    """By market id, which events name markets by."""
    if len(rows) == 1:
        return list(rows)
    ids = {row.id: row for row in rows}
    if set(ids) != set(range(len(rows))):
        raise UnclearViews("the view of the markets does not number them")
    return [ids[id] for id in range(len(rows))]


def _orders(rows: Rows, markets: Mapping[str, Market]) -> tuple[OpenOrder, ...]:
    found = []
    for id, blob in rows.items():
        row = _order_row(blob)
        market = markets[row.symbol]
        found.append(
            OpenOrder(
                int(id),
                market.id,
                Side[row.side.upper()],
                _ticks(row.price, market),
                parse_decimal(row.size, market.size_places) // market.lot,
            )
        )
    return tuple(found)


def _ticks(text: str, market: Market) -> int:
    return parse_decimal(text, market.price_places) // market.tick

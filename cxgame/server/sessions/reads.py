"""The commands that only look: formatted from the state as it is, released with its batch."""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from cxgame.engine.orders import Order
from cxgame.engine.state import MarketState
from cxgame.model.enums import Liquidity, OrderType, Side
from cxgame.model.errors import Code, Rejection, reject, unknown_symbol
from cxgame.server.sessions.owned import holdings, own_row
from cxgame.wire import request_types as r
from cxgame.wire.fields import EXPECTED
from cxgame.wire.money import MarketMoney
from cxgame.wire.params import PageParams
from cxgame.wire.replies import NULL, done, json_list, refused
from cxgame.wire.rows import (
    book_half,
    market_row,
    order_row,
    seconds,
    text,
    wallets_row,
)

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host
    from cxgame.server.sessions.session import Session

DEFAULT_DEPTH = 20
NS_PER_MS = 1_000_000

Row = TypeVar("Row")


def price(session: "Session", request: r.Price) -> bytes:
    """The mid of a market."""
    money = shown_market(session.host, request.params.symbol)
    if isinstance(money, Rejection):
        return refused("price", money, request.id)
    state = session.host.shown.engine.markets[money.market.id]
    return done("price", f'"{money.market.mid_text(state.mid2)}"', request.id)


def wallets(session: "Session", request: r.Wallets) -> bytes:
    """What the account owns, asset by asset."""
    engine = session.host.shown.engine
    account = engine.accounts[session.account]
    first = session.host.money[0].market
    owned = holdings(engine, account)
    return done("wallets", wallets_row(owned, first.base, first.quote), request.id)


def orders(session: "Session", request: r.Orders) -> bytes:
    """The account's open orders."""
    account = session.host.shown.engine.accounts[session.account]
    return _open_orders(session, "orders", request, reversed(account.orders.values()))


def all_orders(session: "Session", request: r.AllOrders) -> bytes:
    """Everyone's open orders, as far as they have come to the market."""
    newest_first = reversed(session.host.shown.engine.orders.values())
    public = (order for order in newest_first if not order.is_hidden)
    return _open_orders(session, "all_orders", request, public)


def markets(session: "Session", request: r.Markets) -> bytes:
    """What can be traded, and how."""
    engine = session.host.shown.engine
    phase = engine.phase.name.lower()
    rows = [market_row(state.market, phase) for state in engine.markets]
    return done("markets", json_list(rows), request.id)


def book(session: "Session", request: r.Book) -> bytes:
    """The best levels of a market, the house's among them."""
    params = request.params
    money = shown_market(session.host, params.symbol)
    if isinstance(money, Rejection):
        return refused("book", money, request.id)
    engine = session.host.shown.engine
    state = engine.markets[money.market.id]
    with_house = engine.known_rules.liquidity is Liquidity.HOUSE
    depth = params.depth or DEFAULT_DEPTH
    bids = book_half(levels(state, Side.BUY, depth, with_house), money)
    asks = book_half(levels(state, Side.SELL, depth, with_house), money)
    data = f'{{"symbol":{money.symbol_json},"seq":{engine.event_seq},"bids":{bids},"asks":{asks}}}'
    return done("book", data, request.id)


def shown_market(host: "Host", symbol: str | None) -> MarketMoney | Rejection:
    """A market that reads may show: one that opened as the game halted may still vanish."""
    money = host.money_of(symbol)
    if isinstance(money, Rejection) or money.market.id < len(host.shown.engine.markets):
        return money
    known = (state.market.symbol for state in host.shown.engine.markets)
    return unknown_symbol(money.market.symbol, known)


def time(session: "Session", request: r.Time) -> bytes:
    """The time of day, and where the game's own clock stands."""
    engine = session.host.shown.engine
    remaining = engine.remaining_ms
    data = (
        f'{{"ts":{seconds(session.host.clock.wall_ms())},'
        f'"game_time":{seconds(engine.game_time_ns // NS_PER_MS)},'
        f'"phase":{text(engine.phase.name.lower())},'
        f'"remaining":{NULL if remaining is None else seconds(remaining)}}}'
    )
    return done("time", data, request.id)


def _open_orders(
    session: "Session",
    name: str,
    request: r.Orders | r.AllOrders,
    newest_first: Iterable[Order],
) -> bytes:
    """Open orders: ids only grow, and an order is open from when it gets its id."""
    page = _page(session, request.params, newest_first)
    if isinstance(page, Rejection):
        return refused(name, page, request.id)
    rows, more = page
    host = session.host
    engine = host.shown.engine
    accounts = engine.accounts
    maker: list[str] = []
    market: list[str] = []
    for order in rows:
        user, money = accounts[order.account].name, host.money[order.market]
        if order.account == session.account:
            row = own_row(order, engine, money, user)
        else:
            row = order_row(order, money, user, is_own=False)
        (maker if order.type is OrderType.LIMIT else market).append(row)
    data = f'{{"maker":{json_list(maker)},"market":{json_list(market)}}}'
    return done(name, data, request.id, more=more)


def id_of(given: str | int | None, name: str) -> int | Rejection | None:
    """The id that a parameter bounds a list by, if one was given."""
    if given is None:
        return None
    digits = str(given)
    if not (digits.isascii() and digits.isdigit()):
        return reject(Code.PARAM_TYPE, name=name, got=EXPECTED[name])
    return int(digits)


def _page(
    session: "Session", params: PageParams, newest_first: Iterable[Order]
) -> tuple[list[Order], bool] | Rejection:
    """The orders that were asked for, newest first, and whether older ones were cut off."""
    before = id_of(params.before, "before")
    if isinstance(before, Rejection):
        return before
    rows = iter(newest_first)
    if before is not None:
        rows = (row for row in rows if row.id < before)
    page_size = session.host.limits.max_page
    page = list(islice(rows, min(params.limit or page_size, page_size)))
    return page, next(rows, None) is not None


def levels(
    state: MarketState, side: Side, depth: int, with_house: bool
) -> list[tuple[int, int | None, bool]]:
    """The best levels: the players', and the house's quote last at its price."""
    levels: list[tuple[int, int | None, bool]] = [
        (ticks, lots, False) for ticks, lots in state.book.depth(side, depth)
    ]
    quote, volume = (
        (state.bid, state.bid_volume) if side is Side.BUY else (state.ask, state.ask_volume)
    )
    if with_house and quote and volume != 0:
        sign = -1 if side is Side.BUY else 1
        levels.append((quote, volume, True))
        levels.sort(key=lambda level: (sign * level[0], level[2]))
    return levels[:depth]

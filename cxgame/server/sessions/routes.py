"""Every command of the order server: who handles it, and whether it needs a login.

The one table of what may be asked. Phases are the engine's matter.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from cxgame.server.sessions import (
    admin,
    batches,
    channels,
    faults,
    interventions,
    open_orders,
    orders,
    past,
    people,
    precautions,
    reads,
    rounds,
    tickers,
    users,
)
from cxgame.server.sessions.answers import Answer
from cxgame.wire import organiser_requests as o
from cxgame.wire import request_types as r
from cxgame.wire.requests import COMMANDS

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session


class Route(NamedTuple):
    """The way of a command."""

    command: str
    handle: Callable[["Session", Any], Answer]
    needs_login: bool
    is_read: bool = False  # changes nothing: also a halted game answers it


_HANDLERS: dict[type[r.Request], tuple[Callable[["Session", Any], Answer], bool]] = {
    r.Register: (users.register, False),
    r.Auth: (users.auth, False),
    r.Rotate: (users.rotate, True),
    r.Bcast: (users.broadcast, True),
    r.Buy: (orders.buy, True),
    r.Sell: (orders.sell, True),
    r.BuyMarket: (orders.buy_market, True),
    r.SellMarket: (orders.sell_market, True),
    r.PlaceOrder: (orders.place_order, True),
    r.Amend: (open_orders.amend, True),
    r.Cancel: (open_orders.cancel, True),
    r.CancelAll: (open_orders.cancel_all, True),
    r.Batch: (batches.batch, True),
    r.CancelOnDisconnect: (precautions.cancel_on_disconnect, True),
    r.CancelAllAfter: (precautions.cancel_all_after, True),
    # Only `executions` needs a login, which its handler asks for.
    r.Subscribe: (channels.subscribe, False),
    r.Unsubscribe: (channels.unsubscribe, False),
    r.Resync: (channels.resync, False),
    r.Price: (reads.price, True),
    r.Wallets: (reads.wallets, True),
    r.Orders: (reads.orders, True),
    r.AllOrders: (reads.all_orders, True),
    r.Fills: (past.fills, True),
    r.Completed: (past.completed, True),
    r.Trades: (past.trades, False),
    r.Candles: (past.candles, False),
    r.Markets: (reads.markets, False),
    r.Book: (reads.book, False),
    r.Tickers: (tickers.tickers, False),
    r.Time: (reads.time, False),
    # The admin secret stands for a login: organisers need not be players.
    o.Audit: (admin.audit, False),
    o.Start: (admin.start, False),
    o.Pause: (admin.pause, False),
    o.Shutdown: (admin.shutdown, False),
    o.Grant: (admin.grant, False),
    o.EndRound: (rounds.end_round, False),
    o.StartRound: (rounds.start_round, False),
    o.Announce: (rounds.announce, False),
    o.Players: (people.players, False),
    o.Whitelist: (people.whitelist, False),
    o.Kick: (people.kick, False),
    o.RotateUser: (people.rotate_user, False),
    o.Adjust: (interventions.adjust, False),
    o.SetPrice: (interventions.set_price, False),
    o.Faults: (faults.faults, False),
}

_READS = frozenset(
    (
        r.Price,
        r.Wallets,
        r.Orders,
        r.AllOrders,
        r.Fills,
        r.Completed,
        r.Trades,
        r.Candles,
        r.Markets,
        r.Book,
        r.Tickers,
        r.Time,
        o.Players,
    )
)

ROUTES: dict[type, Route] = {
    type_: Route(command, *_HANDLERS[type_], type_ in _READS) for command, type_ in COMMANDS.items()
}

"""The players' commands of the order server, as types, and the base of all commands.

What a command takes is in `cxgame.wire.params`; the organisers' commands are in
`cxgame.wire.organiser_requests`.
"""

from msgspec import Struct

from cxgame.wire import params as p
from cxgame.wire.fields import RequestId


class Request(
    Struct, frozen=True, kw_only=True, tag_field="cmd", forbid_unknown_fields=True, gc=False
):
    """Base of all requests: `{"cmd": ..., "params": {...}, "id": ...}`.

    `ts` asks for the times of the reply, `limits` for what may still be asked.
    """

    id: RequestId = None
    ts: bool | None = None
    limits: bool | None = None


class Register(Request, frozen=True, tag="register"):
    """Become a user, enter the game, and log this connection in."""

    params: p.RegisterParams


class Auth(Request, frozen=True, tag="auth"):
    """Log this connection in."""

    params: p.AuthParams


class Rotate(Request, frozen=True, tag="rotate"):
    """Get a new token; other connections of the user are closed."""

    params: p.RotateParams


class Bcast(Request, frozen=True, tag="bcast"):
    """Say something to everyone."""

    params: p.BroadcastParams


class Buy(Request, frozen=True, tag="buy"):
    """A maker's limit buy, below the market price."""

    params: p.LimitOrderParams


class Sell(Request, frozen=True, tag="sell"):
    """A maker's limit sell, at or above the market price."""

    params: p.LimitOrderParams


class BuyMarket(Request, frozen=True, tag="buy_market"):
    """Spend an amount of quote on what is offered."""

    params: p.MarketOrderParams


class SellMarket(Request, frozen=True, tag="sell_market"):
    """Sell an amount of base to who bids."""

    params: p.MarketOrderParams


class PlaceOrder(Request, frozen=True, tag="order"):
    """Any order: the full verb."""

    params: p.OrderParams


class Amend(Request, frozen=True, tag="amend"):
    """Change price or quantity of an open order."""

    params: p.AmendParams


class Cancel(Request, frozen=True, tag="cancel"):
    """Cancel one open order."""

    params: p.CancelParams


class CancelAll(Request, frozen=True, tag="cancel_all"):
    """Cancel all one's open orders, of one market or side if given."""

    params: p.CancelAllParams


class Batch(Request, frozen=True, tag="batch"):
    """Several requests about orders in one message."""

    params: p.BatchParams


class CancelOnDisconnect(Request, frozen=True, tag="cancel_on_disconnect"):
    """Cancel this connection's orders when it is lost."""

    params: p.DisconnectParams


class CancelAllAfter(Request, frozen=True, tag="cancel_all_after"):
    """Cancel all one's orders unless this comes again in time."""

    params: p.SwitchParams


class Subscribe(Request, frozen=True, tag="subscribe"):
    """Follow channels over this connection."""

    params: p.SubscribeParams


class Unsubscribe(Request, frozen=True, tag="unsubscribe"):
    """Follow channels no more."""

    params: p.UnsubscribeParams


class Resync(Request, frozen=True, tag="resync"):
    """Have the books that are followed sent whole again."""

    params: p.SymbolParams


class Price(Request, frozen=True, tag="price"):
    """The market price: the mid."""

    params: p.SymbolParams


class Wallets(Request, frozen=True, tag="wallets"):
    """What one owns."""

    params: p.Params


class Orders(Request, frozen=True, tag="orders"):
    """One's open orders."""

    params: p.PageParams


class AllOrders(Request, frozen=True, tag="all_orders"):
    """Everyone's open orders."""

    params: p.PageParams


class Fills(Request, frozen=True, tag="fills"):
    """One's fills."""

    params: p.PastParams


class Completed(Request, frozen=True, tag="completed"):
    """One's orders that have ended."""

    params: p.PastParams


class Trades(Request, frozen=True, tag="trades"):
    """Everybody's trades in a market."""

    params: p.TradesParams


class Candles(Request, frozen=True, tag="candles"):
    """What a market's trades come to, interval by interval."""

    params: p.CandlesParams


class Markets(Request, frozen=True, tag="markets"):
    """What can be traded."""

    params: p.Params


class Book(Request, frozen=True, tag="book"):
    """The best levels of a market."""

    params: p.BookParams


class Tickers(Request, frozen=True, tag="tickers"):
    """Best prices and the last 24 hours of markets."""

    params: p.TickersParams


class Time(Request, frozen=True, tag="time"):
    """The time of day and of the game."""

    params: p.Params


PLAYER_REQUESTS: tuple[type[Request], ...] = tuple(
    each for each in Request.__subclasses__() if each.__module__ == __name__
)
"""All of them, in the order of this file."""

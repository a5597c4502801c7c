"""Requests: every command of the order server as a type, and `parse`, which reads one message.

Knows JSON and shapes; knows neither markets nor users. A message is read once, into the type
that its `cmd` names, in about 1 µs; only one that this refuses is looked at again, to say what
is wrong with it (`cxgame.wire.diagnosis`).
"""

from functools import reduce
from operator import or_
from typing import Any, NamedTuple, final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple, fields

from cxgame.wire import params as p
from cxgame.wire.diagnosis import BadRequest, ambiguity, explain


class Request(
    Struct, frozen=True, kw_only=True, tag_field="cmd", forbid_unknown_fields=True, gc=False
):
    """Base of all requests: `{"cmd": ..., "params": {...}, "id": ...}`.

    `ts` asks for the times of the reply, `limits` for what may still be asked.
    """

    id: p.RequestId = None
    ts: bool | None = None
    limits: bool | None = None


@final
class Asking(NamedTuple):
    """A request whose reply is to carry more than usual."""

    request: Request
    id: p.RequestId


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


class Audit(Request, frozen=True, tag="audit"):
    """Check the game's invariants; for an admin also the totals and the state hash."""

    params: p.SecretParams


class Start(Request, frozen=True, tag="start"):
    """Open the market, or resume after a pause."""

    params: p.SecretParams


class Pause(Request, frozen=True, tag="pause"):
    """Stop matching."""

    params: p.SecretParams


class Shutdown(Request, frozen=True, tag="shutdown"):
    """Close the game and end the server."""

    params: p.SecretParams


class Grant(Request, frozen=True, tag="grant"):
    """Make a user an admin of the game."""

    params: p.GrantParams


class EndRound(Request, frozen=True, tag="end_round"):
    """Cancel all orders, settle the standings, pause."""

    params: p.SecretParams


class StartRound(Request, frozen=True, tag="start_round"):
    """Set every account back to the grants; `start` opens the market."""

    params: p.SecretParams


class Announce(Request, frozen=True, tag="announce"):
    """Say something to everyone as the organiser."""

    params: p.AnnounceParams


class Players(Request, frozen=True, tag="players"):
    """Everybody in the game, as an organiser sees them."""

    params: p.SecretParams


class Whitelist(Request, frozen=True, tag="whitelist"):
    """See or change who may play."""

    params: p.WhitelistParams


class Kick(Request, frozen=True, tag="kick"):
    """Close all connections of a user."""

    params: p.PlayerParams


class RotateUser(Request, frozen=True, tag="rotate_user"):
    """Give a user a new token."""

    params: p.PlayerParams


class Adjust(Request, frozen=True, tag="adjust"):
    """Set what a user has of an asset."""

    params: p.AdjustParams


class SetPrice(Request, frozen=True, tag="set_price"):
    """Quote a market by hand."""

    params: p.SetPriceParams


class Faults(Request, frozen=True, tag="faults"):
    """See or change what happens to messages on their way."""

    params: p.FaultsParams


REQUESTS: tuple[type[Request], ...] = tuple(Request.__subclasses__())
"""All of them, in the order of this file."""

COMMANDS: dict[str, type[Request]] = {str(type_.__struct_config__.tag): type_ for type_ in REQUESTS}
"""`cmd` → the type of its request."""


def parse(raw: bytes) -> Request | Asking | BadRequest:
    """Read one message, or say what is wrong with it; takes any bytes and never raises."""
    try:
        request: Request = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return explain(raw, _PARAMS)
    # Each member needs one colon; more of them are in a text, or a key stands twice, of which
    # the decoder silently takes the last.
    # What a reply may be asked to carry is rare, and not counted before it matters.
    if raw.count(b":") > _members(request):
        return _with_more(raw, request)
    return request


def _with_more(raw: bytes, request: Any) -> Request | Asking | BadRequest:
    """A message with more colons than its usual members need."""
    needed = _members(request) + (request.ts is not None) + (request.limits is not None)
    if type(request) is Batch:  # its requests are looked at when their turn comes
        needed += sum(bytes(one).count(b":") for one in request.params.requests)
    if raw.count(b":") > needed:
        twice = ambiguity(raw, request.id)
        if twice is not None:
            return twice
    return Asking(request, request.id) if request.ts or request.limits else request


def _members(request: Any) -> int:
    """How many members it usually has for certain: `cmd`, `params`, and all that are not null."""
    values = astuple(request.params)
    return 2 + (request.id is not None) + len(values) - values.count(None)


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(reduce(or_, REQUESTS))
_PARAMS: dict[str, type[Struct]] = {
    name: next(field.type for field in fields(type_) if field.name == "params")
    for name, type_ in COMMANDS.items()
}

"""The organisers' commands of the order server, as types; they take a role or the admin secret."""

from cxgame.wire import organiser_params as p
from cxgame.wire.request_types import Request


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


ORGANISER_REQUESTS: tuple[type[Request], ...] = tuple(
    each for each in Request.__subclasses__() if each.__module__ == __name__
)
"""All of them, in the order of this file."""

"""The params of the organisers' commands; an admin may leave the secret out."""

from typing import Annotated, Literal

from msgspec import Meta, Raw

from cxgame.wire.fields import (
    ABSENT,
    MAX_DECK,
    FaultIds,
    FaultTables,
    Listed,
    Secret,
    Symbol,
    UserNames,
)
from cxgame.wire.params import Params


class SecretParams(Params, frozen=True):
    """The admin secret, which an admin may leave out."""

    secret: Secret | None = None


class GrantParams(Params, frozen=True):
    """Whom to make an admin."""

    username: str
    secret: Secret | None = None


class AnnounceParams(Params, frozen=True):
    """A message of the organiser to everyone."""

    message: Annotated[str, Meta(min_length=1)]
    secret: Secret | None = None


class PlayerParams(Params, frozen=True):
    """Whom a command of the organiser is about."""

    username: str
    secret: Secret | None = None


class WhitelistParams(Params, frozen=True):
    """Who may play: names to add (by team, if they have one), names to remove.

    `everyone`: from now on there is no list.
    """

    add: Listed | None = None
    remove: UserNames | None = None
    everyone: bool | None = None
    secret: Secret | None = None


class AdjustParams(Params, frozen=True):
    """What an account is to have of an asset; `held` stays as it is if it is not given."""

    username: str
    asset: Symbol
    free: Raw
    held: Raw = ABSENT
    secret: Secret | None = None


class SetPriceParams(Params, frozen=True):
    """The price at which a market is to be quoted."""

    symbol: Symbol
    price: Raw
    secret: Secret | None = None


class FaultsParams(Params, frozen=True):
    """Network faults to switch on, to take away, or a deck of them; without any: what there is."""

    set: FaultTables | None = None
    clear: Literal["all"] | FaultIds | None = None
    deck: Annotated[str, Meta(max_length=MAX_DECK)] | None = None
    secret: Secret | None = None

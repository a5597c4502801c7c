"""Commands: what can be asked of the engine. The journal holds these, stamped.

A command is frozen and complete: whoever builds one has already turned names into ids and text
into integers. Tags are short because each is written with every command.
"""

from msgspec import Struct

from cxgame.model.enums import (
    OrderType,
    SelfTrade,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)
from cxgame.model.rules import MarketRules, Rules

ALL_MARKETS = -1


class Command(Struct, frozen=True, array_like=True, tag_field="t", gc=False):
    """Base of all commands; frozen, so never part of a cycle that `gc` would have to find."""


class SetRules(Command, frozen=True, tag="rules"):
    """The first command of every journal, and a later change of what may change."""

    rules: Rules


class OpenAccount(Command, frozen=True, tag="account"):
    """Enter a user into the game: an account, the grants, a team (empty: a team of its own)."""

    name: str
    team: str = ""
    bot: bool = False  # a house bot: no seat of `user_limit`, marked in standings
    sandbox: bool = False  # of a session that anybody may name: it has no user


class GrantRole(Command, frozen=True, tag="role"):
    """Make an account an admin of the game."""

    account: int


class PlaceOrder(Command, frozen=True, tag="order"):
    """Place an order. Limit: price and quantity. Market: quantity, or a budget to buy for.

    `price` in ticks, `quantity` in lots, `budget` in units as text (it may pass 64 bits).
    `fingerprint` tells two bodies under one `cid` apart.
    """

    account: int
    market: int
    verb: Verb
    side: Side
    type: OrderType
    price: int = 0
    quantity: int = 0
    budget: str = ""
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    self_trade: SelfTrade | None = None  # None: the game's default
    cid: str = ""
    fingerprint: int = 0
    deadline_ms: int = 0  # wall clock; an order that comes later is refused; 0: none
    lives_ms: int = 0  # of game time, for GTD


class PlaceTrigger(Command, frozen=True, tag="trigger"):
    """Place an order that comes to the market once a price has been reached.

    `order` says what comes then; its `price` is 0 for a market order, its `fingerprint` covers the
    trigger, too. A market buy by quantity names the highest price that it pays.
    """

    order: PlaceOrder
    kind: TriggerKind
    by: TriggerBy = TriggerBy.LAST
    price: int = 0  # ticks, of a stop or take-profit
    trail: int = 0  # ticks behind the best price since, of a trailing stop; or
    trail_rate: int = 0  # millionths of that price
    max_price: int = 0  # ticks, of a market buy by quantity

    @property
    def account(self) -> int:
        """Whose order it is."""
        return self.order.account

    @property
    def cid(self) -> str:
        """What its owner calls it."""
        return self.order.cid

    @property
    def fingerprint(self) -> int:
        """The digest of order and trigger."""
        return self.order.fingerprint


class Continue(Command, frozen=True, tag="continue"):
    """Carry out the next orders whose triggers have fired; comes before any other command."""


class AmendOrder(Command, frozen=True, tag="amend"):
    """Change price or quantity of an open limit order. 0 leaves what is there.

    `quantity` counts what was filled already. Less of it at the same price keeps the place in the
    queue; anything else gives it up. At or below what was filled it cancels the rest.
    """

    account: int
    order: int
    price: int = 0  # ticks
    quantity: int = 0  # lots
    post_only: bool = False
    deadline_ms: int = 0


class CancelOrder(Command, frozen=True, tag="cancel"):
    """Cancel an open order of the account."""

    account: int
    order: int
    expired: bool = False  # by the server, because nothing has happened to it for too long


class PlacePending(Command, frozen=True, tag="pending"):
    """Place an order that is accepted first and carried out afterwards.

    A limit order goes to the book at once. A market order (by quantity) waits `delay_ms` of game
    time on no level, with a hold, and then takes what book and house offer, now and at each tick
    until it is complete. An order without the funds gets an id, too, and is kept as rejected.
    """

    account: int
    market: int
    side: Side
    type: OrderType
    price: int = 0  # ticks, of a limit order
    quantity: int = 0  # lots
    delay_ms: int = 0
    cid: str = ""
    fingerprint: int = 0


class CancelAll(Command, frozen=True, tag="cancel_all"):
    """Cancel the account's open orders, of one market or side if given."""

    account: int
    market: int = ALL_MARKETS
    side: Side | None = None


class Broadcast(Command, frozen=True, tag="bcast"):
    """Say something to everyone."""

    account: int
    text: str


class Notice(Command, frozen=True, tag="notice"):
    """Write down what an organiser does, and tell everyone; it changes nothing else.

    `account` is the admin's; 0 for who has the admin secret. `text` holds no secrets.
    """

    act: str  # the command of the order server: `kick`
    text: str
    account: int = 0


class Tick(Command, frozen=True, tag="tick"):
    """A price from the oracle: quotes in ticks, volumes in lots (None: unlimited).

    `index` and `carry` let a price model go on after a restart; `draw` is 64 random bits for
    what the tick sets off.
    """

    market: int
    index: int
    bid: int
    ask: int
    bid_volume: int | None = None
    ask_volume: int | None = None
    carry: str = ""
    draw: int = 0


class AddMarket(Command, frozen=True, tag="market"):
    """Open one more market; its assets are new or known. For a symbol that is there: nothing."""

    rules: MarketRules


class Deposit(Command, frozen=True, tag="deposit"):
    """Give an account an amount (units, as text) of an asset."""

    account: int
    asset: str
    amount: str


class Withdraw(Command, frozen=True, tag="withdraw"):
    """Take an amount (units, as text) from what an account has free of an asset."""

    account: int
    asset: str
    amount: str


class SetBalance(Command, frozen=True, tag="balance"):
    """Put both columns of an account's asset where an admin wants them, in units as text.

    `held` above what open orders hold is held by the admin; below it, the newest orders' holds
    shrink first. None leaves the column as it is.
    """

    account: int
    asset: str
    free: str
    held: str | None = None


class ResetAccounts(Command, frozen=True, tag="reset"):
    """Cancel all orders of accounts, take all they own, and forget their past."""

    accounts: tuple[int, ...]


class Advance(Command, frozen=True, tag="advance"):
    """Let game time pass: do what is due."""

    draw: int = 0


class Start(Command, frozen=True, tag="start"):
    """An admin's (or the settings') word that play may begin."""


class Open(Command, frozen=True, tag="open"):
    """Open the market: at once after `Start`, or when all listed users are connected."""


class Pause(Command, frozen=True, tag="pause"):
    """Stop matching until the next `Start`."""


class Close(Command, frozen=True, tag="close"):
    """End the game: cancel all, settle the standings."""

    why: str


class StartRound(Command, frozen=True, tag="round"):
    """Begin a round: every account is set back to the grants."""

    seed: int


class EndRound(Command, frozen=True, tag="end_round"):
    """End a round: cancel all, settle the standings, pause."""


AnyCommand = (
    SetRules
    | OpenAccount
    | GrantRole
    | PlaceOrder
    | PlacePending
    | PlaceTrigger
    | Continue
    | AmendOrder
    | CancelOrder
    | CancelAll
    | Broadcast
    | Tick
    | AddMarket
    | Deposit
    | Withdraw
    | SetBalance
    | ResetAccounts
    | Advance
    | Start
    | Open
    | Pause
    | Close
    | StartRound
    | EndRound
    | Notice
)

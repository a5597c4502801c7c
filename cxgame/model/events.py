"""Events: what has happened. The engine's only output; the journal's hash covers them.

An event carries all that its readers need: ids, names where the public sees them, integers in
ticks and lots. Amounts that may pass 64 bits are text in units. Public events get a feed `seq`;
the others are for the account they name.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import ClassVar

from msgspec import Struct

from cxgame.model.enums import (
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)
from cxgame.model.rules import MarketRules


class Event(Struct, frozen=True, array_like=True, tag_field="t", gc=False):
    """Base of all events; frozen, so never part of a cycle that `gc` would have to find."""

    public: ClassVar[bool] = True


is_public: Callable[[Event], bool] = attrgetter("public")
"""Whether an event gets a feed `seq`; for `filter` and `map`, which every event passes."""


class RulesSet(Event, frozen=True, tag="rules"):
    """The rules came into force, or changed."""

    version: int
    markets: tuple[MarketRules, ...]


class AccountOpened(Event, frozen=True, tag="account"):
    """A user entered the game."""

    account: int
    name: str
    team: str
    bot: bool


class RoleGranted(Event, frozen=True, tag="role"):
    """An account became an admin."""

    public: ClassVar[bool] = False
    account: int


class OrderPlaced(Event, frozen=True, tag="order"):
    """An order was accepted; as placed, before anything matched."""

    market: int
    order: int
    account: int
    user: str
    verb: Verb
    side: Side
    type: OrderType
    price: int  # ticks; a market order shows the mid at the time, rounded down
    quantity: int  # lots; 0 where a budget is given
    budget: str  # units, or ""
    time_in_force: TimeInForce
    cid: str


class Trade(Event, frozen=True, tag="trade"):
    """Two orders met at the resting order's price. Order and account 0: the house."""

    market: int
    trade: int
    price: int
    quantity: int
    taker_side: Side
    buy_order: int
    sell_order: int
    buy_account: int
    sell_account: int
    buy_left: int  # lots that remain of each order after this trade
    sell_left: int
    buy_fee: str  # units of quote
    sell_fee: str


class OrderReduced(Event, frozen=True, tag="reduced"):
    """Self-trade prevention cut an order without a trade."""

    market: int
    order: int
    account: int
    quantity: int  # lots taken away
    left: int


class OrderAmended(Event, frozen=True, tag="amended"):
    """An open order has another price or quantity; trades at the new price follow."""

    market: int
    order: int
    account: int
    price: int  # ticks
    quantity: int  # lots, as if placed so
    left: int  # lots, before anything matches at the new price
    in_place: bool  # whether it kept its place in the queue


class OrderClosed(Event, frozen=True, tag="cancelled"):
    """What was left of an order was cancelled and its hold released."""

    market: int
    order: int
    account: int
    reason: Reason
    left: int  # lots that were not filled


class OrderFilled(Event, frozen=True, tag="filled"):
    """An order is complete."""

    public: ClassVar[bool] = False
    market: int
    order: int
    account: int


class OrderRefused(Event, frozen=True, tag="refused"):
    """An order without the funds was kept as rejected; nobody else has seen it."""

    public: ClassVar[bool] = False
    market: int
    order: int
    account: int
    side: Side
    type: OrderType
    price: int  # ticks; a market order shows what it would have been booked at
    quantity: int
    cid: str
    comment: str  # a sentence for its owner


class OrderRejected(Event, frozen=True, tag="rejected"):
    """An accepted order could not be carried out with what it held; what was left is released."""

    market: int
    order: int
    account: int
    left: int  # lots that were not filled
    comment: str  # a sentence for its owner


class TriggerPlaced(Event, frozen=True, tag="trigger"):
    """An order with a trigger was accepted; nobody else sees it before the trigger fires."""

    public: ClassVar[bool] = False
    market: int
    order: int
    account: int
    side: Side
    type: OrderType
    price: int  # ticks, of a limit order; of a market order the highest it pays, or 0
    quantity: int  # lots; 0 where a budget is given
    budget: str  # units, or ""
    time_in_force: TimeInForce
    cid: str
    kind: TriggerKind
    by: TriggerBy
    trigger2: int  # where it would fire now, in half ticks
    trail: int  # ticks behind the best price, of a trailing stop; or
    trail_rate: int  # millionths of that price


class TriggerFired(Event, frozen=True, tag="fired"):
    """The price of a trigger was reached; its order comes to the market with a `Continue`."""

    public: ClassVar[bool] = False
    market: int
    order: int
    account: int
    trigger2: int  # half ticks


class TriggerClosed(Event, frozen=True, tag="disarmed"):
    """An order was cancelled before its trigger fired, and its hold released."""

    public: ClassVar[bool] = False
    market: int
    order: int
    account: int
    reason: Reason
    left: int  # lots; 0 where a budget is given
    trigger2: int  # where it would have fired, in half ticks


class Message(Event, frozen=True, tag="bcast"):
    """A player said something."""

    account: int
    user: str
    text: str


class Noticed(Event, frozen=True, tag="notice"):
    """An organiser did or said something; `user` is the admin, or "" for the admin secret."""

    account: int
    user: str
    act: str  # the command of the order server: `announce`, `kick`
    text: str


class Ticker(Event, frozen=True, tag="ticker"):
    """The oracle's quotes changed; in ticks."""

    market: int
    index: int
    bid: int
    ask: int


class MarketAdded(Event, frozen=True, tag="market"):
    """One more market opened; its id is the number of markets before it."""

    market: MarketRules


class Deposited(Event, frozen=True, tag="deposit"):
    """An account was given an amount of an asset."""

    public: ClassVar[bool] = False
    account: int
    asset: str
    amount: str  # units
    value: str  # units of the cash asset at the mid; "0" where there is no mid


class Withdrawn(Event, frozen=True, tag="withdraw"):
    """An amount of an asset was taken from an account."""

    public: ClassVar[bool] = False
    account: int
    asset: str
    amount: str
    value: str


class BalanceSet(Event, frozen=True, tag="balance"):
    """An admin has put an account's asset somewhere; in units."""

    public: ClassVar[bool] = False
    account: int
    asset: str
    free: str
    held: str


class AccountsReset(Event, frozen=True, tag="reset"):
    """Accounts own nothing, and their past counts no longer."""

    accounts: tuple[int, ...]


class TimePassed(Event, frozen=True, tag="time"):
    """Game time went on and nothing else happened."""

    public: ClassVar[bool] = False


class StartRequested(Event, frozen=True, tag="start"):
    """Play may begin once all listed users are connected, or (not wanted) may not any more."""

    public: ClassVar[bool] = False
    wanted: bool


class PhaseChanged(Event, frozen=True, tag="phase"):
    """The game entered a phase; `remaining_ms` of playing time is None in an endless game."""

    phase: Phase
    remaining_ms: int | None
    why: str


class RoundStarted(Event, frozen=True, tag="round"):
    """Every account holds the grants again."""

    round: int
    seed: int


class Standing(Struct, frozen=True, array_like=True):
    """One row of the standings; amounts are decimal text."""

    rank: int
    user: str
    base: str
    quote: str
    equity: str
    bot: bool


class Results(Event, frozen=True, tag="results"):
    """The settled standings of a round."""

    round: int
    standings: tuple[Standing, ...]


AnyEvent = (
    RulesSet
    | AccountOpened
    | RoleGranted
    | OrderPlaced
    | Trade
    | OrderReduced
    | OrderAmended
    | OrderClosed
    | OrderFilled
    | OrderRefused
    | OrderRejected
    | TriggerPlaced
    | TriggerFired
    | TriggerClosed
    | Message
    | Ticker
    | MarketAdded
    | Deposited
    | Withdrawn
    | BalanceSet
    | AccountsReset
    | TimePassed
    | StartRequested
    | PhaseChanged
    | RoundStarted
    | Results
    | Noticed
)

"""The state of a game: everything a journal leads to, and nothing else.

Plain data with a few look-ups. It holds only what is open (balances, orders, timers, rules,
remembered cids), so its size does not grow with the length of the game.
"""

from bisect import insort
from collections import deque
from collections.abc import Sequence
from operator import attrgetter

from cxgame.engine.book import Book, BookSide
from cxgame.engine.ledger import HOUSE, Account, Ledger
from cxgame.engine.matching import NO_QUOTE, Quote
from cxgame.engine.orders import Order
from cxgame.engine.timers import Timers
from cxgame.engine.triggers import Armed
from cxgame.model.enums import (
    Liquidity,
    Mid,
    OrderStatus,
    Phase,
    SelfTrade,
    SellFee,
    Side,
    TriggerBy,
)
from cxgame.model.errors import Rejection
from cxgame.model.events import Event
from cxgame.model.market import Market
from cxgame.model.rules import Rules
from cxgame.model.units import parse_decimal

NS_PER_MS = 1_000_000
SIGMA_PLACES = 6
_BUY = Side.BUY  # a global is found faster than an enum's member


class MarketState:
    """One market: its book, and the oracle's quotes (0 before the first tick)."""

    __slots__ = (
        "armed",
        "ask",
        "ask_volume",
        "bid",
        "bid_volume",
        "book",
        "carry",
        "follows",
        "last",
        "market",
        "mid2",
        "tick_index",
        "waiting",
    )

    def __init__(self, market: Market) -> None:
        self.market = market
        self.book = Book()
        self.bid = 0
        self.ask = 0
        self.bid_volume: int | None = None  # lots the house still buys; None without end
        self.ask_volume: int | None = None
        self.mid2 = market.start_mid2  # bid + ask, in ticks
        self.tick_index = 0
        self.carry = ""
        self.waiting: dict[int, Order] = {}  # accepted orders on no level, by id
        self.armed = Armed()
        self.follows = False  # had an order with a trigger: from then on, `last` is known
        self.last = 0  # price of the last trade; 0 before it is known

    def watched(self, by: TriggerBy) -> int:
        """The price that a trigger watches, in half ticks; the mid stands for a last not known."""
        return 2 * self.last if by is TriggerBy.LAST and self.last else self.mid2

    def quote_against(self, side: Side) -> Quote:
        """The house's level that an order of `side` would meet."""
        if side is _BUY:
            return Quote(self.ask, self.ask_volume) if self.ask else NO_QUOTE
        return Quote(self.bid, self.bid_volume) if self.bid else NO_QUOTE

    def half_against(self, side: Side) -> BookSide:
        """The half of the book that an order of `side` would meet."""
        return self.book.asks if side is _BUY else self.book.bids


class Applied:
    """What one command did. No events and no rejection: it changed nothing.

    Defaults stand on the class: every order makes one of these, and most need two fields.
    """

    rejection: Rejection | None = None
    order: Order | None = None  # placed, or replayed and still open
    order_id = 0  # of that order, open or not
    replayed = False
    account: Account | None = None  # that OpenAccount opened or found
    cancelled: Sequence[int] = ()  # ids, of a cancel_all

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ended: list[Order] = []  # orders that this command ended


class State:
    """All of it. Counters count from 1; 0 means none yet."""

    def __init__(self) -> None:
        self.rules: Rules | None = None
        self.self_trade = SelfTrade.EXPIRE_TAKER  # the rules' default
        self.max_open_orders = 0
        self.mid_by_book = False
        self.house_quotes = False  # whether the house is a level in the book
        self.sell_fee = SellFee.PROCEEDS
        self.fill_sigma = 0  # in millionths
        self.has_totals = False  # whether accounts keep totals of what they traded
        self.markets: list[MarketState] = []
        self.market_ids: dict[str, int] = {}
        self.ledger = Ledger()
        self.accounts: list[Account] = self.ledger.accounts  # by id
        self.house: Account = self.accounts[HOUSE]
        self.account_ids: dict[str, int] = {}  # case-folded name → id
        self.orders: dict[int, Order] = {}  # open ones
        self.timers = Timers()
        self.followed: list[MarketState] = []  # that have had a trigger, by id
        self.triggered: deque[Order] = deque()  # have fired and come next, first come first
        self.phase = Phase.REGISTRATION
        self.start_requested = False
        self.round = 0
        self.game_time_ns = 0  # runs while the game is open
        self.wall_ms = 0
        self.command_seq = 0
        self.event_seq = 0  # public events
        self.private_seq = 0  # all events
        self.last_order_id = 0
        self.last_trade_id = 0

    @property
    def known_rules(self) -> Rules:
        """The rules, which the first command has set."""
        if self.rules is None:
            raise LookupError("the journal does not begin with its rules")
        return self.rules

    @property
    def next_due_ns(self) -> int | None:
        """When something falls due, in game time."""
        return self.timers.next_ns()

    @property
    def remaining_ms(self) -> int | None:
        """Playing time to go; None in an endless game."""
        limit = self.known_rules.time_limit_ms
        return None if limit is None else max(0, limit - self.game_time_ns // NS_PER_MS)

    def take_rules(self, rules: Rules) -> None:
        """Bring rules into force; kept in the form in which every order asks for them."""
        self.rules = rules
        self.self_trade = rules.self_trade
        self.max_open_orders = rules.max_open_orders
        self.mid_by_book = rules.mid is Mid.BOOK
        self.house_quotes = rules.liquidity is Liquidity.HOUSE
        self.sell_fee = rules.sell_fee
        self.fill_sigma = parse_decimal(rules.fill_sigma, SIGMA_PLACES)
        self.has_totals = bool(rules.cash_asset)

    def update_mid(self, state: MarketState) -> None:
        """With `mid = book`: follow the players' best prices while both sides are there."""
        if not self.mid_by_book:
            return
        bid, ask = state.book.best_bid, state.book.best_ask
        if bid is not None and ask is not None:
            state.mid2 = bid + ask

    def rest(self, order: Order) -> None:
        """Put an accepted order into its book."""
        self.markets[order.market].book.side(order.side).add(order)
        self.keep_open(order)

    def keep_open(self, order: Order) -> None:
        """Know an accepted order until it ends."""
        self.orders[order.id] = order
        self.accounts[order.account].orders[order.id] = order

    def arm(self, order: Order) -> None:
        """Let an accepted order wait for its price."""
        self.keep_open(order)
        place = self.markets[order.market]
        place.armed.add(order)
        if not place.follows:
            self.follow(place)

    def follow(self, place: MarketState) -> None:
        """From now on, look at the prices of a market after each command."""
        place.follows = True
        insort(self.followed, place, key=attrgetter("market.id"))

    def forget(self, order: Order, status: OrderStatus) -> None:
        """Take an order that is over out of book, look-ups and limits."""
        order.status = status
        if order.level is not None:
            order.level.half.remove(order)
        elif order.due_ns:
            del self.markets[order.market].waiting[order.id]
            order.due_ns = 0
        elif order.id not in self.orders:  # over on arrival
            return
        elif order.trigger is not None and order.trigger.armed:
            self.markets[order.market].armed.remove(order)
        if order.expires_ns:
            self.timers.cancel(order.expires_ns, order.id)
        del self.orders[order.id]
        del self.accounts[order.account].orders[order.id]

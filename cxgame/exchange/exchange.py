"""`Exchange`: the engine in the caller's process, one call at a time.

It does what the server does with an order, without sockets, store and clock: names become ids,
numbers ticks and lots, refusals exceptions. It decides nothing; every rule is the engine's
(docs/matching.md). The same calls lead to the same state, on any machine.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from operator import index
from typing import Unpack

from cxgame.engine.engine import Engine
from cxgame.engine.orders import Order as EngineOrder
from cxgame.engine.standings import equity
from cxgame.engine.state import NS_PER_MS, Applied, MarketState
from cxgame.exchange import rows
from cxgame.exchange.account import SIDES, Account
from cxgame.exchange.errors import OrderRefused
from cxgame.exchange.numbers import MarketNumbers, Number, amount
from cxgame.exchange.past import Past
from cxgame.exchange.quotes import Book, Quote, book_of, quote_of
from cxgame.exchange.recording import Recorder
from cxgame.exchange.rules import Terms, rules_of, word
from cxgame.model.commands import Advance, Command, Continue, Open, OpenAccount, SetRules, Tick
from cxgame.model.enums import Phase, Side
from cxgame.model.errors import Code, reject, unknown_symbol
from cxgame.model.events import Event, Trade
from cxgame.model.market import Market
from cxgame.ports import Entry

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", re.ASCII)
_HOUSE = "house"


class Exchange:
    """An exchange of one's own, open from the start.

    `symbol` names one market or several; the first is meant where a call names none. The other
    keywords are those of the settings (docs/backtest.md). `start_ms` is the time with which the
    caller's clock begins, `keep` how many trades, fills and closed orders stay known (None: all);
    with `record` there is a journal. Raises ValueError for rules that cannot be.
    """

    def __init__(
        self,
        symbol: str | Sequence[str] = "BTC/USD",
        *,
        start_ms: int = 0,
        keep: int | None = None,
        record: bool = False,
        **terms: Unpack[Terms],
    ) -> None:
        self._rules = rules_of(symbol, terms)
        self._start_ms = index(start_ms)
        self._keep = keep
        self._record = record
        self._accounts: list[Account] = []
        self.reset()

    def reset(self) -> None:
        """Begin anew: the same rules, markets and accounts, and nothing else of what happened."""
        self.engine = Engine()
        self.past = Past(self._keep)
        self._recorder = Recorder(self.engine) if self._record else None
        self._set_off: list[Event] = []  # what fired orders did after the last command of that kind
        self.now_ms = self._start_ms
        self._game_time_ns = 0
        self.apply(SetRules(self._rules))
        self._numbers = [MarketNumbers(place.market) for place in self.engine.markets]
        self._by_symbol = {None: self._numbers[0]} | {
            numbers.market.symbol: numbers for numbers in self._numbers
        }
        self.apply(Open())
        for account in self._accounts:
            self.apply(OpenAccount(account.name, account.team))

    # Who trades, and time

    def account(self, name: str, team: str = "") -> Account:
        """The account of a name, opened with the grants if it is new.

        Accounts of one team do not trade with each other. Names differ in more than case. Raises
        `OrderRefused` for a name outside of the rule, ValueError for a team that is another.
        """
        if type(team) is not str:
            raise TypeError("a team is a name, or the empty text")
        if _NAME.fullmatch(name) is None or name.casefold() == _HOUSE:
            raise OrderRefused(reject(Code.PARAM_NAME, name="name"))
        known = self.engine.account_ids.get(name.casefold())
        if known is not None:
            return self._known(known, team)
        opened = self.apply(OpenAccount(name, team)).account
        assert opened is not None
        self._accounts.append(Account(self, opened.id, opened.name, opened.team))
        return self._accounts[-1]

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All of them, in the order in which they were opened."""
        return tuple(self._accounts)

    def advance_to(self, time_ms: int) -> tuple[rows.Trade, ...]:
        """Move the clock (milliseconds, as a rule since 1970) to a time; it never goes back.

        What falls due on the way is done: with a `time_limit`, the end of the game. Raises
        TypeError for what is not a whole number.
        """
        time_ms = index(time_ms)
        if time_ms < self.now_ms:
            raise ValueError(f"{time_ms} lies before {self.now_ms}, and time does not go back")
        if self.engine.phase is Phase.OPEN:
            self._game_time_ns += (time_ms - self.now_ms) * NS_PER_MS
        self.now_ms = time_ms
        due = self.engine.next_due_ns
        if due is None or due > self._game_time_ns:
            return ()
        return self._trades(Advance())

    def advance(self, ms: int) -> tuple[rows.Trade, ...]:
        """Move the clock on by some milliseconds."""
        return self.advance_to(self.now_ms + ms)

    def tick(
        self,
        price: Number | None = None,
        *,
        bid: Number | None = None,
        ask: Number | None = None,
        bid_volume: Number | None = None,
        ask_volume: Number | None = None,
        symbol: str | None = None,
    ) -> tuple[rows.Trade, ...]:
        """Set the oracle's quotes: a price for both sides, or bid and ask. Returns what traded.

        With `liquidity="house"` the house trades at these quotes until the next tick, up to the
        volumes (None: without end), and resting orders that they reach are filled. Off the tick,
        a bid is rounded down and an ask up. Raises ValueError for what is no quote.
        """
        bid = price if bid is None else bid
        ask = price if ask is None else ask
        if bid is None or ask is None:
            raise ValueError("a tick needs a price, or bid and ask")
        numbers = self.numbers(symbol)
        id = numbers.market.id
        bid_ticks = numbers.quote_ticks(bid, Side.BUY)
        ask_ticks = numbers.quote_ticks(ask, Side.SELL)
        if bid_ticks > ask_ticks:
            raise ValueError(f"a bid of {bid} lies above the ask of {ask}")
        command = Tick(
            id,
            self.engine.markets[id].tick_index + 1,
            bid_ticks,
            ask_ticks,
            None if bid_volume is None else numbers.floor_lots(bid_volume),
            None if ask_volume is None else numbers.floor_lots(ask_volume),
        )
        return self._trades(command)

    # What everybody sees

    @property
    def symbols(self) -> tuple[str, ...]:
        """The markets' names."""
        return tuple(numbers.market.symbol for numbers in self._numbers)

    @property
    def assets(self) -> tuple[str, ...]:
        """What can be owned."""
        return tuple(self.engine.ledger.assets)

    def price(self, symbol: str | None = None) -> Decimal:
        """The mid: the oracle's, or with `mid="book"` that of the best orders."""
        place = self._place(symbol)
        return Decimal(place.market.mid_text(place.mid2))

    def quote(self, symbol: str | None = None) -> Quote:
        """The oracle's quotes, and what is left of their volumes."""
        return quote_of(self._place(symbol), self.numbers(symbol))

    def book(self, symbol: str | None = None, depth: int = 20) -> Book:
        """The best levels, the house's among them."""
        with_house = self.engine.house_quotes
        return book_of(self._place(symbol), self.numbers(symbol), depth, with_house)

    def order(self, id: int) -> rows.Order:
        """An order, open or over; raises `OrderRefused` for one that is not known (any more)."""
        order = self.engine.orders.get(id) or self.past.closed.get(id)
        if order is None:
            raise OrderRefused(reject(Code.ORDER_NOT_FOUND))
        return self.row(order)

    def trades(self, symbol: str | None = None) -> list[rows.Trade]:
        """The trades of a market, or of all of them, oldest first."""
        market = None if symbol is None else self.numbers(symbol).market.id
        return [
            rows.Trade(self.market_of(trade.market), trade, wall_ms)
            for trade, wall_ms in self.past.trades
            if market in (None, trade.market)
        ]

    def standings(self) -> list[rows.Standing]:
        """Every account by what it is worth at the mid, best first, equals by name."""
        worth = [
            (-equity(self.engine, self.engine.accounts[account.id]), account.name)
            for account in self._accounts
        ]
        return [
            rows.Standing(rank, name, amount(-units))
            for rank, (units, name) in enumerate(sorted(worth), start=1)
        ]

    # Numbers that fit

    def fit_price(self, price: Number, side: str, symbol: str | None = None) -> Decimal:
        """A limit price on the tick: a buy's rounded down, a sell's up."""
        numbers = self.numbers(symbol)
        return numbers.price(numbers.quote_ticks(price, word(SIDES, side, "side")))

    def fit_quantity(self, quantity: Number, symbol: str | None = None) -> Decimal:
        """A quantity rounded down to the lot."""
        numbers = self.numbers(symbol)
        return numbers.quantity(numbers.floor_lots(quantity))

    # Proof

    def state_hash(self) -> str:
        """32 hexadecimal digits over the whole state: equal after the same calls."""
        return self.engine.state_hash().hex()

    def journal(self) -> tuple[Entry, ...]:
        """What has happened since the beginning, for `cxgame.records.recorded.save`.

        Raises ValueError for an exchange that was not made with `record=True`.
        """
        if self._recorder is None:
            raise ValueError("there is a journal only with record=True")
        return self._recorder.entries()

    def audit(self) -> list[str]:
        """Every invariant that does not hold: money made or lost, a hold without an order."""
        return self.engine.violations()

    # For `Account`, and for who needs the engine itself

    def apply(self, command: Command) -> Applied:
        """Apply a command of `cxgame.model.commands`, and what it fires; raises `OrderRefused`."""
        recorder = self._recorder
        if recorder is not None:
            recorder.before((self._game_time_ns, self.now_ms))
        applied = self.engine.apply(command, self._game_time_ns, self.now_ms)
        if recorder is not None:
            recorder.after(command, applied.events)
        if applied.rejection is not None:
            raise OrderRefused(applied.rejection)
        events = applied.events
        if len(events) > 1 or applied.ended or (events and type(events[0]) is Trade):
            self.past.fold(applied, self.now_ms)
        if self.engine.triggered and type(command) is not Continue:
            self._set_off = []
            while self.engine.triggered:  # they come to the market before anything else does
                self._set_off += self.apply(Continue()).events
        return applied

    def numbers(self, symbol: str | None) -> MarketNumbers:
        """The numbers of a market; raises `OrderRefused` (`FILTER_SYMBOL`)."""
        numbers = self._by_symbol.get(symbol)
        if numbers is None:
            raise OrderRefused(unknown_symbol(str(symbol), self.engine.market_ids))
        return numbers

    def market_of(self, id: int) -> Market:
        """The integers of a market: what a tick, a lot and a fee are."""
        return self._numbers[id].market

    def column(self, asset: str) -> int:
        """Where the ledger keeps an asset; raises ValueError."""
        return self.engine.ledger.column(asset)

    def row(self, order: EngineOrder) -> rows.Order:
        """An order of the engine, as it is shown."""
        name = self.engine.accounts[order.account].name
        return rows.order_row(order, self._numbers[order.market].market, name)

    def _known(self, id: int, team: str) -> Account:
        account = self._accounts[id - 1]
        if team not in ("", account.team):
            raise ValueError(f"{account.name} is in the team {account.team!r}, not in {team!r}")
        return account

    def _place(self, symbol: str | None) -> MarketState:
        return self.engine.markets[self.numbers(symbol).market.id]

    def _trades(self, command: Command) -> tuple[rows.Trade, ...]:
        """Apply a command; what traded, also by the orders that it has set off."""
        self._set_off = []
        events = self.apply(command).events
        return tuple(
            rows.Trade(self.market_of(event.market), event, self.now_ms)
            for event in (*events, *self._set_off)
            if type(event) is Trade
        )

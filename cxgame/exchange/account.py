"""An account of the exchange: what a strategy is handed, and all it may do.

Built from an id, so that it stays valid when the exchange is reset.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict, Unpack

from msgspec.structs import replace

from cxgame.engine.ledger import Account as EngineAccount
from cxgame.engine.standings import equity
from cxgame.exchange import rows
from cxgame.exchange.numbers import Number, amount, millionths
from cxgame.exchange.rules import SELF_TRADE, word
from cxgame.model.commands import (
    ALL_MARKETS,
    CancelAll,
    CancelOrder,
    Command,
    PlaceOrder,
    PlaceTrigger,
)
from cxgame.model.enums import OrderType, Side, TimeInForce, TriggerBy, TriggerKind, Verb
from cxgame.model.fingerprints import fingerprint

if TYPE_CHECKING:
    from cxgame.exchange.exchange import Exchange

SIDES = {side.name.lower(): side for side in Side}
# Not the others: time passes here when the back-test says so, and there are no rounds.
_TIMES_IN_FORCE = {
    kind.name.lower(): kind for kind in (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
}
_KINDS = frozenset(_TIMES_IN_FORCE.values())
_TRIGGERS = {kind.name.lower(): kind for kind in TriggerKind}
_PRICES = {price.name.lower(): price for price in TriggerBy}
_TRAILING = TriggerKind.TRAILING
# Globals are found faster than an enum's members.
_ORDER, _LIMIT, _MARKET, _GTC = Verb.ORDER, OrderType.LIMIT, OrderType.MARKET, TimeInForce.GTC


class Options(TypedDict, total=False):
    """The keywords of `place`."""

    budget: Number | None
    symbol: str | None
    time_in_force: str
    post_only: bool
    stp: str | None
    cid: str


class Account:
    """One trader. Made by `Exchange.account`."""

    __slots__ = ("_exchange", "id", "name", "team")

    def __init__(self, exchange: "Exchange", id: int, name: str, team: str) -> None:
        self._exchange = exchange
        self.id = id
        self.name = name
        self.team = team

    def __repr__(self) -> str:
        return f"Account({self.name})"

    # Orders

    def place(
        self,
        side: str,
        quantity: Number | None = None,
        price: Number | None = None,
        *,
        budget: Number | None = None,
        symbol: str | None = None,
        time_in_force: str = "gtc",
        post_only: bool = False,
        stp: str | None = None,
        cid: str = "",
    ) -> rows.Order:
        """Place an order and return it as it stands then: resting, filled, or over.

        With a `price` it is a limit order, without one a market order; a market buy may name a
        `budget` in quote instead of a quantity. Raises `OrderRefused`, after which nothing has
        changed, and ValueError for arguments that make no order.
        """
        command = self._order(
            side, quantity, price, budget, symbol, time_in_force, post_only, stp, cid
        )
        if cid:
            command = replace(command, fingerprint=fingerprint(command))
        return self._placed(command, command)

    def place_trigger(
        self,
        trigger: str,
        side: str,
        quantity: Number | None = None,
        price: Number | None = None,
        *,
        trigger_price: Number | None = None,
        trigger_by: str = "last",
        trail: Number | None = None,
        trail_percent: Number | None = None,
        max_price: Number | None = None,
        **options: Unpack[Options],
    ) -> rows.Order:
        """Place an order that comes to the market once a price has been reached; see `place`.

        `trigger` is "stop" or "take_profit", with a `trigger_price`, or "trailing", with a `trail`
        in quote or a `trail_percent`. It watches the last price, or by "mid" that. A market buy by
        quantity names the `max_price` that it pays.
        """
        kind, by = word(_TRIGGERS, trigger, "trigger"), word(_PRICES, trigger_by, "trigger_by")
        trails = (trail is not None) + (trail_percent is not None)
        if (trails, trigger_price is None) != ((1, True) if kind is _TRAILING else (0, False)):
            raise ValueError("a trailing stop needs a trail, any other trigger a trigger_price")
        order = self._order(side, quantity, price, **options)
        numbers = self._exchange.numbers(options.get("symbol"))
        command = PlaceTrigger(
            order,
            kind,
            by,
            0 if trigger_price is None else numbers.ticks(trigger_price),
            0 if trail is None else numbers.distance(trail),
            0 if trail_percent is None else millionths(trail_percent),
            0 if max_price is None else numbers.ticks(max_price),
        )
        if order.cid:
            order = replace(order, fingerprint=fingerprint(command))
            command = replace(command, order=order)
        return self._placed(command, order)

    def buy(
        self,
        quantity: Number | None = None,
        price: Number | None = None,
        **options: Unpack[Options],
    ) -> rows.Order:
        """`place("buy", …)`."""
        return self.place("buy", quantity, price, **options)

    def sell(
        self,
        quantity: Number | None = None,
        price: Number | None = None,
        **options: Unpack[Options],
    ) -> rows.Order:
        """`place("sell", …)`."""
        return self.place("sell", quantity, price, **options)

    def place_lots(
        self,
        side: Side,
        lots: int,
        ticks: int | None = None,
        *,
        symbol: str | None = None,
        time_in_force: TimeInForce = _GTC,
        post_only: bool = False,
    ) -> int:
        """The quick way, in integers: place a limit order (market without `ticks`), get its id.

        Raises TypeError for anything but whole numbers and enums, and else as `place` does.
        """
        if type(lots) is not int or (ticks is not None and type(ticks) is not int):
            raise TypeError("lots and ticks are whole numbers; `place` takes decimals")
        if type(side) is not Side or type(time_in_force) is not TimeInForce:
            raise TypeError("side and time_in_force are members of their enums, not words")
        if time_in_force not in _KINDS:
            raise ValueError(f"nothing ends a {time_in_force.name} order here")
        command = PlaceOrder(
            self.id,
            self._exchange.numbers(symbol).market.id,
            _ORDER,
            side,
            _MARKET if ticks is None else _LIMIT,
            ticks or 0,
            lots,
            "",
            time_in_force,
            bool(post_only),
        )
        return self._exchange.apply(command).order_id

    def cancel(self, order: int | rows.Order) -> rows.Order:
        """Cancel an open order of this account; raises `OrderRefused` (`ORDER_NOT_FOUND`)."""
        id = order.id if isinstance(order, rows.Order) else order
        applied = self._exchange.apply(CancelOrder(self.id, id))
        assert applied.order is not None
        return self._exchange.row(applied.order)

    def cancel_all(self, symbol: str | None = None, side: str | None = None) -> tuple[int, ...]:
        """Cancel all open orders, of one market or side if given; returns their ids."""
        market = ALL_MARKETS if symbol is None else self._exchange.numbers(symbol).market.id
        which = None if side is None else word(SIDES, side, "side")
        return tuple(self._exchange.apply(CancelAll(self.id, market, which)).cancelled)

    # What is one's own

    def orders(self, symbol: str | None = None) -> list[rows.Order]:
        """The open orders, oldest first."""
        return [
            row
            for row in map(self._exchange.row, self._engine.orders.values())
            if symbol in (None, row.symbol)
        ]

    def fills(self, symbol: str | None = None) -> list[rows.Fill]:
        """The fills, oldest first; of a trade with oneself the buy, then the sell."""
        found = []
        for trade, wall_ms in self._exchange.past.fills[self.id]:
            market = self._exchange.market_of(trade.market)
            if symbol not in (None, market.symbol):
                continue
            if trade.buy_account == self.id:
                found.append(rows.Fill(market, trade, wall_ms, True))
            if trade.sell_account == self.id:
                found.append(rows.Fill(market, trade, wall_ms, False))
        return found

    def balances(self) -> dict[str, rows.Balance]:
        """What the account owns, by asset."""
        return {asset: self.balance(asset) for asset in self._exchange.assets}

    def balance(self, asset: str) -> rows.Balance:
        """What the account owns of one asset; raises ValueError for one that is not traded."""
        column, account = self._exchange.column(asset), self._engine
        return rows.Balance(asset, account.free[column], account.held[column])

    def equity(self) -> Decimal:
        """What the account owns, at the mid, in the first market's quote asset."""
        return amount(equity(self._exchange.engine, self._engine))

    def _order(
        self,
        side: str,
        quantity: Number | None = None,
        price: Number | None = None,
        budget: Number | None = None,
        symbol: str | None = None,
        time_in_force: str = "gtc",
        post_only: bool = False,
        stp: str | None = None,
        cid: str = "",
    ) -> PlaceOrder:
        """What `place` is asked for, as a command, without a fingerprint."""
        if type(cid) is not str:
            raise TypeError("a cid is text")
        numbers = self._exchange.numbers(symbol)
        lots, spend = 0, ""
        if budget is None:
            if quantity is None:
                raise ValueError("an order needs a quantity, or a market buy a budget")
            lots = numbers.lots(quantity)
        elif quantity is None and price is None and side == "buy":
            spend = str(numbers.budget(budget))
        else:
            raise ValueError("a budget stands alone, for a market buy")
        return PlaceOrder(
            self.id,
            numbers.market.id,
            _ORDER,
            word(SIDES, side, "side"),
            _MARKET if price is None else _LIMIT,
            0 if price is None else numbers.ticks(price),
            lots,
            spend,
            word(_TIMES_IN_FORCE, time_in_force, "time_in_force"),
            bool(post_only),
            None if stp is None else word(SELF_TRADE, stp, "stp"),
            cid,
        )

    def _placed(self, command: Command, body: PlaceOrder) -> rows.Order:
        """Apply a command, and show the order that it has placed, or found by its cid."""
        exchange = self._exchange
        applied = exchange.apply(command)
        order = applied.order or exchange.past.closed.get(applied.order_id)
        if order is None:
            raise LookupError(f"order {applied.order_id} of cid {body.cid!r} is over and not kept")
        return rows.order_row(order, exchange.market_of(body.market), self.name)

    @property
    def _engine(self) -> EngineAccount:
        return self._exchange.engine.accounts[self.id]

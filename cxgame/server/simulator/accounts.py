"""What the connections of an account are told unasked: its fills, its orders' ends, what it owns.

What a command did is told in the state that it left and released with its batch, never before it
is durable. Whoever has sent the command reads its answer first. A frame is written once for all
connections of an account.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.game import Game
from cxgame.model.enums import OrderStatus, Reason, Side
from cxgame.model.events import (
    AccountsReset,
    BalanceSet,
    Deposited,
    Event,
    OrderClosed,
    OrderRejected,
    RoundStarted,
    Trade,
    TriggerClosed,
    Withdrawn,
)
from cxgame.server.simulator.owned import Holdings
from cxgame.wire import simulator_frames as frames
from cxgame.wire.rows import text
from cxgame.wire.simulator_rows import Figures, ack_members

if TYPE_CHECKING:
    from cxgame.server.simulator.session import DialectSession

_PLACING = 0  # in place of the id of an order that has none yet
_ENDS = (OrderClosed, TriggerClosed)
_MOVES_MONEY = (Deposited, Withdrawn, BalanceSet)
_REASONS = tuple(reason.name.lower() for reason in Reason)


class AccountNews:
    """The connections of one game's accounts."""

    def __init__(self, game: Game, figures: Callable[[int], Figures]) -> None:
        self._game = game
        self._figures = figures
        self._followers: dict[int, dict[DialectSession, None]] = {}  # by account
        self.holdings = Holdings(game, figures, lambda account: self._followers[account])
        self._stop_watching: Callable[[], None] | None = None
        self._asker: DialectSession | None = None
        self._asked_order = _PLACING
        self._held: list[bytes] = []  # for the asker, behind its answer

    def follow(self, session: "DialectSession") -> None:
        """Tell a session what becomes of its account from now on."""
        account = self._game.engine.accounts[session.account]
        self._followers.setdefault(account.id, {})[session] = None
        self.holdings.follow(session, account)
        if self._stop_watching is None:
            self._stop_watching = self._game.watch(self._watch)

    def leave(self, session: "DialectSession", account: int) -> None:
        """Tell it no more of an account that it has followed."""
        followers = self._followers.get(account)
        if followers is None or followers.pop(session, 0) == 0 or followers:
            return
        del self._followers[account]
        self.holdings.forget(account)
        if not self._followers and self._stop_watching is not None:
            self._stop_watching()
            self._stop_watching = None

    # Around a command of one of these sessions

    def ask(self, session: "DialectSession", order: int = _PLACING) -> None:
        """A session is about to place an order, or to cancel this one: its answer comes first."""
        self._asker, self._asked_order = session, order

    def asked(self) -> list[bytes]:
        """The command is done: what its sender is to be told behind the answer."""
        self._asker = None
        if not self._held:
            return self._held
        held, self._held = self._held, []
        return held

    # Called by the game

    def _watch(self, applied: Applied) -> None:
        """Tell what one command did: of the orders first, then of what is owned."""
        followers = self._followers
        concerned: set[int] = set()
        to_come: Counter[int] | None = None  # lots that orders trade in what was not told yet
        event: Any
        for place, event in enumerate(applied.events):
            kind = type(event)
            if kind is Trade:
                if to_come is None and not followers.keys().isdisjoint(_sides(event)):
                    to_come = _traded(applied.events[place:])
                if to_come is not None:
                    self._tell_trade(event, applied, to_come, concerned)
            elif kind in _ENDS:
                self._tell_end(event, applied.order_id)
            elif kind is OrderRejected:
                self._tell_rejected(event, applied)
            elif kind in _MOVES_MONEY:
                concerned.add(event.account)
            elif kind is AccountsReset:
                concerned.update(event.accounts)
            elif kind is RoundStarted:
                concerned.update(followers)
        for account in followers.keys() & concerned:
            self.holdings.note(self._game.engine.accounts[account])

    def _tell_trade(
        self, trade: Trade, applied: Applied, to_come: Counter[int], concerned: set[int]
    ) -> None:
        """Each side that is here, the taker's first: both, of a trade with oneself."""
        to_come[trade.buy_order] -= trade.quantity
        to_come[trade.sell_order] -= trade.quantity
        taker = trade.taker_side
        for side in (taker, Side.SELL if taker is Side.BUY else Side.BUY):
            account, order = (
                (trade.buy_account, trade.buy_order)
                if side is Side.BUY
                else (trade.sell_account, trade.sell_order)
            )
            if account in self._followers:
                concerned.add(account)
                self._tell_side(trade, side, account, self._order(order, applied), to_come[order])

    def _tell_side(
        self, trade: Trade, side: Side, account: int, order: Order, to_come: int
    ) -> None:
        shown = self._figures(trade.market)
        standing = _standing(order, to_come, shown)
        wall_ms = self._game.engine.wall_ms
        self._tell(account, frames.order_fill(trade, side, wall_ms, standing, shown))

    def _tell_end(self, event: Any, placed: int) -> None:
        """An order was cancelled; whoever has asked for that, or has just placed it, knows.

        `placed` is the order of the command that did it, if that has placed one. What comes to an
        end by itself while somebody's command is carried out, he has not asked for.
        """
        if event.account not in self._followers:
            return
        is_known = event.order == placed or (
            event.order == self._asked_order and event.reason is Reason.USER
        )
        frame = frames.order_cancel(
            None,
            self._game.engine.wall_ms,
            event.order,
            self._figures(event.market),
            _REASONS[event.reason],
        )
        self._tell(event.account, frame, but=self._asker if is_known else None)

    def _tell_rejected(self, event: Any, applied: Applied) -> None:
        if event.account in self._followers:
            order = self._order(event.order, applied)
            members = ack_members(order, self._figures(event.market))
            wall_ms = self._game.engine.wall_ms
            self._tell(event.account, frames.order_rejected(wall_ms, members, event.comment))

    def _order(self, id: int, applied: Applied) -> Order:
        """An order that this command has met: it is open, or it ended just now."""
        order = self._game.engine.orders.get(id)
        return order or next(order for order in applied.ended if order.id == id)

    def _tell(self, account: int, frame: bytes, but: "DialectSession | None" = None) -> None:
        for session in self._followers[account]:
            if session is but:
                continue
            if session is self._asker:
                self._held.append(frame)
            else:
                self._game.push(session, frame)


def _sides(trade: Trade) -> tuple[int, int]:
    """Whose trade it is."""
    return trade.buy_account, trade.sell_account


def _traded(events: Iterable[Event]) -> Counter[int]:
    """How many lots each order trades in what one command did."""
    lots: Counter[int] = Counter()
    for event in events:
        if type(event) is Trade:
            lots[event.buy_order] += event.quantity
            lots[event.sell_order] += event.quantity
    return lots


def _standing(order: Order, to_come: int, shown: Figures) -> str:
    """How an order stands after a trade, with so many lots traded behind it already."""
    is_complete = not to_come and order.status is OrderStatus.FILLED
    status = "FILLED" if is_complete else "PARTIALLY_FILLED"
    more = f',"client_order_id":{text(order.cid)}' if order.cid else ""
    return f'"filled_quantity":"{shown.size(order.filled - to_come)}","status":"{status}"{more}'

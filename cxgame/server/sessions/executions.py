"""Who follows which account, and what they are told: the private stream `executions`.

What a command did is told in the state that it left, and released with the batch that it is in:
never before it is durable, and also when the batch was in doubt meanwhile. A connection that
begins to follow gets a snapshot in the same way, so nothing is missing after it and nothing comes
twice.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.game import Game
from cxgame.model.enums import Reason, Side
from cxgame.model.events import (
    AccountsReset,
    BalanceSet,
    Deposited,
    OrderAmended,
    OrderClosed,
    OrderPlaced,
    OrderReduced,
    OrderRefused,
    OrderRejected,
    RoundStarted,
    Trade,
    TriggerClosed,
    TriggerFired,
    TriggerPlaced,
    Withdrawn,
)
from cxgame.server.sessions.owned import holdings, own_row
from cxgame.wire.executions import Frame, execution, fill_member, snapshot, wallets
from cxgame.wire.feed_words import REASONS
from cxgame.wire.money import MarketMoney
from cxgame.wire.rows import text

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

_WORDS: dict[type, str] = {
    OrderPlaced: "accepted",
    TriggerPlaced: "accepted",
    TriggerFired: "triggered",
    OrderReduced: "reduced",
    OrderAmended: "amended",
    OrderClosed: "cancelled",
    TriggerClosed: "cancelled",
    OrderRejected: "rejected",
    OrderRefused: "rejected",
}
_ENDS = (OrderClosed, TriggerClosed)
_NOES = (OrderRejected, OrderRefused)
_MOVES_MONEY = (Deposited, Withdrawn, BalanceSet)

Balances = list[tuple[int, int]]
"""Free and held of each asset, by column of the ledger."""


class Executions:
    """The followers of one game's accounts."""

    def __init__(self, game: Game, money: Callable[[], list[MarketMoney]]) -> None:
        """`money` has the numbers of all markets, by id."""
        self._game = game
        self._money = money
        self._followers: dict[int, dict[Session, int]] = {}  # by account: the seq of the last frame
        self._told: dict[int, Balances] = {}  # by account that is followed
        self._assets = 0  # how many there were when last looked at
        self._stop_watching: Callable[[], None] | None = None

    def follow(self, session: "Session") -> None:
        """Tell a session where its account stands, then what happens; anew if it follows already.

        Not while the game is halted.
        """
        engine, account = self._game.engine, self._game.engine.accounts[session.account]
        self._followers.setdefault(account.id, {})[session] = 0
        self._told.setdefault(account.id, _balances(account))
        money = self._money()
        rows = [
            own_row(order, engine, money[order.market], account.name)
            for order in reversed(account.orders.values())
        ]
        if self._stop_watching is None:
            self._stop_watching = self._game.watch(self._watch)
        self._game.push(session, snapshot(engine.wall_ms, rows, holdings(engine, account)))

    def follows(self, session: "Session") -> bool:
        """Whether a session follows its account."""
        return session in self._followers.get(session.account, ())

    def leave(self, session: "Session") -> None:
        """Tell a session no more; to be called while it still acts for the account."""
        followers = self._followers.get(session.account)
        if followers is None or followers.pop(session, None) is None or followers:
            return
        del self._followers[session.account], self._told[session.account]
        if not self._followers and self._stop_watching is not None:
            self._stop_watching()
            self._stop_watching = None

    # Called by the game

    def _watch(self, applied: Applied) -> None:
        """Tell what one command did: of the orders first, then of the balances."""
        ended = {order.id: order for order in applied.ended}
        concerned: set[int] = set()
        for event in applied.events:
            if type(event) is Trade:
                self._tell_trade(event, ended, concerned)
            elif type(event) in _WORDS:
                self._tell_order(event, ended, concerned)
            elif isinstance(event, _MOVES_MONEY):
                concerned.add(event.account)
            elif isinstance(event, AccountsReset):
                concerned.update(event.accounts)
            elif isinstance(event, RoundStarted):
                concerned.update(self._told)
        assets = len(self._game.engine.ledger.assets)
        if assets != self._assets:  # one is new
            self._assets = assets
            concerned.update(self._told)
        for account in self._told.keys() & concerned:
            self._tell_balances(account)

    def _tell_trade(self, trade: Trade, ended: dict[int, Order], concerned: set[int]) -> None:
        """Each side that is followed, the taker's first: both, of a trade with oneself."""
        sides = (
            (Side.BUY, trade.buy_account, trade.buy_order),
            (Side.SELL, trade.sell_account, trade.sell_order),
        )
        for side, account, order in sides if trade.taker_side is Side.BUY else sides[::-1]:
            if account in self._followers:
                concerned.add(account)
                more = fill_member(trade, side, self._money()[trade.market])
                self._tell(account, order, ended, "filled", more)

    def _tell_order(self, event: Any, ended: dict[int, Order], concerned: set[int]) -> None:
        """What became of an order, if its account is followed."""
        if event.account not in self._followers:
            return
        concerned.add(event.account)
        word, more = _WORDS[type(event)], ""
        if isinstance(event, _ENDS):
            if event.reason is Reason.EXPIRED:
                word = "expired"
            more = f',"reason":"{REASONS[event.reason]}"'
        elif isinstance(event, _NOES):
            more = f',"comment":{text(event.comment)}'
        self._tell(event.account, event.order, ended, word, more)

    def _tell(
        self, account: int, order_id: int, ended: dict[int, Order], word: str, more: str
    ) -> None:
        engine = self._game.engine
        order = engine.orders.get(order_id) or ended[order_id]
        row = own_row(order, engine, self._money()[order.market], engine.accounts[account].name)
        self._push(account, execution(engine.wall_ms, word, row, more))

    def _tell_balances(self, account_id: int) -> None:
        """Those that are other than told, if any."""
        engine, told = self._game.engine, self._told[account_id]
        account = engine.accounts[account_id]
        balances = _balances(account)
        changed = [
            column
            for column, balance in enumerate(balances)
            if column >= len(told) or balance != told[column]
        ]
        if changed:
            self._told[account_id] = balances
            self._push(account_id, wallets(engine.wall_ms, holdings(engine, account, changed)))

    def _push(self, account: int, frame: Frame) -> None:
        """To every connection that follows the account, in its own count."""
        followers = self._followers[account]
        for session, seq in followers.items():
            followers[session] = seq + 1
            self._game.push(session, frame.numbered(seq + 1))


def _balances(account: Any) -> Balances:
    cells: Iterable[tuple[int, int]] = zip(account.free, account.held, strict=True)
    return list(cells)

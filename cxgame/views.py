"""Views: the game as readable JSON beside the journal, for people and tools.

A disposable cache. Only what was touched is written, in a commit of the journal, so that a view is
never ahead of it; each says the batch it belongs to. A server that was killed may have left some
behind, so everything is written anew when a game is taken up.
"""

from collections.abc import Iterable

import msgspec

from cxgame.effects import Touched
from cxgame.engine.engine import Engine
from cxgame.engine.ledger import HOUSE, Account
from cxgame.engine.orders import Order
from cxgame.engine.state import MarketState
from cxgame.model.units import format_units
from cxgame.ports import View

_encoder = msgspec.json.Encoder()
INTERVAL_NS = 50_000_000
_SIDES = ("buy", "sell")  # by Side


class Views:
    """Gathers what batches touch and says what to write with which of them.

    A commit writes them at once when the last to do so is 50 ms past. Under load they gather, so
    that what comes and goes within 50 ms is never written; the rest goes with a later commit, of
    which an open game has at least one a second.
    """

    def __init__(self, shown: Iterable[int]) -> None:
        """`shown` are the orders that have a row already."""
        self._accounts: set[int] = set()
        self._orders: set[int] = set()
        self._markets: set[int] = set()
        self._shown = set(shown)
        self._written_ns = -INTERVAL_NS

    def take(self, engine: Engine, touched: Touched, seq: int, now_ns: int) -> list[View]:
        """The fields to write with batch `seq`, after which the engine stands."""
        self._accounts |= touched.accounts
        self._orders |= touched.orders
        self._markets |= touched.markets
        if now_ns - self._written_ns < INTERVAL_NS and not touched.course:
            return []
        self._written_ns = now_ns
        if self._accounts:
            self._accounts.add(HOUSE)  # which pays and is paid whenever anybody is
        views = [_wallet(engine, engine.accounts[id], seq) for id in self._accounts]
        views.extend(_market(engine, engine.markets[id], seq) for id in self._markets)
        for id in self._orders:
            order = engine.orders.get(id)
            if order is not None and not order.is_hidden:
                views.append(_order(engine, order, seq))
                self._shown.add(id)
            elif id in self._shown:
                views.append(View("orders", str(id), None))
                self._shown.discard(id)
        self._accounts, self._orders, self._markets = set(), set(), set()
        return views


def everything(engine: Engine, seq: int) -> list[View]:
    """All views of an engine as batch `seq` has left it."""
    return [
        *(_wallet(engine, account, seq) for account in engine.accounts),
        *(_market(engine, place, seq) for place in engine.markets),
        *(_order(engine, order, seq) for order in engine.orders.values() if not order.is_hidden),
    ]


def _wallet(engine: Engine, account: Account, seq: int) -> View:
    free, held = account.free, account.held
    parts = [
        f',"{asset}":{{"free":"{format_units(free[column], 1)}",'
        f'"held":"{format_units(held[column], 1)}"}}'
        for column, asset in enumerate(engine.ledger.assets)
    ]
    return View("wallets", account.name, f'{{"seq":{seq}{"".join(parts)}}}'.encode())


def _order(engine: Engine, order: Order, seq: int) -> View:
    market = engine.markets[order.market].market
    row = (
        f'{{"seq":{seq},"user":"{engine.accounts[order.account].name}",'
        f'"symbol":"{market.symbol}","side":"{_SIDES[order.side]}",'
        f'"price":"{market.price_text(order.price)}","size":"{market.size_text(order.left)}"}}'
    )
    return View("orders", str(order.id), row.encode())


def _market(engine: Engine, place: MarketState, seq: int) -> View:
    market = place.market
    row = {
        "seq": seq,
        "phase": engine.phase.name.lower(),
        "bid": market.price_text(place.bid),
        "ask": market.price_text(place.ask),
        "mid": market.mid_text(place.mid2),
        "rules": market.rules,
    }
    return View("markets", market.symbol, _encoder.encode(row))

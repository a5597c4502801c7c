"""Views: the game as readable JSON beside the journal, for people and tools.

A disposable cache. Only what a batch touched is written, in the commit that carries the batch, so
that a view is never ahead of the journal; each says the batch it belongs to.
"""

import msgspec

from cxgame.effects import Touched
from cxgame.engine.engine import Engine
from cxgame.engine.ledger import Account
from cxgame.engine.state import MarketState
from cxgame.model.units import format_units
from cxgame.ports import View

_encoder = msgspec.json.Encoder()


def touched_views(engine: Engine, touched: Touched, batch_seq: int) -> list[View]:
    """The fields to write for a batch; the engine stands after it."""
    return [
        *(_wallet(engine, engine.accounts[id], batch_seq) for id in touched.accounts),
        *(_order(engine, id, batch_seq) for id in touched.orders),
        *(_market(engine, engine.markets[id], batch_seq) for id in touched.markets),
    ]


def _wallet(engine: Engine, account: Account, seq: int) -> View:
    parts = [
        f'"{asset}":{{"free":"{format_units(free, 1)}","held":"{format_units(held, 1)}"}}'
        for asset, free, held in zip(engine.ledger.assets, account.free, account.held, strict=True)
    ]
    return View("wallets", account.name, f'{{"seq":{seq},{",".join(parts)}}}'.encode())


def _order(engine: Engine, id: int, seq: int) -> View:
    """An open order's row; an order that is over has none."""
    order = engine.orders.get(id)
    if order is None:
        return View("orders", str(id), None)
    market = engine.markets[order.market].market
    row = (
        f'{{"seq":{seq},"user":"{engine.accounts[order.account].name}",'
        f'"symbol":"{market.symbol}","side":"{order.side.name.lower()}",'
        f'"price":"{market.price_text(order.price)}","size":"{market.size_text(order.left)}",'
        f'"filled":"{market.size_text(order.filled)}"}}'
    )
    return View("orders", str(id), row.encode())


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

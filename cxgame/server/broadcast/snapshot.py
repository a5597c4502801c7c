"""From the game's own shapes to the feed's: an engine as a snapshot, a batch as a stretch."""

from cxgame.engine.engine import Engine
from cxgame.model.batch import DamagedRecord, decode_public
from cxgame.model.enums import Liquidity
from cxgame.ports import Events
from cxgame.wire.feed_book import OpenOrder
from cxgame.wire.feed_state import Snapshot
from cxgame.wire.feed_tape import Stretch


def snapshot_of(engine: Engine, name: str, number: int) -> Snapshot:
    """Where a game stands. Of a game in play it may be shown only once it was released."""
    return Snapshot(
        game=name,
        number=number,
        markets=engine.known_rules.markets,
        phase=engine.phase,
        remaining_ms=engine.remaining_ms,
        seq=engine.event_seq,
        wall_ms=engine.wall_ms,
        orders=resting_orders(engine),
        quotes=tuple(
            (market, place.bid, place.ask)
            for market, place in enumerate(engine.markets)
            if place.bid
        ),
        users=tuple(account.name for account in engine.accounts),
        bots=tuple(id for id, account in enumerate(engine.accounts) if account.bot),
        last_trade=engine.last_trade_id,
        house=engine.known_rules.liquidity is Liquidity.HOUSE,
    )


def resting_orders(engine: Engine) -> tuple[OpenOrder, ...]:
    """The orders in the books, in the order of their queues.

    An amended order stands where its id does not tell. What waits for its time or its trigger
    rests nowhere.
    """
    return tuple(
        OpenOrder(order.id, order.market, order.side, order.price, order.left)
        for place in engine.markets
        for half in (place.book.bids, place.book.asks)
        for level in half
        for order in level
    )


def stretch_of(events: Events) -> Stretch:
    """A batch of the events stream, unpacked; raises `DamagedRecord`."""
    public = decode_public(events.public)
    if (public.first, public.first + len(public.events) - 1) != (events.first, events.last):
        raise DamagedRecord(f"events {events.first} to {events.last} are others")
    return Stretch(public.first, public.wall_ms, public.events)

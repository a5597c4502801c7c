"""Orders to which nothing has happened for too long, and the time that does not count for that.

An order's age counts while the game plays: not while it is paused, not while its journal does not
answer, not while the server was down before this start.
"""

from itertools import takewhile

from cxgame.engine.engine import Engine
from cxgame.engine.orders import Order
from cxgame.history.rows import MAX_ID
from cxgame.server.sessions.host import Host


class Stillness:
    """When the game stood still, as far as anybody has looked; in wall-clock milliseconds."""

    def __init__(self, since_ms: int, now_ms: int) -> None:
        """It has stood from `since_ms` until now."""
        self._stops = [(min(since_ms, now_ms), now_ms)]
        self._looked_ms = now_ms
        self._plays = True

    def look(self, now_ms: int, plays: bool) -> None:
        """Note whether the game plays; what lies between two looks counts only if it did at both.

        So it is in favour of an order if nobody saw when the game stopped.
        """
        now_ms = max(now_ms, self._looked_ms)
        if not (plays and self._plays):
            last_from, last_until = self._stops[-1]
            if last_until == self._looked_ms:
                self._stops[-1] = (last_from, now_ms)
            else:
                self._stops.append((self._looked_ms, now_ms))
        self._looked_ms, self._plays = now_ms, plays

    def within(self, from_ms: int, until_ms: int) -> int:
        """How long the game stood still between two moments."""
        stops = ((max(start, from_ms), min(end, until_ms)) for start, end in self._stops)
        return sum(max(0, end - start) for start, end in stops)

    def forget(self, before_ms: int) -> None:
        """Drop what is over before a moment about which nobody will ask any more."""
        self._stops[:-1] = [stop for stop in self._stops[:-1] if stop[1] > before_ms]


def old_orders(engine: Engine, until_ms: int) -> list[Order]:
    """The open orders that were placed at a moment or before, oldest first.

    Not those that wait for their trigger: that nothing happens to them is what they are for.
    """
    # Orders are known by id in the order in which they came, so the look ends at the first one
    # that is younger, and costs nothing where none is old.
    old = takewhile(lambda order: order.wall_ms <= until_ms, engine.orders.values())
    return [order for order in old if order.trigger is None or not order.trigger.armed]


async def changed_ms(host: Host, order: Order) -> int:
    """When something happened to an open order last: when it was placed, or its last fill."""
    if not order.filled:
        return order.wall_ms
    recent = host.game.recent
    fills = recent.fills_of(order)
    if fills:
        return fills[-1].wall_ms
    account, id = order.account, order.id
    fills = await host.past.ask(lambda reader: reader.fills_of(account, id, MAX_ID), [])
    if fills:
        return fills[-1].wall_ms
    # Of a game in memory, or of a database that cannot be read: it is older than all that is kept.
    kept = recent.fills(account)
    return kept[-1].wall_ms if kept else host.clock.wall_ms()

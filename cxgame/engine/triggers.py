"""Armed orders: what their triggers wait for, and how those that a price reaches are found.

Prices are in half ticks here, as the mid is. A trigger waits for a rising or for a falling price;
with the sign of that, both are one: it is reached by a price at or above its key, and what a trail
follows is the least price since.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from operator import lt
from typing import TYPE_CHECKING, TypeAlias

from cxgame.model.commands import PlaceTrigger
from cxgame.model.enums import Side, TriggerBy, TriggerKind

if TYPE_CHECKING:
    from cxgame.engine.orders import Order

TRAIL_ONE = 1_000_000  # rates of trails are counted in millionths
RISING, FALLING = 1, -1
_NEVER = 1 << 63  # beyond every price
_BUY = Side.BUY  # a global is found faster than an enum's member
_TRAILING = TriggerKind.TRAILING
_LAST = TriggerBy.LAST

# (key, order id, order): sorted by trigger, then age.
Entry: TypeAlias = "tuple[int, int, Order]"


class Trigger:
    """What an order waits for before it comes to the market."""

    __slots__ = (
        "armed",
        "best2",
        "by",
        "kind",
        "max_price",
        "post_only",
        "trail",
        "trail_rate",
        "trigger2",
    )

    def __init__(self, command: PlaceTrigger, price2: int) -> None:
        """`price2` is the price that it watches, as it is now."""
        self.kind = command.kind
        self.by = command.by
        self.trigger2 = 2 * command.price  # where it fires as things are
        self.max_price = command.max_price  # ticks, of a market buy by quantity; else 0
        self.trail = self.trail_rate = 0  # of a trailing stop: ticks, or millionths
        self.best2 = 0  # what a trail follows: the best price since it was placed
        self.post_only = command.order.post_only
        self.armed = True  # False once it has fired
        if self.kind is _TRAILING:
            self.trail, self.trail_rate = command.trail, command.trail_rate
            self.follow(waits_for(command.order.side, command.kind), price2)

    def follow(self, sign: int, price2: int) -> None:
        """The best price is another; a rate is rounded away from it."""
        self.best2 = price2
        if self.trail:
            self.trigger2 = price2 + 2 * sign * self.trail
        else:
            away = price2 * (TRAIL_ONE + sign * self.trail_rate)
            self.trigger2 = sign * -(-sign * away // TRAIL_ONE)


def waits_for(side: Side, kind: TriggerKind) -> int:
    """`RISING` or `FALLING`."""
    return RISING if (side is _BUY) is not (kind is TriggerKind.TAKE_PROFIT) else FALLING


class Watchers:
    """Armed orders of one market that watch one price and wait for it to move one way.

    Those that trail stand apart. Two bounds are known, never too wide: a key between them moves no
    trail and reaches no trigger, which is what most trades are about.
    """

    __slots__ = ("fires_at", "fixed", "moves_below", "sign", "trailing")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.fixed: list[Entry] = []  # sorted; the first is reached first
        self.trailing: dict[int, Order] = {}
        self.moves_below = -_NEVER  # a lower key is better than what some trail follows
        self.fires_at = _NEVER  # the nearest trigger

    def add(self, order: Order) -> None:
        """O(log n), and a shift."""
        trigger = order.trigger
        assert trigger is not None
        key = self.sign * trigger.trigger2
        self.fires_at = min(self.fires_at, key)
        if trigger.kind is _TRAILING:
            self.trailing[order.id] = order
            self.moves_below = max(self.moves_below, self.sign * trigger.best2)
        else:
            insort(self.fixed, (key, order.id, order))

    def remove(self, order: Order) -> None:
        """Take out an order that has not fired; the bounds may then be too narrow for a while."""
        trigger = order.trigger
        assert trigger is not None
        if trigger.kind is _TRAILING:
            del self.trailing[order.id]
        else:
            key = self.sign * trigger.trigger2
            index = bisect_left(self.fixed, (key, order.id))
            del self.fixed[index]

    def reached(self, price2: int) -> list[Entry]:
        """Let the trails follow a price, and take out what it reaches, in no order."""
        key = self.sign * price2
        if key < self.moves_below:
            self._follow(price2)
        if key < self.fires_at:
            return []
        count = bisect_left(self.fixed, (key + 1,))
        fired = [*self.fixed[:count], *self._trailing_at(key)]
        del self.fixed[:count]
        for _, id, _ in fired[count:]:
            del self.trailing[id]
        self.fires_at = self.nearest()
        return fired

    def holds(self, order: Order) -> bool:
        """Whether an order is where it is looked for."""
        trigger = order.trigger
        assert trigger is not None
        if trigger.kind is _TRAILING:
            return self.trailing.get(order.id) is order
        entry = (self.sign * trigger.trigger2, order.id)
        index = bisect_left(self.fixed, entry)
        return self.fixed[index : index + 1] == [(*entry, order)]

    def nearest(self) -> int:
        """The key of what is reached first; beyond every price without any."""
        trailing = [key for key, _, _ in self._trailing_at(_NEVER)]
        return min((*trailing, *(key for key, _, _ in self.fixed[:1])), default=_NEVER)

    def is_sound(self) -> bool:
        """Whether the sorted ones are, and nothing lies beyond the bounds."""
        ordered = all(map(lt, self.fixed, self.fixed[1:]))
        bests = [self.sign * each.trigger.best2 for each in self.trailing.values() if each.trigger]
        return (
            ordered
            and self.fires_at <= self.nearest()
            and self.moves_below >= max(bests, default=-_NEVER)
        )

    def _follow(self, price2: int) -> None:
        sign, key, nearest = self.sign, self.sign * price2, _NEVER
        for order in self.trailing.values():
            trigger = order.trigger
            assert trigger is not None
            if key < sign * trigger.best2:
                trigger.follow(sign, price2)
            at = sign * trigger.trigger2
            if at < nearest:  # `min` is a call, and this runs for each of many
                nearest = at
        self.moves_below = key if self.trailing else -_NEVER
        self.fires_at = min(nearest, self.fixed[0][0]) if self.fixed else nearest

    def _trailing_at(self, key: int) -> list[Entry]:
        """Those of which the trigger is reached at a key."""
        sign = self.sign
        return [
            (sign * order.trigger.trigger2, order.id, order)
            for order in self.trailing.values()
            if order.trigger is not None and sign * order.trigger.trigger2 <= key
        ]


class Armed:
    """The armed orders of one market."""

    __slots__ = ("counts", "last", "mid")

    def __init__(self) -> None:
        self.last = (Watchers(RISING), Watchers(FALLING))
        self.mid = (Watchers(RISING), Watchers(FALLING))
        self.counts: dict[int, int] = {}  # account → how many

    def add(self, order: Order) -> None:
        """Let an order wait for its price."""
        self._watchers(order).add(order)
        self.counts[order.account] = self.counts.get(order.account, 0) + 1

    def remove(self, order: Order) -> None:
        """An order that is armed is over."""
        self._watchers(order).remove(order)
        self._count_off(order)

    def fire(self, price2: int, prices: Sequence[TriggerBy]) -> list[Order]:
        """The prices of these kinds are now `price2`: follow, and take out what fires, in order."""
        for by in prices:  # after each command, and as a rule nothing happens
            rising, falling = self.last if by is _LAST else self.mid
            if not (
                rising.moves_below <= price2 < rising.fires_at
                and falling.moves_below <= -price2 < falling.fires_at
            ):
                return self._fire(price2, prices)
        return []

    def holds(self, order: Order) -> bool:
        """Whether an order waits for its price."""
        return self._watchers(order).holds(order)

    def orders(self) -> list[Order]:
        """All of them, oldest first."""
        return [order for _, order in sorted(self._by_id())]

    def watching(self, by: TriggerBy) -> tuple[Watchers, Watchers]:
        """Those that watch a price: for its rise, and for its fall."""
        return self.last if by is _LAST else self.mid

    def _fire(self, price2: int, prices: Sequence[TriggerBy]) -> list[Order]:
        fired: list[Order] = []
        for way in range(2):
            entries = [entry for by in prices for entry in self.watching(by)[way].reached(price2)]
            fired += [order for _, _, order in sorted(entries)]
        for order in fired:
            assert order.trigger is not None
            order.trigger.armed = False
            self._count_off(order)
        return fired

    def _by_id(self) -> Iterator[tuple[int, Order]]:
        for watchers in (*self.last, *self.mid):
            yield from watchers.trailing.items()
            yield from ((id, order) for _, id, order in watchers.fixed)

    def _watchers(self, order: Order) -> Watchers:
        trigger = order.trigger
        assert trigger is not None
        way = 0 if waits_for(order.side, trigger.kind) == RISING else 1
        return self.watching(trigger.by)[way]

    def _count_off(self, order: Order) -> None:
        left = self.counts[order.account] - 1
        if left:
            self.counts[order.account] = left
        else:
            del self.counts[order.account]

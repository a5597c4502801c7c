"""Who trades through bad weather: places, amends and cancels by cids, and insists on an answer."""

import asyncio
from random import Random
from typing import Any, NamedTuple, Protocol

SYMBOL = "BTC/USDT"
CENTRE, STEP, STEPS = 1000, 5, 40  # prices lie so many steps of so many ticks around it
MOST_OPEN = 40
PAUSE_S = 0.02


class Order(NamedTuple):
    """What is wanted, under a cid."""

    cid: str
    side: str
    type: str
    size: str
    price: str | None = None
    time_in_force: str | None = None
    stop: str | None = None  # the price from which on it is wanted


class Hand(Protocol):
    """Carries a trader's wishes out, again and again until there is an answer.

    True: it was done; False: the exchange said no.
    """

    async def place(self, order: Order) -> str | None:
        """The order's id; None: refused."""
        ...

    async def amend(self, cid: str, price: str, size: str) -> bool:
        """Change an open order."""
        ...

    async def cancel(self, cid: str) -> bool:
        """Cancel an open order."""
        ...


class Trader:
    """What one player wants, and what he was told."""

    def __init__(self, name: str, seed: int, hand: Hand) -> None:
        self.name = name
        self.asked: set[str] = set()  # cids
        self.placed: dict[str, str] = {}  # ids by cid, as acknowledged
        self.cancelled: set[str] = set()  # cids, as acknowledged
        self.amended = 0
        self._draw = Random(f"{seed}/{name}")
        self._hand = hand
        self._open: list[str] = []  # cids of which the end was not noticed

    async def play(self, seconds: float) -> None:
        """Trade for so long; what was begun is finished."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            await self._act()
            await asyncio.sleep(PAUSE_S)

    async def _act(self) -> None:
        verb = self._draw.random()
        if len(self._open) >= MOST_OPEN or (self._open and verb < 0.2):
            await self._cancel(self._open.pop(self._draw.randrange(len(self._open))))
        elif self._open and verb < 0.45:
            await self._amend(self._draw.choice(self._open))
        else:
            await self._place()

    async def _place(self) -> None:
        order = self._wish(f"{self.name}-{len(self.asked)}")
        self.asked.add(order.cid)
        id = await self._hand.place(order)
        if id is not None:
            self.placed[order.cid] = id
            self._open.append(order.cid)

    async def _amend(self, cid: str) -> None:
        if await self._hand.amend(cid, self._price(self._draw.choice((-1, 1))), self._size()):
            self.amended += 1
        else:
            self._open.remove(cid)

    async def _cancel(self, cid: str) -> None:
        if await self._hand.cancel(cid):
            self.cancelled.add(cid)

    def _wish(self, cid: str) -> Order:
        side, kind = self._draw.choice(("buy", "sell")), self._draw.random()
        away = -1 if side == "buy" else 1
        if kind < 0.1:
            return Order(cid, side, "limit", self._size(), self._price(-away), "ioc")
        if kind < 0.15:
            return Order(cid, "sell", "market", self._size())
        if kind < 0.2:
            stop = self._price(-away)
            return Order(cid, side, "limit", self._size(), self._price(-away), None, stop)
        return Order(cid, side, "limit", self._size(), self._price(away))

    def _price(self, direction: int) -> str:
        """Above the centre or below it."""
        ticks = 100 * CENTRE + direction * STEP * self._draw.randint(0, STEPS)
        return f"{ticks // 100}.{ticks % 100:02}"

    def _size(self) -> str:
        return f"0.{self._draw.randint(1, 50):03}"


async def again_until_answered(tries: Any) -> Any:
    """The first answer of several tries; None is none."""
    for pause in range(200):
        answer = await tries()
        if answer is not None:
            return answer
        await asyncio.sleep(min(0.02 * (pause + 1), 0.5))
    raise AssertionError("no answer after 200 tries")

"""Who trades by an `ExchangeClient`: rests, crosses and cancels, drawn from a seed."""

import asyncio
from random import Random

from cxgame.simulator import ExchangeClient
from cxgame.simulator.errors import InDoubt, Refused, Unreachable
from tests.simulator.rig import SYMBOL

CENTRE = 50_000
MOST_OPEN = 30
PAUSE_S = 0.1


class Trader:
    """What one session wants, and what it was told."""

    def __init__(self, seed: int, client: ExchangeClient) -> None:
        self.asked: set[str] = set()  # the client's own ids of its orders
        self.placed: dict[str, str] = {}  # the server's ids by these, as acknowledged
        self.cancelled: set[str] = set()  # the server's ids, as acknowledged
        self.refused = self.unanswered = 0
        self._draw = Random(seed)
        self._client = client
        self._open: list[str] = []

    async def play(self, seconds: float) -> None:
        """Trade for so long; what was begun is finished."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while clock() < until:
            if self._open and (len(self._open) > MOST_OPEN or self._draw.random() < 0.3):
                await self._cancel(self._open.pop(self._draw.randrange(len(self._open))))
            else:
                await self._place()
            await asyncio.sleep(self._draw.uniform(0, 2 * PAUSE_S))

    async def _place(self) -> None:
        own_id = f"order-{len(self.asked)}"
        self.asked.add(own_id)
        side, is_crossing = self._draw.choice(("BUY", "SELL")), self._draw.random() < 0.3
        away = self._draw.randint(100, 2_000) * (-1 if (side == "BUY") != is_crossing else 1)
        type, price = ("MARKET", None) if self._draw.random() < 0.1 else ("LIMIT", CENTRE + away)
        quantity = f"0.00{self._draw.randint(1, 9)}"
        for _ in range(3):
            try:
                row = await self._client.place_order(
                    SYMBOL, side, type, quantity, price, client_order_id=own_id
                )
            except Refused:
                self.refused += 1
                return
            except InDoubt:  # is it there? The same order under the same id is the question.
                self.unanswered += 1
            except Unreachable:
                self.unanswered += 1
                return
            else:
                self.placed[own_id] = row["order_id"]
                if row["status"] in ("OPEN", "PARTIALLY_FILLED"):
                    self._open.append(row["order_id"])
                return

    async def _cancel(self, order_id: str) -> None:
        try:
            await self._client.cancel_order(order_id)
        except Refused:  # it was filled
            self.refused += 1
        except Unreachable:
            self.unanswered += 1
        else:
            self.cancelled.add(order_id)

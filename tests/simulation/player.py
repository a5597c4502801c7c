"""A player: connects, logs in, asks, and asks again whatever it has no answer to.

It keeps to what docs promise a careful client: an order whose outcome is not known is sent again
with the same cid, over a new connection if need be, until it is known.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.record import Attempt
from tests.simulation.requests import ORDERS, READS, REPEATABLE, Request, Taste
from tests.simulation.socket import Socket

if TYPE_CHECKING:
    from tests.simulation.world import World

PORT = 9877
_PATIENCE_S = (2.0, 12.0)  # before a player gives a silent connection up
_UNDECIDED = ("STATE_HALTED", "STATE_UNKNOWN", "LIMIT_RATE")


class Player:
    """One user of the game."""

    def __init__(self, world: World, number: int, commands: int, random: Random) -> None:
        self.world, self.number, self.random = world, number, random
        self.name = f"player{number}"
        self.token = f"{number:064x}"
        self.todo = commands
        self.taste = Taste(random, world.setup.symbols)
        self._window = random.choice((1, 3, 8, 20))
        self._think_s = random.choice((0.002, 0.01, 0.05))
        self._again: deque[Request] = deque()  # nobody knows what became of these
        self._sent: dict[str, Request] = {}  # on this connection, not answered; by id, in order
        self._attempts: dict[str, Attempt] = {}
        self._connections = 0
        self._count = 0
        self._is_entered = False
        self._kept: list[Request] = []  # orders with cids, to be repeated for no reason

    async def play(self) -> None:
        """Until everything was asked and answered."""
        while self.todo > 0 or self._again:
            await self._connection(self._converse)
            await asyncio.sleep(self.random.uniform(0.01, 0.3))

    async def look(self) -> None:
        """Ask for everything one can see, once, however long it takes."""
        self._again.extend((name, {}) for name in sorted(READS - {"book", "price", "time"}))
        await self.play()

    async def _connection(self, converse: Any) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, socket = await loop.create_connection(lambda: Socket(self.random), "sim", PORT)
        except ConnectionRefusedError:
            return
        self._connections += 1
        try:
            async with asyncio.timeout(10.0):
                is_open = await socket.opened
            if is_open:
                await converse(socket)
        except TimeoutError:
            pass
        finally:
            self._forget_sent()
            socket.close()

    async def _converse(self, socket: Socket) -> None:
        if not await self._log_in(socket):
            return
        while self.todo > 0 or self._again:
            for _ in range(self.random.randint(1, self._window)):
                request = self._next()
                if request is not None:
                    self._send(socket, request)
            if not await self._hear_all(socket):
                return
            if self.random.random() < 0.01:
                return
            await asyncio.sleep(self.random.expovariate(1 / self._think_s))

    async def _log_in(self, socket: Socket) -> bool:
        if self._is_entered and self.random.random() < 0.5:
            self._send(socket, ("auth", {"username": self.name, "token": self.token}))
        else:
            self._send(socket, ("register", {"username": self.name, "token": self.token}))
        attempt = self._attempts[next(iter(self._sent))]
        await self._hear_all(socket)
        self._is_entered = self._is_entered or attempt.done
        return attempt.done

    def _next(self) -> Request | None:
        if self._again:
            return self._again.popleft()
        if self.todo <= 0:
            return None
        self.todo -= 1
        if self._kept and self.random.random() < 0.05:
            return self.random.choice(self._kept)
        if self.number == 0 and self.random.random() < 0.02:
            self._again.append(self.taste.admin("start"))
            return self.taste.admin("pause")
        command, params = self.taste.next()
        if command in ORDERS and self.random.random() < 0.9:
            self._count += 1
            params["cid"] = f"{self.number}.{self._count}"
            if self.random.random() < 0.2:
                self._kept.append((command, params))
        return command, params

    def _send(self, socket: Socket, request: Request) -> None:
        command, params = request
        world = self.world
        id = f"{self.number}-{len(self._attempts)}"
        attempt = Attempt(self.number, id, self._connections, command, params, world.loop.time())
        self._attempts[id] = attempt
        world.record.attempts.append(attempt)
        self._sent[id] = request
        socket.send(json.dumps({"cmd": command, "params": params, "id": id}).encode())
        world.progress()

    async def _hear_all(self, socket: Socket) -> bool:
        """Take all replies that are owed; False if they do not come."""
        undecided = False
        try:
            async with asyncio.timeout(self.random.uniform(*_PATIENCE_S)):
                while self._sent:
                    text = await socket.inbox.get()
                    if text is None:
                        return False
                    undecided |= self._hear(json.loads(text))
        except TimeoutError:
            return False
        if undecided:
            await asyncio.sleep(self.random.uniform(0.05, 0.5))
        return True

    def _hear(self, reply: dict[str, Any]) -> bool:
        """Take one reply; whether it left the outcome open."""
        id = next(iter(self._sent))
        if reply.get("id") != id:
            self.world.record.problems.append(f"{id} was next, the reply is {reply}")
            raise TimeoutError
        request = self._sent.pop(id)
        attempt = self._attempts[id]
        attempt.reply, attempt.replied_s = reply, self.world.loop.time()
        if attempt.code in _UNDECIDED:
            self._keep(request)
            return True
        if attempt.done and request[0] in ORDERS:
            self.taste.orders.append(reply["data"]["id"])
        return False

    def _forget_sent(self) -> None:
        for request in self._sent.values():
            self._keep(request)
        self._sent = {}

    def _keep(self, request: Request) -> None:
        """Ask again later, if asking twice does no harm."""
        command, params = request
        if command in READS or "cid" in params or (command in REPEATABLE and command not in ORDERS):
            if command != "register":
                self._again.append(request)

"""A player for faults: uses every verb, is told of doubt, and asks again until there is none."""

import asyncio
import contextlib
import secrets
import time
from collections import Counter, deque
from typing import Any, NamedTuple

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.acceptance.witness import HALTED, UNKNOWN, Witness

REPEAT_WITHIN_S = 20.0  # a bound, not an expectation


class Told(NamedTuple):
    """One reply: when it was asked for, when it came, and what it said ("" is yes)."""

    asked_s: float
    came_s: float
    code: str


class Player(Witness):
    """A witness who also cancels everything, rotates the token, and bears halts."""

    def __init__(self, name: str, seed: int) -> None:
        super().__init__(name, seed)
        self.told: list[Told] = []  # replies to what was sent by `play`
        self.repeated: Counter[str] = Counter()  # by verb
        self._doubtful: deque[dict[str, Any]] = deque()  # told STATE_UNKNOWN or STATE_HALTED
        self.rotations_in_doubt: list[str] = []  # their tokens, the oldest first
        self._uri = ""
        self._entered_in_doubt = False  # a rotation that still waits may end this connection
        self._unchanged: set[str] = set()  # cids that STATE_HALTED alone was said of
        self._ids = 0
        self._asked_s: dict[int, float] = {}  # by request id

    async def enter(self, uri: str) -> None:
        """Log in, by a token whose rotation was not answered where the last known one fails."""
        self._uri = uri
        for message in self._sent:
            if message["cmd"] == "rotate":
                self._note_rotation(message["params"]["token"], is_known=False)
        tokens = self.rotations_in_doubt
        self._entered_in_doubt = bool(tokens)
        if not self.registered or not tokens:
            await super().enter(uri)
            return
        self._socket = await connect(uri, compression=None, open_timeout=20)
        for token in (self.token, *tokens):
            params = {"username": self.name, "token": token}
            if (await self.ask_until_known({"cmd": "auth", "params": params}))["status"]:
                return
        self.surprises.append("auth: no token is accepted any more")

    async def repeat_doubtful(self) -> None:
        """Send again what was not answered, or answered with doubt, until all is known."""
        deadline = time.monotonic() + REPEAT_WITHIN_S
        while self._doubtful or self._sent:
            doubtful = [*self._doubtful, *self._sent]
            self._doubtful.clear()
            self._sent.clear()
            for message in doubtful:
                self.repeated[message["cmd"]] += 1
                self._note(message, await self._ask_again(message), again=True)
            assert time.monotonic() < deadline, f"{self.name}: {self._doubtful}"
            await asyncio.sleep(0.02 if self._doubtful else 0)
        if self._entered_in_doubt:  # it is settled by now whether that has ended this connection
            await self._ask_again({"cmd": "wallets", "params": {}})
            self._entered_in_doubt = False

    async def _ask_again(self, message: dict[str, Any]) -> dict[str, Any]:
        """Ask; in between an earlier rotation may have ended this connection, when it got through.

        Who was told that its outcome is open must reckon with that, also after its repetition was
        answered: that answer may have come on a connection that was ended already.
        """
        while True:
            with contextlib.suppress(ConnectionClosed):
                reply = await self.ask(message)
                if reply.get("code") != "AUTH_REQUIRED":
                    return reply
            in_doubt = self.rotations_in_doubt or self._entered_in_doubt
            assert in_doubt, f"{self.name} was thrown out"
            await self.leave()
            await self.enter(self._uri)

    def _next(self) -> dict[str, Any]:
        """Any changing verb but `bcast`, with an id to be echoed."""
        message = self._another_verb() if self._draw.random() < 0.3 else super()._next()
        self._ids += 1
        self._asked_s[self._ids] = time.monotonic()
        return {**message, "id": self._ids}

    def _another_verb(self) -> dict[str, Any]:
        verb = self._draw.random()
        if verb < 0.02:
            return {"cmd": "cancel_all", "params": {}}
        if verb < 0.06:
            return {"cmd": "rotate", "params": {"token": secrets.token_hex(32)}}
        self._count += 1
        size = f"{self._draw.randrange(1, 100) / 1000:.3f}"
        params = {"cid": f"{self.name}-{self._count}"}
        if verb < 0.3:
            return {"cmd": "sell_market", "params": {"amount": size, **params}}
        side, price = ("buy", "999.50") if verb < 0.65 else ("sell", "1000.50")
        return {"cmd": side, "params": {"size": size, "price": price, **params}}

    def _note(self, message: dict[str, Any], reply: dict[str, Any], *, again: bool) -> None:
        if not again:
            asked_s = self._asked_s.pop(message["id"])
            self.told.append(Told(asked_s, time.monotonic(), reply.get("code") or ""))
        if reply.get("id") != message["id"]:
            self.surprises.append(f"{message} was answered by {reply}")
        if reply.get("code") in (UNKNOWN, HALTED):
            self._note_doubt(message, reply["code"], again=again)
            return
        if reply["status"] and reply["data"] and "cid" in message["params"]:
            self._note_replay(message["params"]["cid"], reply["data"])
        if message["cmd"] == "rotate" and reply["status"]:
            self._note_rotation(message["params"]["token"], is_known=True)
        elif message["cmd"] == "cancel_all" and reply["status"]:
            self._note_cancelled(reply["data"]["cancelled"])
        else:
            super()._note(message, reply, again=again)

    def _note_doubt(self, message: dict[str, Any], code: str, *, again: bool) -> None:
        self.refusals[code] = self.refusals.get(code, 0) + 1
        self._doubtful.append(message)
        if message["cmd"] == "rotate":
            self._note_rotation(message["params"]["token"], is_known=False)
        cid = message["params"].get("cid")
        if cid is not None and code == HALTED and not again:
            self._unchanged.add(cid)
        elif cid is not None and code == UNKNOWN:
            self._unchanged.discard(cid)

    def _note_rotation(self, token: str, *, is_known: bool) -> None:
        """What is acknowledged settles all that was asked for before."""
        doubt = self.rotations_in_doubt
        if is_known:
            self.token = token
            del doubt[: doubt.index(token) + 1 if token in doubt else 0]
        elif token not in doubt:
            doubt.append(token)

    def _note_replay(self, cid: str, order: dict[str, Any]) -> None:
        if cid in self._unchanged and order.get("replayed"):
            self.surprises.append(f"{cid} was told STATE_HALTED and had been placed")
        self._unchanged.discard(cid)

    def _note_cancelled(self, ids: list[str]) -> None:
        for id in ids:
            self.cancelled.add(id)
            if id in self.orders:
                self.orders[id]["status"] = "cancel"

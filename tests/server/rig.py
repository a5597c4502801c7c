"""Sessions for tests: a game in memory, users in memory, connections that remember."""

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cxgame.auth import Users
from cxgame.engine.state import Applied
from cxgame.limits import Limits
from cxgame.model.batch import RequestId
from cxgame.model.commands import Tick
from cxgame.ports import Entry
from cxgame.recovery import Replay, Replayed
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.session import Session
from cxgame.store.memory import MemoryUsers
from tests.support.games import Bench

SECRET = "open sesame"
WAIT_S = 10.0  # a bound, never a measure

UNLIMITED = Limits(rate_limit=0, bcast_rate=0, max_registrations_per_minute=0)


def message(command: str, id: RequestId = None, **params: Any) -> bytes:
    """A message of a client."""
    return json.dumps({"cmd": command, "params": params, "id": id}).encode()


def text_messages(frames: bytes) -> Iterator[bytes]:
    """The payloads of a server's text frames (RFC 6455, 5.2), one after the other."""
    while frames:
        assert frames[0] == 0x81
        size, at = frames[1], 2
        if size > 125:
            at = 4 if size == 126 else 10
            size = int.from_bytes(frames[2:at])
        yield frames[at : at + size]
        frames = frames[at + size :]


class Wire:
    """The far end of a connection, as a session's `Connection`."""

    def __init__(self, address: str = "10.0.0.1") -> None:
        self.address = address
        self.received: list[dict[str, Any]] = []  # replies
        self.pushed: list[dict[str, Any]] = []
        self.raw_frames = b""  # of the pushed, those that came as frames
        self.writes = 0
        self.reading = True
        self.closing: tuple[int, str] | None = None
        self.news = asyncio.Event()

    def write(self, payloads: list[bytes], pushed: int = 0) -> None:
        self.writes += 1
        messages = [json.loads(payload) for payload in payloads]
        self.pushed += [message for message in messages if "type" in message]
        assert pushed == sum("type" in message for message in messages)
        self.received += [message for message in messages if "type" not in message]
        self.news.set()

    def push(self, frames: bytes) -> bool:
        self.pushed += [json.loads(payload) for payload in text_messages(frames)]
        self.raw_frames += frames
        self.news.set()
        return self.closing is None

    def is_closing(self) -> bool:
        return self.closing is not None

    unread_bytes = 0

    def close(self, code: int, reason: str) -> None:
        self.closing = self.closing or (code, reason)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True
        self.news.set()


class Player:
    """A session and its connection, driven as a client would."""

    def __init__(self, rig: "Rig", address: str = "10.0.0.1") -> None:
        self.wire = Wire(address)
        self.session = Session(rig.host, self.wire)
        self.token = ""

    async def ask(self, raw: bytes) -> dict[str, Any]:
        """Send one message and wait for its reply."""
        before = len(self.wire.received)
        self.session.receive(raw)
        async with asyncio.timeout(WAIT_S):
            while len(self.wire.received) == before or not self.wire.reading:
                self.wire.news.clear()
                await self.wire.news.wait()
        assert len(self.wire.received) == before + 1, "one message, one reply"
        return self.wire.received[-1]

    async def __call__(self, command: str, **params: Any) -> dict[str, Any]:
        """Ask for a command."""
        return await self.ask(json.dumps({"cmd": command, "params": params}).encode())

    async def done(self, command: str, **params: Any) -> Any:
        """The data of a command that works."""
        reply = await self(command, **params)
        assert reply["status"] is True, reply
        return reply["data"]

    async def placed(self, side: str, price: str, size: str, **rest: Any) -> dict[str, Any]:
        """A limit order by the full verb, as the reply shows it."""
        order = {"side": side, "type": "limit", "price": price, "size": size, **rest}
        return dict(await self.done("order", **order))

    async def refused(self, command: str, **params: Any) -> str:
        """The code with which a command is refused."""
        reply = await self(command, **params)
        assert reply["status"] is False, reply
        return str(reply["code"])


class Rig:
    """One game with its host."""

    def __init__(self, limits: Limits = UNLIMITED, **rules: Any) -> None:
        self.bench = Bench(**rules)
        self.game = self.bench.game
        self.store = MemoryUsers()
        self.users = Users(self.store)
        self.notices: list[str] = []
        self.stops: list[str] = []
        self.forgets = False
        self.host = Host(
            self.game,
            self.users,
            self.bench.clock,
            limits,
            notice=self.notices.append,
            stop=self.stops.append,
            answer_within_s=WAIT_S,
            read_back=self._read_back,
        )
        self.host.prices = self

    def _read_back(self, seq: int) -> Replayed | None:
        """What the game had released; nothing while `forgets`."""
        if self.forgets:
            return None
        run = Replay()
        for batch in self.bench.journal.batches[:seq]:
            run.take(Entry(batch.seq, batch.hash, batch.record))
        return run.result()

    async def start(self) -> "Rig":
        """Let the game run, opened if it may be, with an admin secret and a price."""
        self.game.start()
        await self.users.set_admin_secret(SECRET)
        self.tick(100_000)
        self.host.open_if_ready()
        await self.game.settled()
        return self

    async def stop(self) -> None:
        await self.host.close()
        await self.game.stop()

    async def halt(self) -> None:
        """Let the journal fall silent until the game notices; some price is on its way then."""
        self.bench.journal.gate.clear()
        self.bench.submit(Tick(0, 99, 99_999, 99_999))
        await asyncio.sleep(0)  # the batch is on its way
        self.bench.clock.pass_s(3600)
        async with asyncio.timeout(WAIT_S):
            while not self.game.halted:
                await asyncio.sleep(0.01)

    async def resume(self) -> None:
        """Let the journal answer again."""
        self.bench.journal.gate.set()
        await self.game.settled()

    def tick(self, mid_ticks: int, **volumes: int) -> None:
        """Set the market price."""
        index = self.game.engine.markets[0].tick_index + 1
        self.bench.submit(Tick(0, index, mid_ticks, mid_ticks, **volumes))

    async def set_price(
        self,
        symbol: str,
        price: Decimal,
        bid_volume: Decimal | None = None,
        ask_volume: Decimal | None = None,
    ) -> Applied:
        """A price by hand, as the oracle of a server would take it."""
        engine = self.game.engine
        state = engine.markets[engine.market_ids[symbol]]
        ticks = int(price * 10**state.market.price_places) // state.market.tick
        tick = Tick(state.market.id, state.tick_index + 1, ticks, ticks)
        return self.game.submit(tick, "oracle", 0, None)

    def connect(self, address: str = "10.0.0.1") -> Player:
        """A connection that is not logged in."""
        return Player(self, address)

    async def player(self, name: str, **params: Any) -> Player:
        """A registered player."""
        player = self.connect()
        player.token = await player.done("register", username=name, **params)
        return player

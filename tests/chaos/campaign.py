"""A server under load that is hurt, comes back, and is held to what it acknowledged."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.exceptions import WebSocketException

from cxgame.store.datadir import read_running
from cxgame.store.embedded import find_embedded
from cxgame.store.link import Link
from tests.acceptance.test_kill import compare_queues
from tests.acceptance.witness import BTC_START, USD_START
from tests.chaos.player import Player
from tests.chaos.tally import TALLY
from tests.chaos.tape import Tape
from tests.support.processes import ServerProcess

WITHIN_S = 30.0  # a bound, not an expectation: the machine may be busy
UP_AGAIN_S = 3.0  # the promise; asserted generously, reported as it was
GENEROUS = 5  # a machine that runs several suites at once is that much slower
PLAYERS = 8
COMMIT_TIMEOUT_S = 0.5
FLAGS = (
    *("--usd-start", str(USD_START), "--crypto-start", str(BTC_START)),
    *("--rate-limit", "0", "--max-open-orders", "0", "--max-registrations-per-minute", "100000"),
    *("--log-level", "warning", "--commit-timeout", str(COMMIT_TIMEOUT_S)),
)


class Campaign:
    """One server, its players, and the feed's auditor, through any number of faults."""

    def __init__(self, folder: Path, *flags: str, players: int = PLAYERS, seed: int = 1) -> None:
        self.server = ServerProcess(folder, *FLAGS, *flags)
        self.players = [Player(f"player{index}", seed * 1000 + index) for index in range(players)]
        self.tape = Tape()
        self._load: list[asyncio.Task[None]] = []

    # The course of a fault

    async def start(self) -> float:
        """Start the server; returns how long that took. After a fault this is the way back."""
        self.server.variables = {}
        begun = time.monotonic()
        await self.server.start()
        return time.monotonic() - begun

    async def start_again(self, kind: str) -> None:
        """Come back after a fault, which is counted, within the promised time."""
        TALLY.faults[kind] += 1
        took_s = await self.start()
        TALLY.took(f"up again after {kind}", took_s)
        assert took_s < GENEROUS * UP_AGAIN_S, f"{took_s:.1f} s"

    async def enter(self) -> None:
        """Everybody connects and finds out what became of what was in doubt."""
        await asyncio.gather(*(player.enter(self.server.uri) for player in self.players))
        await self.resolve()

    async def resolve(self) -> None:
        """Everybody finds out what became of what was in doubt."""
        await asyncio.gather(*(player.repeat_doubtful() for player in self.players))

    def play(self) -> None:
        """Everybody trades, until the connections break or `rest`."""
        self._load = [asyncio.create_task(player.play()) for player in self.players]

    @property
    def connected(self) -> bool:
        """Whether nobody's connection has broken since `play`."""
        return not any(task.done() for task in self._load)

    async def broken_off(self) -> None:
        """Wait until every connection has broken."""
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*self._load)

    async def rest(self) -> None:
        """Leave the game; what was under way is in doubt."""
        await asyncio.gather(*(player.leave() for player in self.players))
        await self.broken_off()

    async def newcomer(self, delay_s: float) -> None:
        """Somebody registers, perhaps in vain, and is a player from then on."""
        player = Player(f"new{len(self.players)}", len(self.players))
        self.players.append(player)
        await asyncio.sleep(delay_s)
        with contextlib.suppress(OSError, WebSocketException):  # tried again at the next `enter`
            await player.enter(self.server.uri)
            await player.leave()

    # What must hold

    async def follow(self) -> None:
        """The feed goes on exactly where it was, without a gap or a second telling."""
        await self.tape.read_on(self.server.feed_uri, WITHIN_S)
        assert not self.tape.auditor.problems, self.tape.auditor.problems[:10]

    async def verify(self) -> None:
        """Every record of every player agrees with the server; the players must have entered."""
        problems = []
        for player in self.players:
            problems += await player.compare()
        TALLY.broken += len(problems)
        TALLY.orders += sum(len(player.cids) for player in self.players)
        for player in self.players:
            TALLY.repeated.update(player.repeated)
        assert not problems, f"{len(problems)}: {problems[:10]}"
        message = {"cmd": "audit", "params": {"secret": "open sesame"}}
        audit = await self.players[0].ask_until_known(message)
        assert audit["status"], audit
        assert not audit["data"]["violations"], audit
        await self.follow()
        await compare_queues(self.players[0], self.tape.auditor)

    # Its Valkey

    @property
    def valkey_pid(self) -> int:
        """Of the embedded Valkey, as it was last announced."""
        running = read_running(self.server.data)
        assert running is not None
        return running.valkey_pid

    async def valkey(self, *words: str | int) -> object:
        """Ask the embedded Valkey."""
        endpoint = find_embedded(self.server.data)
        assert endpoint is not None
        link = Link(endpoint)
        try:
            return await link.call(*words)
        finally:
            await link.close()

    async def stop(self) -> None:
        """Leave nothing behind, whatever happened."""
        for task in self._load:
            task.cancel()
        await asyncio.gather(*self._load, return_exceptions=True)
        await asyncio.gather(*(player.leave() for player in self.players), return_exceptions=True)
        running = read_running(self.server.data)
        if running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.valkey_pid, signal.SIGCONT)
        await self.server.stop()


@asynccontextmanager
async def campaign(
    folder: Path, *flags: str, players: int = PLAYERS, seed: int = 1
) -> AsyncIterator[Campaign]:
    """A server that is up, with players who are in; verified at the end, and stopped."""
    one = Campaign(folder, *flags, players=players, seed=seed)
    try:
        await one.start()
        await one.enter()
        yield one
        await one.verify()
        await asyncio.gather(*(player.leave() for player in one.players))
        assert await one.server.terminate() == 0, one.server.output
    finally:
        await one.stop()


async def is_sound(data: Path) -> None:
    """`cxgame verify` finds every effect of a suspended game again, and nothing amiss."""
    words = ("-m", "cxgame", "verify", str(data))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 0, told.decode()

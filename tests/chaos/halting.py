"""One halt from beginning to end, as everybody sees it: players, spectators, health checks."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import httpx
from websockets.asyncio.client import connect

from tests.acceptance.witness import HALTED, UNKNOWN
from tests.chaos.campaign import COMMIT_TIMEOUT_S, WITHIN_S, Campaign
from tests.chaos.player import Player, Told
from tests.chaos.tally import TALLY

LOOK_S = 0.01
PLAYED_S = 0.3  # before the fault
HALTED_S = 0.7  # how long the fault lasts after all have noticed


class Strike(NamedTuple):
    """A fault of the store that halts the game, and its end."""

    kind: str
    strike: Callable[[], Awaitable[None]]
    heal: Callable[[], Awaitable[None]]


class Bystander:
    """A spectator: when the feed said that the game is halted, and that it goes on."""

    def __init__(self) -> None:
        self.halted_s: list[float] = []
        self.resumed_s: list[float] = []

    async def watch(self, uri: str) -> None:
        """Until cancelled."""
        async with connect(uri, compression=None, max_queue=None) as socket:
            async for text in socket:
                frame = json.loads(text)
                if frame["type"] == "info" and "seq" not in frame:
                    if frame["message"].startswith("Halted"):
                        self.halted_s.append(time.monotonic())
                    elif frame["message"].startswith("Play goes on"):
                        self.resumed_s.append(time.monotonic())


async def halted_and_resumed(one: Campaign, fault: Strike) -> None:
    """Hurt the store under load, heal it, and hold everybody's view against the promise."""
    bystander = Bystander()
    watching = asyncio.create_task(bystander.watch(one.server.feed_uri))
    try:
        async with httpx.AsyncClient(base_url=one.server.http_url, timeout=WITHIN_S) as http:
            await _pass_through(one, fault, bystander, http)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    await one.rest()
    begun_s = time.monotonic()
    await one.enter()
    TALLY.took("everything in doubt is known after a reconnect", time.monotonic() - begun_s)
    await one.follow()
    TALLY.faults[fault.kind] += 1


async def outlived(one: Campaign, fault: Strike) -> None:
    """Our Valkey ends under load: it is started again, and nobody's connection breaks."""
    old = one.valkey_pid
    one.play()
    await asyncio.sleep(PLAYED_S)
    struck_s = time.monotonic()
    await fault.strike()
    await _until(one, lambda: one.valkey_pid != old)
    restarted_s = time.monotonic()
    await _until(one, lambda: all(_says(player, "", restarted_s) for player in one.players))
    TALLY.took("longest wait for a reply when Valkey was killed", _longest_s(one, struck_s))
    await one.rest()
    await one.enter()
    await one.follow()
    TALLY.faults[fault.kind] += 1


async def nothing() -> None:
    """The server heals it."""


def _longest_s(one: Campaign, since_s: float) -> float:
    return max(t.came_s - t.asked_s for p in one.players for t in p.told if t.came_s > since_s)


async def _pass_through(
    one: Campaign, fault: Strike, bystander: Bystander, http: httpx.AsyncClient
) -> None:
    one.play()
    await asyncio.sleep(PLAYED_S)
    marks = [len(player.told) for player in one.players]
    struck_s = time.monotonic()
    await fault.strike()
    await _until(one, lambda: all(_says(player, HALTED, struck_s) for player in one.players))
    await _ready(http, 503, "halted")
    TALLY.took("/readyz says halted after the fault", time.monotonic() - struck_s)
    await _until(one, lambda: bool(bystander.halted_s))
    TALLY.took("the feed says halted after the fault", bystander.halted_s[-1] - struck_s)
    await _shows_released_state(one)
    await asyncio.sleep(HALTED_S)
    healed_s = time.monotonic()
    await fault.heal()
    await _until(one, lambda: all(_says(player, "", healed_s) for player in one.players))
    resumed_s = min(t.came_s for p in one.players for t in p.told if _is_yes_after(t, healed_s))
    TALLY.took(f"orders taken again after the end of: {fault.kind}", resumed_s - healed_s)
    await _ready(http, 200, "ready")
    await _until(one, lambda: bool(bystander.resumed_s))
    for player, mark in zip(one.players, marks, strict=True):
        _check_course(player, mark, healed_s)


async def _shows_released_state(one: Campaign) -> None:
    """Reads are answered, and say of which batch."""
    asked_s = time.monotonic()
    async with connect(one.server.uri, compression=None) as socket:
        await socket.send('{"cmd":"book","params":{}}')
        async with asyncio.timeout(WITHIN_S):
            reply = json.loads(await socket.recv())
    assert reply["status"] is True, reply
    assert reply["halted"] is True
    assert reply["seq"] > 0
    TALLY.took("the first read while halted", time.monotonic() - asked_s)


def _check_course(player: Player, mark: int, healed_s: float) -> None:
    """Doubt first, then halted, and no order that was sent into the halt was taken."""
    course = player.told[mark:]
    codes = [told.code for told in course]
    first_halted = codes.index(HALTED)
    # Who asks once it is healed may meet a connection of the users' that has not noticed yet.
    into_it = [told.code for told in course[first_halted:] if told.asked_s < healed_s]
    assert UNKNOWN not in into_it, codes
    assert all(told.came_s >= healed_s for told in course[first_halted:] if not told.code)
    for told in course:
        if told.code == UNKNOWN:
            TALLY.took(
                "STATE_UNKNOWN beyond the commit timeout", _late_s(told.asked_s, told.came_s)
            )
        elif told.code == HALTED:
            TALLY.took("STATE_HALTED", told.came_s - told.asked_s)


def _late_s(asked_s: float, came_s: float) -> float:
    return came_s - asked_s - COMMIT_TIMEOUT_S


def _says(player: Player, code: str, since_s: float) -> bool:
    """Whether something sent after a moment was answered so."""
    return any(told.code == code and told.asked_s > since_s for told in reversed(player.told))


def _is_yes_after(told: Told, since_s: float) -> bool:
    return told.code == "" and told.came_s > since_s


async def _until(one: Campaign, done: Callable[[], bool]) -> None:
    """Wait for something that happens in play; nobody may be disconnected meanwhile."""
    async with asyncio.timeout(WITHIN_S):
        while not done():
            assert one.connected, one.server.output
            await asyncio.sleep(LOOK_S)


async def _ready(http: httpx.AsyncClient, status: int, word: str) -> None:
    """Wait until the health check says so."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            answer = await http.get("/readyz")
            if (answer.status_code, answer.json()["status"]) == (status, word):
                return
            await asyncio.sleep(LOOK_S)

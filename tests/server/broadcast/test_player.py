"""The clock of a replay, on a loop whose time moves by hand."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from cxgame.server.broadcast.player import AT_ONCE, BEGINNING, LONGEST_GAP_MS, Player, Point

START_MS = 1_700_000_000_000


class LeapingLoop(asyncio.SelectorEventLoop):
    """Time stands still while there is something to do, and leaps to what is due next."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def _run_once(self) -> None:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        due = [handle.when() for handle in scheduled if not handle.cancelled()]
        if due and not self._ready:  # type: ignore[attr-defined]
            self.now_s = max(self.now_s, min(due))
        super()._run_once()  # type: ignore[misc]


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(test)


def now_s() -> float:
    return asyncio.get_running_loop().time()


def begun(speed: float = 1.0) -> Player:
    """A player that was told where to begin."""
    player = Player(speed)
    assert player.take_start() == BEGINNING
    return player


@pytest.mark.parametrize(("speed", "at_s"), [(1.0, 8.0), (10.0, 0.8), (0.5, 16.0)])
def test_moments_come_as_far_apart_as_they_were_at_its_speed(speed: float, at_s: float) -> None:
    """The first one is due at once."""

    async def test() -> None:
        player = begun(speed)
        for after_ms in (0, 3_000, 3_000, 8_000):
            assert await player.until(START_MS + after_ms)
        assert now_s() == pytest.approx(at_s)

    run(test())


def test_at_once_waits_for_nothing() -> None:
    """And goes on at a speed from where it is."""

    async def test() -> None:
        player = begun(AT_ONCE)
        for hour in range(100):
            assert await player.until(START_MS + hour * 3_600_000)
        assert now_s() == 0
        player.speed = 2.0
        assert await player.until(START_MS + 99 * 3_600_000 + 4_000)
        assert now_s() == pytest.approx(2.0)

    run(test())


def test_a_long_silence_is_cut() -> None:
    """A night between two starts lasts as long as the longest gap, at the speed of the replay."""

    async def test() -> None:
        player = begun(2.0)
        assert await player.until(START_MS)
        assert await player.until(START_MS + 8 * 3_600_000)
        assert now_s() == pytest.approx(LONGEST_GAP_MS / 2_000)
        assert await player.until(START_MS + 8 * 3_600_000 + 1_000)
        assert now_s() == pytest.approx(LONGEST_GAP_MS / 2_000 + 0.5)

    run(test())


def test_a_pause_takes_no_recorded_time() -> None:
    """What was due in two seconds is due two seconds after it goes on."""

    async def test() -> None:
        player = begun()
        assert await player.until(START_MS)
        waiting = asyncio.create_task(player.until(START_MS + 5_000))
        await asyncio.sleep(3)
        player.pause()
        assert not player.playing
        await asyncio.sleep(100)
        assert not waiting.done()
        player.play()
        assert await waiting
        assert now_s() == pytest.approx(105)

    run(test())


def test_speed_may_change_in_between() -> None:
    """Also while a moment is waited for."""

    async def test() -> None:
        player = begun()
        assert await player.until(START_MS)
        waiting = asyncio.create_task(player.until(START_MS + 9_000))
        await asyncio.sleep(4)
        player.speed = 5.0
        assert player.speed == 5.0
        assert await waiting
        assert now_s() == pytest.approx(5)

    run(test())


def test_a_jump_ends_the_waiting() -> None:
    """The new point is told once, and the clock starts anew there."""

    async def test() -> None:
        player = begun()
        assert await player.until(START_MS)
        waiting = asyncio.create_task(player.until(START_MS + 9_000))
        await asyncio.sleep(1)
        player.seek(Point(event=7))
        assert not await waiting
        assert player.take_start() == Point(event=7)
        assert player.take_start() is None
        assert await player.until(START_MS + 3_600_000)
        assert now_s() == pytest.approx(1)

    run(test())


@pytest.mark.parametrize(
    ("point", "reached"),
    [
        (BEGINNING, True),
        (Point(event=41), True),
        (Point(event=42), True),
        (Point(event=43), False),
        (Point(after_ms=1_000), True),
        (Point(after_ms=1_001), False),
        (Point(wall_ms=START_MS + 1_000), True),
        (Point(wall_ms=START_MS + 1_001), False),
        (Point(event=1, after_ms=1, wall_ms=START_MS + 1_001), False),
    ],
)
def test_a_point_is_reached_when_all_it_says_is(point: Point, reached: bool) -> None:
    """After event 42, before a batch of one second after the beginning."""
    assert point.is_before(START_MS, 42, START_MS + 1_000) is reached

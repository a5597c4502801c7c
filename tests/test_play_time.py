"""Game time."""

from cxgame.play_time import PlayTime
from tests.support.games import ManualClock


def test_time_passes_only_while_told_to() -> None:
    """It stands, runs from where it is told, and stands again where it is told."""
    clock = ManualClock()
    time = PlayTime(clock.monotonic_ns, 7)
    clock.pass_s(5)
    assert (time.now_ns(), time.is_running) == (7, False)
    time.run(10)
    clock.pass_s(1)
    time.run(99)  # it runs already
    assert (time.now_ns(), time.is_running) == (1_000_000_010, True)
    time.stand(500)
    clock.pass_s(1)
    assert (time.now_ns(), time.is_running) == (500, False)

"""What is left of a recorded game's time, between its batches and at them."""

from types import SimpleNamespace
from typing import Any

import pytest

from cxgame.server.broadcast.playing_time import PlayingTime

START_MS = 1_700_000_000_000


def standing(left_ms: int | None) -> Any:
    """An engine after a batch, a second into the game."""
    return SimpleNamespace(remaining_ms=left_ms, wall_ms=START_MS, game_time_ns=1_000_000_000)


def after(played_s: float) -> Any:
    """The next batch, so many seconds of play later."""
    return SimpleNamespace(game_time_ns=1_000_000_000 + int(played_s * 1e9))


def left_ms(
    passed_s: float | None, played_s: float | None, left: int | None = 60_000
) -> int | None:
    """What is left so many recorded seconds after a batch."""
    moment_ms = None if passed_s is None else START_MS + passed_s * 1000
    player: Any = SimpleNamespace(moment_ms=moment_ms)
    time = PlayingTime(player)
    time.stand(standing(left))
    if played_s is not None:
        time.expect(standing(left), after(played_s))
    return time.left_ms()


@pytest.mark.parametrize(
    ("passed_s", "played_s", "left"),
    [
        (0.0, 5.0, 60_000),
        (2.5, 5.0, 57_500),
        (5.0, 5.0, 55_000),
        (8.0, 5.0, 55_000),  # the next batch is late
        (-1.0, 5.0, 60_000),
    ],
)
def test_it_passes_between_two_batches_as_recorded_time_does(
    passed_s: float, played_s: float, left: int
) -> None:
    """From what the one tells to what the other will."""
    assert left_ms(passed_s, played_s) == left


def test_no_play_passes_in_a_pause_or_a_night() -> None:
    """However long it was."""
    assert left_ms(30_000.0, 0.0) == 60_000
    assert left_ms(30_000.0, 0.5) == 59_500


def test_it_is_that_of_the_last_batch_where_nothing_else_is_known() -> None:
    """On the way to another point, and at the end of the recording."""
    assert left_ms(None, 5.0) == 60_000
    assert left_ms(3.0, None) == 60_000


def test_an_endless_game_has_no_time_left_to_tell() -> None:
    """And a game never less than none."""
    assert left_ms(2.0, 5.0, None) is None
    assert left_ms(2.0, 5.0, 1_000) == 0

"""When silence means that nobody is there."""

import pytest

from cxgame.network import Heartbeat, Pulse


def looks(heartbeat: Heartbeat, *times: float) -> list[Pulse]:
    """What a look at each of these times says."""
    return [heartbeat.look(at) for at in times]


def test_silence_beyond_the_limit_is_death() -> None:
    """Up to the limit all is well; what comes sets the silence back."""
    heartbeat = Heartbeat(3.0)
    assert looks(heartbeat, 10, 11, 12, 13) == [Pulse.ALIVE] * 4
    heartbeat.heard()
    assert looks(heartbeat, 14, 15, 16) == [Pulse.ALIVE] * 3
    assert looks(heartbeat, 17) == [Pulse.DEAD]


def test_a_sign_of_life_is_asked_for_now_and_then() -> None:
    """Once for each stretch of silence, not at every look."""
    heartbeat = Heartbeat(5.0, ping_s=2.0)
    answers = looks(heartbeat, 0, 1, 2, 2.5, 3, 4, 5, 6)
    assert [at for at, pulse in enumerate(answers) if pulse is Pulse.ASK] == [2, 5]
    assert answers[-1] is Pulse.DEAD


def test_one_that_answers_is_asked_again_and_never_given_up() -> None:
    """An idle connection whose other side answers each ping lives on."""
    heartbeat = Heartbeat(5.0, ping_s=2.0)
    asked = 0
    for at in range(100):
        if heartbeat.look(at) is Pulse.ASK:
            asked += 1
            heartbeat.heard()
        assert heartbeat.silent_s <= 2.0
    assert asked == 49


def test_ones_own_absence_is_not_the_others_silence() -> None:
    """A program that was busy for an hour does not give up a connection for it."""
    heartbeat = Heartbeat(3.0)
    assert looks(heartbeat, 0, 3600, 7200, 10_800) == [Pulse.ALIVE] * 4
    assert looks(heartbeat, 14_400) == [Pulse.DEAD]


def test_a_clock_that_goes_back_counts_for_nothing() -> None:
    """It should not; if it does, nobody is given up for it."""
    heartbeat = Heartbeat(3.0)
    assert looks(heartbeat, 100, 50, 51) == [Pulse.ALIVE] * 3
    assert heartbeat.silent_s == 1.0


def test_rest_is_no_silence() -> None:
    """What passes while nothing is expected is not counted."""
    heartbeat = Heartbeat(1.5, step_s=10.0)
    looks(heartbeat, 0, 1)
    heartbeat.rest()
    assert looks(heartbeat, 8, 9) == [Pulse.ALIVE] * 2


def test_a_ping_after_the_end_is_refused() -> None:
    """It could never be answered in time."""
    with pytest.raises(ValueError, match="before the connection is given up"):
        Heartbeat(2.0, ping_s=2.0)

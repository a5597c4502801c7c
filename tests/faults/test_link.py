"""One direction of one connection: what arrives, when, and that nothing is left behind."""

from typing import Any

import pytest

from tests.support.faults import Road

LETTERS = "abcdefghijklmnopqrstuvwxyz"
EVERY_MODE: list[dict[str, Any]] = [
    {"fault": "half_open", "probability": 0.002},
    {"fault": "disconnect", "probability": 0.002},
    {"fault": "silence", "after_messages": 150, "direction": "in"},
    {"fault": "drop", "probability": 0.1},
    {"fault": "rate_limit", "per_second": 50},
    {"fault": "corrupt", "probability": 0.1, "direction": "in"},
    {"fault": "duplicate", "probability": 0.1, "direction": "in"},
    {"fault": "reorder", "probability": 0.3},
    {"fault": "throttle", "max_messages_per_second": 100},
    {"fault": "delay", "min_ms": 100, "max_ms": 1000},
]


def _as_bytes(text: str) -> list[bytes]:
    return [letter.encode() for letter in text]


def test_without_faults_everything_arrives_at_once() -> None:
    """A link that nothing concerns changes nothing."""
    road = Road()
    assert road.send(*LETTERS) == _as_bytes(LETTERS)
    assert road.loop.waiting == []


def test_dropped_messages_do_not_arrive() -> None:
    """The others do, in order; which are lost is the plan's list."""
    road = Road({"fault": "drop", "probability": 0.1})
    assert road.send(*LETTERS) == _as_bytes(LETTERS.replace("b", ""))
    assert (road.board.in_force[1].hits, road.line.hits) == (1, {"drop": 1})


def test_delayed_messages_keep_their_order() -> None:
    """As with TCP, who comes after a late message waits for it."""
    road = Road({"fault": "delay", "min_ms": 100, "max_ms": 1000, "probability": 0.1})
    assert road.send(*LETTERS) == _as_bytes("abcdefghijkl")
    assert road.link.held == 14
    road.loop.pass_s(0.590)
    assert len(road.end.payloads) == 12
    road.loop.pass_s(0.002)
    assert road.end.payloads == _as_bytes(LETTERS)
    assert road.loop.waiting == []


def test_a_fixed_delay_is_exact() -> None:
    """Each message arrives so much after it was sent."""
    road = Road({"fault": "delay", "ms": 250})
    for letter in "abc":
        road.send(letter)
        road.loop.pass_s(0.1)
    road.loop.pass_s(1)
    assert road.end.times_s == [0.25, 0.35, 0.45]
    assert road.end.payloads == _as_bytes("abc")


def test_duplicates_come_after_their_original() -> None:
    """A message that comes again does so at once, before the next one."""
    road = Road({"fault": "duplicate", "probability": 1, "max_duplicates": 1, "direction": "in"})
    assert road.send(*"ab") == _as_bytes("aabb")


def test_a_full_window_goes_on_shuffled() -> None:
    """Five wait for each other; nobody else's order changes."""
    road = Road({"fault": "reorder"})
    assert road.send(*"abcd") == []
    arrived = road.send("e")
    assert arrived == _as_bytes("bedca")
    assert road.send(*"fgh") == arrived
    assert road.link.held == 3


def test_a_window_does_not_wait_for_ever() -> None:
    """A second after the last message the others go on without more."""
    road = Road({"fault": "reorder"})
    road.send(*"ab")
    road.loop.pass_s(0.9)
    road.send("c")
    road.loop.pass_s(0.9)
    assert road.end.payloads == []
    road.loop.pass_s(0.2)
    assert sorted(road.end.payloads) == _as_bytes("abc")
    assert road.loop.waiting == []


def test_a_throttle_spaces_messages() -> None:
    """Ten a second: one now, then one every tenth of a second; who must wait is hit."""
    road = Road({"fault": "throttle", "max_messages_per_second": 10})
    road.send(*"abc")
    road.loop.pass_s(1)
    assert road.end.times_s == [0.0, 0.1, 0.2]
    assert road.board.in_force[1].hits == 2


def test_a_throttle_comes_before_a_delay() -> None:
    """A throttled line that is long takes both times."""
    road = Road(
        {"fault": "delay", "ms": 1000}, {"fault": "throttle", "max_messages_per_second": 10}
    )
    road.send(*"abc")
    road.loop.pass_s(2)
    assert road.end.times_s == [1.0, 1.1, 1.2]


def test_silence_begins_after_its_messages() -> None:
    """So many pass, then none; the line is not cut."""
    road = Road({"fault": "silence", "after_messages": 3, "direction": "in"})
    assert road.send(*LETTERS) == _as_bytes("abc")
    assert road.end.ended == []
    road.board.clear()
    assert road.send("z") == _as_bytes("abcz")


def test_a_message_beyond_the_rate_is_refused() -> None:
    """It arrives, marked with the ban, in its turn."""
    road = Road({"fault": "rate_limit", "per_second": 2, "bans_s": [5]})
    road.send(*"abc")
    bans = [parcel.ban for _, parcel in road.end.parcels]
    assert road.end.payloads == _as_bytes("abc")
    assert [ban and ban.retry_after_s for ban in bans] == [None, None, 5.0]


@pytest.mark.parametrize("mode", ["disconnect", "half_open"])
def test_a_cut_line_carries_nothing_more(mode: str) -> None:
    """What was due has arrived; the message itself and all that follows are lost."""
    road = Road({"fault": mode, "after_messages": 3})
    assert road.send(*LETTERS) == _as_bytes("abc")
    assert road.end.ended == [mode]
    road.board.clear()
    assert road.send("z") == _as_bytes("abc")


def test_what_is_held_is_lost_with_the_line() -> None:
    """A late message does not arrive over a line that is gone; no timer is left."""
    road = Road({"fault": "delay", "ms": 500}, {"fault": "disconnect", "after_messages": 3})
    road.send(*"abcd")
    assert (road.link.held, road.link.held_bytes, road.loop.waiting) == (0, 0, [])
    road.loop.pass_s(10)
    assert road.end.payloads == []


def test_faults_that_end_let_go_of_what_they_hold() -> None:
    """Nothing is lost when a fault is cleared, and nobody is overtaken."""
    road = Road({"fault": "delay", "ms": 5000})
    road.send(*"abc")
    road.board.clear()
    road.link.let_go()
    assert road.send("d") == _as_bytes("abcd")
    assert road.loop.waiting == []


def test_what_an_ended_fault_held_does_not_wait_for_others() -> None:
    """A fault that goes on keeps nothing of what another has held."""
    road = Road({"fault": "delay", "ms": 5000}, {"fault": "drop", "probability": 0})
    road.send(*"ab")
    road.board.clear([2])
    road.link.refresh()
    assert (road.end.payloads, road.link.held) == ([], 2), "a drop holds nothing"
    road.board.clear([1])
    road.link.refresh()
    assert road.send("c") == _as_bytes("abc")


def test_a_window_is_let_go_shuffled() -> None:
    """Also those that waited for more are in another order."""
    road = Road({"fault": "reorder", "window_size": 20})
    road.send(*LETTERS[:10])
    road.link.let_go()
    assert sorted(road.end.payloads) == _as_bytes(LETTERS[:10])
    assert road.end.payloads != _as_bytes(LETTERS[:10])


def test_messages_wait_for_an_end_that_is_shut() -> None:
    """They stay in order, and no timer runs for them."""
    road = Road({"fault": "delay", "ms": 100})
    road.end.opened = False
    road.send(*"ab")
    road.loop.pass_s(1)
    assert (road.end.payloads, road.link.held, road.loop.waiting) == ([], 2, [])
    road.end.opened = True
    road.link.pump()
    assert road.end.payloads == _as_bytes("ab")


def test_an_end_that_clears_faults_while_it_takes_loses_nothing() -> None:
    """A message may be the command that clears the faults: the others keep their places."""
    road = Road({"fault": "delay", "ms": 100})
    take = road.end.take

    def clear_first(parcel: Any) -> None:
        take(parcel)
        if road.board.clear():
            road.link.let_go()

    road.end.take = clear_first  # type: ignore[method-assign]
    road.send(*"abc")
    road.loop.pass_s(1)
    assert road.send("d") == _as_bytes("abcd")


def test_everything_at_once_leaves_nothing_behind() -> None:
    """With all faults in force, a closed link holds no message, no byte and no timer."""
    for seed in range(50):
        road = Road(*EVERY_MODE, seed=seed)
        for n in range(100):
            road.send(f"{n}")
            road.loop.pass_s(0.005)
        road.link.close()
        assert (road.link.held, road.link.held_bytes, road.loop.waiting) == (0, 0, [])


def test_everything_at_once_is_twice_the_same() -> None:
    """The same messages at the same times arrive alike, all faults together."""

    def play(seed: int) -> tuple[list[bytes], list[float], list[str]]:
        road = Road(*EVERY_MODE, seed=seed)
        for n in range(200):
            road.send(f"message {n}")
            road.loop.pass_s(0.01)
        road.loop.pass_s(60)
        return road.end.payloads, road.end.times_s, road.end.ended

    assert play(1) == play(1)
    assert play(1) != play(2)

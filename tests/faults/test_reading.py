"""Faults from tables: what may be said, what is taken when nothing is, and each mistake."""

from typing import Any

import pytest

from cxgame.faults import ALL_FACES, MODES, BadFaultError, Direction, Face, read_fault, table_of

LEAST: dict[str, dict[str, Any]] = {
    "half_open": {"after_messages": 3},
    "disconnect": {"probability": 0.1},
    "silence": {},
    "drop": {"probability": 0.1},
    "rate_limit": {},
    "corrupt": {"probability": 0.01},
    "duplicate": {"probability": 0.05},
    "reorder": {},
    "throttle": {"max_messages_per_second": 10},
    "delay": {"ms": 100},
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_can_be_read_and_said_again(mode: str) -> None:
    """The table of a fault makes the same fault."""
    fault = read_fault({"fault": mode, **LEAST[mode]})
    assert fault.mode == mode
    assert read_fault(table_of(fault)) == fault


@pytest.mark.parametrize(
    ("mode", "direction"),
    [
        ("half_open", Direction.BOTH),
        ("disconnect", Direction.BOTH),
        ("silence", Direction.OUT),
        ("drop", Direction.IN),
        ("rate_limit", Direction.IN),
        ("corrupt", Direction.OUT),
        ("duplicate", Direction.OUT),
        ("reorder", Direction.IN),
        ("throttle", Direction.IN),
        ("delay", Direction.IN),
    ],
)
def test_each_mode_has_its_direction(mode: str, direction: Direction) -> None:
    """Without a direction a fault takes the one that its mode usually has."""
    assert read_fault({"fault": mode, **LEAST[mode]}).direction is direction


def test_a_profile_delays_both_ways() -> None:
    """A profile is that of a connection, so each way takes its time."""
    assert read_fault({"fault": "delay", "profile": "stable"}).direction is Direction.BOTH


def test_a_fault_says_whom_and_what_it_concerns() -> None:
    """Faces, message types and names are read; all faces where none is named."""
    fault = read_fault(
        {
            "fault": "drop",
            "probability": 1,
            "direction": "both",
            "faces": ["orders", "simulator"],
            "messages": ["order", "cancel"],
            "to": ["ann"],
        }
    )
    assert fault.faces == (Face.ORDERS, Face.SIMULATOR)
    assert (fault.messages, fault.to) == (("order", "cancel"), ("ann",))
    assert read_fault({"fault": "drop", "probability": 1}).faces == ALL_FACES


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({}, "'fault' must be one of half_open, .*, not nothing"),
        ({"fault": "flood"}, "'fault' must be one of .*, not 'flood'"),
        ({"fault": ["drop"]}, "'fault' must be one of"),
        ({"fault": "drop"}, "drop: probability is missing"),
        ({"fault": "drop", "probability": 1.1}, "drop: probability must be a number from 0 to 1"),
        ({"fault": "drop", "probability": float("nan")}, "not nan"),
        ({"fault": "drop", "probability": True}, "not True"),
        ({"fault": "drop", "probability": "0.5"}, "not '0.5'"),
        ({"fault": "drop", "chance": 1}, "'chance' is unknown; it takes probability, direction"),
        ({"fault": "drop", "probability": 1, "direction": "up"}, "direction must be one of in"),
        ({"fault": "drop", "probability": 1, "faces": ["door"]}, "faces must be one of orders"),
        ({"fault": "drop", "probability": 1, "to": []}, "to must be a list of 1 to 100 names"),
        ({"fault": "drop", "probability": 1, "to": [7]}, "to must be a list of 1 to 100 names"),
        ({"fault": "drop", "probability": 1, "messages": ["x" * 65]}, "at most 64 characters"),
        ({"fault": "delay"}, "it takes either ms, or min_ms and max_ms, or profile"),
        ({"fault": "delay", "ms": 1, "profile": "stable"}, "it takes either ms"),
        ({"fault": "delay", "min_ms": 1}, "it takes either ms"),
        ({"fault": "delay", "min_ms": 2, "max_ms": 1}, "min_ms must not be above max_ms"),
        ({"fault": "delay", "profile": "slow"}, "profile must be one of typical, stable"),
        ({"fault": "delay", "ms": -1}, "ms must be a number from 0 to 3,600,000 ms"),
        ({"fault": "duplicate", "probability": 1, "max_duplicates": 0}, "from 1 to 10, not 0"),
        ({"fault": "reorder", "window_size": 2.5}, "must be a whole number from 2 to 100"),
        ({"fault": "throttle", "max_messages_per_second": 0}, "from 0.01 to 100,000, not 0"),
        ({"fault": "silence", "after_messages": -1}, "after_messages must be a whole number"),
        ({"fault": "rate_limit", "bans_s": 10}, "bans_s must be a list of at most 10 numbers"),
        ({"fault": "rate_limit", "bans_s": ["1"]}, "bans_s must be a number from 0 to 86,400 s"),
        ({"fault": "rate_limit", "direction": "out"}, "direction can only be in"),
        ({"fault": "disconnect"}, "it takes either probability or after_messages"),
        ({"fault": "half_open", "probability": 1, "after_messages": 1}, "it takes either"),
    ],
)
def test_a_mistake_has_its_sentence(table: dict[str, Any], sentence: str) -> None:
    """What is wrong is refused in one sentence, which says what would be right."""
    with pytest.raises(BadFaultError, match=sentence):
        read_fault(table)


def test_what_is_echoed_is_cut() -> None:
    """A value of any length does not come back whole."""
    with pytest.raises(BadFaultError) as caught:
        read_fault({"fault": "x" * 10_000})
    assert len(str(caught.value)) < 300

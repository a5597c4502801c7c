"""Faults come and go at random on connections: nothing is left over, nobody else is hit."""

import random
from contextlib import ExitStack
from typing import Any

import pytest

from cxgame.faults import Board
from tests.server.sockets.tapped import LIMITS, Tapped, put

HOLDING: list[dict[str, Any]] = [
    {"fault": "delay", "min_ms": 0, "max_ms": 2000, "direction": "both"},
    {"fault": "throttle", "max_messages_per_second": 20, "direction": "both"},
]
SHUFFLING: list[dict[str, Any]] = [
    *HOLDING,
    {"fault": "reorder", "probability": 0.5, "direction": "both"},
]
DESTROYING: list[dict[str, Any]] = [
    *SHUFFLING,
    {"fault": "drop", "probability": 0.3, "direction": "both"},
    {"fault": "corrupt", "probability": 0.3, "direction": "both"},
    {"fault": "duplicate", "probability": 0.3, "direction": "both"},
    {"fault": "silence", "after_messages": 5, "direction": "both"},
    {"fault": "rate_limit", "per_second": 5},
    {"fault": "half_open", "probability": 0.01},
    {"fault": "disconnect", "probability": 0.01},
]


def play(rig: Tapped, faults: list[dict[str, Any]], draw: random.Random) -> list[bytes]:
    """A hundred things that can happen to a connection; the names of the orders that were sent."""
    names: list[bytes] = []
    for n in range(100):
        match draw.randrange(7):
            case 0:
                put(rig, **draw.choice(faults))
            case 1 if rig.board.in_force:
                rig.board.clear([draw.choice(list(rig.board.in_force))])
            case 2:
                rig.clock.pass_s(draw.random())
            case 3:
                rig.peer.pause_reading()
            case 4:
                rig.peer.resume_reading()
            case _:
                names.append(b"%d" % n)
                rig.order(names[-1])
    return names


@pytest.mark.parametrize("faults", [HOLDING, SHUFFLING], ids=["in order", "shuffled"])
async def test_nothing_is_lost_by_switching(faults: list[dict[str, Any]]) -> None:
    """Faults that only hold messages up come and go, and sessions pause: each arrives once."""
    for seed in range(30):
        with ExitStack() as stack:
            rig = Tapped(Board(seed), stack, LIMITS)
            names = play(rig, faults, random.Random(seed))
            rig.peer.resume_reading()
            rig.board.clear()
            rig.clock.pass_s(0)
            assert rig.is_bare
            assert rig.peer.outstanding == 0
            arrived = [rig.got, rig.answered]
            if faults is HOLDING:
                assert arrived == [names, names]
            assert [sorted(each) for each in arrived] == [sorted(names)] * 2
            assert rig.clock.waiting == []


async def test_whatever_happens_nothing_is_left() -> None:
    """All faults come and go at random: no reply is owed twice, and the end leaves nothing."""
    for seed in range(60):
        board = Board(seed)
        with ExitStack() as stack:
            rig = Tapped(board, stack, LIMITS)
            play(rig, DESTROYING, random.Random(seed))
            assert rig.peer.outstanding >= 0
            rig.lose()
        assert rig.told[-1] == "closed"
        rig.clock.pass_s(LIMITS.close_s)
        assert rig.clock.waiting == []
        assert rig.socket.session is rig.session


async def test_one_s_faults_are_nothing_to_another(board: Board, stack: ExitStack) -> None:
    """Beside a session with every fault, another's messages pass as they came, in their turn."""
    ann, bob = (Tapped(board, stack, LIMITS) for _ in range(2))
    board.named(bob.peer, "bob")
    for said in (
        {"fault": "delay", "ms": 60_000, "direction": "both"},
        {"fault": "drop", "probability": 0.3, "direction": "both"},
        {"fault": "corrupt", "probability": 0.3, "direction": "both"},
        {"fault": "reorder", "direction": "both"},
        {"fault": "throttle", "max_messages_per_second": 1, "direction": "both"},
    ):
        put(ann, **said, to=["ann"])
    names = [b"%d" % n for n in range(100)]
    for name in names:
        ann.order(name)
        bob.order(name)
        assert bob.answered[-1] == name, "in the same turn, without any time passing"
        assert bob.is_bare
    assert bob.got == bob.answered == names
    assert bob.clock.waiting == []
    assert ann.got == ann.answered == []

"""The board: whom faults concern, what numbers their messages, and what is told of them."""

from typing import Any

import pytest

from cxgame.faults import (
    MODES,
    NOBODY,
    Board,
    BoardFullError,
    Direction,
    Face,
    Fault,
    Line,
    read_fault,
)
from cxgame.faults.board import MOST


def _drop(probability: float = 1, **said: Any) -> Fault:
    return read_fault({"fault": "drop", "probability": probability, **said})


def _hits(line: Line, count: int = 200, kind: str = "order") -> list[int]:
    return [n for n in range(count) if line.next(Direction.IN, kind, 0.0).is_lost]


def test_a_fault_concerns_whom_it_names() -> None:
    """Users are found by name, in any spelling of capitals; others are not concerned."""
    board = Board()
    ann = board.join("a", Face.ORDERS, "Ann")
    bob = board.join("b", Face.ORDERS, "bob")
    board.set(_drop(to=["ANN"]))
    assert (len(ann.faults), len(bob.faults)) == (1, 0)


def test_a_fault_concerns_the_faces_it_names() -> None:
    """A fault of the feed leaves orders alone."""
    board = Board()
    lines = [board.join(face, face, "ann") for face in Face]
    board.set(_drop(faces=["feed", "rest"]))
    assert [line.face for line in lines if line.faults] == [Face.FEED, Face.REST]


def test_a_session_is_found_by_its_names() -> None:
    """What a fault's `to` calls a session need not be what its draws go by."""
    board = Board()
    line = board.join("a", Face.SIMULATOR, "session", ["f00d"])
    board.set(_drop(to=["f00d"]))
    assert line.faults
    assert line.who == "session"


def test_a_login_brings_and_takes_faults() -> None:
    """A connection is concerned from its login on, and no more when it is somebody else's."""
    board = Board()
    board.join("b", Face.ORDERS, "bob")
    line = board.join("a", Face.ORDERS)
    board.set(_drop(to=["ann"]))
    told: list[int] = []
    line.changed = lambda: told.append(len(line.faults))
    board.named("a", "ann")
    board.named("a", "ann")
    board.named("a", "bob")
    assert told == [1, 0]
    assert (line.who, line.nth) == ("bob", 2)


def test_nobody_is_not_a_name() -> None:
    """Who is not logged in is concerned by what is for everybody alone."""
    board = Board()
    line = board.join("a", Face.ORDERS)
    board.set(_drop(to=[NOBODY]))
    assert not line.faults


def test_connections_of_a_name_are_numbered() -> None:
    """The second connection of a user draws from a stream of its own, on each face."""
    board = Board(7)
    first, second = (board.join(key, Face.ORDERS, "ann") for key in "ab")
    feed = board.join("c", Face.FEED, "ann")
    assert [line.nth for line in (first, second, feed)] == [1, 2, 1]
    board.set(_drop(0.1))
    assert len({tuple(_hits(line)) for line in (first, second, feed)}) == 3


def test_a_line_may_have_its_number() -> None:
    """What is no single connection is not counted among them."""
    board = Board(7)
    assert board.join("http", Face.SIMULATOR, "ann", nth=0).nth == 0
    assert board.join("a", Face.SIMULATOR, "ann").nth == 1


def test_a_second_fault_of_a_mode_draws_for_itself() -> None:
    """Two drops of a tenth lose a fifth, not the same tenth twice."""
    board = Board(7)
    line = board.join("a", Face.ORDERS, "ann")
    board.set(_drop(0.1))
    alone = _hits(line, 2000)
    board.clear()
    board.set(_drop(0.1))
    assert _hits(line, 2000) != alone
    board.set(_drop(0.1))
    assert len(_hits(line, 2000)) > 1.5 * len(alone)


def test_a_fault_that_comes_moves_no_other() -> None:
    """Which messages one fault hits does not depend on what others take away."""
    board = Board(7)
    line = board.join("a", Face.ORDERS, "ann")
    board.set(_drop(0.1))
    alone = _hits(line)
    other = Board(7)
    line = other.join("a", Face.ORDERS, "ann")
    other.set(_drop(0.1))
    other.set(read_fault({"fault": "silence", "after_messages": 500, "direction": "in"}))
    other.set(_drop(0.2, messages=["cancel"]))
    assert _hits(line) == alone


def test_a_fault_counts_what_another_takes_away() -> None:
    """Of the messages that are not lost, the same ones are late as if none were lost."""
    late = read_fault({"fault": "delay", "ms": 5, "probability": 0.3})

    def fates(*faults: Fault) -> list[tuple[bool, bool]]:
        board = Board(7)
        line = board.join("a", Face.ORDERS, "ann")
        for fault in faults:
            board.set(fault)
        found = [line.next(Direction.IN, "order", 0.0) for _ in range(200)]
        return [(fate.is_lost, fate.delay_s > 0) for fate in found]

    alone = [is_late for _, is_late in fates(late)]
    beside = fates(late, _drop(0.3))
    assert beside == [
        (is_lost, was_late and not is_lost)
        for (is_lost, _), was_late in zip(beside, alone, strict=True)
    ]
    assert sum(is_lost for is_lost, _ in beside) > 30


def test_logins_are_spared() -> None:
    """They are hit only by a fault that names them."""
    board = Board()
    line = board.join("a", Face.ORDERS)
    board.set(_drop())
    for login in ("auth", "register", "POST register"):
        assert _hits(line, 1, login) == []
    assert _hits(line, 1, "order") == [0]
    board.set(_drop(messages=["auth"]))
    assert _hits(line, 1, "auth") == [0]


def test_only_named_messages_are_hit() -> None:
    """And only they are counted: the third cancel is message 2, whatever was between."""
    board = Board()
    line = board.join("a", Face.ORDERS, "ann")
    board.set(
        read_fault(
            {"fault": "silence", "after_messages": 2, "direction": "in", "messages": ["cancel"]}
        )
    )
    kinds = ["cancel", "order", "cancel", "order", "order", "cancel", "order"]
    lost = [line.next(Direction.IN, kind, 0.0).is_lost for kind in kinds]
    assert lost == [False] * 5 + [True, False]


def test_the_order_of_combination_is_that_of_the_modes() -> None:
    """However they were set, faults act in one order, and who is gone is hit no more."""
    board = Board()
    line = board.join("a", Face.ORDERS, "ann")
    for table in (
        {"fault": "delay", "ms": 5, "direction": "in"},
        {"fault": "duplicate", "probability": 1, "direction": "in"},
        {"fault": "silence", "direction": "in"},
        {"fault": "drop", "probability": 1},
    ):
        board.set(read_fault(table))
    aims = line.ways[Direction.IN].aims
    modes = [aim.fault.mode for aim in aims]
    assert (
        modes == sorted(modes, key=list(MODES).index) == ["silence", "drop", "duplicate", "delay"]
    )
    assert line.next(Direction.IN, "order", 0.0).is_lost
    assert [each.hits for each in board.in_force.values()] == [0, 0, 1, 0]


def test_what_is_in_force_is_told() -> None:
    """Id, fault, times, whose it is and how often it has hit."""
    board = Board(7, lambda: 12.5)
    line = board.join("a", Face.ORDERS, "ann")
    board.set(_drop(to=["ann"]), "deck", 32.5)
    _hits(line, 3)
    row = {
        "id": 1,
        "fault": "drop",
        "direction": "in",
        "to": ["ann"],
        "probability": 1.0,
        "since": 12.5,
        "until": 32.5,
        "by": "deck",
        "hits": 3,
    }
    assert board.describe() == {"seed": 7, "game_time": 12.5, "faults": [row]}
    assert line.hits == {"drop": 3}


def test_faults_are_cleared_by_id_or_all() -> None:
    """What is not in force is nobody's mistake; who was concerned is told."""
    board = Board()
    line = board.join("a", Face.ORDERS, "ann")
    ids = [board.set(_drop()).id for _ in range(3)]
    assert [each.id for each in board.clear([ids[1], 99, ids[1]])] == [2]
    assert [each.id for each in line.faults] == [1, 3]
    assert [each.id for each in board.clear()] == [1, 3]
    assert line.faults == ()
    assert board.clear() == []


def test_a_connection_that_left_is_forgotten() -> None:
    """It is told of nothing any more."""
    board = Board()
    line = board.join("a", Face.ORDERS, "ann")
    board.leave("a")
    board.leave("a")
    board.set(_drop())
    assert (line.faults, board.lines, board.line("a")) == ((), (), None)


def test_a_board_is_full_at_last() -> None:
    """Each fault in force is asked about every message, so there are only so many."""
    board = Board()
    for _ in range(MOST):
        board.set(_drop())
    with pytest.raises(BoardFullError):
        board.set(_drop())

"""The chain of feed frames."""

from cxgame.client.tape import Tape, Verdict


def frame(seq: int, prev_seq: int) -> dict[str, object]:
    return {"type": "match", "seq": seq, "prev_seq": prev_seq}


def test_a_chain_is_taken_and_a_filter_is_no_hole() -> None:
    """Numbers that jump are fine as long as each frame names the one before it."""
    tape = Tape(3)
    assert [tape.judge(frame(4, 3)), tape.judge(frame(9, 4))] == [Verdict.TAKE] * 2
    assert tape.seq == 9


def test_what_was_seen_is_dropped() -> None:
    """A resume that repeats does no harm."""
    tape = Tape(3)
    assert tape.judge(frame(3, 2)) is Verdict.DROP
    assert tape.seq == 3


def test_a_missing_link_is_a_hole_and_moves_nothing() -> None:
    """The tape stays where it is, to resume from there."""
    tape = Tape(3)
    assert tape.judge(frame(5, 4)) is Verdict.HOLE
    assert tape.seq == 3


def test_frames_without_number_pass() -> None:
    """Heartbeats and pictures of the book have no place in the chain."""
    tape = Tape(3)
    assert tape.judge({"type": "heartbeat", "last_seq": 9}) is Verdict.TAKE
    assert tape.seq == 3


def test_pictures_of_books_are_no_part_of_the_chain() -> None:
    """Their numbers tell of one market's book: they jump and go back as they please."""
    tape = Tape(3)
    for kind in ("depth_snapshot", "depth", "orders_snapshot"):
        assert tape.judge({"type": kind, "seq": 2, "prev_seq": 1}) is Verdict.TAKE
        assert tape.judge({"type": kind, "seq": 9, "prev_seq": 8}) is Verdict.TAKE
    assert tape.seq == 3


def test_a_resync_moves_the_tape_to_the_present() -> None:
    """What is out of reach is given up, and the chain goes on from the feed's word."""
    tape = Tape(3)
    assert tape.judge({"type": "resync", "seq": 90, "first": 50}) is Verdict.TAKE
    assert tape.judge(frame(91, 90)) is Verdict.TAKE


def test_a_hello_gives_the_first_position_and_no_later_one() -> None:
    """After a break the tape keeps its own position, from which it resumes."""
    tape = Tape()
    assert not tape.greet({"game": "main", "number": 1, "seq": 5})
    tape.judge(frame(6, 5))
    assert not tape.greet({"game": "main", "number": 1, "seq": 20})
    assert tape.seq == 6


def test_another_game_begins_another_tape() -> None:
    """A new number, or a seq that went back, is a new game."""
    tape = Tape()
    tape.greet({"game": "main", "number": 1, "seq": 5})
    assert tape.greet({"game": "main", "number": 2, "seq": 70})
    assert tape.seq == 70
    assert Tape(9).greet({"game": "main", "number": 1, "seq": 2})

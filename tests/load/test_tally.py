"""What is counted, and its course."""

from cxgame.load.tally import MAX_BINS, Tally


def test_the_course_has_a_bound() -> None:
    """A long run has longer bins, and what comes after its end goes to the last one."""
    tally = Tally(36_000)
    for second in range(0, 40_000, 10):
        tally.was_done(second, 0.001)
    assert tally.bin_s == 120
    assert len(tally.bins) == MAX_BINS + 1
    assert sum(one.done for one in tally.bins) == 4_000
    assert tally.bins[0].done == 12


def test_throughput_counts_what_was_answered_in_time() -> None:
    """Answers after the run's end have a latency, but belong to no second of it."""
    tally = Tally(10)
    for at in (1.0, 10.0, 10.5):
        tally.was_done(at, 0.1)
        tally.was_refused(at, 0.1, "LIMIT_RATE")
    assert (tally.done, tally.done_in_time, tally.answered, tally.answered_in_time) == (3, 2, 6, 4)


def test_nothing_is_counted_for_no_messages() -> None:
    """A connection that is lost with nothing under way has one error, not two."""
    tally = Tally(10)
    tally.failed(0.0, "lost with the connection", 0)
    assert (tally.errors, tally.bins[0].errors) == ({}, 0)


def test_a_run_that_is_broken_off_has_no_answers_after_its_end() -> None:
    """Its throughput is counted over the time that it took, and so are they."""
    tally = Tally(10)
    tally.was_done(2.0, 0.1)
    tally.ended(3.0)
    tally.was_done(3.5, 0.1)
    tally.was_refused(4.0, 0.1, "LIMIT_RATE")
    assert (tally.done, tally.done_in_time, tally.answered_in_time) == (2, 1, 1)

"""The due queue."""

from cxgame.engine.timers import Due, Task, Timers


def test_what_is_due_first_comes_first() -> None:
    """At one time, what was put in first; and nothing before its time."""
    timers = Timers()
    for due_ns, seq in ((300, 1), (100, 3), (200, 4), (100, 2)):
        timers.add(Due(due_ns, seq, Task.END))
    assert timers.next_ns() == 100
    assert timers.take(99) is None
    taken = [timers.take(250) for _ in range(4)]
    assert [due and due.seq for due in taken] == [2, 3, 4, None]
    assert timers.next_ns() == 300


def test_an_expiry_can_be_taken_out_early() -> None:
    """That of one order, whatever else is due at the time; one that is not there is no error."""
    timers = Timers()
    for seq, (task, order) in enumerate(((Task.ORDER, 7), (Task.EXPIRE, 8), (Task.EXPIRE, 7))):
        timers.add(Due(100, seq, task, order))
    assert timers.holds(100, 7)
    timers.cancel(100, 7)
    assert not timers.holds(100, 7)
    timers.cancel(100, 7)
    timers.cancel(99, 8)
    assert [(due.task, due.order) for due in timers.heap] == [(Task.ORDER, 7), (Task.EXPIRE, 8)]


def test_a_task_can_be_dropped() -> None:
    """All its entries go."""
    timers = Timers()
    timers.add(Due(100, 1, Task.END))
    timers.add(Due(200, 2, Task.END))
    timers.drop(Task.END)
    assert timers.next_ns() is None
    assert timers.take(10**20) is None

"""What is in doubt, and when it is looked into."""

from cxgame.network import Backoff, Doubt, Reconciler


def reconciler(pause_s: float = 0.0) -> Reconciler[str]:
    """One whose waits are not spread."""
    return Reconciler(
        pause_s=pause_s, backoff=lambda: Backoff(1.0, 4.0, spread=lambda low, high: high)
    )


def begun(doubts: Reconciler[str], now: float) -> Doubt[str]:
    """The look that is due."""
    doubt = doubts.begin(now)
    assert doubt is not None
    return doubt


def test_a_look_settles_a_doubt_and_says_how_long_it_lasted() -> None:
    """From the first sign of trouble to the answer."""
    doubts = reconciler()
    assert doubts.doubt("orders", 10.0)
    assert not doubts.doubt("orders", 11.0), "it was in doubt already"
    look = begun(doubts, 11.0)
    assert look.key == "orders"
    assert doubts.settle(look, 12.5) == 2.5
    assert not doubts.in_doubt()
    assert doubts.begin(99.0) is None


def test_what_was_missed_during_a_look_is_not_settled_by_it() -> None:
    """The answer may be older than the new trouble: it takes another look."""
    doubts = reconciler()
    doubts.doubt("orders", 10.0)
    look = begun(doubts, 10.0)
    doubts.doubt("orders", 10.5)
    assert doubts.settle(look, 11.0) is None
    assert doubts.in_doubt("orders")
    assert doubts.settle(begun(doubts, 11.0), 12.0) == 2.0


def test_one_thing_is_looked_into_once_at_a_time() -> None:
    """And the others meanwhile, the oldest first."""
    doubts = reconciler()
    for at, key in enumerate(("orders", "book", "balances")):
        doubts.doubt(key, float(at))
    assert [begun(doubts, 5.0).key for _ in range(3)] == ["orders", "book", "balances"]
    assert doubts.begin(5.0) is None
    assert doubts.next_at() is None


def test_a_look_that_fails_is_repeated_later_each_time() -> None:
    """Until one succeeds, which begins the waits anew."""
    doubts, now, waits = reconciler(), 0.0, []
    doubts.doubt("book", now)
    for _ in range(4):
        doubts.fail(begun(doubts, now), now)
        due_at = doubts.next_at()
        assert due_at is not None
        assert doubts.begin(due_at - 0.01) is None
        waits.append(due_at - now)
        now = due_at
    assert waits == [1.0, 2.0, 4.0, 4.0]
    assert doubts.settle(begun(doubts, now), now) == now
    doubts.doubt("book", now)
    doubts.fail(begun(doubts, now), now)
    assert doubts.next_at() == now + 1.0


def test_a_doubt_waits_for_its_kind() -> None:
    """Ten losses in a row are one look, if there is a pause."""
    doubts = reconciler(pause_s=0.5)
    for number in range(10):
        doubts.doubt("book", 1.0 + number / 100)
    assert doubts.begin(1.4) is None
    look = begun(doubts, 1.5)
    assert doubts.settle(look, 1.6) is not None
    assert doubts.begin(9.0) is None


def test_what_nobody_wants_to_know_is_forgotten() -> None:
    """Also when it is being looked into, and even if it is wanted again by then."""
    doubts = reconciler()
    doubts.doubt("book", 1.0)
    look = begun(doubts, 1.0)
    doubts.drop("book")
    assert doubts.settle(look, 2.0) is None
    doubts.fail(look, 2.0)
    doubts.doubt("book", 3.0)
    assert doubts.settle(look, 4.0) is None
    assert doubts.in_doubt("book")
    assert not doubts.in_doubt("orders")

"""How much one client may ask, at the limit and one beyond it."""

import pytest

from cxgame import limits as limits_module
from cxgame.limits import (
    NS_PER_S,
    OVERUSE,
    Bucket,
    Buckets,
    Limits,
    MessageRate,
    Share,
    too_fast,
    too_many_connections,
    too_many_registrations,
)
from cxgame.model.errors import Code


def test_a_burst_passes_and_one_more_does_not() -> None:
    """n at once, not n + 1."""
    bucket = Bucket(rate=100, burst=200)
    assert [bucket.take(7) for _ in range(200)] == [0] * 200
    assert bucket.take(7) == NS_PER_S // 100


def test_the_wait_is_exact() -> None:
    """A nanosecond before its end it is not over; a refusal costs nothing."""
    bucket = Bucket(rate=100, burst=1)
    assert bucket.take(0) == 0
    for now in range(0, 10_000_000, 999_999):
        assert bucket.take(now) == 10_000_000 - now
    assert bucket.take(9_999_999) == 1
    assert bucket.take(10_000_000) == 0


def test_the_rate_can_be_kept_up_for_ever() -> None:
    """Exactly so many a second pass, even with the burst used up."""
    bucket = Bucket(rate=100, burst=200)
    for _ in range(200):
        bucket.take(0)
    passed = sum(bucket.take(ms * 1_000_000) == 0 for ms in range(1, 3001))
    assert passed == 300


def test_a_pause_fills_the_bucket_to_its_burst_and_no_further() -> None:
    """Who was silent for an hour may not send an hour's messages."""
    bucket = Bucket(rate=10, burst=3)
    bucket.take(0)
    later = 3600 * NS_PER_S
    assert [bucket.take(later) > 0 for _ in range(4)] == [False, False, False, True]


def test_several_are_taken_together_or_not_at_all() -> None:
    """The wait is until all of them, the one before included, would be there."""
    bucket = Bucket(rate=10, burst=5)
    assert bucket.take(0) == 0
    assert bucket.take_more(0, 3) == 0
    assert bucket.left(0) == 1
    assert bucket.take(0) == 0
    wait_ns = bucket.take_more(0, 3)
    assert wait_ns == 4 * NS_PER_S // 10
    assert bucket.left(0) == 0
    for now, passes in ((wait_ns - 1, False), (wait_ns, True)):
        again = Bucket(rate=10, burst=5)
        assert [again.take(0) for _ in range(5)] == [0] * 5
        assert again.take(now) == 0
        assert (again.take_more(now, 3) == 0) is passes


def test_more_than_the_burst_is_taken_on_credit() -> None:
    """Once everything is there; it is paid back before the next."""
    bucket = Bucket(rate=10, burst=5)
    assert bucket.take(0) == 0
    assert bucket.take_more(0, 14) == 0
    assert bucket.left(0) == 0
    assert bucket.take(0) == 11 * NS_PER_S // 10


@pytest.mark.parametrize("burst", [1, 2, 200])
def test_what_is_left_can_be_taken(burst: int) -> None:
    """So many, and not one more, at any moment."""
    for taken in range(burst + 1):
        for now in (0, NS_PER_S // 20, NS_PER_S // 10, 3600 * NS_PER_S):
            bucket = Bucket(rate=10, burst=burst)
            for _ in range(taken):
                bucket.take(0)
            left = bucket.left(now)
            assert left is not None
            assert [bucket.take(now) for _ in range(left)] == [0] * left
            assert bucket.take(now) > 0
    assert Bucket(rate=0, burst=1).left(0) is None
    assert Bucket(rate=0, burst=1).take_more(0, 1_000) == 0


def test_zero_switches_a_limit_off() -> None:
    """Any number at one moment."""
    bucket, buckets = Bucket(rate=0, burst=1), Buckets[str](rate=0, burst=0)
    rate = MessageRate(Limits(rate_limit=0))
    for _ in range(10_000):
        assert bucket.take(0) == buckets.take("a", 0) == rate.take(0) == 0


def test_buckets_of_two_keys_are_apart() -> None:
    """One address can't use up another's registrations."""
    buckets = Buckets[str](rate=1, burst=1)
    assert buckets.take("a", 0) == 0
    assert buckets.take("a", 0) == NS_PER_S
    assert buckets.take("b", 0) == 0


def test_a_share_is_the_bucket_of_its_key() -> None:
    """What is taken from it is missing there, and nowhere else."""
    buckets = Buckets[str](rate=10, burst=5)
    share, other = Share(buckets, "a"), Share(buckets, "b")
    assert share.take_more(0, 3) == 0, "of a key that has not asked yet"
    assert (share.left(0), other.left(0)) == (5, 5)
    assert buckets.take("a", 0) == 0
    assert share.take_more(0, 3) == 0
    assert (share.left(0), other.left(0)) == (1, 5)
    assert share.take_more(0, 2) == 2 * NS_PER_S // 10
    assert Share(Buckets[str](rate=0, burst=5), "a").left(0) is None


def test_so_many_keys_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was idle longest is forgotten first."""
    monkeypatch.setattr(limits_module, "MAX_ADDRESSES", 2)
    buckets = Buckets[str](rate=1, burst=1)
    for key in ("a", "b", "a", "c"):
        buckets.take(key, 0)
    assert [buckets.take(key, 0) > 0 for key in ("c", "a", "b")] == [True, True, False]


def test_who_goes_on_at_five_times_the_rate_has_overused_it() -> None:
    """At a little below it, a connection is refused but kept."""
    limits = Limits(rate_limit=100, rate_burst=200)
    for times, closed in ((1.0, False), (OVERUSE * 0.9, False), (OVERUSE * 1.1, True)):
        rate, overused = MessageRate(limits), False
        interval_ns = round(NS_PER_S / (limits.rate_limit * times))
        for number in range(30_000):
            now_ns = number * interval_ns
            if rate.take(now_ns) and rate.is_overused(now_ns):
                overused = True
                break
        assert overused is closed, times


def test_a_refused_message_says_how_long_to_wait() -> None:
    """In whole milliseconds, rounded up: after that wait it is accepted."""
    assert too_fast(1).facts == {"wait_ms": "1"}
    assert too_fast(10_000_000).facts == {"wait_ms": "10"}
    assert too_fast(10_000_001).facts == {"wait_ms": "11"}
    assert too_fast(1).code is Code.LIMIT_RATE


def test_a_refused_connection_says_the_limit() -> None:
    """And how many there would be; for a registration also when the next one may come."""
    assert too_many_connections(20, 21).facts == {"limit": "20", "got": "21"}
    facts = {"limit": "200", "got": "201", "wait_ms": "300"}
    assert too_many_registrations(200, 299_000_001).facts == facts


def test_the_defaults_fit_a_class_behind_one_address() -> None:
    """At least 100 registrations a minute."""
    limits = Limits()
    assert limits.max_registrations_per_minute >= 100
    registrations = Buckets[str](
        limits.max_registrations_per_minute / 60, limits.max_registrations_per_minute
    )
    assert not any(registrations.take("class", 0) for _ in range(100))

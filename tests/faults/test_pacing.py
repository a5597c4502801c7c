"""Throttle and rate limit, by their arithmetic."""

from cxgame.faults import Ban, read_fault
from cxgame.faults.modes import RateLimit, Throttle
from cxgame.faults.pacing import Bans, Spacing


def _bans(**said: object) -> Bans:
    fault = read_fault({"fault": "rate_limit", **said})
    assert isinstance(fault, RateLimit)
    return Bans(fault)


def test_throttled_messages_leave_one_by_one() -> None:
    """Ten a second: each leaves a tenth of a second after the one before, whenever it came."""
    fault = read_fault({"fault": "throttle", "max_messages_per_second": 10})
    assert isinstance(fault, Throttle)
    spacing = Spacing(fault)
    assert [round(spacing.slot_s(100.0), 6) for _ in range(4)] == [100.0, 100.1, 100.2, 100.3]
    assert round(spacing.slot_s(100.05), 6) == 100.4
    assert spacing.slot_s(200.0) == 200.0


def test_who_asks_as_fast_as_may_be_is_never_banned() -> None:
    """Eight requests within any second pass, for as long as one likes."""
    bans = _bans(per_second=8)
    assert all(bans.judge(100 + n / 8) is None for n in range(1_000))


def test_the_eleventh_is_banned_for_longer_each_time() -> None:
    """First for 10 s, again within a minute for 60 s, then for good; a ban refuses everything."""
    bans = _bans()

    def burst(at_s: float) -> Ban | None:
        assert [bans.judge(at_s) for _ in range(10)] == [None] * 10
        return bans.judge(at_s)

    assert burst(100.0) == Ban(1, 10.0)
    assert bans.judge(104.0) == Ban(1, 6.0)
    assert burst(111.0) == Ban(2, 60.0)
    assert bans.judge(170.5) == Ban(2, 0.5)
    assert burst(175.0) == Ban(3, None)
    assert bans.judge(1e6) == Ban(3, None)


def test_who_behaves_for_a_minute_begins_anew() -> None:
    """More than a minute after a ban, the next one is a first one."""
    bans = _bans(per_second=1)
    assert bans.judge(100.0) is None
    assert bans.judge(100.0) == Ban(1, 10.0)
    assert bans.judge(171.0) is None
    assert bans.judge(171.0) == Ban(1, 10.0)


def test_bans_can_be_named() -> None:
    """`bans_s` says how long; without any, the first violation is for good."""
    bans = _bans(per_second=1, bans_s=[])
    assert bans.judge(100.0) is None
    assert bans.judge(100.5) == Ban(1, None)
    assert _bans(per_second=1, bans_s=[3]).judge(100.0) is None

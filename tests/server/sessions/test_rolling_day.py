"""The last 24 hours, against a list of everything that happened."""

import random

from cxgame.server.sessions.rolling_day import MINUTES, MS_PER_MINUTE, Minute, RollingDay

BEGIN_MS = 28_000_000 * MS_PER_MINUTE


def numbers(day: RollingDay) -> tuple[int, int, int]:
    """High, low and volume."""
    return day.high2, day.low2, day.volume


def test_an_empty_day() -> None:
    """Nothing is known yet."""
    assert numbers(RollingDay()) == (0, 0, 0)


def test_a_day_is_what_happened_in_its_minutes() -> None:
    """For prices and trades at any distance, looked at after each of them."""
    draw = random.Random(7)
    day, happened, now_ms = RollingDay(), [], BEGIN_MS
    for _ in range(3_000):
        now_ms += draw.choice((0, 20, 5_000, 61_000, 600_000, 7_200_000))
        price2, lots = draw.randint(1, 1_000), draw.choice((0, 0, 5))
        day.fold(now_ms, price2, lots)
        happened.append((now_ms // MS_PER_MINUTE, price2, lots))
        first = now_ms // MS_PER_MINUTE - MINUTES
        happened = [each for each in happened if each[0] >= first]
        prices = [each[1] for each in happened]
        volume = sum(each[2] for each in happened)
        assert numbers(day) == (max(prices), min(prices), volume)


def test_time_passes_without_prices() -> None:
    """After a day there is nothing."""
    day = RollingDay()
    day.fold(BEGIN_MS, 100, 3)
    day.look(BEGIN_MS + MINUTES * MS_PER_MINUTE)
    assert numbers(day) == (100, 100, 3)
    day.look(BEGIN_MS + (MINUTES + 1) * MS_PER_MINUTE)
    assert numbers(day) == (0, 0, 0)


def test_a_late_price_counts_in_the_present_minute() -> None:
    """Clocks of a batch may lie a little behind."""
    day = RollingDay()
    day.fold(BEGIN_MS, 100)
    day.fold(BEGIN_MS - 5, 90, 1)
    assert numbers(day) == (100, 90, 1)


def test_what_was_before_comes_in_afterwards() -> None:
    """Also when minutes have passed since, and it ends when it must."""
    day = RollingDay()
    now = BEGIN_MS // MS_PER_MINUTE
    day.fold(BEGIN_MS, 100, 1)
    day.look(BEGIN_MS + MS_PER_MINUTE)
    before = [Minute(now - MINUTES + 1, 300, 200, 10), Minute(now - 1, 110, 50, 20)]
    day.know([*before, Minute(now, 100, 100, 1)])
    assert numbers(day) == (300, 50, 31)
    day.look(BEGIN_MS + 2 * MS_PER_MINUTE)
    assert numbers(day) == (110, 50, 21)


def test_what_was_told_before_counts_once() -> None:
    """A trade told a little late was told in another minute; the prices of ticks stay."""
    day = RollingDay()
    now = BEGIN_MS // MS_PER_MINUTE
    day.fold(BEGIN_MS - MS_PER_MINUTE, 40)  # a tick
    day.fold(BEGIN_MS, 100)
    day.fold(BEGIN_MS - 5, 90, 1)  # a trade of the minute before
    day.know([Minute(now - 1, 90, 90, 1)])
    assert numbers(day) == (100, 40, 1)
    day.know([Minute(now - 1, 90, 90, 1), Minute(now + 1, 120, 120, 2)])  # ahead of what is told
    assert numbers(day) == (120, 40, 3)
    day.fold(BEGIN_MS + MS_PER_MINUTE, 130, 4)
    assert numbers(day) == (130, 40, 7)

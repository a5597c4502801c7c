"""What the monitor makes of answers, silences and reports."""

import pytest

from cxgame.watch.monitor.health import BROKEN, LIVE, WAITING, Health, LineHealth
from tests.watch.monitor.reports import report


def test_a_line_is_waited_for_live_and_broken() -> None:
    """A break counts when there was something to break, and once."""
    line = LineHealth("REST")
    assert (line.state, line.last_ms, line.answered, line.quantile_ms(0.5)) == (
        WAITING,
        None,
        None,
        None,
    )
    line.miss(1.0)
    assert (line.state, line.breaks) == (BROKEN, 0)
    line.answer(2.0, 5.0)
    assert (line.state, line.last_ms) == (LIVE, 5.0)
    line.miss(3.0)
    line.miss(4.0)
    assert (line.breaks, line.last_ms) == (1, 5.0)
    assert line.silent_s(10.0) == 8.0


def test_measurements_count_for_a_minute() -> None:
    """Quantiles and the share of answers are of that time."""
    line = LineHealth("Orders")
    line.miss(0.0)
    for second in range(1, 101):
        line.answer(second / 2, float(second))
    assert line.answered == pytest.approx(100 / 101)
    assert (line.quantile_ms(0.5), line.quantile_ms(0.99), line.quantile_ms(1)) == (51, 100, 100)
    line.answer(100.0, 7.0)
    assert line.answered == 1
    assert line.quantile_ms(0.0) == 7.0


def test_rates_are_between_two_reports_of_one_game() -> None:
    """Another game, or a report that came twice, has none."""
    health = Health()
    health.take(report(10.0))
    health.take(report(10.0))
    health.take(report(12.0, totals={"commands": 200, "orders": 30, "trades": 6, "requests": 54}))
    assert [(rate.messages, rate.requests, rate.orders, rate.trades) for rate in health.rates] == [
        (12.5, 2.0, 10.0, 0.5)
    ]
    health.take(report(13.0, game="main.2"))
    assert len(health.rates) == 1

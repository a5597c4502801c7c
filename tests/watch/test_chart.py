"""Prices over time, and the line that is drawn of them."""

from cxgame.watch.chart import KEPT_S, SHORTEST_S, History, braille, line_of


def history(*prices: tuple[float, float]) -> History:
    kept = History()
    for ts, price in prices:
        kept.add(ts, price)
    return kept


def test_a_second_keeps_its_lowest_highest_and_last_price() -> None:
    """One that comes late counts for the last second; old seconds are forgotten."""
    kept = history((1.1, 10.0), (1.9, 8.0), (1.95, 9.0), (5.0, 7.0), (4.0, 12.0))
    assert [tuple(second) for second in kept.seconds] == [(1, 8.0, 10.0, 9.0), (5, 7.0, 12.0, 12.0)]
    long = history(*((float(ts), 1.0) for ts in range(2 * KEPT_S)))
    assert len(long.seconds) == KEPT_S


def test_a_chart_spans_a_minute_and_then_as_much_as_there_is() -> None:
    """At most what is kept."""
    kept = history((100.0, 1.0))
    assert History().span(0.0) == SHORTEST_S
    assert [kept.span(ts) for ts in (110.0, 400.0, 9e9)] == [SHORTEST_S, 300.0, KEPT_S]


def test_each_moment_begins_at_the_price_before() -> None:
    """So that the line has no gaps; what is to come is empty."""
    kept = history((0.0, 10.0), (20.0, 14.0))
    assert kept.columns(6, 35.0) == [(10, 10), (10, 10), (10, 14), (14, 14), None, None]
    assert History().columns(3, 5.0) == [None, None, None]


def test_the_change_is_in_percent() -> None:
    """Of the first price that is kept."""
    assert history((0.0, 200.0), (9.0, 250.0)).change() == 25
    assert history((0.0, 0.0)).change() == 0


def test_a_line_is_drawn_in_dots() -> None:
    """Two moments to a letter, four dots to a line of text, the lowest price at the bottom."""
    rising = [(float(n), float(n + 1)) for n in range(7)]
    assert braille([*rising, None], 2) == [" ⢀⡴⠃", "⡴⠋  "]
    assert braille([(0.0, 0.0), (7.0, 7.0)], 2) == ["⠈", "⡀"]
    assert braille([(0.0, 7.0), None], 2) == ["⡇", "⡇"]
    assert braille([None, None], 1) == [" "]


def test_a_price_that_never_moves_runs_through_the_middle() -> None:
    """And a line of text is known for each price."""
    assert braille([(5.0, 5.0)] * 4, 3) == ["  ", "⠤⠤", "  "]
    assert [line_of(price, 0.0, 11.0, 3) for price in (11.0, 6.0, 0.0)] == [0, 1, 2]
    assert line_of(5.0, 5.0, 5.0, 3) == 1

"""The prices of the past: which are kept, and which are found."""

from cxgame.server.sessions.price_history import MOST, Point, PriceHistory


def point(second: int) -> Point:
    """A price of a second."""
    return Point(second * 1000, 2 * second, second - 1, second + 1, second)


def filled(count: int, most: int = 8) -> PriceHistory:
    """So many prices, a second apart, in a history that keeps few."""
    history = PriceHistory(most)
    for second in range(1, count + 1):
        history.add(point(second))
    return history


def seconds(points: list[Point]) -> list[int]:
    """When they were."""
    return [point.wall_ms // 1000 for point in points]


def test_a_price_comes_back_whole() -> None:
    """All of its numbers."""
    assert filled(3).last(2_000, 1) == [point(2)]


def test_nothing_is_found_in_an_empty_history() -> None:
    """Nor outside of what is there."""
    assert PriceHistory().first(0, 10**12, 5) == PriceHistory().last(10**12, 5) == []
    assert filled(3).first(4_000, 10**12, 5) == filled(3).last(999, 5) == []


def test_the_oldest_make_place() -> None:
    """Before and after the room is used up, at any place of the ring."""
    for count in range(1, 30):
        history = filled(count)
        oldest = max(1, count - 7)
        assert len(history) == min(count, 8)
        assert seconds(history.first(0, 10**12, 100)) == list(range(oldest, count + 1))
        assert seconds(history.last(10**12, 3)) == list(range(max(oldest, count - 2), count + 1))


def test_bounds_are_included() -> None:
    """Both of them, and the first or the last of more are taken."""
    history = filled(20)
    assert seconds(history.first(15_000, 18_000, 100)) == [15, 16, 17, 18]
    assert seconds(history.first(14_001, 18_999, 2)) == [15, 16]
    assert seconds(history.last(18_000, 2)) == [17, 18]


def test_prices_of_one_moment_stay_together() -> None:
    """A batch may hold several."""
    history = PriceHistory(4)
    for last2 in range(3):
        history.add(Point(1_000, last2, 0, 0, 0))
    assert [point.last2 for point in history.first(1_000, 1_000, 9)] == [0, 1, 2]


def test_so_many_are_kept() -> None:
    """The most that a client may count on."""
    assert MOST == 1_000_000


def test_a_volume_may_be_beyond_64_bits() -> None:
    """Ten orders of the most that an order may be are; also once the room is used up."""
    history = PriceHistory(2)
    points = [Point(second, 1, 1, 1, 10 ** (18 + 3 * second)) for second in range(4)]
    for place, each in enumerate(points, 1):
        history.add(each)
        assert history.last(10**12, 2) == points[max(0, place - 2) : place]

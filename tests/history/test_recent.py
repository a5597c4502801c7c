"""What is kept in memory, and from which id on nothing is missing in it."""

from math import inf

import pytest

from cxgame.engine.state import Applied
from cxgame.history import recent
from cxgame.history.recent import Recent
from cxgame.history.rows import Bounds
from cxgame.model.commands import CancelOrder, Command
from cxgame.model.enums import SelfTrade
from tests.engine.desk import ALICE, BOB, Desk


class Watched(Desk):
    """A desk whose doings are folded."""

    def __init__(self, kept: Recent) -> None:
        self.recent = kept
        super().__init__(self_trade=SelfTrade.NONE)

    def do(self, command: Command, at_ms: int = 0) -> Applied:
        """Apply and fold."""
        applied = super().do(command, at_ms)
        self.recent.fold(applied, self.wall_ms)
        return applied

    def trade(self, count: int) -> None:
        """Let alice buy from bob, one lot at a time."""
        for _ in range(count):
            self.sell(BOB, 1, 100)
            self.buy(ALICE, 1, 100)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A desk where little is kept."""
    monkeypatch.setattr(recent, "KEPT", 4)
    monkeypatch.setattr(recent, "KEPT_TRADES", 6)
    return Watched(Recent())


def test_from_the_beginning_nothing_is_missing(desk: Watched) -> None:
    """Until more has happened than is kept."""
    desk.trade(3)
    assert [trade.trade for trade in desk.recent.trades(0)] == [3, 2, 1]
    assert desk.recent.trades_floor(0) == 0
    assert desk.recent.fills_floor(ALICE) == 0
    assert desk.recent.closed_floor(ALICE) == 1
    assert desk.recent.trades(1) == []
    assert (desk.recent.trades_floor(1), desk.recent.fills_floor(9)) == (0, 0)


def test_the_floor_rises_with_what_is_dropped(desk: Watched) -> None:
    """All that lies at or above it is kept."""
    desk.trade(10)
    kept = desk.recent
    assert [trade.trade for trade in kept.trades(0)] == [10, 9, 8, 7, 6, 5]
    assert kept.trades_floor(0) == 5
    assert [fill.trade for fill in kept.fills(ALICE)] == [10, 9, 8, 7]
    assert kept.fills_floor(ALICE) == 8, "of trade 7 one of two fills might be gone"
    assert [order.id for order in kept.closed(ALICE)] == [20, 18, 16, 14]
    assert kept.closed_floor(ALICE) == 13


def test_an_old_order_that_ends_late_may_be_dropped_early(desk: Watched) -> None:
    """The floor of closed orders is above the highest id that was dropped, not the first kept."""
    old = [desk.buy(ALICE, 1, 10).id for _ in range(4)]
    new = desk.buy(ALICE, 1, 10).id
    for id in (new, *old):
        desk.do(CancelOrder(ALICE, id))
    assert [order.id for order in desk.recent.closed(ALICE)] == old[::-1]
    assert desk.recent.closed_floor(ALICE) == new + 1


def test_half_of_a_trade_with_oneself_may_be_gone(desk: Watched) -> None:
    """Then the floor is above that trade."""
    desk.sell(ALICE, 1, 100)
    desk.buy(ALICE, 1, 100)
    desk.trade(3)
    assert [fill.trade for fill in desk.recent.fills(ALICE)] == [4, 3, 2, 1]
    assert desk.recent.fills_floor(ALICE) == 2


def test_after_a_snapshot_what_came_before_is_missing() -> None:
    """As the one who loaded it says."""
    kept = Recent(first_trade=41, first_order=77)
    assert (kept.trades_floor(0), kept.fills_floor(1), kept.closed_floor(1)) == (41, 41, 77)
    assert Recent(first_trade=41).closed_floor(1) == inf


def test_lists_are_cut_by_id_and_time(desk: Watched) -> None:
    """In the same way as those of the database: from `since` until before `until`."""
    for wall_ms in (10, 20, 20, 30):
        desk.wall_ms = wall_ms
        desk.trade(1)
    kept = desk.recent
    assert [fill.trade for fill in kept.fills(ALICE, Bounds(before=3))] == [2, 1]
    assert [fill.trade for fill in kept.fills(ALICE, Bounds(since_ms=20), 2)] == [4, 3]
    assert [trade.trade for trade in kept.trades(0, Bounds(since_ms=20, until_ms=30))] == [3, 2]
    assert [order.id for order in kept.closed(ALICE, Bounds(until_ms=30))] == [6, 4, 2]
    assert kept.closed(ALICE, Bounds(since_ms=31)) == []
    forward = Bounds(after=1, oldest_first=True)
    assert [fill.trade for fill in kept.fills(ALICE, forward, 2)] == [2, 3]
    assert [fill.trade for fill in kept.fills(ALICE, forward._replace(before=3))] == [2]
    assert [trade.trade for trade in kept.trades(0, forward._replace(since_ms=30))] == [4]
    assert [trade.trade for trade in kept.trades(0, Bounds(after=3))] == [4]
    assert [trade.trade for trade, _ in kept.entries(0)] == [1, 2, 3, 4]

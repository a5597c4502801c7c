"""The engine as its caller sees it: time goes forward, counters have no gaps, a no is no change."""

import pytest

from cxgame.model.commands import (
    Advance,
    Broadcast,
    CancelAll,
    CancelOrder,
    OpenAccount,
    Pause,
    SetRules,
    Start,
)
from cxgame.model.enums import Mid, Phase, Side
from cxgame.model.rules import MarketRules
from tests.engine.desk import ALICE, BOB, MARKET, Desk, kinds


def test_time_never_goes_back() -> None:
    """Neither the game's nor the wall's; whoever stamps commands has a bug then."""
    desk = Desk()
    desk.do(Broadcast(ALICE, "hello"), at_ms=5)
    desk.wall_ms = 7
    desk.do(Broadcast(ALICE, "hello"))
    for game_time_ns, wall_ms in ((4_999_999, 7), (5_000_000, 6)):
        with pytest.raises(ValueError, match="time went back"):
            desk.engine.apply(Broadcast(ALICE, "late"), game_time_ns, wall_ms)


def test_what_is_due_comes_before_everything_else() -> None:
    """An advance carries it out."""
    desk = Desk(time_limit_ms=1_000)
    assert desk.engine.next_due_ns == 10**9
    with pytest.raises(ValueError, match="something is due before this command"):
        desk.do(Broadcast(ALICE, "late"), at_ms=1_000)
    assert kinds(desk.do(Advance(), at_ms=1_000).events) == ["PhaseChanged", "Results"]
    assert desk.engine.phase is Phase.CLOSED
    assert (desk.engine.next_due_ns, desk.engine.remaining_ms) == (None, 0)


def test_an_advance_is_kept_for_its_time() -> None:
    """Even if nothing was due: so the journal knows how far the game has come."""
    desk = Desk(time_limit_ms=1_000)
    assert kinds(desk.do(Advance(), at_ms=400).events) == ["TimePassed"]
    assert (desk.engine.game_time_ns, desk.engine.remaining_ms) == (400_000_000, 600)


def test_what_changes_nothing_has_no_number() -> None:
    """Refused or without effect, it leaves state and clock as they were."""
    desk = Desk()
    before = desk.engine.state_hash()
    for command in (CancelOrder(ALICE, 7), Start(), OpenAccount("alice")):
        assert desk.do(command, at_ms=9_000).events == []
    assert desk.engine.state_hash() == before


def test_numbers_have_no_gaps() -> None:
    """One per command that did something, one per event, one per event that all may see."""
    desk = Desk()
    engine = desk.engine
    before = engine.command_seq, engine.private_seq, engine.event_seq
    desk.sell(BOB, 2, 100)
    desk.buy(ALICE, 2, 100)  # placed, trade, filled, filled
    assert engine.command_seq == before[0] + 2
    assert engine.private_seq == before[1] + 5
    assert engine.event_seq == before[2] + 3, "that an order is filled is in its trades"


@pytest.mark.parametrize(
    ("market", "side", "cancelled"),
    [(-1, None, [1, 2, 3, 4]), (0, None, [1, 2]), (1, None, [3, 4]), (-1, Side.SELL, [2, 4])],
)
def test_cancel_all_takes_what_it_names(
    market: int, side: Side | None, cancelled: list[int]
) -> None:
    """Of one market or all, of one side or both; nobody else's."""
    second = MarketRules("ETH/USD", "ETH", "USD", tick="1", lot="1", min_size="1", min_price="1")
    desk = Desk(MARKET, second, grants={"USD": "1000", "BTC": "9", "ETH": "9"})
    engine = desk.engine
    for id in (0, 1):
        desk.buy(ALICE, 1, 90, market=id)
        desk.sell(ALICE, 1, 110, market=id)
    desk.buy(BOB, 1, 90)
    applied = desk.do(CancelAll(ALICE, market, side))
    assert applied.cancelled == cancelled
    assert set(engine.orders) == {1, 2, 3, 4, 5} - set(cancelled)
    assert engine.violations() == []


def test_a_mid_by_book_follows_the_command_and_not_its_steps() -> None:
    """Cancelling the bids one after the other would show a mid that never was."""
    desk = Desk(mid=Mid.BOOK)
    desk.buy(ALICE, 1, 80)
    desk.buy(ALICE, 1, 90)
    desk.sell(BOB, 1, 110)
    assert desk.engine.markets[0].mid2 == 200
    desk.do(CancelAll(ALICE))
    assert desk.engine.markets[0].mid2 == 200
    desk.buy(ALICE, 1, 80)
    assert desk.engine.markets[0].mid2 == 190


def test_only_advance_and_entries_are_left_when_it_is_over() -> None:
    """And whoever asks is told so."""
    desk = Desk(time_limit_ms=1_000)
    desk.do(Advance(), at_ms=1_000)
    for command in (SetRules(desk.engine.known_rules), Pause(), CancelAll(ALICE)):
        rejection = desk.do(command).rejection
        assert rejection is not None
        assert rejection.code == "STATE_CLOSED"
    assert desk.do(OpenAccount("ALICE")).account is desk.engine.accounts[ALICE]


def test_two_engines_agree() -> None:
    """State is a function of the commands."""
    assert Desk().engine.state_hash() == Desk().engine.state_hash()

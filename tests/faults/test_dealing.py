"""The dealer: what is on the board follows the playing time, and every change is said."""

from typing import Any

import pytest

from cxgame.faults.board import MOST, Board
from cxgame.faults.dealing import BY_ADMIN, BY_SETTING, Dealer, in_words
from cxgame.faults.deck import MAX_DEALS, NS_PER_S, Deal, in_force, read_deal, read_deck
from cxgame.faults.modes import Silence
from cxgame.faults.reading import read_fault

DECK = read_deck("""
[[deal]]
fault = "silence"

[[deal]]
at = 10
for = 20
fault = "drop"
probability = 0.5
to = ["bob"]

[[deal]]
at = 40
fault = "half_open"
after_messages = 3
""")


class Table:
    """A board, its dealer, and a clock that is moved by hand."""

    def __init__(self, at_s: float = 0) -> None:
        self.now_ns = round(at_s * NS_PER_S)
        self.said: list[str] = []
        self.board = Board(1, lambda: self.now_ns / NS_PER_S)
        self.dealer = Dealer(self.board, lambda: self.now_ns, self.said.append)

    def at(self, second: float) -> list[str]:
        """What is in force at a moment."""
        self.now_ns = round(second * NS_PER_S)
        self.dealer.step()
        return self.modes()

    def modes(self) -> list[str]:
        """What is in force now."""
        return [each.fault.mode for each in self.board.in_force.values()]


def deal(**table: Any) -> Deal:
    """One deal."""
    return read_deal({"fault": "silence", **table})


def test_the_board_follows_the_deck() -> None:
    """At its moments, each once; nothing happens while the clock stands still."""
    table = Table()
    table.dealer.take_up(DECK, BY_SETTING)
    assert table.modes() == ["silence"]
    assert table.at(9.999) == ["silence"]
    assert table.at(10) == table.at(10) == table.at(29.9) == ["silence", "drop"]
    assert table.at(30) == ["silence"]
    assert table.at(1000) == ["silence", "half_open"]
    assert table.said == [
        "Fault 1 begins: silence direction=out after_messages=0.",
        "Fault 2 begins: drop direction=in to=bob probability=0.5 for 20 s.",
        "Fault 2 ends: drop.",
        "Fault 3 begins: half_open direction=both after_messages=3.",
    ]


@pytest.mark.parametrize("second", [0, 9.5, 10, 29.5, 30, 39.999, 40, 100])
def test_a_server_that_starts_again_goes_on_where_it_was(second: float) -> None:
    """What is in force then is what would be, had it not stopped."""
    again = Table(at_s=second)
    again.dealer.take_up(DECK, BY_SETTING)
    due = in_force(DECK, round(second * NS_PER_S))
    assert again.modes() == [each.fault.mode for each in due]
    since = [each.since * NS_PER_S for each in again.board.in_force.values()]
    assert since == [each.at_ns for each in due]


def test_deals_are_told_apart_without_comparing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand that end at one moment do not hold up everybody."""
    monkeypatch.setattr(Silence, "__eq__", _compared)
    table = Table()
    table.dealer.take_up(tuple(deal(**{"for": 5}) for _ in range(MAX_DEALS)), BY_SETTING)
    assert len(table.at(4)) == MOST
    assert table.at(5) == []
    assert table.dealer.to_come() == []


def _compared(*_: object) -> bool:
    raise AssertionError


def test_a_step_says_when_the_next_one_is_due() -> None:
    """In playing time; never, once nothing is left to change."""
    table = Table(at_s=4)
    table.dealer.take_up(DECK, BY_SETTING)
    assert table.dealer.step() == 6 * NS_PER_S
    table.at(12)
    assert table.dealer.step() == 18 * NS_PER_S
    table.at(40)
    assert table.dealer.step() is None


def test_what_an_organiser_deals_counts_from_now() -> None:
    """For so long; and a deck of his takes the place of the one before, not of what he has set."""
    table = Table(at_s=100)
    table.dealer.take_up(DECK, BY_SETTING)
    table.dealer.deal([deal(**{"for": 5}), deal(at=10)], BY_ADMIN)
    assert table.modes() == ["silence", "half_open", "silence"]
    (row,) = table.dealer.to_come()
    assert (row["fault"], row["at"], row["by"]) == ("silence", 110, "admin")
    table.dealer.replace_deck((deal(at=2, **{"for": 1}),))
    assert [(each["at"], each.get("for"), each["by"]) for each in table.dealer.to_come()] == [
        (102, 1, "deck"),
        (110, None, "admin"),
    ]
    assert table.modes() == ["silence"]
    assert table.at(102) == ["silence", "silence"]
    assert table.at(105) == []
    assert table.at(110) == ["silence"]


def test_what_is_cleared_does_not_come_again() -> None:
    """Some by their ids, all or none of them; everything takes along what was still to come."""
    table = Table()
    table.dealer.take_up(DECK, BY_SETTING)
    assert table.dealer.clear([1, 7]) == {7}
    assert table.modes() == ["silence"]
    assert table.dealer.clear([1]) == set()
    assert table.at(10) == ["drop"]
    assert table.dealer.clear(None) == set()
    assert table.dealer.to_come() == []
    assert table.at(1000) == []
    assert table.said[-1] == "Fault 2 is cleared: drop."


def test_what_has_no_room_waits_for_it() -> None:
    """As many are in force as may be, and how many may be dealt is bounded."""
    table = Table()
    table.dealer.deal([deal()] * (MOST + 1), BY_ADMIN)
    assert len(table.board.in_force) == MOST
    assert len(table.dealer.to_come()) == 1
    assert table.dealer.room == MAX_DEALS - MOST - 1
    table.dealer.clear([1])
    assert len(table.board.in_force) == MOST
    assert table.dealer.to_come() == []


def test_who_carries_out_is_told_of_what_is_dealt() -> None:
    """Or a deck that is dealt in the middle of a game would wait for the next look."""
    table, told = Table(), []
    table.dealer.dealt = lambda: told.append(len(table.dealer.to_come()))
    table.dealer.take_up(DECK, BY_SETTING)
    table.dealer.deal([deal(at=1)], BY_ADMIN)
    assert told == [2, 3]


def test_a_fault_is_said_on_one_line() -> None:
    """With all that it says, and nothing that it does not."""
    fault = read_fault({"fault": "delay", "min_ms": 100, "max_ms": 1000, "faces": ["rest", "feed"]})
    assert in_words(fault) == (
        "delay direction=in faces=rest,feed probability=1 min_ms=100 max_ms=1000"
    )

"""Decks: what is read, what is in force when, and the sentences for what cannot be read."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgame.faults.deck import (
    MAX_DEALS,
    MAX_SECONDS,
    NS_PER_S,
    Deal,
    in_force,
    next_change_ns,
    read_deal,
    read_deck,
)
from cxgame.faults.modes import Drop, Face, Silence
from cxgame.faults.reading import BadFaultError, read_fault

DOCS = Path(__file__).parents[2] / "docs"
DECK = """
# from the beginning, to everybody
[[deal]]
fault = "drop"
probability = 0.1

[[deal]]
at = 30
for = 20.5
fault = "silence"
after_messages = 50
to = ["alice"]
faces = ["orders"]
"""

times = st.integers(0, 40)
deals = st.builds(
    Deal,
    st.just(read_fault({"fault": "silence"})),
    times,
    st.none() | st.integers(1, 20),
)
decks = st.lists(deals, max_size=6).map(tuple)


def test_a_deck_is_read_in_its_order() -> None:
    """Times in milliseconds' precision; what has no `at` holds from the beginning, and no end."""
    drop, silence = read_deck(DECK)
    assert isinstance(drop.fault, Drop)
    assert (drop.at_ns, drop.for_ns, drop.until_ns) == (0, None, None)
    assert isinstance(silence.fault, Silence)
    assert silence.fault.to == ("alice",)
    assert silence.fault.faces == (Face.ORDERS,)
    assert (silence.at_ns, silence.until_ns) == (30 * NS_PER_S, 50 * NS_PER_S + NS_PER_S // 2)


def test_the_decks_of_the_docs_are_decks() -> None:
    """Those that are shown as such."""
    page = (DOCS / "faults.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```toml\n(# deck\.toml\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert [len(read_deck(text)) for text in shown] == [3]


@pytest.mark.parametrize(
    ("second", "faults"),
    [
        (0, ["drop"]),
        (29.999, ["drop"]),
        (30, ["drop", "silence"]),
        (50.499, ["drop", "silence"]),
        (50.5, ["drop"]),
    ],
)
def test_what_is_in_force_is_a_function_of_the_time(second: float, faults: list[str]) -> None:
    """A deal begins at its moment, and its end is no longer part of it."""
    found = in_force(read_deck(DECK), round(second * NS_PER_S))
    assert [deal.fault.mode for deal in found] == faults


@given(decks, times)
def test_nothing_changes_before_the_next_change(deck: tuple[Deal, ...], now: int) -> None:
    """Neither between now and then, nor ever if there is none; and then something may."""
    following = next_change_ns(deck, now)
    until = 100 if following is None else following
    assert until > now
    for moment in range(now, until):
        assert in_force(deck, moment) == in_force(deck, now)
    if following is not None:
        assert any(following in (deal.at_ns, deal.until_ns) for deal in deck)


@given(decks, times, times)
def test_a_deck_that_is_dealt_later_is_the_same_deck_later(
    deck: tuple[Deal, ...], by: int, moment: int
) -> None:
    """Moved by as much as its beginning."""
    moved = tuple(deal.later(by) for deal in deck)
    assert [deal.later(by) for deal in in_force(deck, moment)] == list(in_force(moved, moment + by))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("deal = ", "The deck is not TOML: "),
        ("", "The deck holds no [[deal]]."),
        ("deal = []", "The deck holds no [[deal]]."),
        ("deal = 3", "Each deal of a deck is a table [[deal]]."),
        ("deal = [1]", "Each deal of a deck is a table [[deal]]."),
        ("[deals]\na = 1", "A deck holds tables [[deal]] alone, not 'deals'."),
        ('[[deal]]\nfault = "drop"', "Deal 1: drop: probability is missing."),
        ('[[deal]]\nfault = "silence"\n[[deal]]\nat = 1', "Deal 2: 'fault' must be one of "),
        ('[[deal]]\nfault = "silence"\nat = -1', "Deal 1: at must be a number of seconds from 0 "),
        ('[[deal]]\nfault = "silence"\nat = nan', "Deal 1: at must be a number of seconds from 0 "),
        ('[[deal]]\nfault = "silence"\nfor = inf', "Deal 1: for must be a number of seconds "),
        ('[[deal]]\nfault = "silence"\nfor = 0', "Deal 1: for must be more than 0 seconds."),
        ('[[deal]]\nfault = "silence"\nfor = true', "Deal 1: for must be a number of seconds "),
        ('[[deal]]\nfault = "silence"\nat = "3"', "Deal 1: at must be a number of seconds "),
        ('[[deal]]\nfault = "silence"\nuntil = 3', "Deal 1: silence: 'until' is unknown; "),
        ("a = " + "[" * 100_000, "The deck is not TOML: "),
        ("a = " + "1" * 5_000, "The deck is not TOML: "),
        ('[[deal]]\nfault = "silence"\nat = 1' + "0" * 400, "Deal 1: at must be a number of "),
    ],
)
def test_what_is_wrong_with_a_deck_is_one_sentence(text: str, sentence: str) -> None:
    """It says which deal, and what is wanted."""
    with pytest.raises(BadFaultError) as raised:
        read_deck(text)
    assert str(raised.value).startswith(sentence)
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


def test_a_deck_is_bounded() -> None:
    """In deals and in time."""
    one = '[[deal]]\nfault = "silence"\n'
    assert len(read_deck(one * MAX_DEALS)) == MAX_DEALS
    with pytest.raises(BadFaultError, match=f"at most {MAX_DEALS} deals"):
        read_deck(one * (MAX_DEALS + 1))
    assert read_deal({"fault": "silence", "at": MAX_SECONDS}).at_ns == MAX_SECONDS * NS_PER_S
    with pytest.raises(BadFaultError):
        read_deal({"fault": "silence", "at": MAX_SECONDS + 1})

"""Decks: which faults are dealt when, and for how long. Pure.

A deck is a text of TOML with one table `[[deal]]` for each fault: `at` and `for` in seconds of
playing time, beside the table of the fault. What is in force at a moment is a function of the deck
and of that moment alone: everybody in a heat gets the same, also from a server that starts again.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cxgame.faults.modes import Fault
from cxgame.faults.reading import BadFaultError, read_fault

MAX_DEALS = 1_000  # one a second for a quarter of an hour
MAX_SECONDS = 31_536_000  # as for the time limit of a game
NS_PER_S = 1_000_000_000


class Deal(NamedTuple):
    """One fault, and when: from `at_ns` on, for `for_ns` or to the end."""

    fault: Fault
    at_ns: int = 0
    for_ns: int | None = None

    @property
    def until_ns(self) -> int | None:
        """When it ends; None: never."""
        return None if self.for_ns is None else self.at_ns + self.for_ns

    def is_due(self, time_ns: int) -> bool:
        """Whether it is in force at a moment."""
        return self.at_ns <= time_ns and not self.is_over(time_ns)

    def is_over(self, time_ns: int) -> bool:
        """Whether it has ended by then."""
        until_ns = self.until_ns
        return until_ns is not None and until_ns <= time_ns

    def later(self, by_ns: int) -> "Deal":
        """The same, so much later."""
        return self._replace(at_ns=self.at_ns + by_ns)


Deck = tuple[Deal, ...]


def read_deck(text: str) -> Deck:
    """The deals of a deck, in its order. Raises `BadFaultError`, which says what is wrong."""
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, too
        raise BadFaultError(f"The deck is not TOML: {error}.") from None
    deals = tables.pop("deal", [])
    if tables:
        raise BadFaultError(f"A deck holds tables [[deal]] alone, not {next(iter(tables))!r}.")
    if not isinstance(deals, list) or not all(isinstance(each, dict) for each in deals):
        raise BadFaultError("Each deal of a deck is a table [[deal]].")
    if not deals:
        raise BadFaultError("The deck holds no [[deal]].")
    return read_deals(deals)


def read_deals(tables: Sequence[Mapping[str, Any]], called: str = "Deal") -> Deck:
    """Deals from their tables, in order. Raises `BadFaultError`, which says of which."""
    if len(tables) > MAX_DEALS:
        raise BadFaultError(f"A deck has at most {MAX_DEALS} deals, not {len(tables)}.")
    return tuple(_read_each(tables, called))


def read_deal(table: Mapping[str, Any]) -> Deal:
    """A fault with its `at` and `for`. Raises `BadFaultError`."""
    at_ns = _ns("at", table.get("at", 0))
    for_ns = _ns("for", table["for"]) if "for" in table else None
    if for_ns == 0:
        raise BadFaultError("for must be more than 0 seconds.")
    fault = {name: value for name, value in table.items() if name not in ("at", "for")}
    return Deal(read_fault(fault), at_ns, for_ns)


def in_force(deck: Deck, time_ns: int) -> Deck:
    """What is in force at a moment, in the order of the deck."""
    return tuple(deal for deal in deck if deal.is_due(time_ns))


def next_change_ns(deck: Iterable[Deal], time_ns: int) -> int | None:
    """The first later moment at which something begins or ends; None: there is none."""
    moments = (moment for deal in deck for moment in (deal.at_ns, deal.until_ns))
    return min((each for each in moments if each is not None and each > time_ns), default=None)


def _read_each(tables: Iterable[Mapping[str, Any]], called: str) -> Iterator[Deal]:
    for number, table in enumerate(tables, 1):
        try:
            yield read_deal(table)
        except BadFaultError as error:
            raise BadFaultError(f"{called} {number}: {error}") from None


def _ns(name: str, value: object) -> int:
    """Seconds, exact in milliseconds, as nanoseconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if 0 <= value <= MAX_SECONDS:  # which is false of what is not a number
            return round(value * 1000) * (NS_PER_S // 1000)
    raise BadFaultError(f"{name} must be a number of seconds from 0 to {MAX_SECONDS:,}.")

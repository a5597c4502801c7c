"""The dealer: puts faults on a board and takes them away, by the clock of a game.

What is dealt is a deck's, or an organiser's, who deals one fault now. While the clock stands still
nothing begins and nothing ends. The dealer reads no clock: somebody calls `step`.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from cxgame.faults.board import MOST, Board
from cxgame.faults.deck import MAX_DEALS, NS_PER_S, Deal, Deck, next_change_ns
from cxgame.faults.modes import Fault
from cxgame.faults.reading import table_of

BY_SETTING, BY_DECK, BY_ADMIN = "setting", "deck", "admin"

Say = Callable[[str], object]  # takes a sentence about what has begun or ended


class _Card(NamedTuple):
    """A deal that has not ended yet."""

    deal: Deal  # in playing time
    by: str
    id: int = 0  # on the board; 0: it has not begun


class Dealer:
    """All that was dealt on one board."""

    def __init__(self, board: Board, now_ns: Callable[[], int], say: Say) -> None:
        """`now_ns` is the playing time; `say` is told of what begins and ends by itself."""
        self.board = board
        self.dealt: Callable[[], None] = _nothing  # called when more is to be done by `step`
        self._now_ns = now_ns
        self._say = say
        self._cards: list[_Card] = []

    @property
    def room(self) -> int:
        """How many more may be dealt by an organiser."""
        return MAX_DEALS - sum(card.by == BY_ADMIN for card in self._cards)

    def deal(self, deals: Iterable[Deal], by: str, say: Say | None = None) -> None:
        """Deal from now on; a deal's `at` counts from this moment."""
        now_ns = self._now_ns()
        self.take_up(tuple(deal.later(now_ns) for deal in deals), by, say)

    def take_up(self, deck: Deck, by: str, say: Say | None = None) -> None:
        """Deal a deck whose times are those of the game; what is over in it stays so."""
        now_ns = self._now_ns()
        self._cards += [_Card(deal, by) for deal in deck if not deal.is_over(now_ns)]
        self._do_due(now_ns, say or self._say)
        self.dealt()

    def clear(self, ids: Collection[int] | None, say: Say | None = None) -> set[int]:
        """End faults before their time; all, with what is still to come, without `ids`.

        Returns the ids that are not on the board, and then nothing is changed.
        """
        unknown = set(ids or ()) - self.board.in_force.keys()
        if unknown:
            return unknown
        for ended in self.board.clear(ids):
            (say or self._say)(f"Fault {ended.id} is cleared: {ended.fault.mode}.")
        self._cards = [card for card in self._cards if ids is not None and card.id not in ids]
        self._do_due(self._now_ns(), self._say)  # there may be room now for what waits
        return set()

    def replace_deck(self, deck: Deck, say: Say | None = None) -> None:
        """Deal a deck from now on, instead of the one that is dealt."""
        for card in self._cards:
            if card.by != BY_ADMIN:
                self._end(card, "is cleared", say or self._say)
        self._cards = [card for card in self._cards if card.by == BY_ADMIN]
        self.deal(deck, BY_DECK, say)

    def step(self) -> int | None:
        """Do what is due; returns for how long nothing more will be, in ns of playing time."""
        now_ns = self._now_ns()
        self._do_due(now_ns, self._say)
        following = next_change_ns((card.deal for card in self._cards), now_ns)
        return None if following is None else following - now_ns

    def to_come(self) -> list[dict[str, Any]]:
        """What has not begun yet, soonest first."""
        waiting = [card for card in self._cards if not card.id]
        return [_row(card) for card in sorted(waiting, key=lambda card: card.deal.at_ns)]

    def _do_due(self, now_ns: int, say: Say) -> None:
        """Bring the board to where it should be: what ends makes room for what begins."""
        over = [card for card in self._cards if card.deal.is_over(now_ns)]
        if over:
            self._cards = [card for card in self._cards if not card.deal.is_over(now_ns)]
        for card in over:
            self._end(card, "ends", say)
        self._cards = [
            self._begin(card, say) if not card.id and card.deal.is_due(now_ns) else card
            for card in self._cards
        ]

    def _begin(self, card: _Card, say: Say) -> _Card:
        """Put a card's fault on the board; one for which there is no room waits for it."""
        deal = card.deal
        if len(self.board.in_force) >= MOST:
            return card
        until_s = None if deal.until_ns is None else deal.until_ns / NS_PER_S
        begun = self.board.set(deal.fault, card.by, until_s)
        begun.since = deal.at_ns / NS_PER_S  # also where a server starts again in its midst
        say(f"Fault {begun.id} begins: {in_words(deal.fault)}{_for(deal)}.")
        return card._replace(id=begun.id)

    def _end(self, card: _Card, verb: str, say: Say) -> None:
        if card.id:
            self.board.clear([card.id])
            say(f"Fault {card.id} {verb}: {card.deal.fault.mode}.")


def in_words(fault: Fault) -> str:
    """A fault on one line, for people: its name, then what it says."""
    table = table_of(fault)
    mode = table.pop("fault")
    return " ".join([mode, *(f"{name}={_shown(value)}" for name, value in table.items())])


def _row(card: _Card) -> dict[str, Any]:
    row = {**table_of(card.deal.fault), "at": card.deal.at_ns / NS_PER_S, "by": card.by}
    if card.deal.for_ns is not None:
        row["for"] = card.deal.for_ns / NS_PER_S
    return row


def _for(deal: Deal) -> str:
    return "" if deal.for_ns is None else f" for {deal.for_ns / NS_PER_S:g} s"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _nothing() -> None:
    """Nobody carries out what is dealt."""

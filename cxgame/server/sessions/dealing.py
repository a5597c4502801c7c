"""The network faults of a game: their board, who deals them, and the clock they are dealt by.

Playing time passes while the game is open, so that is when something begins or ends. Each of both
is journaled as a notice, which the feed shows.
"""

import asyncio
import logging

from cxgame.faults.board import Board
from cxgame.faults.dealing import BY_SETTING, Dealer
from cxgame.faults.deck import NS_PER_S, Deck
from cxgame.game import Game
from cxgame.model.commands import Notice

ACT = "faults"  # what a notice about a fault is called
_LOOK_S = 0.25  # a clock that stands still may run again
_LATE_S = 0.001  # timers may come that much early

log = logging.getLogger("cxgame.faults")


class Dealing:
    """The board of a game's server, and its dealer."""

    def __init__(self, game: Game, seed: int | None = None) -> None:
        """Without a seed it is the game's, so that heats of a seed have the same faults."""
        if seed is None:
            seed = game.engine.known_rules.seed
        self._game = game
        self.board = Board(seed, lambda: game.game_time_ns / NS_PER_S)
        self.dealer = Dealer(self.board, lambda: game.game_time_ns, self._say)
        self.dealer.dealt = self._look
        self._timer: asyncio.TimerHandle | None = None

    def start(self, deck: Deck) -> None:
        """Deal the deck of the settings, from where the game stands in it."""
        self.dealer.take_up(deck, BY_SETTING)

    def close(self) -> None:
        """Deal no more."""
        self.dealer.dealt = lambda: None
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        """Do what is due, and come again when more will be."""
        if self._timer is not None:
            self._timer.cancel()
        wait_ns = self.dealer.step()
        self._timer = None
        if wait_ns is not None:
            pause_s = min(_LOOK_S, wait_ns / NS_PER_S + _LATE_S)
            self._timer = asyncio.get_running_loop().call_later(pause_s, self._look)

    def _say(self, text: str) -> None:
        refusal = self._game.submit(Notice(ACT, text), "server", 0, None).rejection
        if refusal is not None:
            log.warning("%s (not journaled: %s)", text, refusal.code)

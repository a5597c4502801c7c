"""The engine and the reference side by side: both get each command, and nothing may differ."""

from __future__ import annotations

import json

from cxgame.engine.engine import Engine
from cxgame.engine.restoring import load
from cxgame.engine.snapshot import dump
from cxgame.engine.state import Applied
from cxgame.engine.trying import dry_run
from cxgame.model import commands as ask
from tests.engine.reference import Exchange
from tests.engine.reference_differences import (
    different_answers,
    different_endings,
    different_pasts,
    different_states,
    different_trial,
)
from tests.engine.reference_terms import Outcome

MS = 1_000_000
LOOK_BACK = 10  # what has gone on in all is compared after so many commands: sums stay wrong
RESTARTS, RESTARTS_BETWEEN = 41, 3  # one in so many commands; while something has fired
NIGHT_MS = 12 * 60 * 60 * 1000  # two of these, and cids are forgotten


class Pair:
    """One game, played twice. `do` returns what differs, in words; no difference is [].

    What a command lets fire is carried out at once, as a game does.
    """

    def __init__(self) -> None:
        self.engine = Engine()
        self.reference = Exchange()
        self.now_ns = 0  # stands still while the game is not open
        self.wall_ms = 1_700_000_000_000
        self.seen = self.reference.seen  # counts of what has happened
        self.last = Outcome()
        self.followed: list[Outcome] = []  # of what the last command let fire
        self.tried: Applied | None = None  # what the engine has said that an order would do
        self.journal: list[ask.Command] = []  # for a look at what has led to a difference

    def do(self, command: ask.Command) -> list[str]:
        """Let both carry out a command and compare answers and states."""
        due = self.engine.next_due_ns
        late = due is not None and due <= self.now_ns and type(command) is not ask.Advance
        problems = self.do(ask.Advance(len(self.journal))) if late else []
        if problems:  # what has fired was not carried out, so that nothing else may come
            return problems
        problems = self.restart(RESTARTS) + self.step(command)
        outcome, self.followed = self.last, []
        while self.reference.queue and not problems:
            problems += self.restart(RESTARTS_BETWEEN) + self.step(ask.Continue())
            self.followed.append(self.last)
        self.last = outcome
        return problems

    def step(self, command: ask.Command) -> list[str]:
        """Let both carry out one command, whatever it sets off."""
        problems = []
        self.journal.append(command)
        problems += self.try_out(command)
        applied = self.engine.apply(command, self.now_ns, self.wall_ms)
        outcome = self.last = self.reference.do(command, self.now_ns, self.wall_ms)
        self.note(command, outcome)
        problems += different_answers(self.engine, applied, outcome)
        problems += different_trial(self.tried, applied)
        problems += different_endings(self.engine, applied, self.reference)
        if len(self.journal) % LOOK_BACK == 0:
            problems += different_pasts(self.engine, self.reference)
        return problems + different_states(self.engine, self.reference)

    def try_out(self, command: ask.Command) -> list[str]:
        """Ask the engine what an order would do; to ask changes nothing."""
        self.tried = None
        if (
            not isinstance(command, ask.PlaceOrder | ask.PlaceTrigger)
            or self.now_ns != self.engine.game_time_ns
        ):
            return []
        before = self.engine.state_hash() if len(self.journal) % LOOK_BACK == 0 else b""
        self.tried = dry_run(self.engine, command, self.wall_ms)
        same = not before or self.engine.state_hash() == before
        return [] if same else ["a trial has changed something"]

    def restart(self, every: int) -> list[str]:
        """Once in so many commands, the engine goes on from what is written down of it."""
        if len(self.journal) % every or type(self.engine) is not Engine or not self.journal:
            return []
        before = self.engine.state_hash()
        self.engine = load(json.loads(json.dumps(dump(self.engine))))
        return [] if self.engine.state_hash() == before else ["a restart has changed something"]

    def wait(self, ms: int) -> None:
        """Let time pass. The clock of the game runs only while it is open."""
        self.wall_ms += ms
        if self.reference.phase == "open":
            self.now_ns += ms * MS

    def night(self) -> None:
        """Half a day of play; a game with a time limit would be over, so it sleeps."""
        if self.engine.known_rules.time_limit_ms is None:
            self.wait(NIGHT_MS)
        else:
            self.wall_ms += NIGHT_MS

    def note(self, command: ask.Command, outcome: Outcome) -> None:
        """Count what happens, so that a test can tell an interesting game from a dull one."""
        self.seen[type(command).__name__] += 1
        self.seen[outcome.code or "accepted"] += 1
        self.seen["replayed"] += outcome.replayed
        for fact in outcome.facts:
            self.seen["fact " + fact[0]] += 1
        if isinstance(command, ask.AmendOrder) and not outcome.code:
            self.note_amending(outcome)
        if isinstance(command, ask.PlacePending) and not outcome.code:
            self.seen[f"pending {command.type.name.lower()}"] += not outcome.replayed
            self.seen["pending replayed"] += outcome.replayed
        if isinstance(command, ask.PlaceOrder) and not outcome.code and not outcome.replayed:
            words = [fact[0] for fact in outcome.facts]
            kind = "by budget" if command.budget else command.type.name.lower()
            self.seen[f"{kind} {command.time_in_force.name.lower()} accepted"] += 1
            self.seen[f"{kind} with a trade"] += "trade" in words
            self.seen[f"{kind} that took several"] += words.count("trade") > 1
            if command.budget:
                self.seen["budget filled" if words[-1] == "filled" else "budget unfilled"] += 1

    def note_amending(self, outcome: Outcome) -> None:
        """Count what amendments came to."""
        words = [fact[0] for fact in outcome.facts] or ["nothing"]
        how = "amended: " + words[0]
        if words[0] == "amended":
            how = "amended: " + ("in place" if outcome.facts[0][-1] else "anew")
            self.seen["amended: with a trade"] += "trade" in words
        self.seen[how] += 1

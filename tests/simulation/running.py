"""Many seeds in several processes: what failed, and how long it took."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.simulation.auditor import audit
from tests.simulation.world import COMMANDS, FAULTS, run

_CHUNK = 10  # seeds that a process takes at once


@dataclass
class Outcome:
    """One seed: what was wrong, the hash of all that could be seen, how much there was."""

    seed: int
    problems: list[str]
    digest: str
    faults: Counter[str] = field(default_factory=Counter)
    answered: int = 0  # messages
    starts: int = 0  # of the server
    simulated_s: float = 0.0


def outcome(seed: int, commands: int = COMMANDS, faults: int = FAULTS) -> Outcome:
    """Run one seed and audit it."""
    evidence = run(seed, commands, faults)
    record = evidence.record
    return Outcome(
        seed,
        audit(evidence),
        record.digest,
        Counter(record.faults),
        sum(attempt.reply is not None for attempt in record.attempts),
        record.starts,
        evidence.simulated_s,
    )


def _outcomes(seeds: list[int], commands: int, faults: int) -> list[Outcome]:
    gc.freeze()  # what is imported stays: each world ends with a collection
    return [outcome(seed, commands, faults) for seed in seeds]


def outcomes(
    seeds: Iterable[int], jobs: int, commands: int = COMMANDS, faults: int = FAULTS
) -> Iterator[Outcome]:
    """Run seeds, `jobs` at a time; in order."""
    every = list(seeds)
    chunks = [every[at : at + _CHUNK] for at in range(0, len(every), _CHUNK)]
    if jobs == 1:
        for chunk in chunks:
            yield from _outcomes(chunk, commands, faults)
        return
    # Fresh processes: a fork would inherit whatever threads and loops the caller has.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = [pool.submit(_outcomes, chunk, commands, faults) for chunk in chunks]
        for future in futures:
            yield from future.result()


@dataclass
class Summary:
    """What many seeds came to."""

    seeds: int = 0
    failed: list[Outcome] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    starts: int = 0
    simulated_s: float = 0.0
    began_s: float = field(default_factory=time.perf_counter)
    fewest_answers: int = 10**9
    fewest_faults: int = 10**9

    def add(self, one: Outcome) -> None:
        """Count one seed."""
        self.seeds += 1
        self.faults += one.faults
        self.answered += one.answered
        self.starts += one.starts
        self.simulated_s += one.simulated_s
        self.fewest_answers = min(self.fewest_answers, one.answered)
        self.fewest_faults = min(self.fewest_faults, one.faults.total())
        if one.problems:
            self.failed.append(one)

    def text(self) -> str:
        """For a person."""
        took_s = time.perf_counter() - self.began_s
        each_ms = 1000 * took_s / max(1, self.seeds)
        lines = [
            f"{self.seeds} seeds in {took_s:.0f} s ({each_ms:.0f} ms each)",
            f"{self.answered} messages answered, at least {self.fewest_answers} a seed; "
            f"{self.starts} starts of a server; {self.simulated_s / 3600:.1f} simulated hours",
            f"{self.faults.total()} faults, at least {self.fewest_faults} a seed: "
            + ", ".join(f"{name} {count}" for name, count in self.faults.most_common()),
        ]
        if not self.failed:
            lines.append("nothing wrong")
        for one in self.failed:
            lines.append(f"seed {one.seed}: {len(one.problems)} problems, the first of them:")
            lines += [f"    {problem[:500]}" for problem in one.problems[:3]]
            lines.append(f"    see it with: python -m tests.simulation --trace {one.seed}")
        return "\n".join(lines)

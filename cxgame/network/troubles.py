"""What went wrong, how often, and how long it lasted. Counts and durations, nothing else."""

from collections import Counter
from typing import Any


class Troubles:
    """A report that grows: counters of incidents, and stretches of time in a bad state."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._since: dict[str, float] = {}
        self._total_s: dict[str, float] = {}
        self._longest_s: dict[str, float] = {}
        self._stretches: Counter[str] = Counter()

    def count(self, what: str, number: int = 1) -> None:
        """Something happened, so many times."""
        self.counts[what] += number

    def begin(self, what: str, now: float) -> None:
        """A bad state begins; if it is already on, it goes on."""
        if what not in self._since:
            self._since[what] = now
            self._stretches[what] += 1

    def end(self, what: str, now: float) -> float:
        """It is over: for how long it lasted, 0 if it was not on."""
        since = self._since.pop(what, None)
        if since is None:
            return 0.0
        lasted_s = now - since
        self._total_s[what] = self._total_s.get(what, 0.0) + lasted_s
        self._longest_s[what] = max(self._longest_s.get(what, 0.0), lasted_s)
        return lasted_s

    def is_on(self, what: str) -> bool:
        """Whether a bad state lasts."""
        return what in self._since

    def report(self, now: float) -> dict[str, Any]:
        """`{"counts": {what: n}, "stretches": {what: {"times", "total_s", "longest_s", "is_on"}}}`.

        A stretch that lasts counts up to now.
        """
        return {
            "counts": dict(sorted(self.counts.items())),
            "stretches": {what: self._stretch(what, now) for what in sorted(self._stretches)},
        }

    def _stretch(self, what: str, now: float) -> dict[str, Any]:
        since = self._since.get(what)
        running_s = 0.0 if since is None else now - since
        return {
            "times": self._stretches[what],
            "total_s": self._total_s.get(what, 0.0) + running_s,
            "longest_s": max(self._longest_s.get(what, 0.0), running_s),
            "is_on": since is not None,
        }

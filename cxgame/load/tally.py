"""What a run has seen: counts, times, and their course from second to second."""

from collections import Counter
from dataclasses import dataclass, field

from cxgame.load.histogram import Histogram

MAX_BINS = 300  # what a plot can show; a longer run has longer bins


@dataclass
class Bin:
    """One stretch of the course."""

    due: int = 0
    done: int = 0
    refused: int = 0
    errors: int = 0
    latency: Histogram = field(default_factory=Histogram)


class Tally:
    """Counts for all clients of a run. Times are seconds since its beginning."""

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds = seconds
        self.bin_s = max(1.0, seconds / MAX_BINS)
        self.bins: list[Bin] = [Bin()]
        self.connected = 0  # now
        self.reconnects = 0
        self.due = 0
        self.sent = 0
        self.done = 0
        self.done_in_time = 0  # before the run's end: what its throughput counts
        self.answered_in_time = 0
        self.given_up = 0  # were due, but nobody could send them in time
        self.refused: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.latency = Histogram()  # of what was done, since it was due
        self.refusing = Histogram()  # of what was refused, since it was due
        self.opening = Histogram()  # of a connection, with its login
        self.lag = Histogram()  # how late the generator itself was

    @property
    def answered(self) -> int:
        """Done or refused."""
        return self.latency.count + self.refusing.count

    def was_due(self, at_s: float, lag_s: float) -> None:
        """A message's time has come; the generator noticed `lag_s` later."""
        self.due += 1
        self.lag.add(lag_s)
        self.bin(at_s).due += 1

    def was_done(self, at_s: float, latency_s: float) -> None:
        """The server did what it was asked."""
        self.done += 1
        self.done_in_time += at_s <= self._seconds
        self.answered_in_time += at_s <= self._seconds
        self.latency.add(latency_s)
        one = self.bin(at_s)
        one.done += 1
        one.latency.add(latency_s)

    def was_refused(self, at_s: float, latency_s: float, code: str) -> None:
        """The server said no, which it may."""
        self.refused[code] += 1
        self.answered_in_time += at_s <= self._seconds
        self.refusing.add(latency_s)
        one = self.bin(at_s)
        one.refused += 1
        one.latency.add(latency_s)

    def failed(self, at_s: float, kind: str, count: int = 1) -> None:
        """Something happened that should not."""
        if count:
            self.errors[kind] += count
            self.bin(at_s).errors += count

    def ended(self, at_s: float) -> None:
        """Nothing is due any more: what comes later was not done in time."""
        self._seconds = min(self._seconds, at_s)

    def bin(self, at_s: float) -> Bin:
        """The stretch of a moment; what comes after the last one counts to that."""
        index = min(max(int(at_s / self.bin_s), 0), MAX_BINS)
        while len(self.bins) <= index:
            self.bins.append(Bin())
        return self.bins[index]

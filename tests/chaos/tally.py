"""What all rounds of faults together came to: for the summary at the end of the run."""

from collections import Counter, defaultdict
from statistics import median


class Tally:
    """Faults by kind, promises broken, and how long things took."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.broken = 0  # acknowledged things lost, doubled or altered
        self.orders = 0  # acknowledged
        self.repeated: Counter[str] = Counter()  # requests sent again, by verb
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)

    def took(self, what: str, seconds: float) -> None:
        """Note a duration."""
        self.seconds[what].append(seconds)

    def lines(self) -> list[str]:
        """The summary."""
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.items()))
        verbs = ", ".join(f"{verb} {count}" for verb, count in sorted(self.repeated.items()))
        lines = [
            f"{sum(self.faults.values())} faults: {kinds}",
            f"{self.orders:,} orders acknowledged; lost, doubled or altered: {self.broken}",
            f"repeated after doubt: {verbs or 'nothing'}",
        ]
        for what, seconds in sorted(self.seconds.items()):
            low, middle, high = min(seconds), median(seconds), max(seconds)
            lines.append(
                f"{what}: median {middle:.2f} s, {low:.2f} to {high:.2f} s ({len(seconds)} times)"
            )
        return lines


TALLY = Tally()

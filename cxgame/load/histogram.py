"""A histogram of times whose memory has a bound, whatever it is fed: log-linear buckets.

Each power of two of microseconds is cut into 64 equal buckets, so that a percentile is at most
1.6 % too high, from one microsecond to hours, with some 2,000 buckets at the very most.
"""

import math

_BITS = 6
_PER_OCTAVE = 1 << _BITS  # buckets in a power of two
LONGEST_US = (1 << 36) - 1  # 19 hours: nothing that is measured here takes as long
_US_PER_S = 1_000_000


class Histogram:
    """Counts by bucket. Times are in seconds; what is below a microsecond counts as none."""

    __slots__ = ("_buckets", "count", "longest_s", "total_s")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self.count = 0
        self.total_s = 0.0
        self.longest_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one time."""
        index = _bucket(min(max(int(seconds * _US_PER_S), 0), LONGEST_US))
        self._buckets[index] = self._buckets.get(index, 0) + 1
        self.count += 1
        self.total_s += seconds
        if seconds > self.longest_s:
            self.longest_s = seconds

    def merge(self, other: "Histogram") -> None:
        """Count all that another has counted."""
        for index, count in other._buckets.items():
            self._buckets[index] = self._buckets.get(index, 0) + count
        self.count += other.count
        self.total_s += other.total_s
        self.longest_s = max(self.longest_s, other.longest_s)

    def percentile_s(self, percent: float) -> float:
        """The time that so many percent of all did not exceed; 0 of none."""
        wanted = max(1, math.ceil(self.count * percent / 100))
        seen = 0
        for index in sorted(self._buckets):
            seen += self._buckets[index]
            if seen >= wanted:
                return min(_highest_us(index) / _US_PER_S, self.longest_s)
        return 0.0

    @property
    def mean_s(self) -> float:
        """The mean; 0 of none."""
        return self.total_s / self.count if self.count else 0.0

    def __len__(self) -> int:
        """How many buckets are in use."""
        return len(self._buckets)


def _bucket(microseconds: int) -> int:
    """The bucket of a time: exact below 128 us, then 64 to each power of two."""
    shift = max(0, microseconds.bit_length() - _BITS - 1)
    return shift * _PER_OCTAVE + (microseconds >> shift)


def _highest_us(index: int) -> int:
    """The highest time of a bucket, with the fraction of a microsecond that was cut off."""
    shift = max(0, index // _PER_OCTAVE - 1)
    return (index - shift * _PER_OCTAVE + 1) << shift

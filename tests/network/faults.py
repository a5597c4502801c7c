"""What a bad network does, drawn from a seed: cuts, delays, stalls, duplicates.

Each connection draws from a generator of its own, so that a connection's fate depends on the seed
and its number alone. When the weather is calm nothing happens any more.
"""

from collections import Counter
from random import Random


class Weather:
    """The faults of all connections, and how many there were of each."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0
        self.is_calm = False
        self.tally: Counter[str] = Counter()

    def connection(self) -> "Fate":
        """The next connection's."""
        self.tally["connections"] += 1
        return Fate(self, self._next())

    def request(self) -> "RequestFate":
        """The next request's, by HTTP."""
        self.tally["requests by HTTP"] += 1
        return RequestFate(self, self._next())

    def _next(self) -> Random:
        self._count += 1
        return Random(f"{self._seed}/{self._count}")


class Fate:
    """What happens to one connection."""

    REFUSED = 0.1  # of the connections are cut before anything is said
    DOUBLED = 0.15  # of the connections: all that is said is said on a second one as well
    LIFE_S = 5.0  # the mean until a connection is cut for no reason
    LOST = 0.002  # of the messages are not delivered, and the connection ends
    CUT = 0.02  # of the requests are delivered, and then the connection ends
    TWICE = 0.05  # of the messages come twice
    LATE, LATE_S = 0.05, 0.2  # of the messages wait up to that long, and all behind them
    STALLED, STALLED_S = 0.001, 2.0

    def __init__(self, weather: Weather, draw: Random) -> None:
        self._weather = weather
        self._draw = draw
        self.is_refused = self._happens("refused", self.REFUSED)
        self.is_doubled = not self.is_refused and self._happens("doubled", self.DOUBLED)
        self.life_s = draw.expovariate(1 / self.LIFE_S)

    def is_lost(self) -> bool:
        """Whether the connection ends before this message is delivered."""
        return self._happens("cut before delivery", self.LOST)

    def is_cut(self) -> bool:
        """Whether the connection ends once this message is delivered."""
        return self._happens("cut after delivery", self.CUT)

    def is_cut_for_no_reason(self) -> bool:
        """Whether the connection ends as it has lived long enough."""
        return self._happens("cut", 1)

    def comes_twice(self) -> bool:
        """Whether this message is delivered again."""
        return self._happens("message twice", self.TWICE)

    def delay_s(self) -> float:
        """How long this message is held back."""
        if self._happens("stall", self.STALLED):
            return self._draw.uniform(0, self.STALLED_S)
        return self._draw.uniform(0, self.LATE_S) if self._happens("delay", self.LATE) else 0.0

    def _happens(self, fault: str, share: float) -> bool:
        happens = self._draw.random() < share and not self._weather.is_calm
        self._weather.tally[fault] += happens
        return happens


class RequestFate(Fate):
    """The same for a request by HTTP, which is a message by itself."""

    REFUSED = 0.02
    DOUBLED = 0.0
    LOST, CUT = 0.02, 0.04
    TWICE = 0.08

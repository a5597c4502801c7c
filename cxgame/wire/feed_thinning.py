"""When there is too much activity for a person to read, and when it is over."""

from collections import deque

# Nobody reads 200 lines a second; the default channel is for people and small bots.
MANY_PER_SECOND = 200
FEW_PER_SECOND = 100
WINDOW_S = 1.0
HOLD_S = 5.0  # a state lasts at least this long, so that it does not flicker


class Thinning:
    """Counts events over the last second and decides, with room between the two bounds."""

    def __init__(self) -> None:
        self.thinned = False
        self._counts: deque[tuple[float, int]] = deque()
        self._in_window = 0
        self._since = float("-inf")

    def count(self, now: float, events: int) -> bool:
        """Count events at a time; return whether the decision changed."""
        if events:
            self._counts.append((now, events))
            self._in_window += events
        while self._counts and self._counts[0][0] <= now - WINDOW_S:
            self._in_window -= self._counts.popleft()[1]
        bound = FEW_PER_SECOND if self.thinned else MANY_PER_SECOND
        wanted = self._in_window > bound
        if wanted is self.thinned or (self.thinned and now < self._since + HOLD_S):
            return False
        self.thinned, self._since = wanted, now
        return True

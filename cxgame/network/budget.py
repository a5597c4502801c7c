"""When the next request may go: below the other side's limit, and away from its anger."""

from cxgame.network.backoff import Backoff

_BELOW = 0.75  # of a rate that was refused
# How much faster after each request that was carried out: a hundred make up for a refusal; beyond
# the rate at which there was one it takes thousands.
_SOON, _SLOWLY = 1.007, 1.0002


class RateBudget:
    """A token bucket that learns from refusals.

    Before a refusal it keeps to `per_s`, with `burst` at once. After one it keeps quiet for as
    long as it was told, or, without a word, for longer each time. From then on it asks for half as
    much, with half the burst, since a limit that was met is nearer than was thought. `accepted`
    answers let it speed up again: soon to a little below where the limit was met, and further only
    slowly, since limits may change.
    """

    def __init__(
        self,
        per_s: float,
        burst: int = 1,
        *,
        least_per_s: float = 0.5,
        backoff: Backoff | None = None,
    ) -> None:
        if not 0 < least_per_s <= per_s or burst < 1:
            raise ValueError("A budget has a rate above its least one, and room for one request.")
        self.per_s = per_s  # as of now
        self.refusals = 0
        self._most_per_s = per_s
        self._least_per_s = least_per_s
        self._soon_per_s = per_s  # up to here it speeds up soon
        self._most_burst = self._burst = burst
        self._backoff = backoff or Backoff(1.0, 60.0)
        self._empty_at = float("-inf")  # when all that was taken is earned again
        self._quiet_until = float("-inf")

    def take(self, now: float) -> float:
        """Take the next place: how many seconds to wait before the request may go.

        The place is taken; others who ask are told to wait behind it.
        """
        wait_s = self.wait_s(now)
        self._empty_at = max(self._empty_at, now, self._quiet_until) + 1 / self.per_s
        return wait_s

    def wait_s(self, now: float) -> float:
        """What `take` would answer; nothing is taken."""
        interval_s, start = 1 / self.per_s, max(now, self._quiet_until)
        empty_at = max(self._empty_at, start) + interval_s
        return max(start, empty_at - self._burst * interval_s) - now

    def quiet_s(self, now: float) -> float:
        """How long nothing may be sent, because of a refusal; 0: it may."""
        return max(self._quiet_until - now, 0.0)

    def refused(self, now: float, retry_after_s: float | None = None) -> float:
        """The other side had too much of us. Returns how long nothing is sent from now on.

        What is refused while it is quiet was sent before: it is no other refusal.
        """
        if now >= self._quiet_until:
            self.refusals += 1
            self._soon_per_s = max(_BELOW * self.per_s, self._least_per_s)
            self.per_s = max(self.per_s / 2, self._least_per_s)
            self._burst = max(self._burst // 2, 1)
            own_s = next(self._backoff)
            self._be_quiet(now + (own_s if retry_after_s is None else _more(retry_after_s)))
        elif retry_after_s is not None:
            self._be_quiet(now + _more(retry_after_s))
        return self._quiet_until - now

    def _be_quiet(self, until: float) -> None:
        """Nothing goes until then, and no burst at first."""
        self._quiet_until = max(self._quiet_until, until)
        self._empty_at = self._quiet_until + (self._burst - 1) / self.per_s

    def accepted(self) -> None:
        """A request was carried out."""
        if self.per_s < self._most_per_s:
            growth = _SOON if self.per_s < self._soon_per_s else _SLOWLY
            self.per_s = min(self.per_s * growth, self._most_per_s)
        else:
            self._burst = self._most_burst
            self._backoff.reset()


def _more(retry_after_s: float) -> float:
    """A little more than was said: their clock and the way there are not ours."""
    return 1.05 * retry_after_s + 0.05

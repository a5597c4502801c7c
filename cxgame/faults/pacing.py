"""How fast messages may come: spacing them, or refusing who sends too many. Time is an argument."""

from collections import deque
from typing import Final, NamedTuple

from cxgame.faults.modes import RateLimit, Throttle

WATCH_S: Final = 60.0  # who errs again within this time after a ban is banned for longer


class Ban(NamedTuple):
    """The refusal of a message that came too soon."""

    violation_count: int
    retry_after_s: float | None  # None: for good


class Spacing:
    """Messages in a row, each at least so long after the one before."""

    def __init__(self, fault: Throttle) -> None:
        self._every_s = 1.0 / fault.max_messages_per_second
        self._free_s = 0.0  # when the next one may go

    def slot_s(self, now_s: float) -> float:
        """When the message that has come now may go on; no other may at that time."""
        slot_s = max(now_s, self._free_s)
        self._free_s = slot_s + self._every_s
        return slot_s


class Bans:
    """The requests of one session, and what it has been banned for so far."""

    def __init__(self, fault: RateLimit) -> None:
        self._fault = fault
        self._recent: deque[float] = deque(maxlen=fault.per_second)
        self._violations = 0
        self._until_s: float | None = 0.0  # of the last ban; None: for good

    def judge(self, now_s: float) -> Ban | None:
        """The refusal of a request that comes now; None: it may pass."""
        if self._until_s is None or now_s < self._until_s:
            return self._ban(now_s)
        recent = self._recent
        if len(recent) < self._fault.per_second or now_s - recent[0] >= 1.0:
            recent.append(now_s)
            return None
        self._escalate(now_s)
        return self._ban(now_s)

    def _escalate(self, now_s: float) -> None:
        assert self._until_s is not None
        if now_s > self._until_s + WATCH_S:
            self._violations = 0
        bans_s = self._fault.bans_s
        is_for_good = self._violations >= len(bans_s)
        self._until_s = None if is_for_good else now_s + bans_s[self._violations]
        self._violations += 1
        self._recent.clear()

    def _ban(self, now_s: float) -> Ban:
        return Ban(self._violations, None if self._until_s is None else self._until_s - now_s)

"""How much each account asks, and how much of it is refused: for the organiser's eyes.

A session counts with one addition per message. What a rate is follows from the counts of earlier
looks, so nothing runs while nobody looks.
"""

from collections import deque
from typing import NamedTuple

NS_PER_S = 1_000_000_000
YES, NO = ord("t"), ord("f")  # of `{"status":true` and `{"status":false`
AT = len('{"status":')  # where a reply says which
WINDOW_NS = 60 * NS_PER_S  # over which refusals are counted
SPACING_NS = 2 * NS_PER_S  # between two looks that are remembered
LATELY_NS = NS_PER_S  # the least time over which messages are counted

Counts = dict[int, int]  # replies by `YES` and `NO`
_Sample = tuple[int, dict[int, tuple[int, int]]]  # when, and by account: replies, refusals
_NONE = (0, 0)


class Rate(NamedTuple):
    """What an account has asked lately."""

    messages_per_s: float
    refusals_per_min: int


class Rates:
    """The counts of all accounts of a game; account 0 is whoever is not logged in."""

    def __init__(self, now_ns: int) -> None:
        self._counts: dict[int, Counts] = {}
        self._samples: deque[_Sample] = deque([(now_ns, {})])

    def of(self, account: int) -> Counts:
        """The counts of an account, for its sessions to add to: `counts[reply[AT]] += 1`."""
        counts = self._counts.get(account)
        if counts is None:
            counts = self._counts[account] = {YES: 0, NO: 0}
        return counts

    def look(self, now_ns: int) -> dict[int, Rate]:
        """The rates of who has asked anything: messages since the last look, of a minute at most.

        Refusals are those of the last minute, or of the time since the last look if that is
        longer, as so many a minute.
        """
        samples = self._samples
        while len(samples) > 1 and samples[1][0] <= now_ns - WINDOW_NS:
            samples.popleft()
        lately = next(
            (each for each in reversed(samples) if each[0] <= now_ns - LATELY_NS), samples[0]
        )
        now = {id: (each[YES] + each[NO], each[NO]) for id, each in self._counts.items()}
        if samples[-1][0] <= now_ns - SPACING_NS:
            samples.append((now_ns, now))
        return {id: _rate(id, counts, now_ns, lately, samples[0]) for id, counts in now.items()}


def _rate(
    account: int, counts: tuple[int, int], now_ns: int, lately: _Sample, before: _Sample
) -> Rate:
    messages = counts[0] - lately[1].get(account, _NONE)[0]
    refusals = counts[1] - before[1].get(account, _NONE)[1]
    seconds = max(now_ns - lately[0], LATELY_NS) / NS_PER_S
    minutes = max(now_ns - before[0], WINDOW_NS) / WINDOW_NS
    return Rate(round(messages / seconds, 1), round(refusals / minutes))

"""`client.health`: what went wrong on the way to the exchange, how often, for how long."""

import time
from collections.abc import Callable
from typing import Any

from cxgame.network import Troubles

# What is counted. The report names those that have happened.
COUNTED = {
    "requests": "requests sent, repeats included",
    "retries": "requests sent again, since no answer came or none that could be read",
    "timeouts": "requests without an answer in time",
    "late_replies": "answers that came when nobody waited any more, or came twice",
    "refused_for_rate": "requests that were too many",
    "rest_failures": "requests by REST that a broken connection or the server's fault ended",
    "frames": "frames that came by the socket",
    "garbage": "messages that could not be read",
    "gaps": "places at which numbered frames were missing",
    "missing": "numbered frames that were missing there",
    "repeats": "numbered frames that came again",
    "late": "numbered frames that came after later ones",
    "overflow": "frames that nobody took in time, and that made room for newer ones",
    "connects": "connections of the socket that were opened",
    "disconnects": "connections of the socket that broke",
    "silences": "connections of the socket that were open and mute, and were given up",
    "fallbacks": "requests that REST carried because the socket did not",
    "reconciled": "looks at the truth by REST that settled a doubt",
    "audits": "looks at the truth by REST without a doubt",
    "unnoticed": "differences that nothing but such a look has found",
}
# Bad states whose duration is measured.
SOCKET_DOWN = "socket_down"
VIEW_IN_DOUBT = "view_in_doubt"
REST_QUIET = "rest_quiet"  # no requests by REST, since there were too many

_KEPT = 0.1  # how much one round trip weighs in the mean


class Health:
    """A report that can be read at any time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.troubles = Troubles()
        self.round_trip_s: float | None = None  # a moving mean of answers by the socket
        self._clock = clock

    def count(self, what: str, number: int = 1) -> None:
        """Something of `COUNTED` happened."""
        assert what in COUNTED, what
        self.troubles.count(what, number)

    def begin(self, what: str) -> None:
        """A bad state begins."""
        self.troubles.begin(what, self._clock())

    def end(self, what: str) -> None:
        """A bad state is over."""
        self.troubles.end(what, self._clock())

    def answered(self, after_s: float) -> None:
        """A request by the socket was answered."""
        known = self.round_trip_s
        self.round_trip_s = after_s if known is None else known + _KEPT * (after_s - known)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong just now."""
        return not any(map(self.troubles.is_on, (SOCKET_DOWN, VIEW_IN_DOUBT, REST_QUIET)))

    def report(self) -> dict[str, Any]:
        """Counts, stretches of time in bad states, and the round trip in ms, for JSON."""
        trip_s = self.round_trip_s
        return {
            "is_well": self.is_well,
            "round_trip_ms": None if trip_s is None else round(1000 * trip_s, 3),
            **self.troubles.report(self._clock()),
        }

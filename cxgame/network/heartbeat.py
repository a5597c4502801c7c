"""When is a connection that is open but says nothing a dead one?

A half-open connection and a mute server look the same from here: no error, no data. Either the
other side sends something regularly (`ping_s` None), or one asks it to now and then.
"""

from enum import Enum


class Pulse(Enum):
    """What a look at the connection says."""

    ALIVE = "something came not long ago"
    ASK = "quiet for a while: ask for a sign of life"
    DEAD = "silent for too long: give the connection up"


class Heartbeat:
    """Counts the silence of one connection. Call `heard` for whatever comes, `look` regularly.

    The time between two looks counts for `step_s` at most: a program that was busy, or a computer
    that slept, must not take its own silence for that of the other side.
    """

    def __init__(
        self, silent_s: float, *, ping_s: float | None = None, step_s: float = 1.0
    ) -> None:
        """Dead after `silent_s`; from `ping_s` of silence on, and then as often, `ASK`."""
        if ping_s is not None and not 0 < ping_s < silent_s:
            raise ValueError("A sign of life is asked for before the connection is given up.")
        self.silent_s = 0.0  # how long nothing has come, as far as it was looked at
        self._most_s = silent_s
        self._ping_s = ping_s
        self._ask_at_s = ping_s
        self._step_s = step_s
        self._looked_at: float | None = None

    def heard(self) -> None:
        """Something came, whatever it was."""
        self.silent_s = 0.0
        self._ask_at_s = self._ping_s

    def look(self, now: float) -> Pulse:
        """How it stands. `ASK` is said once for each `ping_s` of silence."""
        if self._looked_at is not None:
            self.silent_s += min(max(now - self._looked_at, 0.0), self._step_s)
        self._looked_at = now
        if self.silent_s > self._most_s:
            return Pulse.DEAD
        if self._ask_at_s is not None and self._ping_s and self.silent_s >= self._ask_at_s:
            self._ask_at_s = self.silent_s + self._ping_s
            return Pulse.ASK
        return Pulse.ALIVE

    def rest(self) -> None:
        """Nothing is expected until the next look: what passes before it is no silence."""
        self.heard()
        self._looked_at = None

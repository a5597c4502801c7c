"""What the monitor knows: its own lines to the server, the server's report, how rates went.

Pure: no sockets, no clock. Times are seconds of a clock that never goes back.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

WINDOW_S = 60.0  # over which measurements count
KEPT_RATES = 240  # a second apart; more than any terminal has columns

WAITING, LIVE, BROKEN = "waiting", "live", "broken"

Report = dict[str, Any]


@dataclass(slots=True)
class LineHealth:
    """One line: whether it is there, how long the way is, what was lost."""

    name: str
    state: str = WAITING
    gaps: int | None = None  # None where nothing is numbered
    breaks: int = 0
    heard: float | None = None
    trips: deque[tuple[float, float | None]] = field(default_factory=deque)  # when, ms or no answer

    def hear(self, now: float) -> None:
        """Something came."""
        self.heard, self.state = now, LIVE

    def answer(self, now: float, ms: float) -> None:
        """A question was answered after so long."""
        self.hear(now)
        self._keep(now, ms)

    def miss(self, now: float) -> None:
        """A question was not answered: the line is broken."""
        self._keep(now, None)
        if self.state == LIVE:
            self.breaks += 1
        self.state = BROKEN

    @property
    def last_ms(self) -> float | None:
        """The last round trip."""
        return next((ms for _, ms in reversed(self.trips) if ms is not None), None)

    @property
    def answered(self) -> float | None:
        """The share of questions that were answered; None before the first."""
        if not self.trips:
            return None
        return sum(ms is not None for _, ms in self.trips) / len(self.trips)

    def quantile_ms(self, share: float) -> float | None:
        """So many of all round trips are no longer than this."""
        known = sorted(ms for _, ms in self.trips if ms is not None)
        return known[min(len(known) - 1, int(share * len(known)))] if known else None

    def silent_s(self, now: float) -> float | None:
        """Since the last word."""
        return None if self.heard is None else now - self.heard

    def _keep(self, now: float, ms: float | None) -> None:
        self.trips.append((now, ms))
        while self.trips[0][0] <= now - WINDOW_S:
            self.trips.popleft()


@dataclass(frozen=True, slots=True)
class Rate:
    """How much went on between two reports, a second."""

    messages: float
    requests: float  # over HTTP
    orders: float
    trades: float


class Health:
    """All that is shown of one server, but for its book."""

    def __init__(self) -> None:
        self.feed = LineHealth("Feed", gaps=0)
        self.orders = LineHealth("Orders")
        self.rest = LineHealth("REST")
        self.report: Report | None = None  # the last one
        self.is_reachable: bool | None = None  # whether the last one came; None: none was due
        self.refusal = ""  # of the token or session that was shown
        self.rates: deque[Rate] = deque(maxlen=KEPT_RATES)

    @property
    def lines(self) -> tuple[LineHealth, ...]:
        """The lines, as they are listed."""
        return self.feed, self.orders, self.rest

    def miss_report(self) -> None:
        """The server has not reported."""
        self.is_reachable = False

    def take(self, report: Report) -> None:
        """The server has reported."""
        self.is_reachable = True
        before, self.report = self.report, report
        if before is None or before["game"] != report["game"] or report["ts"] <= before["ts"]:
            return
        seconds = report["ts"] - before["ts"]
        requests, orders, trades = (
            max(0.0, (report["totals"][word] - before["totals"][word]) / seconds)
            for word in ("requests", "orders", "trades")
        )
        self.rates.append(Rate(report["messages_per_s"], requests, orders, trades))

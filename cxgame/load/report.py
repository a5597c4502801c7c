"""The report of a run: one structure, which is the JSON, the tables and the plot's numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cxgame.load.histogram import Histogram
from cxgame.load.running import Run
from cxgame.load.tally import Bin

PERCENTILES = (50.0, 90.0, 99.0, 99.9)
_COLUMNS = ("count", "p50", "p90", "p99", "p99.9", "max")
_CALM_MS = 10.0  # a server that answers within this has recovered, however fast it was before


class Times(msgspec.Struct, frozen=True):
    """A histogram in figures, in milliseconds."""

    count: int
    p50: float
    p90: float
    p99: float
    p99_9: float
    max: float
    mean: float


class Moment(msgspec.Struct, frozen=True):
    """A stretch of the course; latencies in milliseconds, of all that was answered."""

    at_s: float
    due: int
    done: int
    refused: int
    errors: int
    p50: float
    p99: float
    max: float


class Report(msgspec.Struct, frozen=True):
    """What a run has shown."""

    url: str
    dialect: str
    profile: str
    clients: int
    rate: float  # messages a second that were wanted; 0: closed loops
    seconds: float
    is_interrupted: bool
    due: int
    sent: int
    done: int
    given_up: int
    reconnects: int
    refused: dict[str, int]
    errors: dict[str, int]
    answered_per_s: float  # until the end of the run; the last answers may come later
    done_per_s: float
    latency_ms: Times  # of what was done, since it was due
    refusing_ms: Times  # of what was refused, since it was due
    opening_ms: Times  # of connections, with their login
    lag_ms: Times  # how late the generator was, which the latencies contain
    recovered_s: float | None  # after too much; None: it was not too much, or it did not
    bin_s: float
    course: list[Moment]

    @property
    def has_errors(self) -> bool:
        """Whether anything happened that should not; a refusal may."""
        return bool(self.errors)


def report_of(run: Run, url: str, dialect: str) -> Report:
    """The report of a run, be it whole or broken off."""
    tally, plan = run.tally, run.plan
    seconds = run.seconds or plan.seconds
    course = [_moment(one, number * tally.bin_s) for number, one in enumerate(tally.bins)]
    return Report(
        url=url,
        dialect=dialect,
        profile=plan.profile.name,
        clients=plan.clients,
        rate=plan.rate,
        seconds=round(run.seconds, 3),
        is_interrupted=run.is_interrupted,
        due=tally.due,
        sent=tally.sent,
        done=tally.done,
        given_up=tally.given_up,
        reconnects=tally.reconnects,
        refused=_sorted(tally.refused),
        errors=_sorted(tally.errors),
        answered_per_s=round(tally.answered_in_time / seconds, 1),
        done_per_s=round(tally.done_in_time / seconds, 1),
        latency_ms=_times(tally.latency),
        refusing_ms=_times(tally.refusing),
        opening_ms=_times(tally.opening),
        lag_ms=_times(tally.lag),
        recovered_s=_recovered_s(run, course),
        bin_s=tally.bin_s,
        course=course,
    )


def tables(report: Report) -> RenderableType:
    """The report for the terminal."""
    loop = f"{report.rate:,.0f} messages/s wanted" if report.rate else "closed loops"
    parts: list[RenderableType] = [
        Text(
            f"{report.profile} on {report.url} ({report.dialect}): {report.clients} clients, "
            f"{loop}, {report.seconds:.1f} s" + (", interrupted" if report.is_interrupted else "")
        ),
        Text(
            f"{report.answered_per_s:,.1f} answered/s, {report.done_per_s:,.1f} done/s; "
            f"sent {report.sent:,}, done {report.done:,}, refused "
            f"{sum(report.refused.values()):,}, errors {sum(report.errors.values()):,}, "
            f"given up {report.given_up:,}, reconnects {report.reconnects:,}"
        ),
        _latencies(report),
    ]
    if report.recovered_s is not None:
        parts.append(Text(f"Calm again {report.recovered_s:.0f} s after the push ended."))
    for title, counts in (("refused", report.refused), ("errors", report.errors)):
        if counts:
            parts.append(_counts(title, counts))
    return Group(*parts)


def _latencies(report: Report) -> Table:
    table = Table(title="milliseconds since it was due" if report.rate else "milliseconds")
    table.add_column("", no_wrap=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    rows = {
        "done": report.latency_ms,
        "refused": report.refusing_ms,
        "to connect": report.opening_ms,
        "generator late": report.lag_ms,
    }
    for name, times in rows.items():
        if times.count:
            figures = (times.p50, times.p90, times.p99, times.p99_9, times.max)
            table.add_row(name, f"{times.count:,}", *(f"{figure:,.2f}" for figure in figures))
    return table


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title, "how many")
    table.columns[1].justify = "right"
    for name, count in counts.items():
        table.add_row(Text(name), f"{count:,}")
    return table


def _times(histogram: Histogram) -> Times:
    found = (histogram.percentile_s(percent) for percent in PERCENTILES)
    figures = (*found, histogram.longest_s, histogram.mean_s)
    return Times(histogram.count, *(_ms(seconds) for seconds in figures))


def _moment(one: Bin, at_s: float) -> Moment:
    latency = one.latency
    figures = (latency.percentile_s(50), latency.percentile_s(99), latency.longest_s)
    counts = (one.due, one.done, one.refused, one.errors)
    return Moment(round(at_s, 3), *counts, *(_ms(seconds) for seconds in figures))


def _recovered_s(run: Run, course: list[Moment]) -> float | None:
    """How long after the push a whole stretch was answered as promptly as before it."""
    stretches = run.plan.profile.course
    if len(stretches) == 1 or not run.plan.rate:
        return None
    ends = list(_ends(run))
    before = [moment.p99 for moment in course if moment.at_s + run.tally.bin_s <= ends[0]]
    calm_ms = max(_CALM_MS, 2 * max(before, default=0.0))
    for moment in course:
        if moment.at_s >= ends[1] and moment.done and moment.p99 <= calm_ms:
            return moment.at_s - ends[1]
    return None


def _ends(run: Run) -> Iterator[float]:
    end = 0.0
    for stretch in run.plan.profile.course:
        end += stretch.time * run.plan.seconds
        yield end


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(counts.most_common())


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 3)

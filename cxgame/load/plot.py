"""The course of a run as a picture: one SVG file that needs nothing else.

Above, latencies on a logarithmic scale; below, messages a second. Colours are those of Okabe and
Ito, which every kind of colour vision tells apart; lines differ in their dashes, too.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import NamedTuple

from cxgame.load.report import Moment, Report

WIDTH, HEIGHT = 900, 560
_LEFT, _RIGHT, _TOP, _PANEL, _GAP = 70, 130, 60, 200, 50
_LEAST_MS = 0.1


class Line(NamedTuple):
    """One curve of a panel."""

    name: str
    colour: str
    dashes: str
    value: Callable[[Moment], float]


class Panel(NamedTuple):
    """A coordinate system: where it stands, what its lowest and highest values are."""

    top: float
    low: float
    high: float
    seconds: float

    def x(self, at_s: float) -> float:
        """A moment's place."""
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * at_s / self.seconds

    def y(self, value: float) -> float:
        """A value's place."""
        return self.top + _PANEL * (1 - (value - self.low) / (self.high - self.low))


def svg(report: Report) -> str:
    """The picture."""
    bin_s = report.bin_s
    seconds = max(report.seconds, len(report.course) * bin_s, 1.0)
    latencies = (
        Line("max", "#d55e00", "2 3", lambda moment: moment.max),
        Line("p99", "#0072b2", "6 3", lambda moment: moment.p99),
        Line("p50", "#009e73", "", lambda moment: moment.p50),
    )
    rates = (
        Line("due", "#999999", "2 3", lambda moment: moment.due / bin_s),
        Line("done", "#009e73", "", lambda moment: moment.done / bin_s),
        Line("refused", "#e69f00", "6 3", lambda moment: moment.refused / bin_s),
        Line("errors", "#d55e00", "1 2", lambda moment: moment.errors / bin_s),
    )
    title = f"{report.profile}: {report.clients} clients on {report.url} ({report.dialect})"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="12" fill="#222">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{_LEFT}" y="24" font-size="15">{escape(title)}</text>',
            *_latency_panel(report, latencies, seconds),
            *_rate_panel(report, rates, seconds),
            "</svg>",
            "",
        ]
    )


def _latency_panel(report: Report, lines: Sequence[Line], seconds: float) -> Iterable[str]:
    highest = max((moment.max for moment in report.course), default=1.0)
    low = math.floor(math.log10(_LEAST_MS))
    high = max(low + 1, math.ceil(math.log10(max(highest, _LEAST_MS * 10))))
    panel = Panel(_TOP, low, high, seconds)
    ticks = [(power, f"{10.0**power:g}") for power in range(low, high + 1)]
    yield from _frame(panel, "latency, ms", ticks)
    answered = [moment for moment in report.course if moment.done or moment.refused]
    for number, line in enumerate(lines):
        points = [
            (moment.at_s + report.bin_s / 2, math.log10(max(line.value(moment), _LEAST_MS)))
            for moment in answered
        ]
        yield from _curve(panel, line, points, number)


def _rate_panel(report: Report, lines: Sequence[Line], seconds: float) -> Iterable[str]:
    highest = max((line.value(moment) for moment in report.course for line in lines), default=1.0)
    step = _round_step(max(highest, 1.0) / 4)
    high = step * math.ceil(max(highest, 1.0) / step)
    panel = Panel(_TOP + _PANEL + _GAP, 0.0, high, seconds)
    ticks = [(step * number, f"{step * number:g}") for number in range(round(high / step) + 1)]
    yield from _frame(panel, "messages a second", ticks)
    for number, line in enumerate(lines):
        points = [(moment.at_s + report.bin_s / 2, line.value(moment)) for moment in report.course]
        yield from _curve(panel, line, points, number)
    step_s = _round_step(seconds / 8)
    for number in range(int(seconds / step_s) + 1):
        at = f'x="{panel.x(step_s * number):.1f}" y="{panel.top + _PANEL + 18}"'
        yield f'<text {at} text-anchor="middle">{step_s * number:g} s</text>'


def _frame(panel: Panel, name: str, ticks: Iterable[tuple[float, str]]) -> Iterable[str]:
    yield f'<text x="{_LEFT}" y="{panel.top - 8}">{name}</text>'
    for value, text in ticks:
        y = panel.y(value)
        yield f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _curve(
    panel: Panel, line: Line, points: Sequence[tuple[float, float]], number: int
) -> Iterable[str]:
    style = f'stroke="{line.colour}" stroke-dasharray="{line.dashes}" stroke-width="1.5"'
    path = " ".join(f"{panel.x(at):.1f},{panel.y(value):.1f}" for at, value in points)
    yield f'<polyline points="{path}" fill="none" {style}/>'
    left, y = WIDTH - _RIGHT + 10, panel.top + 10 + 18 * number
    yield f'<path d="M{left} {y}h26" {style}/>'
    yield f'<text x="{left + 34}" y="{y + 4}">{line.name}</text>'


def _round_step(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... that is not below."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * 0.999)

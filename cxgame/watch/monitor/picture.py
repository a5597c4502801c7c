"""The monitor as a screen of text, for any size from 80x24 on; smaller windows lose parts."""

import time
from collections.abc import Sequence

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cxgame.watch import panels
from cxgame.watch.monitor.health import BROKEN, LIVE, Health, LineHealth
from cxgame.watch.monitor.rows import account_lines, fault_lines, session_lines
from cxgame.watch.panels import BUY, SELL, cut
from cxgame.watch.scene import Scene
from cxgame.watch.texts import time_of_day

HELP = """\
q          leave; so does Ctrl-C
→ n Tab    the book of the next market
← p        market before
? h        this help, on and off

Lines are measured from here. Sessions are those of CXGAME_TOKEN or
--session; with the admin secret those of everybody.
● live  ✕ broken   ▁▂▃ messages a second over the last minutes
"""
_FRAME = 2  # columns or lines of a panel's border
_FRAME_STYLE = "color(243)"
_HEAD, _FOOT, _LINES = 2, 1, 6
_BARS = "▁▂▃▄▅▆▇█"
_SIGNS = {LIVE: ("● ", BUY), BROKEN: ("✕ ", f"bold {SELL}")}
_WIDE = 100  # columns from which on lines tell of quantiles and silence as well
_NONE = "-"


def draw(
    health: Health, scene: Scene, width: int, height: int, now: float, help_wanted: bool = False
) -> RenderableType:
    """The whole screen; `now` is of the clock that `health` was told."""
    body = max(3, height - _HEAD - _FOOT)
    if help_wanted:
        middle = Layout(_framed(Text(HELP), "help"), size=body)
    else:
        middle = _middle(health, scene, width, body, now)
    layout = Layout()
    layout.split_column(
        Layout(_head(health, scene, width), size=_HEAD),
        middle,
        Layout(_foot(), size=_FOOT),
    )
    return layout


def sparkline(values: Sequence[float], width: int) -> str:
    """The last values as bars, the newest on the right."""
    shown = list(values)[-width:] if width > 0 else []
    most = max(shown, default=0.0)
    if not most:
        return _BARS[0] * len(shown)
    return "".join(_BARS[min(len(_BARS) - 1, int(value / most * len(_BARS)))] for value in shown)


def milliseconds(value: float | None) -> str:
    """A time as short as it says something."""
    if value is None:
        return _NONE
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


# How the parts are arranged


def _middle(health: Health, scene: Scene, width: int, height: int, now: float) -> Layout:
    """Lines; below them throughput beside faults; below them account, book and sessions."""
    rest = height - _LINES
    upper = min(max(5, rest // 2), 8 + max(0, rest - 20) // 3)
    lower = rest - upper
    left, narrow, book = max(26, width // 3), max(20, width // 4), max(25, width // 4)
    rows = [Layout(_framed(_lines(health, width - _FRAME, now), "lines"), size=_LINES)]
    beside = Layout(size=upper)
    beside.split_row(
        Layout(_framed(_throughput(health, left - _FRAME), "throughput"), size=left),
        Layout(_faults(health, width - left, upper)),
    )
    rows.append(beside)
    if lower >= 4:
        below = Layout(size=lower)
        below.split_row(
            Layout(_account(health, narrow, lower), size=narrow),
            Layout(_book(scene, book, lower), size=book),
            Layout(_sessions(health, width - narrow - book, lower)),
        )
        rows.append(below)
    layout = Layout(size=height)
    layout.split_column(*rows)
    return layout


def _framed(content: RenderableType, title: str) -> Panel:
    heading = Text(title, style="bold", no_wrap=True, overflow="ellipsis")
    return Panel(content, title=heading, title_align="left", padding=0, box=ROUNDED,
                 border_style=_FRAME_STYLE)  # fmt: skip


# Head and foot


def _head(health: Health, scene: Scene, width: int) -> RenderableType:
    report = health.report
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow="crop")
    line.add_column(justify="right", no_wrap=True, overflow="crop")
    game = Text.assemble((f" {report['game'] if report else 'cxgame'} ", "bold reverse"), "  ")
    game.append(*_condition(health))
    line.add_row(game, f"{_connected(health)}  {time_of_day(time.time())} ")
    mids = "  ".join(f"{symbol} {scene.mids.get(symbol, _NONE)}" for symbol in scene.symbols)
    return Group(line, Text(f" {cut(mids, max(1, width - 2))}", "dim", no_wrap=True))


def _condition(health: Health) -> tuple[str, str]:
    if health.is_reachable is False:
        return "UNREACHABLE", f"bold {SELL}"
    if health.report is None:
        return "waiting", "bold"
    condition, phase = health.report["condition"], health.report["phase"]
    if condition == "ready":
        return phase.upper(), f"bold {BUY}" if phase == "open" else "bold"
    return condition.upper(), f"bold {SELL}"


def _connected(health: Health) -> str:
    counts = (health.report or {}).get("connections", {})
    return ", ".join(f"{count} {face}" for face, count in counts.items() if count)


def _foot() -> Text:
    return Text(" q quit  ←/→ book  ? help", "dim", no_wrap=True, overflow="crop")


# The parts


def _lines(health: Health, width: int, now: float) -> Table:
    table = _table()
    more = width >= _WIDE
    table.add_column("line", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for word in ("round trip", *(("median",) if more else ()), "p99", "answered", "gaps"):
        table.add_column(word, justify="right", no_wrap=True)
    table.add_column("reconnects", justify="right", no_wrap=True)
    table.add_column("last word", justify="right", no_wrap=True)
    for line in health.lines:
        table.add_row(*_cells(line, now, more))
    return table


def _cells(line: LineHealth, now: float, more: bool) -> list[Text]:
    sign, style = _SIGNS.get(line.state, ("○ ", ""))
    answered, silent_s = line.answered, line.silent_s(now)
    cells = [
        Text(line.name, "bold"),
        Text.assemble((sign, style), line.state),
        Text(milliseconds(line.last_ms)),
        Text(milliseconds(line.quantile_ms(0.5))),
        Text(milliseconds(line.quantile_ms(0.99))),
        _bad_if(answered is not None and answered < 1, _share(answered)),
        _bad_if(bool(line.gaps), _NONE if line.gaps is None else str(line.gaps)),
        _bad_if(line.breaks > 0, str(line.breaks)),
        Text(_NONE if silent_s is None else f"{silent_s:.0f} s ago"),
    ]
    return cells if more else [*cells[:3], *cells[4:]]


def _throughput(health: Health, width: int) -> Text:
    rates = health.rates
    report, last = health.report or {}, rates[-1] if rates else None
    figures = (
        ("messages/s", f"{report.get('messages_per_s', 0.0):.1f}"),
        ("requests/s", _NONE if last is None else f"{last.requests:.1f}"),
        ("orders/s", _NONE if last is None else f"{last.orders:.1f}"),
        ("refusals/min", str(report.get("refusals_per_min", _NONE))),
        ("trades/s", _NONE if last is None else f"{last.trades:.1f}"),
        ("open orders", str(report.get("open_orders", _NONE))),
    )
    lines = [Text(sparkline([rate.messages for rate in rates], width), BUY)]
    lines += [
        Text.assemble((f"{word:<{max(1, width - 9)}}", "dim"), f"{value:>9}")
        for word, value in figures
    ]
    return _joined(lines)


def _faults(health: Health, width: int, height: int) -> Panel:
    faults = (health.report or {}).get("faults", [])
    title = f"faults in force: {len(faults)}" if faults else "faults in force"
    lines = fault_lines(faults, width - _FRAME, height - _FRAME)
    return _framed(_joined(lines), title)


def _account(health: Health, width: int, height: int) -> Panel:
    account = (health.report or {}).get("account")
    title = "account" if account is None else f"account {account['name']}"
    lines = account_lines(account, health.refusal, width - _FRAME, height - _FRAME)
    return _framed(_joined(lines), title)


def _book(scene: Scene, width: int, height: int) -> Panel:
    content = panels.book(scene, width - _FRAME, height - _FRAME)
    return _framed(content, f"depth {scene.market}".rstrip())


def _sessions(health: Health, width: int, height: int) -> Panel:
    sessions = (health.report or {}).get("sessions", [])
    title = f"sessions: {len(sessions)}" if sessions else "sessions"
    return _framed(_joined(session_lines(sessions, width - _FRAME, height - _FRAME)), title)


def _table() -> Table:
    return Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim", show_edge=False)


def _bad_if(bad: bool, text: str) -> Text:
    return Text(text, f"bold {SELL}" if bad else "")


def _share(share: float | None) -> str:
    return _NONE if share is None else f"{share * 100:.0f} %"


def _joined(lines: Sequence[Text]) -> Text:
    text = Text("\n", no_wrap=True, overflow="crop", end="").join(lines)
    text.no_wrap, text.overflow = True, "crop"
    return text

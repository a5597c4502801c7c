"""A scene as a screen of text, for any size; small ones lose parts, not sense.

From 80x24 on there is everything; wide and high windows have more of it, and longer numbers.
"""

from collections.abc import Callable

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cxgame.watch import panels
from cxgame.watch.panels import BUY, DOWN, SELL, UP
from cxgame.watch.scene import OPEN, Scene
from cxgame.watch.texts import clock, duration

SILENCE_S = 3.0  # the feed says something each second
_FRAME = 2  # columns or lines of a panel's border
_FRAME_STYLE = "color(243)"
_HEAD_LINES = 2
_WIDE, _HIGH = 120, 30  # from this size on everything has a place of its own
# What is smaller goes without trades (columns), a chart, messages and the line of keys (lines).
_TAPE_WIDTH, _CHART_HEIGHT, _MESSAGES_HEIGHT = 72, 18, 14
_MESSAGE_LINES = 3

HELP = """\
q          leave; so does Ctrl-C
→ n Tab    next market
← p        market before
? h        this help, on and off

▲ ▼        who bought, who sold; ranks won, ranks lost
*          a bot of the house
↑ ↓        asks above, bids below; bars add up what rests
           between the middle and a price
"""


def draw(
    scene: Scene, width: int, height: int, silence_s: float = 0.0, help_wanted: bool = False
) -> RenderableType:
    """The whole screen, so long after the last word of the feed."""
    ts = scene.ts + silence_s
    foot = 1 if height >= _MESSAGES_HEIGHT else 0
    body = max(3, height - _HEAD_LINES - foot)
    if help_wanted:
        middle = Layout(_framed(Text(HELP), "help"), size=body)
    elif width >= _WIDE and height >= _HIGH:
        middle = _wide(scene, width, body, ts)
    else:
        middle = _narrow(scene, width, body, ts, height)
    rows = [Layout(_head(scene, width, ts, silence_s), size=_HEAD_LINES), middle]
    if foot:
        rows.append(Layout(_foot(scene), size=foot))
    layout = Layout()
    layout.split_column(*rows)
    return layout


def farewell(scene: Scene) -> RenderableType:
    """What stays on the terminal when the game is over."""
    lines = panels.standings(scene, 60, max(1, len(scene.standings)))
    return Group(Text(f"{scene.game} is over."), lines)


# How the parts are arranged


def _narrow(scene: Scene, width: int, height: int, ts: float, window: int) -> Layout:
    """The book beside the chart, with trades and standings below it, and messages below all.

    The lines of the window decide what there is.
    """
    said = _MESSAGE_LINES + _FRAME if window >= _MESSAGES_HEIGHT else 0
    body = height - said
    left = max(24, min(30, width // 3))
    right = width - left
    charted = max(5, body * 7 // 16) if window >= _CHART_HEIGHT else 0
    taped = max(right * 4 // 9, panels.tape_width(scene) + _FRAME) if width >= _TAPE_WIDTH else 0
    trades = [_part(_tape, scene, taped, body - charted, ts)] if taped else []
    chart = [_part(_chart, scene, right, charted, ts, rows=True)] if charted else []
    messages = [_part(_messages, scene, width, said, ts, rows=True)] if said else []
    below = Layout(size=body - charted)
    below.split_row(*trades, _part(_standings, scene, right - taped, body - charted, ts))
    beside = Layout(size=right)
    beside.split_column(*chart, below)
    row = Layout(size=body)
    row.split_row(_part(_book, scene, left, body, ts), beside)
    whole = Layout(size=height)
    whole.split_column(row, *messages)
    return whole


def _wide(scene: Scene, width: int, height: int, ts: float) -> Layout:
    """Book, chart over messages, standings over trades."""
    left, right = 40, max(40, min(52, width // 4))
    middle, upper = width - left - right, height * 2 // 3
    between, beside = Layout(size=middle), Layout(size=right)
    between.split_column(
        _part(_chart, scene, middle, upper, ts, rows=True),
        _part(_messages, scene, middle, height - upper, ts, rows=True),
    )
    beside.split_column(
        _part(_standings, scene, right, upper, ts, rows=True),
        _part(_tape, scene, right, height - upper, ts, rows=True),
    )
    row = Layout(size=height)
    row.split_row(_part(_book, scene, left, height, ts), between, beside)
    return row


Part = Callable[[Scene, int, int, float], Panel]


def _part(
    part: Part, scene: Scene, width: int, height: int, ts: float, rows: bool = False
) -> Layout:
    """A panel of a size, for a row of panels, or a column of them (`rows`)."""
    inner = max(1, width - _FRAME), max(1, height - _FRAME)
    return Layout(part(scene, *inner, ts), size=height if rows else width)


def _book(scene: Scene, width: int, height: int, ts: float) -> Panel:
    return _framed(panels.book(scene, width, height), f"book {scene.market}".rstrip())


def _chart(scene: Scene, width: int, height: int, ts: float) -> Panel:
    history, title = scene.history, "price"
    if history.seconds:
        change = history.change()
        arrow = UP if change > 0 else DOWN if change < 0 else "="
        title = f"price, last {duration(history.span(ts))}  {arrow} {abs(change):.2f} %"
    return _framed(panels.chart(scene, width, height, ts), title)


def _tape(scene: Scene, width: int, height: int, ts: float) -> Panel:
    return _framed(panels.tape(scene, width, height), "trades")


def _standings(scene: Scene, width: int, height: int, ts: float) -> Panel:
    title = f"standings of {scene.players}" if scene.players else "standings"
    return _framed(panels.standings(scene, width, height), title)


def _messages(scene: Scene, width: int, height: int, ts: float) -> Panel:
    return _framed(panels.messages(scene, width, height), "messages")


def _framed(content: RenderableType, title: str) -> Panel:
    heading = Text(title, style="bold", no_wrap=True, overflow="ellipsis")
    return Panel(content, title=heading, title_align="left", padding=0, box=ROUNDED,
                 border_style=_FRAME_STYLE)  # fmt: skip


# Head and foot


def _head(scene: Scene, width: int, ts: float, silence_s: float) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow="crop")
    line.add_column(justify="right", no_wrap=True, overflow="crop")
    game = Text.assemble((f" {scene.game or 'cxgame'} ", "bold reverse"), "  ")
    game.append(*_state(scene, silence_s))
    line.add_row(game, f"{clock(scene.remaining(ts))} · {scene.trades_per_s(ts):.1f} trades/s ")
    return Group(line, _markets(scene, width))


def _state(scene: Scene, silence_s: float) -> tuple[str, str]:
    if scene.ts and silence_s > SILENCE_S:
        return f"no word for {int(silence_s)} s", f"bold {SELL}"
    if scene.halted:
        return "HALTED", f"bold {SELL}"
    return scene.phase.upper() or "waiting", f"bold {BUY}" if scene.phase == OPEN else "bold"


def _markets(scene: Scene, width: int) -> Text:
    """The markets with their prices, as many as fit; the one that is looked at is reversed."""
    names = [_market(scene, symbol) for symbol in scene.symbols]
    chosen = scene.symbols.index(scene.market) if scene.symbols else 0
    first = 0
    while first < chosen and sum(len(name) + 1 for name in names[first : chosen + 1]) > width - 2:
        first += 1
    text = Text("…" if first else " ", no_wrap=True, overflow="ellipsis", end="")
    for name in names[first:]:
        text.append(name).append(" ")
    text.truncate(width, overflow="ellipsis")
    return text


def _market(scene: Scene, symbol: str) -> Text:
    trend = scene.trends.get(symbol, 0)
    arrow, style = {1: (f" {UP}", BUY), -1: (f" {DOWN}", SELL)}.get(trend, ("", ""))
    name = Text(f" {symbol} {scene.mids.get(symbol, '-')}", "bold").append(arrow, style)
    name.append(" ")
    if symbol == scene.market and len(scene.symbols) > 1:
        name.stylize("reverse")
    return name


def _foot(scene: Scene) -> Text:
    turning = "  ←/→ market" if len(scene.symbols) > 1 else ""
    house = "  * house bot" if any(place.bot for place in scene.standings) else ""
    return Text(f" q quit{turning}  ? help{house}", "dim", no_wrap=True, overflow="crop")

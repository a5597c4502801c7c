"""A scene as a screen of text, for any size from 80x24 on; smaller ones lose lines, not sense.

Sides are told by sign and place as well as by colour.
"""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cxgame.watch.scene import OPEN, Scene, cents, short

BUY, SELL = "cyan", "yellow"  # told apart by colour-blind eyes, too
MESSAGE_LINES = 4
SILENCE_S = 3.0  # the feed says something each second
_HEAD_LINES = 2
_BORDER = 2
_WIDE = 100  # columns from which on there is room for long sizes and hours
_BARS = "▁▂▃▄▅▆▇█"


def draw(scene: Scene, width: int, height: int, ts: float) -> RenderableType:
    """The whole screen at a time (seconds since 1970)."""
    body = height - _HEAD_LINES - MESSAGE_LINES - _BORDER
    layout = Layout()
    layout.split_column(
        Layout(_head(scene, width, ts), name="head", size=_HEAD_LINES),
        Layout(name="body"),
        Layout(_messages(scene), name="messages", size=MESSAGE_LINES + _BORDER),
    )
    lines = max(1, body - _BORDER)
    layout["body"].split_row(
        Layout(_panel(_book(scene, lines, width), f"book {scene.market}"), size=_third(width)),
        Layout(_panel(_tape(scene, lines, width), "trades"), size=_third(width)),
        Layout(_panel(_standings(scene, lines), _players(scene))),
    )
    return layout


def farewell(scene: Scene) -> RenderableType:
    """What stays on the terminal when the game is over."""
    return Group(Text(f"{scene.game} is over."), _standings(scene, len(scene.standings)))


def sparkline(prices: Sequence[float], width: int) -> str:
    """The last prices as bars between their lowest and their highest."""
    shown = list(prices)[-width:] if width > 0 else []
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((price - low) * scale)] for price in shown)


def clock(seconds: float | None) -> str:
    """Time left, for people."""
    if seconds is None:
        return "endless"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} left" if hours else f"{minutes}:{rest:02d} left"


def _third(width: int) -> int:
    """Columns of the book and of the tape; the standings have the rest."""
    return max(26, min(40, width // 3))


def _panel(content: RenderableType, title: str) -> Panel:
    return Panel(content, title=title, padding=0)


def _head(scene: Scene, width: int, ts: float) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True)
    line.add_column(justify="right", no_wrap=True)
    prices = " · ".join(f"{symbol} {scene.mids.get(symbol, '-')}" for symbol in scene.symbols)
    left = Text.assemble((f" {scene.game} ", "bold reverse"), " ", (prices, "bold"))
    state = _state(scene, ts)
    rate = f"{scene.trades_per_s(ts):.1f} trades/s "
    right = Text.assemble(state, " · ", clock(scene.remaining(ts)), " · ", rate)
    line.add_row(left, right)
    bars = sparkline(scene.prices.get(scene.market, ()), width - 2)
    return Group(line, Text(f" {bars}", style="dim", no_wrap=True))


def _state(scene: Scene, ts: float) -> tuple[str, str]:
    silence = ts - scene.ts
    if scene.ts and silence > SILENCE_S:
        return f"no word for {int(silence)} s", "bold red"
    if scene.halted:
        return "HALTED", "bold red"
    return scene.phase.upper() or "waiting", "bold green" if scene.phase == OPEN else "bold"


def _book(scene: Scene, lines: int, width: int) -> RenderableType:
    """Asks above, best next to the middle, bids below."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True, overflow="ellipsis")
    half = max(1, (lines - 1) // 2)
    room = 12 if width >= _WIDE else 8
    asks, bids = scene.book.asks[:half], scene.book.bids[:half]
    for _ in range(half - len(asks)):
        table.add_row("", "")
    for price, size, *_ in reversed(asks):
        table.add_row(Text(f"{price} -", style=SELL), short(size, room))
    table.add_row(Text(_spread(scene), style="dim"), "")
    for price, size, *_ in bids:
        table.add_row(Text(f"{price} +", style=BUY), short(size, room))
    return table


def _spread(scene: Scene) -> str:
    book = scene.book
    if not book.asks or not book.bids:
        return "one side" if book.asks or book.bids else "empty"
    places = len(book.asks[0][0].partition(".")[2])
    return f"{float(book.asks[0][0]) - float(book.bids[0][0]):.{places}f} apart"


def _tape(scene: Scene, lines: int, width: int) -> RenderableType:
    """Newest on top; + for who bought, - for who sold."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True, overflow="ellipsis")
    for trade in list(scene.trades)[: -lines - 1 : -1]:
        sign, style = ("+", BUY) if trade.side == "buy" else ("-", SELL)
        when = _time(trade.ts) if width >= _WIDE else _time(trade.ts)[3:]
        table.add_row(
            Text(when, style="dim"),
            Text(f"{trade.price} {sign}", style=style),
            short(trade.size, 10 if width >= _WIDE else 6),
        )
    return table


def _players(scene: Scene) -> str:
    if any(place.bot for place in scene.standings):
        return f"{scene.players} players, * house"
    return f"standings of {scene.players}" if scene.players else "standings"


def _standings(scene: Scene, lines: int) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    for place in scene.standings[:lines]:
        name = Text(f"*{place.user}", style="dim") if place.bot else Text(place.user)
        table.add_row(str(place.rank), name, cents(place.equity))
    return table


def _messages(scene: Scene) -> RenderableType:
    text = Text(no_wrap=True, overflow="ellipsis")
    for ts, message in list(scene.messages)[-MESSAGE_LINES:]:
        text.append(f"{_time(ts)} ", style="dim").append(f"{message}\n")
    return Panel(text, title="messages")


def _time(ts: float) -> str:
    return datetime.fromtimestamp(ts).strftime("%H:%M:%S")

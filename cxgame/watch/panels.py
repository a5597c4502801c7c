"""The parts of the screen as lines of text, each for the room that it is given.

Sides are told by arrows and place as well as by colour: blue and orange, which eyes of every kind
tell apart, on dark and on light terminals.
"""

from collections.abc import Iterable, Sequence

from rich.cells import set_cell_size
from rich.text import Text

from cxgame.watch.chart import bounds, braille, line_of
from cxgame.watch.scene import Place, Scene, Trade
from cxgame.watch.texts import aligned, cents, places, time_of_day

BUY, SELL = "color(33)", "color(166)"
UP, DOWN = "▲", "▼"
_FULL, _PARTS = "█", " ▏▎▍▌▋▊▉"
_ROOMY = 34  # columns from which on there is room for long sizes and for hours
_DOTS_A_COLUMN = 2


def book(scene: Scene, width: int, height: int) -> Text:
    """Asks above, best next to the middle, bids below; bars add up what rests up to a price."""
    half = max(1, (height - 1) // 2)
    room = 12 if width >= _ROOMY else 8
    asks, bids = scene.book.asks[:half], scene.book.bids[:half]
    digits = max((len(price) for price, *_ in (*asks, *bids)), default=0)
    depth = max(_sum(asks), _sum(bids))

    sizes = aligned([size for _, size, *_ in (*asks, *bids)], room)

    def level(levels: Sequence[Sequence[str]], size: str, style: str) -> Text:
        wide = max(0, width - digits - room - 2)
        bar = bars(_sum(levels) / depth if depth else 0.0, wide)
        return Text.assemble(
            (bar, f"dim {style}"), (f" {levels[-1][0]:>{digits}}", style), f" {size}"
        )

    above = [level(asks[: n + 1], sizes[n], SELL) for n in range(len(asks))]
    below = [level(bids[: n + 1], sizes[len(asks) + n], BUY) for n in range(len(bids))]
    padding = [Text()] * (half - len(asks))
    return _lines([*padding, *reversed(above), Text(_spread(scene, width), "dim"), *below], height)


def tape_width(scene: Scene) -> int:
    """The columns that the trades need, with minutes and short sizes."""
    return 15 + max((len(trade.price) for trade in scene.tape), default=0)


def tape(scene: Scene, width: int, height: int) -> Text:
    """Newest on top; up for who bought, down for who sold."""
    trades = scene.tape[:height]
    digits = max((len(trade.price) for trade in trades), default=0)
    room = 10 if width >= _ROOMY else 6

    sizes = aligned([trade.size for trade in trades], room)

    def line(trade: Trade, size: str) -> Text:
        when = time_of_day(trade.ts)[0 if width >= _ROOMY else 3 :]
        if width < len(when) + digits + room + 4:
            when = ""
        arrow, style = (UP, BUY) if trade.side == "buy" else (DOWN, SELL)
        gap = " " * max(1, width - len(when) - digits - room - 4)
        price = f"{arrow} {trade.price:>{digits}}"
        return Text.assemble((when, "dim"), gap, (price, style), " ", size)

    return _lines(map(line, trades, sizes), height) if trades else Text("no trades yet", "dim")


def chart(scene: Scene, width: int, height: int, ts: float) -> Text:
    """The prices of the last minutes as a line, with the highest, the lowest and the last one."""
    history = scene.history
    if not history.seconds:
        return Text("no price yet", "dim")
    last = history.seconds[-1].last
    exact = places(scene.mids.get(scene.market, "0.00"))
    margin = max(len(f"{second.high:.{exact}f}") for second in history.seconds) + 1
    columns = history.columns(max(1, width - margin) * _DOTS_A_COLUMN, ts)
    low, high = bounds(columns)
    style = BUY if last >= history.seconds[0].last else SELL
    labels = {0: (high, "dim"), height - 1: (low, "dim")}
    labels[line_of(last, low, high, height)] = (last, f"bold {style}")

    def line(number: int, dots: str) -> Text:
        price, weight = labels.get(number, (None, ""))
        label = "" if price is None else f"{price:{margin}.{exact}f}"
        return Text.assemble((dots, style), (label, weight))

    drawn = enumerate(braille(columns, height))
    return _lines((line(number, dots) for number, dots in drawn), height)


def standings(scene: Scene, width: int, height: int) -> Text:
    """Who leads; arrows point at who came past whom a moment ago, * at the bots of the house."""
    shown = scene.standings[:height]
    ranks = max((len(str(place.rank)) for place in shown), default=1)
    moved = max((len(_moved(place)[0]) for place in shown), default=0)
    digits = max((len(cents(place.equity)) for place in shown), default=0)

    def line(place: Place) -> Text:
        room = max(3, width - ranks - moved - digits - 3)
        name = fitted(f"*{place.user}" if place.bot else place.user, room)
        arrow, style = _moved(place)
        return Text.assemble(
            (f"{place.rank:>{ranks}}", "bold" if place.rank == 1 else ""),
            " ",
            (f"{arrow:<{moved}}", style),
            " " if moved else "",
            (name, "dim" if place.bot else "bold" if place.rank == 1 else ""),
            f" {cents(place.equity):>{digits}}",
        )

    return _lines(map(line, shown), height) if shown else Text("nobody yet", "dim")


def messages(scene: Scene, width: int, height: int) -> Text:
    """What was said last, newest at the bottom."""
    said = list(scene.messages)[-height:]
    lines = [
        Text.assemble((f"{time_of_day(ts)} ", "dim"), cut(text, max(1, width - 9)))
        for ts, text in said
    ]
    return _lines(lines, height) if lines else Text("nobody has said anything yet", "dim")


def bars(share: float, width: int) -> str:
    """A bar over a share of so many columns, growing from the right, in whole columns."""
    filled = round(min(1.0, max(0.0, share)) * width)
    return " " * (width - filled) + _FULL * filled


def fitted(text: str, width: int) -> str:
    """Text in exactly so many columns; letters of East Asia and pictures take two."""
    return set_cell_size(cut(text, width), width)


def cut(text: str, width: int) -> str:
    """Text in at most so many columns, with dots if something is missing."""
    if Text(text).cell_len <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def _lines(lines: Iterable[Text], height: int) -> Text:
    text = Text("\n", no_wrap=True, overflow="crop", end="").join(list(lines)[:height])
    text.no_wrap, text.overflow = True, "crop"
    return text


def _sum(levels: Sequence[Sequence[str]]) -> float:
    return sum(float(size) for _, size, *_ in levels)


def _spread(scene: Scene, width: int) -> str:
    bids, asks = scene.book.bids, scene.book.asks
    if not asks or not bids:
        return _of_a_half_book(scene, bool(asks or bids), width).center(width)
    apart = float(asks[0][0]) - float(bids[0][0])
    text = f"{apart:.{places(asks[0][0])}f} apart"
    long = f"↑ asks  {text}  bids ↓"
    return (long if len(long) <= width else text).center(width, " ")


def _of_a_half_book(scene: Scene, has_a_side: bool, width: int) -> str:
    """What there is to trade with: perhaps the house, which stands in no book."""
    if not scene.house or scene.market not in scene.quotes:
        return "one side" if has_a_side else "empty"
    long = "house {} / {}".format(*scene.quotes[scene.market])
    return long if len(long) <= width else "house"


def _moved(place: Place) -> tuple[str, str]:
    if not place.up:
        return "", ""
    return (f"{UP}{place.up}", BUY) if place.up > 0 else (f"{DOWN}{-place.up}", SELL)

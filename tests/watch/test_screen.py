"""Scenes as text on screens of several sizes."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from cxgame.watch import panels
from cxgame.watch.scene import Scene
from cxgame.watch.screen import draw, farewell
from cxgame.watch.texts import time_of_day
from tests.watch.feed import TS, bcast, book, hello, levels, match, standings, ticker

SIZES = [(80, 24), (100, 30), (119, 30), (120, 30), (160, 50), (200, 60), (60, 20), (40, 12)]
WIDE = "東京🚀e\u0301" * 40


def scene(*frames: dict[str, object]) -> Scene:
    seen = Scene()
    for frame in frames:
        seen.take(frame)
    return seen


def busy() -> Scene:
    """A scene with more of everything than fits."""
    frames = [hello(remaining=754.0), ticker("60000.33")]
    frames += [match(f"{60_000 + number % 7}.25", "0.1234567891") for number in range(60)]
    frames += [book(levels(59_999, -1, 20), levels(60_001, 1, 20))]
    frames += [standings("bot-maker", *(f"player-number-{rank}" for rank in range(2, 60)))]
    frames += [bcast(f"{number} " + "long " * 60) for number in range(9)]
    return scene(*frames)


def small() -> Scene:
    """A scene of which every letter is known."""
    frames = [hello(), ticker("999.50"), ticker("1000.00"), match("1000.50", "0.5000000000")]
    frames += [book([["999.50", "0.5000"], ["999.00", "1.5000"]], [["1000.50", "0.7500"]])]
    frames += [standings("alice", "bot-maker"), standings("bot-maker", "alice"), bcast("hi")]
    return scene(*frames)


def text_of(picture: RenderableType, width: int, height: int, no_color: bool = True) -> list[str]:
    """A picture's lines, as a terminal of this size shows them."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, height=height, force_terminal=True, no_color=no_color,
        color_system=None if no_color else "256",
    )  # fmt: skip
    console.print(picture, height=height, end="")
    return out.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize(("width", "height"), [*SIZES, (20, 6), (1, 1)])
@pytest.mark.parametrize("help_wanted", [False, True])
def test_a_screen_is_filled_and_not_overrun(width: int, height: int, help_wanted: bool) -> None:
    """As many lines as the terminal has, none longer than it is wide, whatever is on it."""
    seen = busy()
    seen.take(bcast(WIDE))
    seen.take(standings(WIDE, "bot-" + WIDE))
    for shown in (seen, Scene()):
        lines = text_of(draw(shown, width, height, 0.0, help_wanted), width, height)
        assert len(lines) == height
        assert max(map(cell_len, lines)) <= width
        if height >= 12:
            assert [cell_len(line) for line in lines[2:-1]] == [width] * (height - 3)


@pytest.mark.parametrize(("width", "height"), SIZES[:6])
def test_everything_is_on_the_screen(width: int, height: int) -> None:
    """Market, phase, clock, both sides around the spread, trades, chart, leader, last message."""
    lines = text_of(draw(busy(), width, height), width, height)
    screen = "\n".join(lines)
    for wanted in ("main.1", "OPEN", "12:34 left", "6.0 trades/s"):
        assert wanted in lines[0]
    assert "BTC/USD 60000.33" in lines[1]
    asks = next(number for number, line in enumerate(lines) if "█ 60001.25" in line)
    assert "2.00 apart" in lines[asks + 1]
    assert "█ 59999.25" in lines[asks + 2]
    for wanted in ("▲ 60003.25 0.1234", "*bot-maker", "20,000.00", "8 long", "…", "price, last"):
        assert wanted in screen
    assert "*player" not in screen
    assert "standings of 59" in screen
    assert "q quit" in lines[-1]


def test_small_windows_keep_what_matters() -> None:
    """The book and who leads; trades go first, then the chart and the messages."""
    middle = "\n".join(text_of(draw(busy(), 60, 20), 60, 20))
    assert all(word in middle for word in ("book", "price", "standings", "messages"))
    assert "trades ─" not in middle
    for height, parts in ((18, {"price", "messages"}), (17, {"messages"}), (13, set())):
        lines = "\n".join(text_of(draw(busy(), 80, height), 80, height))
        assert {part for part in ("price", "messages") if part in lines} == parts
    tiny = "\n".join(text_of(draw(busy(), 40, 12), 40, 12))
    assert all(word in tiny for word in ("book", "standings"))
    assert not any(word in tiny for word in ("price", "messages", "trades ─"))


def test_a_small_scene_letter_by_letter() -> None:
    """All that 80x24 shows, but for the times of day, which depend on where the terminal is."""
    lines = text_of(draw(small(), 80, 24), 80, 24)
    clock = time_of_day(TS)
    lines = [line.replace(clock, "12:34:56").replace(clock[3:], "34:56") for line in lines]
    assert [line.rstrip() for line in lines] == SMALL


SMALL = """\
 main.1   OPEN                                            endless · 0.1 trades/s
  BTC/USD 1000.00 ▲
╭─ book BTC/USD ─────────╮╭─ price, last 1:00  = 0.00 % ───────────────────────╮
│                        ││⡏                                            1000.50│
│                        ││⡇                                                   │
│                        ││⡇                                                   │
│                        ││⡇                                                   │
│                        ││⡇                                             999.50│
│    ███ 1000.50     0.75│╰────────────────────────────────────────────────────╯
│       1.00 apart       │╭─ trades ─────────────╮╭─ standings of 2 ───────────╮
│     ██  999.50     0.50││34:56 ▲ 1000.50    0.5││1 ▲1 *bot-maker    20,000.00│
│███████  999.00     1.50││                      ││2 ▼1 alice         20,000.00│
│                        ││                      ││                            │
│                        ││                      ││                            │
│                        ││                      ││                            │
│                        ││                      ││                            │
│                        ││                      ││                            │
╰────────────────────────╯╰──────────────────────╯╰────────────────────────────╯
╭─ messages ───────────────────────────────────────────────────────────────────╮
│12:34:56 alice: hi                                                            │
│                                                                              │
│                                                                              │
╰──────────────────────────────────────────────────────────────────────────────╯
 q quit  ? help  * house bot""".split("\n")


@pytest.mark.parametrize("side", ["bids", "asks"])
def test_an_empty_scene_can_be_drawn(side: str) -> None:
    """Before the first frame, and with a book of one side or none."""
    empty = Scene()
    assert "WAITING" in text_of(draw(empty, 80, 24), 80, 24)[0].upper()
    empty.take(hello())
    assert "empty" in "\n".join(text_of(draw(empty, 80, 24), 80, 24))
    levels = [["1.00", "2.0"]]
    empty.take(book(levels, []) if side == "bids" else book([], levels))
    assert "one side" in "\n".join(text_of(draw(empty, 80, 24), 80, 24))


def test_silence_and_a_halt_are_shown() -> None:
    """The feed says something each second: no word is news, too."""
    seen = scene(hello())
    assert "no word for 5 s" in text_of(draw(seen, 80, 24, 5.0), 80, 24)[0]
    seen.halted = True
    assert "HALTED" in text_of(draw(seen, 80, 24), 80, 24)[0]


def test_the_clock_goes_on_between_two_frames() -> None:
    """By the time that has passed since the last one."""
    assert "12:32 left" in text_of(draw(busy(), 80, 24, 2.0), 80, 24)[0]


def test_markup_in_a_message_is_text() -> None:
    """Players can't colour the screen."""
    seen = scene(bcast("[bold red]hello[/]"), standings("[red]bob"))
    screen = "\n".join(text_of(draw(seen, 80, 24), 80, 24))
    assert "[bold red]hello[/]" in screen
    assert "[red]bob" in screen


def test_without_colours_nothing_is_lost() -> None:
    """NO_COLOR leaves arrows and places; with colours it is blue and orange."""
    assert "38;5" not in "".join(text_of(draw(busy(), 80, 24), 80, 24))
    coloured = "".join(text_of(draw(busy(), 80, 24), 80, 24, no_color=False))
    assert "38;5;33m" in coloured
    assert "38;5;166m" in coloured


def test_the_market_that_is_looked_at_is_always_in_sight() -> None:
    """Also when there are more than fit."""
    names = [f"COIN{number}/USD" for number in range(20)]
    seen = scene(hello(markets=[{"symbol": name} for name in names]))
    for name in names:
        line = text_of(draw(seen, 60, 20), 60, 20)[1]
        assert f" {name} " in line
        assert cell_len(line) <= 60
        seen.turn(1)
    assert "←/→ market" in text_of(draw(seen, 60, 20), 60, 20)[-1]


def test_help_names_every_key_and_sign() -> None:
    """On the smallest screen that the program is made for."""
    screen = "\n".join(text_of(draw(busy(), 80, 24, help_wanted=True), 80, 24))
    for wanted in ("q ", "Ctrl-C", "→ n Tab", "← p", "? h", "▲ ▼", "* "):
        assert wanted in screen


def test_the_standings_stay_when_the_game_is_over() -> None:
    """All of them."""
    lines = text_of(farewell(busy()), 80, 100)
    assert lines[0].startswith("main.1 is over.")
    assert "player-number-59" in "\n".join(lines)


def test_a_bar_is_as_long_as_its_share() -> None:
    """It grows towards the prices, and never beyond its room."""
    assert [panels.bars(share, 4) for share in (0.0, 0.5, 1.0, 7.0)] == [
        "    ",
        "  ██",
        "████",
        "████",
    ]
    assert panels.bars(0.5, 0) == ""


def test_the_house_stands_where_nobody_has_orders() -> None:
    """With its prices, where there is room for them."""
    seen = scene(hello(house=True), {**ticker(), "bid": "999.50", "ask": "1000.50"})
    assert "house 999.50 / 1000.50" in str(panels.book(seen, 24, 5))
    assert str(panels.book(seen, 12, 5)).split() == ["house"]
    assert str(panels.book(scene(hello(), ticker()), 24, 5)).split() == ["empty"]

"""Scenes as text on screens of several sizes."""

import io

import pytest
from rich.console import Console, RenderableType

from cxgame.watch.scene import Scene
from cxgame.watch.screen import clock, draw, farewell, sparkline
from tests.watch.feed import TS, bcast, book, hello, levels, match, standings, ticker


def busy() -> Scene:
    """A scene with more of everything than fits."""
    seen = Scene()
    frames = [hello(remaining=754.0), ticker("60000.33")]
    frames += [match(f"{60_000 + number % 7}.25", "0.1234567891") for number in range(60)]
    frames += [book(levels(59_999, -1, 20), levels(60_001, 1, 20))]
    frames += [standings("bot-maker", *(f"player-number-{rank}" for rank in range(2, 60)))]
    frames += [bcast(f"{number} " + "long " * 60) for number in range(9)]
    for frame in frames:
        seen.take(frame)
    return seen


def text_of(picture: RenderableType, width: int, height: int) -> list[str]:
    """A picture's lines, as a terminal of this size shows them."""
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, color_system=None)
    console.print(picture, height=height, end="")
    return out.getvalue().rstrip("\n").split("\n")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (200, 60), (60, 16)])
def test_a_screen_is_filled_and_not_overrun(width: int, height: int) -> None:
    """As many lines as the terminal has, none longer than it is wide."""
    lines = text_of(draw(busy(), width, height, TS), width, height)
    assert len(lines) == height
    assert max(map(len, lines)) <= width


def test_everything_is_on_the_small_screen() -> None:
    """Market, phase, clock, both sides around the spread, trades, leader, last message."""
    lines = text_of(draw(busy(), 80, 24, TS), 80, 24)
    screen = "\n".join(lines)
    for wanted in ("main.1", "BTC/USD 60000.33", "OPEN", "12:34 left", "6.0 trades/s"):
        assert wanted in lines[0]
    asks = next(number for number, line in enumerate(lines) if "60001.25 -" in line)
    assert "2.00 apart" in lines[asks + 1]
    assert "59999.25 +" in lines[asks + 2]
    assert "60003.25 + 0.1234" in screen
    assert "*bot-maker" in screen
    assert "*player" not in screen
    assert "* house" in screen
    assert "20,000.00" in screen
    assert "8 long" in screen
    assert "…" in screen


def test_an_empty_scene_can_be_drawn() -> None:
    """Before the first frame, and with a book of one side or none."""
    empty = Scene()
    assert "WAITING" in "\n".join(text_of(draw(empty, 80, 24, TS), 80, 24)).upper()
    empty.take(hello())
    assert "empty" in "\n".join(text_of(draw(empty, 80, 24, TS), 80, 24))
    empty.take(book([["1.00", "2.0"]], []))
    assert "one side" in "\n".join(text_of(draw(empty, 80, 24, TS), 80, 24))


def test_silence_and_a_halt_are_shown() -> None:
    """The feed says something each second: no word is news, too."""
    seen = Scene()
    seen.take(hello())
    assert "no word for 5 s" in text_of(draw(seen, 80, 24, TS + 5), 80, 24)[0]
    seen.halted = True
    assert "HALTED" in text_of(draw(seen, 80, 24, TS), 80, 24)[0]


def test_markup_in_a_message_is_text() -> None:
    """Players can't colour the screen."""
    seen = Scene()
    seen.take(bcast("[bold red]hello[/]"))
    assert "[bold red]hello[/]" in "\n".join(text_of(draw(seen, 80, 24, TS), 80, 24))


def test_the_standings_stay_when_the_game_is_over() -> None:
    """All of them."""
    lines = text_of(farewell(busy()), 80, 100)
    assert lines[0].startswith("main.1 is over.")
    assert "player-number-59" in "\n".join(lines)


def test_a_sparkline_shows_the_last_prices() -> None:
    """Between their lowest and their highest; nothing for nothing."""
    assert sparkline([1.0, 2.0, 3.0], 10) == "▁▅█"
    assert sparkline([9.0, 1.0, 3.0], 2) == "▁█"
    assert sparkline([5.0, 5.0], 10) == "▁▁"
    assert sparkline([], 10) == sparkline([1.0], 0) == ""


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "endless"), (59.9, "0:59 left"), (754, "12:34 left"), (3661, "1:01:01 left")],
)
def test_the_clock_is_for_people(seconds: float | None, shown: str) -> None:
    """Hours only when there are some."""
    assert clock(seconds) == shown

"""The monitor on screens of several sizes."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from cxgame.watch.monitor.health import Health
from cxgame.watch.monitor.picture import draw, milliseconds, sparkline
from cxgame.watch.scene import Scene
from tests.watch.feed import book, hello, levels, ticker
from tests.watch.monitor.reports import ACCOUNT, FAULTS, report, session

SIZES = [(80, 24), (100, 30), (120, 40), (200, 60), (60, 20), (40, 12)]


def lines_of(health: Health, scene: Scene, width: int, height: int, **more: bool) -> list[str]:
    """A screen as lines of text."""
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, color_system=None, force_terminal=False)
    console.print(draw(health, scene, width, height, 100.0, **more))
    return out.getvalue().splitlines()


def scene() -> Scene:
    """A market with a deep book."""
    seen = Scene()
    for frame in (
        hello(),
        ticker("60000.33"),
        book(levels(59_999, -1, 20), levels(60_001, 1, 20)),
    ):
        seen.take(frame)
    return seen


def busy() -> Health:
    """More of everything than fits."""
    health = Health()
    health.take(report(98.0))
    sessions = [session(f"player-number-{n}", refusals_per_min=n) for n in range(50)]
    sessions.append(session(None, round_trip_ms=None))
    faults = [{**FAULTS[n % 2], "id": n} for n in range(30)]
    later = report(99.0, account=ACCOUNT, sessions=sessions, faults=faults)
    later["totals"] = {"commands": 200, "orders": 30, "trades": 6, "requests": 54}
    health.take(later)
    health.feed.hear(99.0)
    health.feed.gaps = 3
    for n in range(30):
        health.orders.answer(70.0 + n, 1.5 + n)
    health.rest.answer(97.0, 250.0)
    health.rest.miss(99.0)
    return health


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("help_wanted", [False, True])
def test_every_size_is_filled_and_no_line_is_longer(
    width: int, height: int, help_wanted: bool
) -> None:
    """With everything there is, and with nothing yet."""
    for health, seen in ((busy(), scene()), (Health(), Scene())):
        lines = lines_of(health, seen, width, height, help_wanted=help_wanted)
        assert len(lines) == height
        assert max(map(cell_len, lines)) <= width


def test_the_usual_terminal_shows_all() -> None:
    """80 columns, 24 lines."""
    health = busy()
    health.take(report(100.0, account=ACCOUNT, sessions=[session()], faults=FAULTS))
    health.miss_report()
    text = "\n".join(lines_of(health, scene(), 80, 24))
    for part in (
        "main.1   UNREACHABLE",
        "4 orders, 1 feed",
        "BTC/USD 60000.33",
        "● live",
        "✕ broken",
        "30.5 ms",
        "messages/s          12.5",
        "faults in force: 2",
        "↔ delay",
        "1234 hits",
        "→ rate limit",
        " 1 hit",
        "account alice",
        "BTC ",
        "3 open orders",
        "depth BTC/USD",
        "sessions: 1",
        "alice orders",
        "q quit",
    ):
        assert part in text, part
    assert "\x1b" not in text


def test_what_an_account_is_refused_for_is_said() -> None:
    """Instead of balances."""
    health = Health()
    health.take(report())
    health.refusal = "No session of this id has begun."
    assert "No session of this" in "\n".join(lines_of(health, scene(), 80, 24))


def test_bars_are_as_high_as_their_share() -> None:
    """The highest is full, none is lost for lack of width but the oldest."""
    assert sparkline([0, 1, 2, 4], 4) == "▁▃▅█"
    assert sparkline([9, 0, 4], 2) == "▁█"
    assert (sparkline([0, 0], 5), sparkline([], 5), sparkline([1], 0)) == ("▁▁", "", "")


def test_times_are_as_short_as_they_say_something() -> None:
    """A tenth of a millisecond below a hundred."""
    assert [milliseconds(value) for value in (None, 0.04, 99.94, 250.4)] == [
        "-",
        "0.0 ms",
        "99.9 ms",
        "250 ms",
    ]

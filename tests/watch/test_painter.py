"""What is written to a terminal for each picture."""

import io

from rich.console import Console, ConsoleDimensions
from rich.text import Text

from cxgame.watch.painter import Painter


class Terminal(Console):
    """A console of a size that can change, whose output is kept."""

    def __init__(self) -> None:
        self.kept = io.StringIO()
        self.now = ConsoleDimensions(10, 3)
        super().__init__(file=self.kept, force_terminal=True, color_system=None)

    @property
    def size(self) -> ConsoleDimensions:
        return self.now

    @size.setter
    def size(self, new: tuple[int, int]) -> None:
        self.now = ConsoleDimensions(*new)

    def written(self) -> str:
        """Since it was asked last."""
        text = self.kept.getvalue()
        self.kept.seek(0)
        self.kept.truncate()
        return text


def test_only_lines_that_changed_are_written() -> None:
    """The first picture whole, the same again not at all."""
    terminal = Terminal()
    painter = Painter(terminal)
    painter.paint(Text("one\ntwo\nthree"))
    first = terminal.written()
    assert all(word in first for word in ("one", "two", "three"))
    painter.paint(Text("one\ntwo\nthree"))
    assert terminal.written() == ""
    painter.paint(Text("one\n2\nthree"))
    assert terminal.written() == "\x1b[2;1H2" + " " * 9


def test_another_size_is_another_screen() -> None:
    """All of it is drawn anew, and no more of it than there is room for."""
    terminal = Terminal()
    painter = Painter(terminal)
    painter.paint(Text("one\ntwo\nthree"))
    terminal.written()
    terminal.size = ConsoleDimensions(5, 2)
    painter.paint(Text("one\ntwo\nthree"))
    again = terminal.written()
    assert "one  " in again
    assert "two  " in again
    assert "three" not in again


def test_the_terminal_is_given_back() -> None:
    """Its own screen and its cursor; also for a while."""
    terminal = Terminal()
    with Painter(terminal) as painter:
        assert terminal.written() == "\x1b[?1049h\x1b[H\x1b[?25l"
        painter.paint(Text("x"))
        terminal.written()
        with painter.away():
            assert terminal.written() == "\x1b[?25h\x1b[?1049l"
        assert terminal.written().startswith("\x1b[?1049h")
        painter.paint(Text("x"))
        assert "x" in terminal.written()
    assert terminal.written() == "\x1b[?25h\x1b[?1049l"

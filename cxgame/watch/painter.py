"""Pictures on a terminal: only the lines that changed are written, so that ssh has little to carry.

Owns the alternate screen: what was on the terminal before is there again afterwards.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.control import Control
from rich.segment import Segment, Segments


class Painter:
    """A console that shows one picture after the other."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._size = (0, 0)
        self._lines: list[list[Segment]] = []

    def __enter__(self) -> Self:
        self._size = (0, 0)  # nothing of ours is on the screen yet
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._console.show_cursor(True)
        self._console.set_alt_screen(False)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Leave the terminal to others for a while."""
        self.__exit__(None, None, None)
        yield
        self.__enter__()

    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now: windows are resized, whatever COLUMNS says."""
        try:
            size = os.get_terminal_size(self._console.file.fileno())
        except (OSError, ValueError):  # no terminal: a test's, or a recording
            size = os.terminal_size((0, 0))
        # Some lines don't tell their size.
        return size.columns or self._console.width, size.lines or self._console.height

    def paint(self, picture: RenderableType) -> None:
        """Show a picture that is made for the terminal's size."""
        width, height = self.size()
        written: list[Segment] = []
        if (width, height) != self._size:
            # All of it is written again. Nothing is cleared first: tmux would keep what is cleared.
            self._size, self._lines = (width, height), []
        options = self._console.options.update(width=width, height=height)
        lines = self._console.render_lines(picture, options)[:height]
        for number, line in enumerate(lines):
            if number >= len(self._lines) or line != self._lines[number]:
                written += [Control.move_to(0, number).segment, *line]
        self._lines = lines
        if written:
            # Lines have the width of the screen already; anything more would break them.
            self._console.print(Segments(written), end="", soft_wrap=True)

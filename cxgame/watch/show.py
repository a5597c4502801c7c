"""A show on a terminal: pictures five times a second and after keys, until the work is done.

Owns how it ends: by the work, `q`, Ctrl-C or a signal; the terminal is afterwards as it was.
"""

import asyncio
import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console, RenderableType

from cxgame.watch.keys import Keyboard, Wish
from cxgame.watch.painter import Painter

FRAME_S = 0.2  # five pictures a second, and at once when a key asks for one

Picture = Callable[[int, int], RenderableType]  # of columns and lines


class Show:
    """Draws `picture` while work is done; what is wished besides leaving goes to `obey`."""

    def __init__(self, console: Console, picture: Picture, obey: Callable[[Wish], None]) -> None:
        self._console = console
        self._picture = picture
        self._obey_other = obey
        self._due = asyncio.Event()  # a picture: somebody pressed a key
        self._enough = asyncio.Event()

    async def run(self, work: Coroutine[Any, Any, None]) -> bool:
        """Draw; whether the work came to its end. Raises what it raises."""
        painter, keyboard = Painter(self._console), Keyboard(self._obey)
        with _no_lines_of_the_log(), painter, keyboard, self._signals(painter, keyboard):
            tasks = [
                asyncio.create_task(each)
                for each in (work, self._draw(painter), self._enough.wait())
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()
        return not tasks[0].cancelled()

    async def _draw(self, painter: Painter) -> None:
        while True:
            painter.paint(self._picture(*painter.size()))
            self._due.clear()
            # Not wait_for: that of Python 3.11 loses a cancellation that comes with the key.
            with suppress(TimeoutError):
                async with asyncio.timeout(FRAME_S):
                    await self._due.wait()

    @contextmanager
    def _signals(self, painter: Painter, keyboard: Keyboard) -> Iterator[None]:
        """Leave a tidy terminal also when killed, hung up, or stopped by Ctrl-Z for a while."""
        if sys.platform == "win32":
            yield
            return
        loop = asyncio.get_running_loop()

        def suspend() -> None:
            with painter.away(), keyboard.away():
                os.kill(os.getpid(), signal.SIGSTOP)  # goes on here after `fg`

        loop.add_signal_handler(signal.SIGTERM, self._enough.set)
        loop.add_signal_handler(signal.SIGHUP, self._enough.set)
        loop.add_signal_handler(signal.SIGTSTP, suspend)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
                loop.remove_signal_handler(number)

    def _obey(self, wish: Wish) -> None:
        if wish is Wish.QUIT:
            self._enough.set()
        else:
            self._obey_other(wish)
        self._due.set()


@contextmanager
def _no_lines_of_the_log() -> Iterator[None]:
    """What no handler takes would be written into the picture: its lines say it already."""
    nobody = logging.NullHandler()
    logging.getLogger().addHandler(nobody)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(nobody)


def has_screen(console: Console) -> bool:
    """Whether there is a terminal that can be drawn on, with letters beyond the usual ones."""
    encoding = getattr(console.file, "encoding", None) or "utf-8"
    has_letters = encoding.lower().startswith("utf")
    return console.is_terminal and not console.is_dumb_terminal and has_letters


def let_all_letters_pass() -> None:
    """Let standard output put a ? for what its encoding lacks: players write what they like."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def give_up_output() -> None:
    """Let nothing fail that is written to standard output from now on."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())

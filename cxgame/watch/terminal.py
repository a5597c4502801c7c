"""`cxgame watch`: the feed on a terminal, drawn five times a second, or as plain lines."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console

from cxgame.client import CxFeedReader
from cxgame.watch.keys import Keyboard, Wish
from cxgame.watch.painter import Painter
from cxgame.watch.scene import Frame, Scene
from cxgame.watch.screen import draw, farewell
from cxgame.watch.texts import time_of_day

OVER, FAILED = 0, 1
CHANNELS = ("activity", "ticker", "book", "standings")
PLAIN_CHANNELS = ("activity", "standings")
FRAME_S = 0.2  # five pictures a second, and at once when a key asks for one
LEADER_S = 10.0  # between two plain lines about who leads


def main(
    uri: str = "ws://127.0.0.1:9876", ssl_verify: bool = True, plain: bool | None = None
) -> int:
    """Watch until the game is over, `q` or Ctrl-C; returns the exit status.

    `plain` writes a line per trade and message instead of drawing, for logs and pipes; without a
    word about it, whenever the output is no terminal that can be drawn on.
    """
    console = Console()
    if plain is None:
        plain = not console.is_terminal or console.is_dumb_terminal
    reader = CxFeedReader(uri, PLAIN_CHANNELS if plain else CHANNELS, ssl_verify=ssl_verify)
    try:
        asyncio.run(_lines(reader) if plain else Watching(reader, console).run())
    except KeyboardInterrupt:
        return OVER
    except BrokenPipeError:  # `cxgame watch | head`: whoever read has had enough
        _give_up_output()
        return OVER
    except (ConnectionError, ValueError) as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return FAILED
    return OVER


def _give_up_output() -> None:
    """Let nothing fail that is written to standard output from now on."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


class Watching:
    """One look at a game, until it is over or somebody has had enough."""

    def __init__(self, reader: CxFeedReader, console: Console) -> None:
        self._reader = reader
        self._console = console
        self._scene = Scene()
        self._heard = time.monotonic()
        self._help_wanted = False
        self._due = asyncio.Event()  # a picture: somebody pressed a key
        self._enough = asyncio.Event()

    async def run(self) -> None:
        """Watch; the terminal is afterwards as it was, however this ends."""
        async with self._reader:
            is_over = await self._show()
        if is_over:
            self._console.print(farewell(self._scene))

    async def _show(self) -> bool:
        """Draw and follow; whether the game is over."""
        painter, keyboard = Painter(self._console), Keyboard(self._obey)
        with painter, keyboard, self._signals(painter, keyboard):
            tasks = [
                asyncio.create_task(work)
                for work in (self._follow(), self._draw(painter), self._enough.wait())
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

    async def _follow(self) -> None:
        async for frame in self._reader:
            self._heard = time.monotonic()
            self._scene.take(frame)

    async def _draw(self, painter: Painter) -> None:
        while True:
            silence_s = time.monotonic() - self._heard
            painter.paint(draw(self._scene, *painter.size(), silence_s, self._help_wanted))
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
        match wish:
            case Wish.QUIT:
                self._enough.set()
            case Wish.HELP:
                self._help_wanted = not self._help_wanted
            case Wish.NEXT:
                self._scene.turn(1)
            case Wish.PREVIOUS:
                self._scene.turn(-1)
        self._due.set()


async def _lines(reader: CxFeedReader) -> None:
    async with reader:
        async for line in lines(reader):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


async def lines(frames: AsyncIterator[Frame]) -> AsyncIterator[str]:
    """The lines of a plain log: trades, messages, phases, and now and then who leads."""
    scene = Scene()
    leader_at = 0.0
    async for frame in frames:
        text = scene.take(frame)
        if frame["type"] == "standings":
            if scene.ts < leader_at:
                continue
            leader_at = scene.ts + LEADER_S
        if text is not None:
            yield f"{time_of_day(frame['ts'])} {text}"

"""`cxgame watch`: the feed on a terminal, drawn five times a second, or as plain lines."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator

from rich.console import Console, RenderableType

from cxgame.client import CxFeedReader
from cxgame.watch.keys import Wish
from cxgame.watch.scene import Frame, Scene
from cxgame.watch.screen import draw, farewell
from cxgame.watch.show import Show, give_up_output, has_screen, let_all_letters_pass
from cxgame.watch.texts import time_of_day

OVER, FAILED = 0, 1
CHANNELS = ("activity", "ticker", "book", "standings")
PLAIN_CHANNELS = ("activity", "standings")
LEADER_S = 10.0  # between two plain lines about who leads


def main(
    uri: str = "ws://127.0.0.1:9876", ssl_verify: bool = True, plain: bool | None = None
) -> int:
    """Watch until the game is over, `q` or Ctrl-C; returns the exit status.

    `plain` writes a line per trade and message instead of drawing, for logs and pipes; without a
    word about it, whenever the output is no terminal that can be drawn on.
    """
    let_all_letters_pass()
    console = Console()
    if plain is None:
        plain = not has_screen(console)
    reader = CxFeedReader(uri, PLAIN_CHANNELS if plain else CHANNELS, ssl_verify=ssl_verify)
    try:
        asyncio.run(_lines(reader) if plain else Watching(reader, console).run())
    except KeyboardInterrupt:
        return OVER
    except BrokenPipeError:  # `cxgame watch | head`: whoever read has had enough
        give_up_output()
        return OVER
    except (ConnectionError, ValueError) as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return FAILED
    return OVER


class Watching:
    """One look at a game, until it is over or somebody has had enough."""

    def __init__(self, reader: CxFeedReader, console: Console) -> None:
        self._reader = reader
        self._console = console
        self._scene = Scene()
        self._heard = time.monotonic()
        self._help_wanted = False

    async def run(self) -> None:
        """Watch; the terminal is afterwards as it was, however this ends."""
        show = Show(self._console, self._picture, self._obey)
        async with self._reader:
            is_over = await show.run(self._follow())
        if is_over:
            self._console.print(farewell(self._scene))

    async def _follow(self) -> None:
        async for frame in self._reader:
            self._heard = time.monotonic()
            self._scene.take(frame)

    def _picture(self, width: int, height: int) -> RenderableType:
        silence_s = time.monotonic() - self._heard
        return draw(self._scene, width, height, silence_s, self._help_wanted)

    def _obey(self, wish: Wish) -> None:
        match wish:
            case Wish.HELP:
                self._help_wanted = not self._help_wanted
            case Wish.NEXT:
                self._scene.turn(1)
            case Wish.PREVIOUS:
                self._scene.turn(-1)


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

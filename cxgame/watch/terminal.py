"""`cxgame watch`: the feed on a terminal, drawn four times a second, or as plain lines."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator

from rich.console import Console
from rich.live import Live

from cxgame.client import CxFeedReader
from cxgame.watch.scene import Frame, Scene
from cxgame.watch.screen import draw, farewell

OVER, FAILED = 0, 1
CHANNELS = ("activity", "ticker", "book", "standings")
PLAIN_CHANNELS = ("activity", "standings")
FRAME_S = 0.25  # four pictures a second: enough for an eye, 15 KB/s for a slow line
LEADER_S = 10.0  # between two plain lines about who leads


def main(
    uri: str = "ws://127.0.0.1:9876", ssl_verify: bool = True, plain: bool | None = None
) -> int:
    """Watch until the game is over or Ctrl-C; returns the exit status.

    `plain` writes a line per trade and message instead of drawing, for logs and pipes; without a
    word about it, whenever the output is no terminal.
    """
    console = Console()
    plain = not console.is_terminal if plain is None else plain
    reader = CxFeedReader(uri, PLAIN_CHANNELS if plain else CHANNELS, ssl_verify=ssl_verify)
    try:
        asyncio.run(_lines(reader) if plain else _pictures(reader, console))
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


async def _pictures(reader: CxFeedReader, console: Console) -> None:
    scene = Scene()
    async with reader:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            try:
                await _follow(reader, scene, live)
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
    console.print(farewell(scene))


async def _follow(reader: CxFeedReader, scene: Scene, live: Live) -> None:
    """Draw as long as the feed goes on."""
    async with asyncio.TaskGroup() as tasks:
        drawing = tasks.create_task(_draw(scene, live))
        async for frame in reader:
            scene.take(frame)
        drawing.cancel()


async def _draw(scene: Scene, live: Live) -> None:
    while True:
        width, height = live.console.size
        live.update(draw(scene, width, height, time.time()), refresh=True)
        await asyncio.sleep(FRAME_S)


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
            moment = time.strftime("%H:%M:%S", time.localtime(frame["ts"]))
            yield f"{moment} {text}"

"""`cxgame monitor`: a server's lines, messages, faults and sessions on a terminal, or as lines."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from rich.console import Console, RenderableType

from cxgame.client import CxClient, CxFeedReader
from cxgame.watch.keys import Wish
from cxgame.watch.monitor.asking import (
    CHANNELS,
    EVERY_S,
    PATIENCE_S,
    Unreachable,
    ask_reports,
    ask_rest,
    ask_time,
    connected,
    find,
    follow,
)
from cxgame.watch.monitor.health import Health, LineHealth
from cxgame.watch.monitor.picture import draw, milliseconds
from cxgame.watch.scene import Scene
from cxgame.watch.show import Show, give_up_output, has_screen, let_all_letters_pass
from cxgame.watch.texts import time_of_day

DONE, FAILED = 0, 1
LINE_S = 5.0  # between two plain lines


def main(
    url: str = "http://127.0.0.1:8000",
    *,
    key: str | None = None,
    session: str | None = None,
    symbol: str | None = None,
    ssl_verify: bool = True,
    plain: bool | None = None,
) -> int:
    """Monitor until the game is over, `q` or Ctrl-C; returns the exit status.

    `key` is a player's token or the admin secret, `session` the id of a sandbox session; `symbol`
    the market whose book is shown first. `plain` writes a line every few seconds instead of
    drawing; without a word about it, whenever the output is no terminal.
    """
    let_all_letters_pass()
    console = Console()
    if plain is None:
        plain = not has_screen(console)
    monitoring = Monitoring(console, symbol)
    headers = _headers(key, session)
    try:
        asyncio.run(monitoring.run(url, headers, ssl_verify=ssl_verify, plain=plain))
    except KeyboardInterrupt:
        return DONE
    except BrokenPipeError:
        give_up_output()
        return DONE
    except (Unreachable, ConnectionError, httpx.InvalidURL) as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return FAILED
    return DONE


class Monitoring:
    """One look at a server."""

    def __init__(self, console: Console, symbol: str | None = None) -> None:
        self.health = Health()
        self.scene = Scene()
        self._console = console
        self._symbol = symbol
        self._help_wanted = False

    async def run(
        self, url: str, headers: Mapping[str, str], *, ssl_verify: bool, plain: bool
    ) -> None:
        """Monitor. Raises `Unreachable` if there is no server to begin with."""
        async with connected(url, headers, ssl_verify=ssl_verify) as http:
            addresses = await find(http)

            def open_reader() -> CxFeedReader:
                return CxFeedReader(addresses.feed, CHANNELS, ssl_verify=ssl_verify)

            async with (
                CxClient(
                    uri=addresses.orders, ssl_verify=ssl_verify, timeout_s=PATIENCE_S
                ) as client,
                connected(url, {}, ssl_verify=ssl_verify) as nobody,
                _beside(
                    ask_reports(http, self.health),
                    ask_rest(nobody, self.health),
                    ask_time(client, self.health),
                ),
            ):
                following = follow(open_reader, self.health, self.scene)
                if plain:
                    async with _beside(self._write()):
                        await following
                else:
                    await Show(self._console, self._picture, self._obey).run(following)

    def _picture(self, width: int, height: int) -> RenderableType:
        self._choose()
        now = asyncio.get_running_loop().time()
        return draw(self.health, self.scene, width, height, now, self._help_wanted)

    def _choose(self) -> None:
        """Turn to the wanted market once it is known; then keys decide."""
        if self._symbol in self.scene.symbols:
            self.scene.turn(self.scene.symbols.index(self._symbol))
            self._symbol = None

    def _obey(self, wish: Wish) -> None:
        match wish:
            case Wish.HELP:
                self._help_wanted = not self._help_wanted
            case Wish.NEXT:
                self.scene.turn(1)
            case Wish.PREVIOUS:
                self.scene.turn(-1)

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S if self.health.report is None else LINE_S)
            sys.stdout.write(line(self.health) + "\n")
            sys.stdout.flush()


def line(health: Health) -> str:
    """Everything on one line, for a log."""
    report = health.report or {}
    said = [", ".join(map(_of_line, health.lines))]
    if health.rates:
        rate = health.rates[-1]
        said.append(f"{rate.messages:.1f} messages/s, {rate.orders:.1f} orders/s")
    if report.get("faults"):
        hits = ", ".join(f"{each['fault']} {each['hits']}" for each in report["faults"])
        said.append(f"faults: {hits}")
    if health.refusal:
        said.append(health.refusal)
    return f"{time_of_day(time.time())} {_condition(health)}: {'; '.join(said)}"


def _condition(health: Health) -> str:
    if health.is_reachable is False:
        return "unreachable"
    if health.report is None:
        return "waiting"
    return str(health.report["condition"])


def _of_line(each: LineHealth) -> str:
    trip = "" if each.last_ms is None else f" {milliseconds(each.last_ms)}"
    gaps = f" {each.gaps} gaps" if each.gaps else ""
    breaks = f" {each.breaks} reconnects" if each.breaks else ""
    return f"{each.name} {each.state}{trip}{gaps}{breaks}"


@asynccontextmanager
async def _beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do work meanwhile; what fails in it is raised at the end."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


def _headers(key: str | None, session: str | None) -> dict[str, str]:
    if key is not None:
        return {"Authorization": f"Bearer {key}"}
    return {} if session is None else {"X-Session-ID": session}

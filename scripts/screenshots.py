"""Take the pictures of the documentation: `make screenshots`, then `make docs` shows them.

A seeded game of house bots is played for a while on free ports of this computer, in a folder that
is gone afterwards. Chromium looks at its pages, and what `cxgame watch` draws is kept as SVG.
"""

import asyncio
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright
from rich.console import Console

from cxgame.client import CxClient, CxFeedReader
from cxgame.watch.scene import Scene
from cxgame.watch.screen import draw
from cxgame.watch.terminal import CHANNELS

TO = Path(__file__).parent.parent / "build" / "screenshots"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SECRET = "a secret for pictures"
PLAYED_S = 45  # until there is something to see
SETTLED_MS = 1_500  # for a page to draw what it has been told
WITHIN_S = 60  # a bound: the machine may be busy
GAME = (
    *("--symbol", "BTC/USD", "--symbol", "ETH/USD"),
    *("--oracle", "BTC/USD=gbm:price=60000,volatility=5"),
    *("--oracle", "ETH/USD=gbm:price=2500,volatility=5"),
    *("--usd-start", "100000", "--crypto-start", "2"),
    *("--tick-interval", "0.25", "--bots", "maker,random:3,momentum", "--seed", "7"),
    *("--time-limit", "3600", "--rate-limit", "1000", "--bind", "127.0.0.1"),
    *("--exchange-port", "0", "--feed-port", "0", "--http-port", "0"),
)
TERMINALS = {"terminal": (120, 34), "terminal-narrow": (80, 24)}


@dataclass(frozen=True)
class Game:
    """A running game, by its ports."""

    exchange: int
    feed: int
    http: int
    token: str = ""

    def url(self, path: str) -> str:
        """A page of it."""
        return f"http://127.0.0.1:{self.http}{path}"


@dataclass(frozen=True)
class Picture:
    """A page in a window, once it is ready."""

    name: str
    path: str
    width: int
    height: int
    ready: Callable[[Page, Game], Awaitable[None]]
    scheme: str = "dark"


async def watched(page: Page, _: Game) -> None:
    """The spectators' page shows standings and trades."""
    await page.wait_for_selector("#standings li >> nth=3")


async def played(page: Page, game: Game) -> None:
    """The player is logged in."""
    await page.fill("#login-user", "anna")
    await page.fill("#login-token", game.token)
    await page.press("#login-token", "Enter")
    await page.wait_for_selector("#wallets tbody tr")


async def run(page: Page, _: Game) -> None:
    """The organiser is logged in."""
    await page.fill("#secret", SECRET)
    await page.press("#secret", "Enter")
    await page.wait_for_selector("#people-rows tr")


PICTURES = (
    Picture("page", "/", 1440, 900, watched),
    Picture("page-light", "/", 1440, 900, watched, "light"),
    Picture("page-narrow", "/", 390, 844, watched),
    Picture("page-projector", "/?view=projector", 1920, 1080, watched),
    Picture("player", "/play", 1440, 1000, played),
    Picture("player-narrow", "/play", 390, 844, played),
    Picture("organiser", "/admin", 1440, 1000, run),
)


def main() -> int:
    """Play, and take all pictures."""
    chromium = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if chromium is None:
        sys.stderr.write("There is no Chromium: `make browser` installs Debian's.\n")
        return 1
    shutil.rmtree(TO, ignore_errors=True)
    TO.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder, playing(Path(folder)) as game:
        scene = asyncio.run(follow(game))
        asyncio.run(take_all(replace(game, token=enter(game)), chromium))
    for name, (width, height) in TERMINALS.items():
        (TO / f"{name}.svg").write_text(terminal(scene, width, height), encoding="utf-8")
    sys.stdout.write(f"The pictures are in {TO}.\n")
    return 0


@contextmanager
def playing(folder: Path) -> Iterator[Game]:
    """A game with house bots."""
    secret, ready = folder / "secret", folder / "ready.json"
    secret.write_text(SECRET)
    files = ("--admin-secret-file", str(secret), "--ready-file", str(ready))
    with (folder / "log").open("wb") as log:
        words = (sys.executable, "-m", "cxgame", "--data-dir", str(folder / "data"), *files, *GAME)
        server = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        end = time.monotonic() + WITHIN_S
        while not ready.exists():
            if server.poll() is not None or time.monotonic() > end:
                raise SystemExit((folder / "log").read_text())
            time.sleep(0.1)
        ports = json.loads(ready.read_text())
        yield Game(ports["exchange"], ports["feed"], ports["http"])
    finally:
        server.terminate()
        server.wait(WITHIN_S)


def enter(game: Game) -> str:
    """Anna plays by hand, and the organiser speaks; returns her token."""
    anna = CxClient("anna", uri=f"ws://127.0.0.1:{game.exchange}")
    token = anna.r("register").data
    anna.r("buy_market", "5000.00")
    anna.r("sell_market", "0.05")
    for price in ("2300.00", "2350.00", "2400.00"):
        anna.r("buy", price, "0.5", symbol="ETH/USD")
    anna.r("bcast", "Hello from the keyboard!")
    anna.r("announce", "Good luck, everybody.", secret=SECRET)
    return str(token)


async def take_all(game: Game, chromium: str) -> None:
    """All pages, one after the other."""
    async with async_playwright() as playwright:
        # Its sandbox wants what a container does not give; what it opens here is our own.
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for picture in PICTURES:
            await take(browser, game, picture)
        await browser.close()


async def follow(game: Game) -> Scene:
    """What a terminal knows after a while."""
    scene = Scene()
    async with CxFeedReader(f"ws://127.0.0.1:{game.feed}", CHANNELS) as feed:
        try:
            async with asyncio.timeout(PLAYED_S):
                async for frame in feed:
                    scene.take(frame)
        except TimeoutError:
            return scene
    raise SystemExit("The game ended before the pictures were taken.")


def terminal(scene: Scene, width: int, height: int) -> str:
    """The screen as a picture that fetches no font."""
    console = Console(
        record=True, file=io.StringIO(), width=width, height=height, force_terminal=True
    )
    console.print(draw(scene, width, height), height=height)
    svg = console.export_svg(title="cxgame watch")
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)


async def take(browser: Browser, game: Game, picture: Picture) -> None:
    """Open the page in a window of its own, wait until it is ready, and keep what it looks like."""
    dark = picture.scheme == "dark"
    page = await browser.new_page(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if dark else "light",
    )
    await page.goto(game.url(picture.path))
    await picture.ready(page, game)
    await page.wait_for_timeout(SETTLED_MS)
    await page.screenshot(path=TO / f"{picture.name}.png")
    await page.close()


if __name__ == "__main__":
    sys.exit(main())

"""The spectators' page in headless Chromium: weight, first paint, frames while a game is on."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.processes import SERVER_CORE, pin_self, pinned

LOADS, WATCHED_S, READY_S = 7, 15, 60.0
LOCAL = ("--bind", "127.0.0.1", "--exchange-port", "0", "--feed-port", "0", "--http-port", "0")
GAME = ("--memory", "--oracle", "gbm:volatility=4", "--bots", "maker,random:5,momentum:2")
# Counts what the screen would show, and how long the page's own part of a frame takes.
WATCH = """(seconds) => new Promise((resolve) => {
    const { painter, feed } = cxgame;
    const paint = painter._paint.bind(painter);
    const [first, drawn, times, costs] = [feed.seq, painter.frames, [], []];
    painter._paint = () => {
        const at = performance.now();
        paint();
        costs.push(performance.now() - at);
    };
    const end = performance.now() + seconds * 1000;
    const tick = (now) => {
        times.push(now);
        if (now < end) requestAnimationFrame(tick);
        else resolve({ events: feed.seq - first, drawn: painter.frames - drawn, times, costs });
    };
    requestAnimationFrame(tick);
})"""


def main() -> None:
    """Play a game, load its page some times, then watch it."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print("there is no Chromium: nothing is measured")
        return
    pin_self()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        game = stack.enter_context(_program(folder / "game.json", *LOCAL, *GAME))
        feed = f"ws://127.0.0.1:{game['feed']}"
        words = ("page", "--page-bind", "127.0.0.1", "--page-port", "0", "--feed-uri", feed)
        pages = stack.enter_context(_program(folder / "page.json", *words))
        url = f"http://127.0.0.1:{pages['page']}"
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        _loading(browser, url)
        _watching(browser, url)
        browser.close()


def _loading(browser: Browser, url: str) -> None:
    paints, loads, weight = [], [], (0, 0)
    for _ in range(LOADS):
        page = _open(browser, url)
        page.wait_for_timeout(500)
        paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        paints.append(page.evaluate(paint))
        loads.append(
            page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart")
        )
        sizes = "performance.getEntries().filter((each) => 'encodedBodySize' in each)"
        weight = tuple(
            page.evaluate(f"{sizes}.reduce((sum, each) => sum + each.{name}, 0)")
            for name in ("decodedBodySize", "encodedBodySize")
        )
        page.context.close()
    plain, sent = weight
    print(f"weight: {plain / 1e3:.0f} kB, {sent / 1e3:.0f} kB as sent")
    print(
        f"first paint: {statistics.median(paints):.0f} ms, loaded {statistics.median(loads):.0f} ms"
    )


def _watching(browser: Browser, url: str) -> None:
    page = _open(browser, url)
    page.wait_for_timeout(2_000)
    seen = page.evaluate(WATCH, WATCHED_S)
    page.context.close()
    gaps = [after - before for before, after in zip(seen["times"], seen["times"][1:], strict=False)]
    print(
        f"{seen['events'] / WATCHED_S:.0f} events/s: {len(gaps) / WATCHED_S:.0f} frames/s, "
        f"of which {seen['drawn'] / WATCHED_S:.0f} drew something; "
        f"frame p50 {statistics.median(gaps):.1f} ms, p99 {_p99(gaps):.1f} ms; "
        f"own part p50 {statistics.median(seen['costs']):.1f} ms, p99 {_p99(seen['costs']):.1f} ms"
    )


def _open(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(url)
    page.wait_for_function("() => globalThis.cxgame?.store.market?.trades.length > 0")
    return page


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


@contextmanager
def _program(ready: Path, *words: str) -> Iterator[dict[str, int]]:
    command = [*pinned(SERVER_CORE), sys.executable, "-m", "cxgame", *words]
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + READY_S
        while not ready.exists():
            assert process.poll() is None, "the program did not start"
            assert time.monotonic() < deadline, "the program is not ready"
            time.sleep(0.05)
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()

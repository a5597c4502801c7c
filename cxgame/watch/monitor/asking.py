"""Asking the server how it is, and measuring how long it takes to answer.

Each of these runs until it is cancelled and tells `Health` what it has seen; a server that is away
is asked again and again.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from cxgame.client import CxClient, CxFeedReader
from cxgame.watch.monitor.health import BROKEN, Health
from cxgame.watch.scene import Scene

EVERY_S = 1.0
PATIENCE_S = 5.0  # for an answer: then the line counts as broken
SILENT_S = 5.0  # a feed says something each second
CHANNELS = ("ticker", "book", "trades")
_CONFIG, _REPORT, _TIME = "/static/config.json", "/api/monitor", "/api/time"
_FIRST_FAULT, _TOO_MANY = 500, 429

logging.getLogger("httpx").setLevel(logging.WARNING)  # not a line for each request


class Unreachable(ConnectionError):
    """The server does not say where its faces are; the text is a sentence for the person."""


class Addresses:
    """Where the faces of a server are, by the address of its pages."""

    def __init__(self, url: str, config: Mapping[str, Any]) -> None:
        self.url = url
        self.feed = _address(url, config["feed"])
        self.orders = _address(url, config["exchange"])


def connected(url: str, headers: Mapping[str, str], *, ssl_verify: bool) -> httpx.AsyncClient:
    """A client of the server's HTTP face."""
    # As bytes: httpx takes no letters beyond ASCII in a text.
    encoded = {name.encode(): text.encode() for name, text in headers.items()}
    return httpx.AsyncClient(base_url=url, headers=encoded, timeout=PATIENCE_S, verify=ssl_verify)


async def find(http: httpx.AsyncClient) -> Addresses:
    """Where the faces are. Raises `Unreachable`."""
    url = str(http.base_url).rstrip("/")
    try:
        answer = await http.get(_CONFIG)
        answer.raise_for_status()
        return Addresses(url, answer.json())
    except httpx.ConnectError as error:  # nobody, no such host, no certificate that is trusted
        raise Unreachable(f"{url} cannot be reached: {error}.") from None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        raise Unreachable(f"There is no server of this kind at {url}.") from None


async def ask_reports(http: httpx.AsyncClient, health: Health) -> None:
    """Ask for the server's report each second. Faults of the network spare it."""
    clock = asyncio.get_running_loop().time
    while True:
        began = clock()
        try:
            answer = await http.get(_REPORT)
            _take(health, answer, answer.json())
        except (httpx.HTTPError, ValueError):
            health.miss_report()
        await asyncio.sleep(max(0.0, began + EVERY_S - clock()))


async def ask_rest(http: httpx.AsyncClient, health: Health) -> None:
    """Ask for the time by REST each second, as a player's program would, without a key."""
    clock = asyncio.get_running_loop().time
    while True:
        began = clock()
        try:
            (await http.post(_TIME, json={})).raise_for_status()
        except httpx.HTTPError:
            health.rest.miss(clock())
        else:
            health.rest.answer(clock(), (clock() - began) * 1000)
        await asyncio.sleep(max(0.0, began + EVERY_S - clock()))


async def ask_time(client: CxClient, health: Health) -> None:
    """Ask the order server for the time each second; nobody is logged in for it."""
    clock = asyncio.get_running_loop().time
    while True:
        began = clock()
        answer = await client.time()
        if answer.status:
            health.orders.answer(clock(), (clock() - began) * 1000)
        else:
            health.orders.miss(clock())
        await asyncio.sleep(max(0.0, began + EVERY_S - clock()))


async def follow(open_reader: Callable[[], CxFeedReader], health: Health, scene: Scene) -> None:
    """Follow the feed until the game is over; one that cannot be reached is tried again."""
    over = False
    while not over:
        reader = open_reader()
        watching = asyncio.create_task(_watch(reader, health))
        try:
            await _read(reader, health, scene)
            over = True
        except ConnectionError:
            health.feed.state = BROKEN
            await asyncio.sleep(EVERY_S)
        finally:
            watching.cancel()


async def _read(reader: CxFeedReader, health: Health, scene: Scene) -> None:
    clock = asyncio.get_running_loop().time
    async with reader:
        async for frame in reader:
            health.feed.hear(clock())
            scene.take(frame)


async def _watch(reader: CxFeedReader, health: Health) -> None:
    """Count what a reader heals by itself; one that says nothing is not live."""
    clock = asyncio.get_running_loop().time
    gaps, breaks = health.feed.gaps or 0, health.feed.breaks
    while True:
        await asyncio.sleep(EVERY_S)
        health.feed.gaps, health.feed.breaks = gaps + reader.gaps, breaks + reader.breaks
        silent_s = health.feed.silent_s(clock())
        if silent_s is not None and silent_s > SILENT_S:
            health.feed.state = BROKEN


def _take(health: Health, answer: httpx.Response, body: Any) -> None:
    if answer.is_success:
        health.refusal = ""
        health.take(body)
    elif answer.status_code < _FIRST_FAULT and answer.status_code != _TOO_MANY:
        health.refusal = str(body.get("error", answer.status_code))


def _address(url: str, face: Mapping[str, Any]) -> str:
    """A face is named by its whole address, or by its port on the host of the pages."""
    if face["uri"] is not None:
        return str(face["uri"])
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{host}:{face['port']}"

"""One heat of the arena: a server and its bots as processes, from the first seat to the results.

Owns the processes, the order in which bots are seated, and what becomes of a bot that fails:
somebody who does nothing sits in its place, so that the others can play. A heat that is watched
leaves a record of the game, and knows what each bot was told: its bots play through relays.
"""

import argparse
import asyncio
import csv
import hashlib
import json
import os
import secrets
import shutil
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from arena_processes import LEAVE_S, process, without_settings
from arena_relay import relayed
from arena_view import View

from cxgame.client import CxClient, CxFeedReader, Response
from cxgame.config import BotEnvironment, child_environment

SETTLE_S = 30.0  # for a server to start, for bots to come, for a server to end when time is up
LOOK_S = 0.05
TRIES = 3  # of the arena's own commands, where faults may lose them

Price = tuple[str, str, str]  # symbol, bid, ask


class HeatFailed(Exception):
    """The server did not do what it should; the text says what it said last."""


@dataclass
class Seat:
    """A bot in one heat. The token proves to the server who sits there."""

    name: str
    path: Path
    token: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    process: Process | None = None
    crash: str = ""  # its last words, if it failed while the game was on

    @property
    def status(self) -> int | None:
        """With which status the bot has ended; None while it runs."""
        return None if self.process is None else self.process.returncode


@dataclass
class Heat:
    """One game: what it is played with, and where its files go."""

    number: int
    seats: list[Seat]
    options: argparse.Namespace
    folder: Path
    is_watched: bool = False
    deck: Path | None = None  # the faults that are dealt in it
    tape: list[Price] = field(default_factory=list)  # as the feed told it
    views: dict[str, View] = field(default_factory=dict)  # of the bots of a watched heat
    opened_at: float = 0.0  # when playing time began, in seconds since 1970

    @property
    def results(self) -> Path:
        """The final standings, which the server writes."""
        return self.folder / "results.csv"

    @property
    def ready(self) -> Path:
        """The ports, which the server writes."""
        return self.folder / "ready.json"

    @property
    def record(self) -> Path:
        """What a watched game leaves: its journal."""
        return self.folder / "record"

    @property
    def tables(self) -> Path:
        """What `cxgame export` makes of that."""
        return self.folder / "tables"

    def log(self, name: str) -> Path:
        """What a process of the heat says."""
        return self.folder / f"{name}.log"

    def last_words(self, name: str) -> str:
        """The last line of a log."""
        lines = self.log(name).read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "It said nothing."


async def play(heat: Heat) -> None:
    """Seat the bots in order, open the market, wait for the end. Raises `HeatFailed`."""
    heat.folder.mkdir(parents=True, exist_ok=True)
    heat.ready.unlink(missing_ok=True)  # of an earlier competition in the same folder
    for folder in (heat.record, heat.tables):
        shutil.rmtree(folder, ignore_errors=True)
    secret = secrets.token_urlsafe(16)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(_server(heat, secret))
        uri, feed_uri = await _addresses(server, heat)
        recording = asyncio.create_task(_record(heat, feed_uri))
        stack.callback(recording.cancel)
        for seat in heat.seats:
            async with CxClient(seat.name, token=seat.token, uri=uri) as cx:
                await _demand(cx.register, "seat a bot")
        for seat in heat.seats:
            bot_uri = await stack.enter_async_context(_relay(seat, heat, uri))
            await stack.enter_async_context(_bot(seat, heat, bot_uri, feed_uri))
        organiser = await stack.enter_async_context(CxClient(uri=uri))
        await _demand(partial(organiser.start, secret), "open the game")
        await _opening(heat, organiser, stack)
        await _ending(heat, server)
        bots = [asyncio.create_task(seat.process.wait()) for seat in heat.seats if seat.process]
        await asyncio.wait([recording, *bots], timeout=LEAVE_S)
    if heat.is_watched:
        await _export(heat)
    with (heat.folder / "tape.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("symbol", "bid", "ask"), *heat.tape])


async def _opening(heat: Heat, organiser: CxClient, stack: AsyncExitStack) -> None:
    """Wait for the game to open, which it does when every seat is connected.

    For a bot that has ended, or is too long in coming, a stand-in sits down that does nothing.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_S
    missing = list(heat.seats)
    while (time := await _demand(organiser.time, "tell its phase"))["phase"] == "registration":
        is_late = loop.time() > deadline
        for seat in [seat for seat in missing if is_late or seat.status is not None]:
            missing.remove(seat)
            stand_in = CxClient(seat.name, token=seat.token, uri=organiser.uri)
            await stack.enter_async_context(stand_in)
            await _demand(stand_in.auth, "let a stand-in sit down")
        await asyncio.sleep(LOOK_S)
    heat.opened_at = time["ts"] - time["game_time"]


async def _ending(heat: Heat, server: Process) -> None:
    """Wait for the time limit, and see which bots failed before it."""
    try:
        await asyncio.wait_for(server.wait(), heat.options.seconds + SETTLE_S)
    except TimeoutError:
        raise HeatFailed(f"Heat {heat.number} does not end: {heat.last_words('server')}") from None
    for seat in heat.seats:
        if seat.status:
            seat.crash = f"{heat.last_words(seat.name)} (status {seat.status})"
    if server.returncode:
        raise HeatFailed(f"Heat {heat.number} was broken off: {heat.last_words('server')}")


async def _record(heat: Heat, feed_uri: str) -> None:
    """Keep the prices as the feed tells them, from the beginning of the game to its end."""
    async with CxFeedReader(feed_uri, ["full"], after=0) as feed:
        async for event in feed:
            if event["type"] == "ticker" and "seq" in event:
                heat.tape.append((event["symbol"], event["bid"], event["ask"]))


async def _demand(call: Callable[[], Awaitable[Response]], purpose: str) -> Any:
    """What a command answers; a refusal ends the heat. A fault may have hit the first tries."""
    for _ in range(TRIES):
        response = await call()
        if response or not (response.code or "").startswith("CLIENT_"):
            break
    if not response:
        raise HeatFailed(f"The server did not {purpose}: {response.msg}")
    return response.data


async def _export(heat: Heat) -> None:
    """Write the orders of the game as a table."""
    words = [str(heat.record), "--to", str(heat.tables), "--what", "orders"]
    command = [sys.executable, "-m", "cxgame", "export", *words]
    environment = without_settings(os.environ)
    async with process(command, environment, heat.log("export")) as exporting:
        await exporting.wait()
    if exporting.returncode:
        raise HeatFailed(f"The record can't be read: {heat.last_words('export')}")


# Processes


@asynccontextmanager
async def _server(heat: Heat, secret: str) -> AsyncIterator[Process]:
    """The server of a heat, until the end of the block."""
    options = heat.options
    empty = heat.folder / "nothing.toml"  # so that no configuration of somebody's counts
    empty.touch()
    flags = {
        "--config": empty,
        "--bind": "127.0.0.1",
        "--exchange-port": 0,
        "--feed-port": 0,
        "--http-port": 0,
        "--ready-file": heat.ready,
        "--results": heat.results,
        "--whitelist": ",".join(seat.name for seat in heat.seats),
        "--time-limit": options.seconds,
        "--seed": options.seed,
        "--oracle": options.oracle,
        "--tick-interval": options.tick_interval,
    }
    if options.house:
        flags["--bots"] = options.house
    if heat.is_watched:
        flags |= {"--data-dir": heat.record, "--durability": "relaxed"}
    if heat.deck:
        flags["--faults"] = heat.deck
    words = [str(word) for pair in flags.items() for word in pair]
    words += ["--no-started"] if heat.is_watched else ["--no-started", "--memory"]
    command = [sys.executable, "-m", "cxgame", *words]
    environment = {**without_settings(os.environ), "CXGAME_ADMIN_SECRET": secret}
    async with process(command, environment, heat.log("server")) as server:
        yield server


@asynccontextmanager
async def _relay(seat: Seat, heat: Heat, uri: str) -> AsyncIterator[str]:
    """Where a bot finds the exchange: in a watched heat behind a relay, until the block's end."""
    if not heat.is_watched:
        yield uri
        return
    view = heat.views[seat.name] = View()
    address = urlsplit(uri)
    async with relayed(address.hostname or "", address.port or 0, view) as tap_uri:
        yield tap_uri


@asynccontextmanager
async def _bot(seat: Seat, heat: Heat, uri: str, feed_uri: str) -> AsyncIterator[None]:
    """A bot at its seat, until the end of the block."""
    text = f"{heat.options.seed} {heat.number} {seat.name}"
    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest())
    told = BotEnvironment(uri=uri, feed_uri=feed_uri, user=seat.name, token=seat.token, seed=seed)
    environment = child_environment(told, without_settings(os.environ))
    command = [sys.executable, "-u", str(seat.path)]
    async with process(command, environment, heat.log(seat.name)) as seat.process:
        yield


async def _addresses(server: Process, heat: Heat) -> tuple[str, str]:
    """Where the server listens, exchange and feed, once it does."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_S
    while not heat.ready.exists():
        if server.returncode is not None or loop.time() > deadline:
            raise HeatFailed(f"The server did not start: {heat.last_words('server')}")
        await asyncio.sleep(LOOK_S)
    ports = json.loads(heat.ready.read_text())
    return f"ws://127.0.0.1:{ports['exchange']}", f"ws://127.0.0.1:{ports['feed']}"

"""House bots beside a server: entered by it, playing through its own sockets as any player does.

Bots that come along play in the server's event loop, files in processes of their own. Their
tokens are kept in a file that only the server's user can read.
"""

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec

from cxgame.auth import new_token
from cxgame.bots import BotSpec, UnknownBot, parse_bots, run_bot
from cxgame.child import bound
from cxgame.config import BotEnvironment, ConfigError, Settings, child_environment
from cxgame.in_thread import in_thread
from cxgame.server.errors import StartError
from cxgame.server.sessions.host import Host
from cxgame.server.sockets.listening import reachable

_END_S = 3.0  # for a bot's process to end when asked

log = logging.getLogger("cxgame.bots")


class HouseBots:
    """The bots of `--bots`. Raises `ConfigError` for one that there is not."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        try:
            self._specs = parse_bots(settings.bots)
        except UnknownBot as error:
            raise ConfigError(str(error)) from None
        for spec in self._specs:
            if spec.is_file and not Path(spec.name).is_file():
                raise ConfigError(f"bots: there is no file {spec.name}")
        self._tokens: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.processes: list[subprocess.Popen[bytes]] = []

    async def enter(self, host: Host) -> None:
        """Make each bot's user and account, in the order in which they were named."""
        if not self._specs:
            return
        path = None if self._settings.memory else self._settings.data_dir / "bots.json"
        self._tokens = _known_tokens(path)
        for spec in self._specs:
            self._tokens.setdefault(spec.user, new_token())
        _keep_tokens(path, self._tokens)  # before they are worth anything
        for spec in list(self._specs):
            refusal = await host.enter_bot(spec.user, self._tokens[spec.user])
            if refusal is not None:
                log.error("%s cannot play: %s", spec.user, refusal.text)
                self._specs.remove(spec)

    def play(self, exchange_port: int, feed_port: int, seed: int) -> None:
        """Let them play until `stop`."""
        settings = self._settings
        scheme = "ws" if settings.pem_file is None else "wss"
        at = f"{scheme}://{reachable(settings.bind)}"
        for spec in self._specs:
            environment = BotEnvironment(
                uri=f"{at}:{exchange_port}",
                feed_uri=f"{at}:{feed_port}",
                user=spec.user,
                token=self._tokens[spec.user],
                seed=seed,
                # They reach the server by the address of a loopback, for which nobody has a
                # certificate, and over which nobody listens in.
                ssl_verify=False,
            )
            if spec.is_file:
                self._start_process(spec, environment)
            else:
                self._start_task(spec, _play(spec, environment))

    async def stop(self) -> None:
        """End them all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            await in_thread(_ended, process)

    def _start_task(self, spec: BotSpec, playing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(playing, name=spec.user)
        task.add_done_callback(_report)
        self._tasks.append(task)

    def _start_process(self, spec: BotSpec, environment: BotEnvironment) -> None:
        process = subprocess.Popen(  # noqa: S603 the file that the organiser named
            bound([sys.executable, spec.name]),
            env=child_environment(environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the server, which then ends the bots
        )
        self.processes.append(process)
        self._start_task(spec, _watch(spec, process))


async def _play(spec: BotSpec, environment: BotEnvironment) -> None:
    await run_bot(
        spec,
        uri=environment.uri,
        feed_uri=environment.feed_uri,
        token=environment.token,
        seed=environment.seed,
        ssl_verify=environment.ssl_verify,
    )


async def _watch(spec: BotSpec, process: "subprocess.Popen[bytes]") -> None:
    """Say when a bot's process ends by itself."""
    while process.poll() is None:
        await asyncio.sleep(0.5)
    log.warning("%s (%s) ended with status %d", spec.user, spec.name, process.returncode)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s plays no more: %s", task.get_name(), error)
        log.debug("its error", exc_info=error)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of a process that was asked to; kill it if it takes too long."""
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _known_tokens(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError):
        raise StartError(f"cannot read the tokens of the house bots in {path}") from None


def _keep_tokens(path: Path | None, tokens: dict[str, str]) -> None:
    if path is None:
        return
    draft = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(tokens, file)
            file.flush()
            os.fsync(file.fileno())  # a power cut must not leave an empty file in its place
        draft.replace(path)
    except OSError as error:
        raise StartError(
            f"cannot keep the tokens of the house bots in {path}: {error.strerror}"
        ) from None

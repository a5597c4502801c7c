"""`cxgame watch` as a program: plain lines, pictures in a terminal, faults in one line."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from rich.console import Console

from cxgame import watch
from cxgame.client import CxClient
from cxgame.server.app import CxServer
from cxgame.watch.show import has_screen
from cxgame.watch.terminal import lines
from tests.support.serving import WITHIN_S, served
from tests.watch.feed import TS, bcast, hello, match, standings


async def frames(*given: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    for frame in given:
        yield frame


async def test_a_line_per_trade_and_message_and_the_leader_now_and_then() -> None:
    """Standings that come each second fill no log."""
    later = {**standings("bob"), "ts": TS + 11}
    told = [
        line
        async for line in lines(
            frames(hello(), match(), standings("alice"), standings("bob"), bcast("hi"), later)
        )
    ]
    assert [line.partition(" ")[2] for line in told] == [
        "game main.1, open: BTC/USD",
        "BTC/USD buy 0.5 at 1000.00",
        "alice leads with 20,000.00",
        "alice: hi",
        "bob leads with 20,000.00",
    ]


class Reader:
    """A feed on which a player writes letters that not every terminal has."""

    def __init__(self, *_: object, **__: object) -> None:
        self._frames = frames(hello(), bcast("\u65e5\u672c, gr\u00fc\u00dfe"))

    async def __aenter__(self) -> "Reader":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self._frames


def test_letters_that_the_output_lacks_end_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file or a pipe may be in the encoding of another time."""
    written = io.BytesIO()
    monkeypatch.setattr("cxgame.watch.terminal.CxFeedReader", Reader)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    assert watch.main(plain=True) == 0
    assert "alice: ??, gr\u00fc\u00dfe".encode("latin-1") in written.getvalue()


@pytest.mark.parametrize(("encoding", "is_drawn"), [("utf-8", True), ("latin-1", False)])
def test_a_terminal_without_the_letters_is_not_drawn_on(encoding: str, is_drawn: bool) -> None:
    """Lines and dots are letters that it would not know."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=file, force_terminal=True, _environ={"TERM": "xterm"})
    assert has_screen(console) is is_drawn


@pytest.mark.ci
async def test_a_game_is_watched_to_its_end() -> None:
    """Without a terminal it writes lines, and ends with the game and status 0."""
    server = CxServer(
        exchange_port=0, feed_port=0, http_port=0, bind="127.0.0.1", memory=True,
        admin_secret="a secret",
    )  # fmt: skip
    async with served(server):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cxgame", "watch", "--uri", f"ws://127.0.0.1:{server.feed.port}",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        async with asyncio.timeout(WITHIN_S):
            assert b"game main.1, open: BTC/USD" in await process.stdout.readline()
            uri = f"ws://127.0.0.1:{server.exchange.port}"
            async with CxClient("alice", uri=uri) as alice:
                await alice.register()
                await alice.bcast("hello")
                await alice.shutdown("a secret")
            rest = (await process.stdout.read()).decode()
            assert await process.wait() == 0
    assert "alice: hello" in rest
    assert "Shutting down." in rest


async def test_a_reader_that_has_had_enough_is_no_error() -> None:
    """As in `cxgame watch | head -1`: it ends quietly."""
    server = CxServer(
        exchange_port=0, feed_port=0, http_port=0, bind="127.0.0.1", memory=True,
        admin_secret="a secret",
    )  # fmt: skip
    async with served(server), asyncio.timeout(WITHIN_S):
        uri = f"ws://127.0.0.1:{server.feed.port}"
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", f"{sys.executable} -m cxgame watch --uri {uri}; echo status $? >&2",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        await process.stdout.readline()
        process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
        saying = asyncio.create_task(process.stderr.read())
        async with CxClient("alice", uri=f"ws://127.0.0.1:{server.exchange.port}") as alice:
            await alice.register()
            while not saying.done():
                await alice.bcast("hello")
                await asyncio.wait({saying}, timeout=0.1)
        assert await saying == b"status 0\n"
        await process.wait()


def test_nobody_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with status 1."""
    assert watch.main("no address", plain=True) == 1
    error = capsys.readouterr().err
    assert error.startswith("cxgame: ")
    assert error.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
async def test_a_terminal_gets_pictures() -> None:
    """Drawn on the alternate screen; Ctrl-C leaves it tidy, with status 0."""
    import fcntl
    import os
    import pty
    import signal
    import struct
    import termios

    server = CxServer(
        exchange_port=0, feed_port=0, http_port=0, bind="127.0.0.1", memory=True,
        admin_secret="a secret",
    )  # fmt: skip
    async with served(server):
        here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cxgame", "watch", "--uri", f"ws://127.0.0.1:{server.feed.port}",
            stdin=there, stdout=there, stderr=there, env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(there)
        os.set_blocking(here, False)
        seen = bytearray()
        asyncio.get_running_loop().add_reader(here, lambda: _read(here, seen))
        try:
            async with asyncio.timeout(WITHIN_S):
                while b"standings" not in seen or b"OPEN" not in seen:
                    await asyncio.sleep(0.05)
                process.send_signal(signal.SIGINT)
                assert await process.wait() == 0
        finally:
            asyncio.get_running_loop().remove_reader(here)
            os.close(here)
            if process.returncode is None:
                process.kill()
        assert b"\x1b[?1049h" in seen  # to the alternate screen
        assert b"Traceback" not in seen


def _read(descriptor: int, into: bytearray) -> None:
    import os

    try:
        into += os.read(descriptor, 65_536)
    except OSError:  # the other end is closed
        asyncio.get_running_loop().remove_reader(descriptor)

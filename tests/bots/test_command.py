"""`cxgame bot` as a program."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from cxgame.bots import run
from cxgame.config import BotEnvironment
from cxgame.server.app import CxServer
from tests.support.serving import WITHIN_S, served

SCRIPT = """
import json, os, sys
told = {name: text for name, text in os.environ.items() if name.startswith("CXGAME_")}
print(json.dumps(told))
sys.exit(7)
"""
NOWHERE = BotEnvironment(uri="ws://127.0.0.1:9", seed=3, user="eve")


async def test_a_file_is_run_with_what_it_is_told(tmp_path: Path) -> None:
    """In its environment, all of it explicit; its exit status is the command's."""
    script = tmp_path / "eve.py"
    script.write_text(SCRIPT)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cxgame", "bot", str(script),
        "--uri", "wss://somewhere:1", "--user", "eve", "--seed", "3", "--no-ssl-verify",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 7
    told = json.loads(out)
    assert told["CXGAME_URI"] == "wss://somewhere:1"
    assert told["CXGAME_FEED_URI"] == "wss://somewhere:9876"
    assert (told["CXGAME_USER"], told["CXGAME_SEED"]) == ("eve", "3")
    assert told["CXGAME_SSL_VERIFY"] == "false"


async def test_who_chooses_a_name_can_have_it_again() -> None:
    """The token is said once, and lets the same user in the next time; then nothing is said."""
    server = CxServer(
        exchange_port=0, feed_port=0, http_port=0, bind="127.0.0.1", memory=True,
        admin_secret="a secret",
    )  # fmt: skip
    async with served(server), asyncio.timeout(WITHIN_S):
        token = ""
        for start in range(2):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "cxgame", "bot", "random", "--user", "zed",
                "--uri", f"ws://127.0.0.1:{server.exchange.port}",
                "--feed-uri", f"ws://127.0.0.1:{server.feed.port}",
                stderr=asyncio.subprocess.PIPE, env={**os.environ, "CXGAME_TOKEN": token},
            )  # fmt: skip
            assert process.stderr is not None
            said = ""
            while "zed plays random" not in said:
                said += (await process.stderr.readline()).decode()
            process.terminate()  # a shell may have it ignore Ctrl-C, as it does in the background
            await process.wait()
            found = re.search(
                r"^To play as zed again, set CXGAME_TOKEN=([0-9a-f]{64})$", said, re.M
            )
            assert (found is not None) == (start == 0)
            token = found[1] if found else token


@pytest.mark.ci
@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("nobody", 2, "there is no bot 'nobody'"),
        ("nothing.py", 2, "there is no file nothing.py"),
        ("maker", 1, "eve cannot play"),
    ],
)
def test_what_cannot_be_is_one_line(
    name: str, status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with a status that says whose fault it is."""
    assert run(name, NOWHERE) == status
    error = capsys.readouterr().err
    assert error.startswith("cxgame: ")
    assert words in error
    assert error.count("\n") == 1

"""Scripts that use the client end in silence."""

import subprocess
import sys

import pytest

from tests.client.fakes import FakeExchange

TRADE = """
from cxgame.client import CxClient
cx = CxClient("alice", uri={uri!r})
assert cx.r("register").status
assert cx.r("buy", "999.99", "1").status
"""

FORK = """
import os
from cxgame.client import CxClient
cx = CxClient("alice", uri={uri!r})
assert cx.r("register").status
child = os.fork()
if child == 0:
    assert cx.r("buy", "999.99", "1").status
else:
    assert os.waitpid(child, 0)[1] == 0
    assert cx.r("price").status
"""

ASYNC = """
import asyncio
from cxgame.client import CxClient

async def main():
    cx = CxClient("alice", uri={uri!r})
    assert (await cx.register()).status
    assert (await cx.buy("999.99", "1")).status

asyncio.run(main())
"""

LIGHT = """
import sys
import cxgame.client
assert "websockets" not in sys.modules and "asyncio" not in sys.modules
from cxgame.client import dec
assert "websockets" not in sys.modules
from cxgame.client import *
assert not [name for name in sys.modules if name.startswith(("cxgame.engine", "msgspec", "redis"))]
assert CxClient.__name__ in dir(cxgame.client)
try:
    cxgame.client.Nothing
except AttributeError as error:
    assert "Nothing" in str(error)
else:
    raise SystemExit("a name that does not exist was found")
"""


def run_script(text: str) -> str:
    """Run a script with every warning shown, but not that the machine is slow; what it said."""
    command = [sys.executable, "-X", "dev", "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said = (done.stderr + done.stdout).splitlines(keepends=True)
    return "".join(line for line in said if not line.startswith("Executing <"))


@pytest.mark.parametrize("script", [TRADE, ASYNC], ids=["r", "await"])
def test_a_script_ends_without_a_word(exchange: FakeExchange, script: str) -> None:
    """Connections that nobody closed are closed at exit, without warnings."""
    assert run_script(script.format(uri=exchange.uri)) == ""
    assert len(exchange.orders) == 1
    assert exchange.close_codes == [1000]  # with a closing handshake


@pytest.mark.skipif(sys.platform == "win32", reason="fork")
def test_a_forked_child_has_its_own_connection(exchange: FakeExchange) -> None:
    """A fork copies the client but not its thread: the child starts afresh."""
    run_script(FORK.format(uri=exchange.uri))  # Python itself warns of forks beside threads
    assert len(exchange.orders) == 1
    assert exchange.connections == 2


def test_importing_the_package_is_light() -> None:
    """Names load when they are used; the engine never does."""
    assert run_script(LIGHT) == ""

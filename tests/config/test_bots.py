"""What a bot is told."""

import re
import sys
from pathlib import Path

import pytest

from cxgame.config import BotEnvironment, ConfigError, bot_environment, child_environment
from tests.support.programs import run


def test_without_anything_a_bot_plays_on_this_computer() -> None:
    """The defaults are the server's own."""
    bot = bot_environment({})
    assert (bot.uri, bot.feed_uri) == ("ws://127.0.0.1:9877", "ws://127.0.0.1:9876")
    assert (bot.user, bot.token, bot.symbol, bot.seed, bot.ssl_verify) == (
        None,
        None,
        None,
        None,
        True,
    )


def test_flags_come_before_variables() -> None:
    """What is given wins; an empty variable counts as not set."""
    environ = {"CXGAME_USER": "env", "CXGAME_SEED": "5", "CXGAME_TOKEN": ""}
    bot = bot_environment(environ, user="flag", seed=None)
    assert (bot.user, bot.seed, bot.token) == ("flag", 5, None)


@pytest.mark.parametrize(
    ("uri", "feed_uri"),
    [
        ("wss://example.org:1234", "wss://example.org:9876"),
        ("ws://[::1]:9877", "ws://[::1]:9876"),
        ("ws://host:9877/heat2", "ws://host:9876/heat2"),
    ],
)
def test_the_feed_is_beside_the_order_server(uri: str, feed_uri: str) -> None:
    """Without its own address the feed is on the same host, and of the same game."""
    assert bot_environment({"CXGAME_URI": uri}).feed_uri == feed_uri


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CXGAME_URI", "localhost:9877"),
        ("CXGAME_URI", "http://localhost"),
        ("CXGAME_URI", "ws://"),
        ("CXGAME_URI", "ws://[::1"),
        ("CXGAME_URI", "ws://host:port"),
        ("CXGAME_FEED_URI", "nonsense"),
        ("CXGAME_SEED", "1.5"),
        ("CXGAME_SSL_VERIFY", "maybe"),
    ],
)
def test_a_wrong_variable_is_one_sentence(variable: str, value: str) -> None:
    """What cannot be used is named."""
    named = rf"^{variable[7:].lower()} \({variable}\) must "
    with pytest.raises(ConfigError, match=named):
        bot_environment({variable: value})


def test_a_script_ends_with_that_sentence(tmp_path: Path) -> None:
    """Without a traceback, be the variables read in a coroutine or not, and never with status 0."""
    read = "from cxgame.config import bot_environment\n"
    coroutine = "import asyncio\nasync def main():\n    bot_environment()\nasyncio.run(main())"
    for script in (f"{read}bot_environment()", read + coroutine):
        done = run(tmp_path, sys.executable, "-c", script, CXGAME_SEED="five")
        assert done.returncode == 1
        assert re.fullmatch(r"seed \(CXGAME_SEED\) must be .*, not 'five'\n", done.stdout)


def test_a_child_is_told_the_same() -> None:
    """Written and read again, the variables say the same."""
    bot = BotEnvironment(user="alice", token="t", symbol="BTC/USD", seed=3, ssl_verify=False)
    assert bot_environment(child_environment(bot, {})) == bot


def test_a_child_gets_no_secret_of_the_server() -> None:
    """Bots are players' programs: they see neither the admin secret nor the store's password."""
    parent = {
        "PATH": "/bin",
        "CXGAME_ADMIN_SECRET": "s",
        "CXGAME_ADMIN_SECRET_FILE": "f",
        "VALKEY_PASSWORD": "s",
        "REDIS_URL": "redis://:s@x",
        "CXGAME_TOKEN": "another bot's",
    }
    child = child_environment(BotEnvironment(user="alice"), parent)
    assert child == {
        "PATH": "/bin",
        "CXGAME_URI": "ws://127.0.0.1:9877",
        "CXGAME_FEED_URI": "ws://127.0.0.1:9876",
        "CXGAME_USER": "alice",
        "CXGAME_SSL_VERIFY": "true",
    }


def test_a_token_is_not_shown() -> None:
    """The repr of a bot's environment holds no token."""
    assert "hush" not in repr(BotEnvironment(token="hush"))

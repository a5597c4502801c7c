"""The feeder as a person starts it: what it says, and the status it ends with."""

import signal
import sys
from pathlib import Path

import pytest

from cxgame import cli, logs
from cxgame.client import CxClient
from tests.oracle import standin
from tests.store.embedded_fixture import ValkeyThread, a_free_port
from tests.support.programs import Program, Server, run

CXGAME = (sys.executable, "-m", "cxgame")
Said = pytest.CaptureFixture[str]

# What a person would have installed: `ccxt`, with one exchange, in the folder of the program.
FAKE_CCXT = """
from tests.oracle.standin import *
from tests.oracle.standin import StandIn as binance

exchanges = ["binance"]
"""


class Typing:
    """Runs one command line in this process."""

    def __init__(self, said: Said, folder: Path) -> None:
        self._said = said
        self.folder = folder

    def __call__(self, *words: str) -> tuple[int, str]:
        """Status and complaint."""
        status = cli.main(["oracle", *words])
        return status, self._said.readouterr().err


@pytest.fixture
def typed(capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """In an empty folder, without variables, with a stand-in for ccxt."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # pytest has its own
    monkeypatch.setattr("cxgame.feeder.program._PATIENCE_S", 0.2)
    for variable in ("VALKEY_URL", "REDIS_URL", "VALKEY_HOST", "VALKEY_PASSWORD", "EXCHANGE"):
        monkeypatch.delenv(variable, raising=False)
    module = standin.module(binance=standin.StandIn)
    monkeypatch.setitem(sys.modules, "ccxt.async_support", module)
    return Typing(capsys, tmp_path)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--exchange", "binanse"), "ccxt knows no exchange 'binanse'; did you mean binance?"),
        (("--exchange", "binance", "--oracle", "gbm"), "--exchange and --oracle are both given"),
        (("--oracle", "gbn"), "'gbn' is no price source"),
        (("--oracle", "gbm", "--valkey-url", "redis://host:port"), "Valkey URL is not understood"),
        (("--symbols", "BTCUSDT"), "symbols (--symbols) must be one or several of"),
        (("--interval", "soon"), "interval (--interval) must be a number of seconds"),
    ],
)
def test_what_a_person_gets_wrong_is_one_line(
    typed: Typing, words: tuple[str, ...], complaint: str
) -> None:
    """And status 2, before anything is connected."""
    status, said = typed(*words)
    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith("cxgame: ")
    assert complaint in said


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """As for a server."""
    ended = run(tmp_path, *CXGAME, "oracle", "--oracle", "gbm", "--log-file", "no/where")
    said = "cxgame: cannot write the log file no/where: No such file or directory\n"
    assert (ended.returncode, ended.stdout) == (2, said)


def test_a_valkey_that_is_away_is_one_line(typed: Typing) -> None:
    """After it was waited for a little, with status 1."""
    port = a_free_port()
    status, said = typed("--oracle", "gbm", "--valkey-url", f"redis://127.0.0.1:{port}")
    assert (status, said.count("\n")) == (1, 1)
    assert f"Valkey at 127.0.0.1:{port}" in said


def test_no_markets_is_one_line(typed: Typing, shared_valkey: ValkeyThread) -> None:
    """Asking again would not find them."""
    status, said = typed("--symbols", "NO/NE", "--valkey-url", shared_valkey.url)
    assert (status, said) == (1, "cxgame: binance has none of the markets NO/NE\n")


def test_a_game_trades_at_the_price_of_the_service(tmp_path: Path) -> None:
    """Two programs in one folder: the server opens its Valkey, the service finds it there."""
    port = a_free_port()
    (tmp_path / ".env").write_text(f"CXGAME_VALKEY_PORT={port}\nVALKEY_PASSWORD=geheim\n")
    flags = ("--oracle", "valkey", "--symbol", "BTC/USDT", "--liquidity", "house")
    fast = ("--tick-interval", "0.05", "--data-dir", "game")
    words = ("oracle", "--oracle", "constant:price=60000,spread=20", "--symbols", "BTC/USDT")
    with Server(tmp_path, *flags, *fast) as server:
        wrong = run(tmp_path, *CXGAME, *words, VALKEY_PASSWORD="falsch")
        assert (wrong.returncode, wrong.stdout) == (
            1,
            f"cxgame: Valkey at 127.0.0.1:{port} refuses the user name or password\n",
        )
        log = tmp_path / "oracle.log"
        with Program(tmp_path, *CXGAME, *words, "--interval", "0.1", log=log) as feeder:
            client = CxClient(user="alice", uri=server.uri)
            assert client.r("register").status
            server.until(lambda: client.r("price").data == 60000, "to have the price")
            bought = client.r("buy_market", "600.10")
            assert bought.status
            (fill,) = client.r("fills").data
            assert (fill["price"], fill["side"]) == ("60010.00", "buy")
            feeder.process.send_signal(signal.SIGTERM)
            assert feeder.wait() == 0
        said = feeder.said
        assert f"constant, 1 of them (BTC/USDT), go to Valkey at 127.0.0.1:{port}" in said
        assert said.count("\n") == 2
        assert said.endswith("no more prices from constant\n")
        assert "geheim" not in said
        server.interrupt()


def test_an_exchange_is_followed_live(tmp_path: Path, shared_valkey: ValkeyThread) -> None:
    """By the variables that other programs of the kind have; Ctrl-C ends it with status 0."""
    (tmp_path / "ccxt").mkdir()
    (tmp_path / "ccxt" / "__init__.py").touch()
    (tmp_path / "ccxt" / "async_support.py").write_text(FAKE_CCXT)
    variables = {
        "EXCHANGE": "binance",
        "DISCOVER_QUOTES": "USDT",
        "DISCOVER_LIMIT": "2",
        "INTERVAL_SEC": "0.1",
        "VALKEY_URL": shared_valkey.url,
        "LOG_LEVEL": "INFO",
    }
    with Program(tmp_path, *CXGAME, "oracle", log=tmp_path / "live.log", **variables) as feeder:
        feeder.until_said("prices from binance, 2 of them (BTC/USDT, ETH/USDT), go to Valkey")
        assert feeder.interrupt() == 0

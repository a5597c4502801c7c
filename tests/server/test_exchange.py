"""The exchange as a whole: it starts, goes on where it stopped, ends, and says so."""

import asyncio
import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import websockets

from cxgame.config import ConfigError
from cxgame.server.errors import FENCED, PlayFault, StartError
from cxgame.server.exchange import CxExchange
from cxgame.server.feed import CxFeed
from cxgame.server.http.vitals import Condition
from cxgame.server.play.rules import RulesRefused
from cxgame.store.datadir import read_running
from tests.support.serving import WITHIN_S, Served, player, served

SECRET = "a secret of the test"


def exchange(data_dir: Path | None = None, **settings: Any) -> CxExchange:
    """An exchange on a free port of the loopback; in memory without a data directory."""
    kept = {"memory": True} if data_dir is None else {"data_dir": data_dir}
    options: dict[str, Any] = {"port": 0, "bind": "127.0.0.1", "admin_secret": SECRET, **kept}
    return CxExchange(**{**options, **settings})


async def test_the_readme_s_game_is_played() -> None:
    """With default options alice buys below and sells above 1000.00 and pays from her wallet."""
    async with served(exchange()) as running, player(running.server.port, "alice") as alice:
        assert (await alice.ask("price"))["data"] == "1000.00"
        bought = await alice.ask("buy", price="999.99", size="1.5")
        assert bought["message"] == "Buy order placed."
        assert bought["data"]["usd_used"] == "1499.985"
        assert (await alice.ask("sell", price="999.99", size="1"))["code"] == "ORDER_NOT_MAKER"
        wallets = (await alice.ask("wallets"))["data"]
        assert (wallets["usd"], wallets["crypto"]) == ("8500.015", "10.0")
        assert (await alice.ask("audit"))["data"] == []


async def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Orders, wallets, users, tokens and the state hash are the same after a stop and a start."""
    async with served(exchange(tmp_path)) as running:
        async with player(running.server.port, "alice") as alice:
            token = alice.token
            order = (await alice.ask("buy", price="900", size="1"))["data"]
            wallets = (await alice.ask("wallets"))["data"]
            before = (await alice.ask("audit", secret=SECRET))["data"]
            ending = asyncio.create_task(alice.end())
            await running.stop()
            assert await ending == (1001, "The server stops; the game goes on at its next start.")
    assert read_running(tmp_path) is None
    async with served(exchange(tmp_path)) as again:
        assert "goes on where it stopped" in again.said[0]
        async with player(again.server.port, "alice", token=token or "") as alice:
            assert (await alice.ask("audit", secret=SECRET))["data"] == before
            assert (await alice.ask("orders"))["data"]["maker"] == [order]
            assert (await alice.ask("wallets"))["data"] == wallets
            assert (await alice.ask("cancel", order_id=order["id"]))["status"]


async def test_the_made_secret_is_shown_once(tmp_path: Path) -> None:
    """Without an admin secret one is made at the first start, shown, and kept as a hash only."""
    async with served(exchange(tmp_path, admin_secret=None)) as running:
        play = running.server.play
        assert play is not None
        assert play.admin_secret is not None
        assert f"shown this once: {play.admin_secret}\n" in running.said[0]
        secret = play.admin_secret
        assert running.server.admin_secret == secret
    async with served(exchange(tmp_path, admin_secret=None)) as again:
        assert "shown this once" not in again.said[0]
        async with player(again.server.port) as admin:
            assert (await admin.ask("pause", secret="wrong"))["code"] == "AUTH_SECRET"
            assert (await admin.ask("pause", secret=secret))["status"]
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes()


async def test_shutdown_closes_the_game_for_good(tmp_path: Path) -> None:
    """`shutdown` cancels all, writes the results, closes the sockets; the next game follows."""
    async with served(exchange(tmp_path)) as running:
        async with player(running.server.port, "alice") as alice:
            await alice.ask("buy", price="900", size="1")
            closing = await alice.ask("shutdown", secret=SECRET)
            assert closing["message"] == "Command accepted. Shutting down."
            assert await alice.end() == (1001, "The game is over.")
        await running.end()
    results = tmp_path / "results" / "main.1.csv"
    assert results.read_text().splitlines() == [
        '"user","crypto","usd","holdings"',
        '"alice","10.0","10000.00","20000.00"',
    ]
    async with served(exchange(tmp_path)) as again:
        assert "game main.2: new, since main.1 is over" in again.said[0]
        async with player(again.server.port) as anyone:
            assert (await anyone.ask("register", username="alice"))["code"] == "AUTH_USER_TAKEN"
    assert sorted(path.name for path in results.parent.iterdir()) == ["main.1.csv"]


async def test_results_that_a_kill_prevented_are_written_at_the_next_start(tmp_path: Path) -> None:
    """A game that is found closed without its results file gets it then."""
    async with served(exchange(tmp_path, time_limit=0.001)) as running:
        await running.end()
    results = tmp_path / "results" / "main.1.csv"
    results.unlink()
    async with served(exchange(tmp_path)):
        assert results.read_text().startswith('"user"')


async def test_the_time_limit_ends_the_game_though_nobody_talks(tmp_path: Path) -> None:
    """After `time_limit` seconds of play the game closes and the server ends by itself."""
    path = tmp_path / "table.csv"
    async with served(exchange(time_limit=0.2, results=path)) as running:
        await running.end()
        assert "The game is over." in running.said[-1]
    assert path.read_text().startswith('"user"')


async def test_fresh_begins_a_new_game(tmp_path: Path) -> None:
    """With `fresh` the game that is there is left, and the next number is played."""
    async with served(exchange(tmp_path, seed=1)):
        pass
    async with served(exchange(tmp_path, seed=2, fresh=True)) as running:
        assert "game main.2: new" in running.said[0]


async def test_a_restart_changes_what_it_may(tmp_path: Path) -> None:
    """A setting that is given and differs is journaled, and holds from then on."""
    async with served(exchange(tmp_path)) as running, player(running.server.port, "alice"):
        pass
    async with served(exchange(tmp_path, user_limit=1)):
        pass
    async with served(exchange(tmp_path)) as running, player(running.server.port) as bob:
        assert (await bob.ask("register", username="bob"))["code"] == "LIMIT_USERS"


async def test_a_restart_refuses_what_it_may_not(tmp_path: Path) -> None:
    """A changed grant is refused with the difference; the game itself is not touched."""
    async with served(exchange(tmp_path)):
        pass
    with pytest.raises(RulesRefused, match=r"--usd-start is 10000\.00, not 5"):
        await exchange(tmp_path, usd_start=5).serve()
    async with served(exchange(tmp_path)):
        pass


async def test_a_taken_port_is_one_sentence_and_begins_nothing(tmp_path: Path) -> None:
    """If the port is taken the start fails before a game, a secret or a directory is made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"port {port} is taken") as refused:
            await exchange(tmp_path / "data", port=port).serve()
    assert "--exchange-port" in str(refused.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"bind": "203.0.113.9"}, "cannot listen on 203.0.113.9"),
        ({"pem_file": "/nowhere/x.pem"}, "cannot read the PEM file /nowhere/x.pem: No such file"),
        ({"pem_file": __file__}, "does not hold a private key"),
        ({"memory": False, "valkey_url": "redis://127.0.0.1:1"}, "127.0.0.1:1"),
    ],
)
async def test_what_cannot_start_says_why(settings: dict[str, Any], sentence: str) -> None:
    """Each way to fail at the start is one line in plain words."""
    with pytest.raises(StartError) as refused:
        await asyncio.wait_for(exchange(**settings).serve(), WITHIN_S)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_data_directory_has_one_server(tmp_path: Path) -> None:
    """A second server on the same directory is refused and told the first one's process."""
    async with served(exchange(tmp_path)):
        with pytest.raises(StartError, match="is in use by process"):
            await exchange(tmp_path).serve()


def test_bad_options_are_refused_when_they_are_given() -> None:
    """An option outside its range, or one that there is not, fails at construction."""
    with pytest.raises(ConfigError, match="usd_start"):
        CxExchange(usd_start="NaN")
    with pytest.raises(ConfigError, match="usd_strat"):
        CxExchange(usd_strat=1)
    with pytest.raises(ConfigError, match="started"):
        CxExchange(is_started="maybe")  # type: ignore[arg-type]


@pytest.mark.parametrize("is_started", [True, False])
async def test_whoever_is_taken_over_ends(tmp_path: Path, is_started: bool) -> None:
    """A server whose game another one takes over ends with a status of its own, quiet or not."""
    async with served(exchange(tmp_path, is_started=is_started)) as running:
        there = read_running(tmp_path)
        assert there is not None
        thief = exchange(tmp_path, valkey_url=f"unix://{there.socket}", takeover=True)
        async with served(thief):
            with pytest.raises(PlayFault, match="another server has taken the game over") as end:
                await running.end()
            assert end.value.status == FENCED


async def test_condition_follows_the_server() -> None:
    """Recovering before, ready while it plays, ending afterwards."""
    server = exchange()
    assert server.condition is Condition.RECOVERING
    async with served(server):
        assert server.condition is Condition.READY
        assert server.game is not None
    assert server.condition is Condition.ENDING
    assert server.game is None


async def test_a_stop_before_or_while_starting_is_heeded() -> None:
    """`stop` may come at any moment; the server then ends without ever letting anybody in."""
    for turns in range(0, 40, 4):
        server = exchange()
        running = Served(server)
        for _ in range(turns):
            await asyncio.sleep(0)
        server.stop()
        await running.end()
        assert server.game is None
        assert server.connections == 0


async def test_prices_tick_and_stand_still_before_the_opening() -> None:
    """Ticks reach the engine while the game is open; before that there is the first one only."""
    options = {"oracle": ["random_walk:volatility=0.01"], "tick_interval": 0.001, "seed": 7}
    async with served(exchange(is_started=False, **options)) as running:
        game = running.server.game
        assert game is not None
        async with asyncio.timeout(WITHIN_S):
            while not game.engine.markets[0].bid:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            assert game.engine.markets[0].tick_index == 0
            async with player(running.server.port) as admin:
                assert (await admin.ask("start", secret=SECRET))["status"]
            while game.engine.markets[0].tick_index < 20:
                await asyncio.sleep(0.01)


async def test_a_price_source_that_fails_does_not_end_the_game(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a player's own price model raises is logged; orders go on at the last price."""
    (tmp_path / "broken_source.py").write_text(
        "from cxgame.oracle import PriceModel\n"
        "class Broken(PriceModel):\n"
        "    def next_price(self, current):\n"
        "        raise RuntimeError('no price today')\n"
    )
    monkeypatch.chdir(tmp_path)
    server = exchange(oracle=["broken_source:Broken"], tick_interval=0.001)
    async with served(server) as running, player(running.server.port, "alice") as alice:
        async with asyncio.timeout(WITHIN_S):
            while "no price today" not in caplog.text:
                await asyncio.sleep(0.01)
        assert (await alice.ask("price"))["data"] == "1000.00"
        assert (await alice.ask("buy", price="900", size="1"))["status"]


@pytest.mark.parametrize("feed_first", [True, False])
def test_exchange_and_feed_run_side_by_side_in_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, feed_first: bool
) -> None:
    """Two threads and no common arguments: the feed finds the exchange, whichever is first."""
    monkeypatch.chdir(tmp_path)
    server = CxExchange(port=0, bind="127.0.0.1", admin_secret=SECRET)
    feed = CxFeed(port=0, bind="127.0.0.1")
    threads = [threading.Thread(target=server.start), threading.Thread(target=feed.start)]
    if feed_first:
        threads.reverse()
    for thread in threads:
        thread.start()
    try:
        assert server.ready.wait(WITHIN_S)
        assert asyncio.run(_see_a_registration(server, feed)) == "Registered: alice"
    finally:
        server.stop()
        feed.stop()
        for thread in threads:
            thread.join(WITHIN_S)
    assert not any(thread.is_alive() for thread in threads)
    assert read_running(tmp_path / "cxgame-data") is None


async def _see_a_registration(server: CxExchange, feed: CxFeed) -> str:
    async with asyncio.timeout(WITHIN_S):
        while feed.port == 0:
            await asyncio.sleep(0.01)
        async with websockets.connect(f"ws://127.0.0.1:{feed.port}") as spectator:
            assert json.loads(await spectator.recv())["type"] == "hello"
            async with player(server.port, "alice"):
                while True:
                    frame = json.loads(await spectator.recv())
                    if frame["type"] == "info" and frame["message"].startswith("Registered"):
                        return str(frame["message"])


def test_a_helper_thread_serves_and_is_stopped_from_outside(tmp_path: Path) -> None:
    """`start` works in any thread, `stop` from any other; Valkey ends with it."""
    server = exchange(tmp_path)
    thread = threading.Thread(target=server.start)
    thread.start()
    assert server.ready.wait(WITHIN_S)

    async def play() -> None:
        async with player(server.port, "alice") as alice:
            assert (await alice.ask("price"))["status"]

    asyncio.run(play())
    server.stop()
    thread.join(WITHIN_S)
    assert not thread.is_alive()
    assert read_running(tmp_path) is None

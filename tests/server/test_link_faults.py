"""Faults act on the link alone: what they leave untouched, in memory and over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from cxgame.engine.invariants import violations
from cxgame.faults import Board, Face, link, read_fault
from cxgame.ports import Entry
from cxgame.recovery import Replay
from cxgame.server.exchange import CxExchange
from cxgame.server.sessions.session import Session
from cxgame.server.sockets.peer import SocketLimits
from cxgame.server.sockets.tap import tapped
from tests.server.rig import Rig as Game
from tests.support.serving import WITHIN_S, player, served
from tests.support.sockets import Rig as Connection
from tests.support.sockets import frame

ON_THE_WAY_OUT: list[dict[str, Any]] = [
    {"fault": "drop", "probability": 0.2, "direction": "out"},
    {"fault": "corrupt", "probability": 0.2},
    {"fault": "duplicate", "probability": 0.2},
    {"fault": "reorder", "probability": 0.5, "direction": "out"},
    {"fault": "delay", "min_ms": 1, "max_ms": 5, "direction": "out"},
]
ON_THE_WAY_IN: list[dict[str, Any]] = [
    {"fault": "drop", "probability": 0.2},
    {"fault": "corrupt", "probability": 0.2, "direction": "in"},
    {"fault": "duplicate", "probability": 0.2, "direction": "in"},
    {"fault": "reorder", "window_size": 3},
]


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a message takes, no window of a reorder ends before it is full."""
    monkeypatch.setattr(link, "QUIET_S", 3600.0)


class Player(Connection):
    """A connection to a game in memory, without a network."""

    def __init__(self, game: Game, board: Board | None, stack: ExitStack) -> None:
        limits = SocketLimits()
        super().__init__(limits)
        self.game = game
        session = Session(game.host, self.peer)
        self.socket.attached = False
        behind = stack.enter_context(tapped(board, self.socket, session, self.peer, Face.ORDERS))
        self.socket.attach(behind, self.peer, limits)

    async def say(self, command: str, **params: Any) -> None:
        """Send a command and wait until the game has dealt with it."""
        self.receive(frame(json.dumps({"cmd": command, "params": params}).encode()))
        async with asyncio.timeout(WITHIN_S):
            while self.peer.holds:
                await asyncio.sleep(0)
        await self.game.game.settled()


async def _play(faults: list[dict[str, Any]], seed: int = 1) -> tuple[Game, Player, Player]:
    """A short game of two, one of whom has these faults."""
    game = await Game().start()
    for table in faults:
        game.host.faults.set(read_fault({**table, "to": ["ann"]}))
    game.host.faults.seed = seed
    with ExitStack() as stack:
        ann, bob = (Player(game, game.host.faults, stack) for _ in range(2))
        for one, name in ((ann, "ann"), (bob, "bob")):
            # With a token of its own a user is the same in every game.
            await one.say("register", username=name, token="ab" * 32)
        for n in range(60):
            await ann.say("order", side="buy", type="limit", price=990 + n % 7, size="0.1")
            await bob.say("order", side="sell", type="limit", price=992 + n % 5, size="0.1")
            if n % 9 == 0:
                await ann.say("cancel_all")
    await game.stop()
    return game, ann, bob


async def test_faults_on_the_way_out_change_nothing_in_the_game() -> None:
    """Whatever becomes of replies, state, journal and the other's messages are the same."""
    clean, _, bob = await _play([])
    with_faults, ann, bob_beside = await _play(ON_THE_WAY_OUT)
    assert with_faults.game.engine.state_hash() == clean.game.engine.state_hash()
    ours, theirs = with_faults.bench.journal.batches, clean.bench.journal.batches
    assert [batch.hash for batch in ours] == [batch.hash for batch in theirs]
    assert bob_beside.sent == bob.sent
    assert sum(each.hits for each in with_faults.host.faults.in_force.values()) > 50
    assert ann.peer.outstanding == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_faults_on_the_way_in_are_nothing_but_other_messages(seed: int) -> None:
    """The engine's sums, seqs and replay hold as after any other messages, twice the same."""
    game, ann, _ = await _play(ON_THE_WAY_IN, seed)
    assert violations(game.game.engine) == []
    batches = game.bench.journal.batches
    assert [batch.seq for batch in batches] == list(range(1, len(batches) + 1))
    again = Replay()
    for batch in batches:
        again.take(Entry(batch.seq, batch.hash, batch.record))
    assert again.result().engine.state_hash() == game.game.engine.state_hash()
    assert ann.peer.outstanding == 0
    repeated, _, _ = await _play(ON_THE_WAY_IN, seed)
    assert repeated.game.engine.state_hash() == game.game.engine.state_hash()


def _exchange() -> CxExchange:
    return CxExchange(0, "127.0.0.1", memory=True, fault_seed=7)


@asynccontextmanager
async def _board_of(exchange: CxExchange) -> AsyncIterator[Board]:
    async with served(exchange):
        assert exchange.play is not None
        yield exchange.play.host.faults


async def _says(connection: ClientConnection, *ids: int) -> None:
    for id in ids:
        await connection.send(json.dumps({"cmd": "price", "params": {}, "id": id}))


async def _hears(connection: ClientConnection, count: int) -> list[int]:
    """The ids of so many replies."""
    async with asyncio.timeout(WITHIN_S):
        return [json.loads(await connection.recv())["id"] for _ in range(count)]


async def test_a_user_is_found_by_its_login() -> None:
    """Faults for a user begin with its login, are counted, and leave others alone."""
    exchange = _exchange()
    async with _board_of(exchange) as board:
        board.set(read_fault({"fault": "drop", "probability": 1, "to": ["ann"]}))
        async with player(exchange.port, "ann") as ann, player(exchange.port, "bob") as bob:
            lines = {line.who: line for line in board.lines}
            assert set(lines) == {"ann", "bob"}
            await _says(ann.connection, 1, 2)
            assert (await bob.ask("price"))["status"]
            board.clear()
            await _says(ann.connection, 3)
            assert await _hears(ann.connection, 1) == [3]
            assert lines["ann"].hits == {"drop": 2}
        async with asyncio.timeout(WITHIN_S):
            while board.lines:
                await asyncio.sleep(0.01)


async def test_over_real_sockets_the_list_is_the_plan_s() -> None:
    """Which of a hundred requests are lost is what seed, name and number of the session say."""
    exchange = _exchange()
    drop = {"fault": "drop", "probability": 0.1, "to": ["ann"]}
    async with _board_of(exchange) as board:
        board.set(read_fault(drop))
        async with player(exchange.port, "ann") as ann:
            await _says(ann.connection, *range(60))
            heard = await _hears(ann.connection, 56)
    assert sorted(set(range(60)) - set(heard)) == [1, 27, 34, 36]


async def test_a_client_that_is_cut_off_sees_no_close_frame() -> None:
    """A disconnect is no close of the protocol: the connection is simply gone."""
    exchange = _exchange()
    async with _board_of(exchange) as board:
        async with player(exchange.port, "ann") as ann:
            board.set(read_fault({"fault": "disconnect", "after_messages": 1, "direction": "in"}))
            await _says(ann.connection, 1)
            assert await _hears(ann.connection, 1) == [1]
            await _says(ann.connection, 2)
            with pytest.raises(websockets.ConnectionClosedError):
                await asyncio.wait_for(ann.connection.recv(), WITHIN_S)
            assert ann.connection.close_code == 1006


async def test_a_half_open_connection_is_cut_off_in_the_end() -> None:
    """Its client waits in vain until the fault ends, and then learns of it."""
    exchange = _exchange()
    async with _board_of(exchange) as board:
        async with player(exchange.port, "ann") as ann:
            board.set(read_fault({"fault": "half_open", "after_messages": 0}))
            await _says(ann.connection, 1)
            async with asyncio.timeout(WITHIN_S):
                while not board.in_force[1].hits:
                    await asyncio.sleep(0.01)
            board.clear()
            with pytest.raises(websockets.ConnectionClosedError):
                await asyncio.wait_for(ann.connection.recv(), WITHIN_S)

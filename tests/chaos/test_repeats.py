"""Every changing verb, repeated with its cid or token, has one effect and one answer.

Each is asked by two players: one without faults, and one whose reply is lost in some way, and who
repeats. Afterwards both own the same and hold the same kinds of orders.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from cxgame import failpoints
from cxgame.store.datadir import read_running
from tests.acceptance.witness import BTC_START, HALTED, UNKNOWN, USD_START
from tests.chaos.campaign import FLAGS, WITHIN_S
from tests.chaos.tally import TALLY
from tests.support.processes import ServerProcess

Message = dict[str, Any]
KILLED = -signal.SIGKILL
RESTING = {"side": "buy", "type": "limit", "size": "0.2", "price": "980"}

# What is asked: `{cid}` is one of the asker's, `{order_id}` that of an order which rests.
VERBS: dict[str, Message] = {
    "order": {"side": "buy", "type": "limit", "size": "0.7", "price": "1001", "cid": "{cid}"},
    "buy": {"size": "0.3", "price": "990", "cid": "{cid}"},
    "sell": {"size": "0.3", "price": "1010", "cid": "{cid}"},
    "buy_market": {"amount": "123.45", "cid": "{cid}"},
    "sell_market": {"amount": "0.123", "cid": "{cid}"},
    "cancel": {"order_id": "{order_id}"},
    "cancel_all": {},
    "rotate": {"token": "{token}"},
}
ORDERS = ("order", "buy", "sell", "buy_market", "sell_market")
SAME = ("status", "size", "filled_size", "price", "side", "average_price")  # of both players


class Asker:
    """A player who holds one of two tokens and sends one request."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tokens = [f"{ord(name[0]):02x}" * 32]
        self.cids = 0

    async def enter(self, uri: str, verb: str = "auth") -> ClientConnection:
        """Connect and log in, by the newest token that is accepted."""
        socket = await connect(uri, compression=None, open_timeout=WITHIN_S)
        for token in reversed(self.tokens):
            params = {"username": self.name, "token": token}
            if (await ask(socket, {"cmd": verb, "params": params}))["status"]:
                return socket
        raise AssertionError(f"{self.name} is locked out")

    async def message(self, uri: str, verb: str) -> Message:
        """What to ask; an order that can be cancelled is placed first."""
        self.cids += 1
        socket = await self.enter(uri)
        resting = await ask(socket, {"cmd": "order", "params": RESTING})
        await socket.close()
        token = f"{self.cids:02x}{ord(self.name[0]):02x}" * 16
        if verb == "rotate":
            self.tokens.append(token)
        words = {"cid": f"{verb}-{self.cids}", "order_id": resting["data"]["id"], "token": token}
        params = {name: value.format(**words) for name, value in VERBS[verb].items()}
        return {"cmd": verb, "params": params}

    async def owns(self, uri: str) -> tuple[Any, ...]:
        """Wallets, and orders without their ids."""
        socket = await self.enter(uri)
        told = [await ask(socket, {"cmd": name, "params": {}}) for name in ("wallets", "completed")]
        orders = (await ask(socket, {"cmd": "orders", "params": {}}))["data"]
        await socket.close()
        rows = [*told[1]["data"], *orders["maker"], *orders["market"]]
        return told[0]["data"], sorted(json.dumps(_kind(row)) for row in rows)


def _kind(order: Message) -> Message:
    return {name: order.get(name) for name in (*SAME, "symbol", "quantity", "type")}


async def ask(socket: ClientConnection, message: Message) -> Message:
    """One request, one reply."""
    await socket.send(json.dumps(message))
    reply: Message = json.loads(await asyncio.wait_for(socket.recv(), WITHIN_S))
    return reply


async def once(server: ServerProcess, who: Asker, message: Message) -> Message:
    """Ask on a connection of its own; again in doubt, which a slow machine is in by itself."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            socket = await who.enter(server.uri)
            reply = await ask(socket, message)
            await socket.close()
            if reply.get("code") not in (UNKNOWN, HALTED):
                return reply


# Ways to lose a reply


async def cut(server: ServerProcess, socket: ClientConnection, message: Message) -> None:
    """The connection breaks when the reply is under way."""
    await socket.send(json.dumps(message))
    await asyncio.sleep(0.05)
    socket.transport.abort()


async def halted(server: ServerProcess, socket: ClientConnection, message: Message) -> None:
    """The store hangs: doubt, then a refusal to repeat it now, then play goes on."""
    running = read_running(server.data)
    assert running is not None
    os.kill(running.valkey_pid, signal.SIGSTOP)
    try:
        assert (await ask(socket, message))["code"] == UNKNOWN
        # A token is no batch: whether the game has noticed by then is a matter of its last second.
        assert (await ask(socket, message))["code"] in (HALTED, UNKNOWN)
    finally:
        os.kill(running.valkey_pid, signal.SIGCONT)
    async with asyncio.timeout(WITHIN_S), httpx.AsyncClient(base_url=server.http_url) as http:
        while (await http.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.01)
    await socket.close()


async def broken(server: ServerProcess, socket: ClientConnection, message: Message) -> None:
    """The server, in which a failpoint is armed, dies of the request and is started again."""
    try:
        await ask(socket, message)
    except ConnectionClosed:
        pass
    assert await server.wait() == KILLED
    server.variables = {}
    await server.start()


Loss = Callable[[ServerProcess, ClientConnection, Message], Awaitable[None]]


class Stage:
    """A server, a market deep enough for everything here, and the two players."""

    def __init__(self, folder: Path) -> None:
        self.server = ServerProcess(folder, *FLAGS)
        self.victim, self.control = Asker("victim"), Asker("control")

    async def open(self) -> None:
        """Everybody registers, and a maker places two deep orders."""
        await self.server.start()
        maker = Asker("maker")
        for who in (maker, self.victim, self.control):
            await (await who.enter(self.server.uri, "register")).close()
        for side, price in (("buy", "999"), ("sell", "1001")):
            params = {"side": side, "type": "limit", "size": "100", "price": price}
            assert (await once(self.server, maker, {"cmd": "order", "params": params}))["status"]

    async def start_armed(self, failpoint: str, turn: int) -> None:
        """Start again, to be killed at a place."""
        await self.server.terminate()
        self.server.variables = {"CXGAME_FAILPOINT": f"{failpoint}:{turn}"}
        await self.server.start()

    async def repeat(self, verb: str, loss: Loss, place: tuple[str, int] | None = None) -> None:
        """Ask twice because of a loss, and once more; compare with who asked but once."""
        server, victim, control = self.server, self.victim, self.control
        message = await victim.message(server.uri, verb)
        expected = await once(server, control, await control.message(server.uri, verb))
        assert expected["status"], expected
        if place is not None:
            await self.start_armed(*place)
        await loss(server, await victim.enter(server.uri), message)
        first, second = [await once(server, victim, message) for _ in range(2)]
        check_answers(verb, expected, first, second, message)
        assert await victim.owns(server.uri) == await control.owns(server.uri)
        for who in (victim, control):  # a clean desk for the next verb
            await once(server, who, {"cmd": "cancel_all", "params": {}})
        TALLY.repeated[verb] += 2


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """A stage that is set, and taken down."""
    one = Stage(folder)
    try:
        await one.open()
        yield one
        assert await one.server.terminate() == 0, one.server.output
    finally:
        await one.server.stop()


def check_answers(
    verb: str, expected: Message, first: Message, second: Message, message: Message
) -> None:
    """The same answer to each repetition, and to who asked but once."""
    if verb in ORDERS:
        assert second["data"].pop("replayed") is True
        first["data"].pop("replayed", None)
        assert second == first
        for name in SAME:
            assert first["data"].get(name) == expected["data"].get(name), name
    elif verb == "rotate":
        assert first == second
        assert first["data"] == message["params"]["token"]
    elif verb == "cancel":  # done, or done before: one cannot tell, and need not
        assert first["status"] or first["code"] == "ORDER_NOT_FOUND", first
        assert second["code"] == "ORDER_NOT_FOUND", second
    else:
        assert first["status"], first
        assert second["data"] == {"cancelled": []}


async def register(server: ServerProcess, name: str, again: bool) -> None:
    """Register by a token of one's own; the wallet is what every newcomer is given."""
    socket = await connect(server.uri, compression=None, open_timeout=WITHIN_S)
    token = f"{ord(name[-1]):02x}" * 32
    message = {"cmd": "register", "params": {"username": name, "token": token}}
    for _ in range(1 + again):
        reply = await ask(socket, message)
        assert (reply["status"], reply["data"]) == (True, token), reply
    wallets = (await ask(socket, {"cmd": "wallets", "params": {}}))["data"]
    assert Decimal(wallets["usd"]) == USD_START
    assert Decimal(wallets["crypto"]) == BTC_START
    await socket.close()


async def registered(server: ServerProcess, name: str, loss: Loss) -> None:
    """Register, lose the reply, and register again."""
    token = f"{ord(name[-1]):02x}" * 32
    socket = await connect(server.uri, compression=None, open_timeout=WITHIN_S)
    await loss(server, socket, {"cmd": "register", "params": {"username": name, "token": token}})
    await register(server, name, again=True)
    TALLY.repeated["register"] += 2


@pytest.mark.parametrize("loss", [cut, pytest.param(halted, marks=pytest.mark.ci)])
async def test_what_is_repeated_after_doubt_happens_once(tmp_path: Path, loss: Loss) -> None:
    """A connection that breaks, or a store that hangs: the repetition is the answer."""
    async with stage(tmp_path) as one:
        await registered(one.server, "newcomer", loss)
        for verb in VERBS:
            await one.repeat(verb, loss)


async def test_what_an_admin_repeats_happens_once(tmp_path: Path) -> None:
    """`pause`, `start` and `grant` say what shall be, not what shall change."""
    async with stage(tmp_path) as one:
        secret = {"secret": "open sesame"}
        for verb, params, phase in (
            ("pause", secret, "paused"),
            ("start", secret, "open"),
            ("grant", {"username": "victim", **secret}, "open"),
        ):
            message = {"cmd": verb, "params": params}
            await cut(one.server, await one.victim.enter(one.server.uri), message)
            first, second = [await once(one.server, one.victim, message) for _ in range(2)]
            assert first["status"], first
            assert first == second
            clock = await once(one.server, one.victim, {"cmd": "time", "params": {}})
            assert clock["data"]["phase"] == phase
            TALLY.repeated[verb] += 2


@pytest.mark.ci
@pytest.mark.parametrize("place", [failpoints.SEALED, failpoints.SENT, failpoints.RELEASING])
async def test_what_is_repeated_after_a_restart_happens_once(
    tmp_path: Path, rounds: int, place: str
) -> None:
    """The server dies before or after the request is durable: the repetition is the answer."""
    async with stage(tmp_path) as one:
        for round_ in range(rounds):
            for verb in (*ORDERS, "cancel", "cancel_all"):
                await one.repeat(verb, broken, (place, 1))
                TALLY.faults[f"kill at {place}"] += 1
            await one.start_armed(place, 1)
            await registered(one.server, f"new{round_}{place[-1]}", broken)
            TALLY.faults[f"kill at {place}"] += 1


@pytest.mark.ci
@pytest.mark.parametrize("place", [failpoints.USER_SENDING, failpoints.USER_STORED])
async def test_a_token_that_is_repeated_after_a_restart_is_valid(
    tmp_path: Path, rounds: int, place: str
) -> None:
    """The server dies while a record is stored: the new token works once it is acknowledged."""
    async with stage(tmp_path) as one:
        for round_ in range(rounds):
            await one.repeat("rotate", broken, (place, 2))  # the first is the admin's
            await one.start_armed(place, 2)
            await registered(one.server, f"new{round_}", broken)
            TALLY.faults[f"kill at {place}"] += 2

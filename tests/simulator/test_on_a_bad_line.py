"""The client on a bad line, one fault at a time: what it does, and that it comes right."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cxgame.simulator import ExchangeClient, ExchangeServer
from cxgame.simulator.errors import InDoubt, Refused
from cxgame.simulator.terms import Terms
from tests.simulator.rig import EAGER, SYMBOL, WITHIN_S, Auditor, board_of, set_faults

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.ci]

TERMS = Terms(
    timeout_s=WITHIN_S,
    reply_s=0.5,
    ping_s=0.2,
    silent_s=1.0,
    audit_s=0.5,
    poll_s=0.2,
    rest_per_s=50,
)
ALWAYS = {"probability": 1.0}
_SESSIONS = iter(f"bad-line-{number}" for number in range(1_000))


class Case:
    """A session with a client, and another client that no fault concerns."""

    def __init__(self, server: ExchangeServer, client: ExchangeClient, truth: ExchangeClient):
        self.client = client
        self.truth = truth
        self._server = server

    def fault(self, **table: Any) -> None:
        """From now on, for this client."""
        to = [self.client.session_id]
        set_faults(self._server, {"to": to, **table})

    def heal(self) -> None:
        """No more faults."""
        board_of(self._server).clear()

    def count(self, what: str) -> int:
        """How often the client says that something happened."""
        return int(self.client.health.report()["counts"].get(what, 0))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something."""
        async with asyncio.timeout(WITHIN_S):
            while not is_so():
                await asyncio.sleep(0.02)

    async def comes_right(self) -> None:
        """In the end it believes what is true, and has no order twice."""
        await Auditor(self.truth).comes_right(self.client)
        ids = Counter(row["client_order_id"] for row in await self.truth.get_orders())
        assert not [id for id, count in ids.items() if count > 1]

    async def order(self, price: int = 40_000, **more: Any) -> dict[str, Any]:
        """A bid that rests."""
        return await self.client.place_order(SYMBOL, "BUY", "LIMIT", "0.1", price, **more)


@asynccontextmanager
async def on_a_line(server: ExchangeServer, *, by_socket: bool = True) -> AsyncIterator[Case]:
    """A case, with a socket that follows the book unless it is not wanted."""
    name = next(_SESSIONS)
    async with (
        ExchangeClient(server.url, name, terms=TERMS) as client,
        ExchangeClient(server.url, name, terms=EAGER) as truth,
    ):
        if by_socket:
            await client.connect_ws()
            await client.subscribe("ORDERBOOK_L2", SYMBOL)
        case = Case(server, client, truth)
        try:
            yield case
        finally:
            case.heal()


async def test_an_acknowledgement_that_is_lost_makes_no_second_order(
    server: ExchangeServer,
) -> None:
    """The socket took the order; REST is asked for the same one and finds it."""
    async with on_a_line(server) as case:
        case.fault(fault="drop", direction="out", messages=["ORDER_ACK"], **ALWAYS)
        order = await case.order()
        assert order["status"] == "OPEN"
        assert case.count("fallbacks") >= 1
        await case.comes_right()
        assert case.client.open_orders.keys() == {order["order_id"]}


async def test_an_order_that_never_arrives_by_the_socket_goes_by_rest(
    server: ExchangeServer,
) -> None:
    """Once."""
    async with on_a_line(server) as case:
        case.fault(fault="drop", direction="in", messages=["PLACE_ORDER"], **ALWAYS)
        await case.order()
        await case.comes_right()
        assert len(case.client.open_orders) == 1


async def test_an_answer_of_rest_that_is_lost_makes_no_second_order(
    server: ExchangeServer,
) -> None:
    """Without a socket, too: the same request is sent again until it is answered."""
    async with on_a_line(server, by_socket=False) as case:
        case.fault(fault="drop", direction="out", messages=["POST orders"], **ALWAYS)
        placing = asyncio.create_task(case.order())
        await case.until(lambda: case.count("timeouts") >= 2)
        case.heal()
        order = await placing
        assert [row["order_id"] for row in await case.truth.get_orders()] == [order["order_id"]]


async def test_a_request_that_comes_twice_is_done_once(server: ExchangeServer) -> None:
    """By both ways."""
    async with on_a_line(server) as case:
        case.fault(fault="duplicate", direction="in", max_duplicates=3, **ALWAYS)
        orders = [await case.order(40_000 + step) for step in range(5)]
        for order in orders[:2]:
            await case.client.cancel_order(order["order_id"])
        await case.comes_right()
        assert len(case.client.open_orders) == 3


async def test_a_cancel_whose_answer_is_lost_is_done(server: ExchangeServer) -> None:
    """The second try is told that there is nothing to cancel, and the order says why."""
    async with on_a_line(server) as case:
        order = await case.order()
        case.fault(fault="drop", direction="out", messages=["ORDER_CANCEL"], **ALWAYS)
        assert (await case.client.cancel_order(order["order_id"]))["status"] == "cancelled"
        await case.comes_right()
        assert case.client.open_orders == {}
        with pytest.raises(Refused):
            await case.client.cancel_order(order["order_id"])


async def test_what_is_in_doubt_can_be_asked_again(server: ExchangeServer) -> None:
    """The exception has the id under which the order is placed once."""
    async with on_a_line(server, by_socket=False) as case:
        case.fault(fault="drop", direction="out", messages=["POST orders"], **ALWAYS)
        async with ExchangeClient(
            server.url, case.client.session_id, terms=Terms(timeout_s=1, reply_s=0.2)
        ) as hasty:
            with pytest.raises(InDoubt) as caught:
                await hasty.place_order(SYMBOL, "BUY", "LIMIT", "0.1", 40_000)
        case.heal()
        order = await case.order(client_order_id=caught.value.client_order_id)
        assert [row["order_id"] for row in await case.truth.get_orders()] == [order["order_id"]]


async def test_a_silent_socket_is_replaced(server: ExchangeServer) -> None:
    """Open, answering pings of the transport, and mute: given up, opened, subscribed again."""
    async with on_a_line(server) as case:
        case.fault(fault="silence", direction="out", after_messages=1)
        await case.until(lambda: case.count("silences") >= 1)
        case.heal()
        await case.order()
        await case.comes_right()
        assert case.count("connects") >= 2


@pytest.mark.parametrize("mode", ["half_open", "disconnect"])
async def test_a_broken_socket_is_replaced(server: ExchangeServer, mode: str) -> None:
    """Whether somebody says so or not; what happened meanwhile is known afterwards."""
    async with on_a_line(server) as case:
        case.fault(fault=mode, direction="out", messages=["ORDERBOOK_UPDATE"], after_messages=1)
        await case.until(lambda: case.count("silences") + case.count("disconnects") >= 1)
        case.heal()
        await case.truth.place_order(SYMBOL, "SELL", "LIMIT", "1", 60_000)
        await case.comes_right()
        assert len(case.client.open_orders) == 1


async def test_while_the_socket_is_down_rest_tells(server: ExchangeServer) -> None:
    """Prices and trades go on, the view is kept, orders are placed; then the socket is back."""
    async with on_a_line(server) as case:
        for channel in ("TICKER", "TRADES"):
            await case.client.subscribe(channel, SYMBOL)
        await case.truth.place_order(SYMBOL, "BUY", "MARKET", "0.1")
        case.fault(fault="disconnect", messages=["MARKET_DATA", "SUBSCRIBE"], **ALWAYS)
        await case.until(lambda: not case.client.is_connected)
        await case.truth.place_order(SYMBOL, "BUY", "MARKET", "0.2")
        await case.order()
        kinds: Counter[str] = Counter()
        async with asyncio.timeout(WITHIN_S):
            while not (kinds["MARKET_DATA"] and kinds["TRADE"]):
                frame = await case.client.receive_ws_message()
                if frame is not None and frame.get("sequence_id", 1) is None:
                    kinds[frame["type"]] += 1
        case.heal()
        await case.until(lambda: case.client.is_connected)
        await case.comes_right()
        assert case.client.health.report()["stretches"]["socket_down"]["times"] >= 2


async def test_lost_levels_are_noticed_and_looked_up(server: ExchangeServer) -> None:
    """A hole in the numbers puts the book in doubt, and REST settles it."""
    async with on_a_line(server) as case:
        case.fault(fault="drop", direction="out", messages=["ORDERBOOK_UPDATE"], probability=0.5)
        for step in range(5):
            await case.truth.place_order(SYMBOL, "BUY", "LIMIT", "0.1", 30_000 + step)
        await case.until(lambda: case.count("gaps") >= 3)
        case.heal()
        await case.comes_right()
        assert case.count("reconciled") >= 1


async def test_a_loss_that_nothing_shows_is_found_by_the_audit(server: ExchangeServer) -> None:
    """Frames about the account have no numbers: what is lost of them is found now and then."""
    async with on_a_line(server) as case:
        order = await case.order()
        await case.comes_right()
        case.fault(
            fault="drop",
            direction="out",
            messages=["ORDER_CANCEL", "BALANCE_UPDATE", "POSITION_UPDATE"],
            **ALWAYS,
        )
        await case.truth.cancel_order(order["order_id"])
        await case.until(lambda: not case.client.open_orders)
        assert case.count("unnoticed") >= 1
        await case.comes_right()


async def test_trades_come_once_each_whatever_happens_to_them(server: ExchangeServer) -> None:
    """Lost, doubled and shuffled: each is told once."""
    async with on_a_line(server) as case:
        await case.client.subscribe("TRADES", SYMBOL)
        await case.truth.place_order(SYMBOL, "BUY", "MARKET", "0.01")
        told: list[str] = []

        async def read() -> None:
            while True:
                frame = await case.client.receive_ws_message()
                if frame is not None and frame["type"] == "TRADE":
                    told.append(frame["trade_id"])

        reading = asyncio.create_task(read())
        try:
            await case.until(lambda: len(told) == 1)
            for fault in ("drop", "duplicate", "reorder"):
                case.fault(fault=fault, direction="out", messages=["TRADE"], probability=0.4)
            for _ in range(30):
                await case.truth.place_order(SYMBOL, "SELL", "MARKET", "0.01")
            case.heal()
            await case.truth.place_order(SYMBOL, "SELL", "MARKET", "0.01")
            happened = [
                row["trade_id"] for row in await case.truth.get_trades(SYMBOL, after=told[0])
            ]
            await case.until(lambda: len(told) > len(happened))
            assert sorted(told[1:], key=int) == happened
        finally:
            reading.cancel()


async def test_bans_by_rest_are_waited_out_and_slow_down(server: ExchangeServer) -> None:
    """For how long it is said, and from then on the client asks more slowly: few bans are met."""
    async with on_a_line(server, by_socket=False) as case:
        case.fault(fault="rate_limit", per_second=10, bans_s=[0.5] * 10)
        await asyncio.gather(*(case.client.get_symbols() for _ in range(40)))
        bans = case.client.health.report()["stretches"]["rest_quiet"]
        assert 1 <= bans["times"] <= 5
        assert bans["total_s"] >= 0.5


async def test_mangled_messages_are_sent_again(server: ExchangeServer) -> None:
    """In both directions, by both ways, if no sense is left in them."""
    async with on_a_line(server) as case:
        case.fault(fault="corrupt", direction="both", probability=0.3, corruption_level=0.2)
        for step in range(4):
            await case.order(39_000 + step)
        await case.until(lambda: case.count("garbage") >= 1)
        case.heal()
        await case.comes_right()
        assert len(case.client.open_orders) >= 4

"""One client: what it sends when, what it counts, how it comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cxgame.load import client as load_client
from cxgame.load.client import KEPT, MAX_WAITING, Client
from cxgame.load.dialect import Answer
from cxgame.load.profiles import PROFILES, Plan, Profile
from cxgame.load.tally import Tally
from tests.load.stub import MARKET, Server, StubDialect
from tests.support.waiting import until

WITHIN_S = 30
LOOKS = Profile("looks", "", clients=1, rate=10, trades=False)


@asynccontextmanager
async def playing(
    server: Server, profile: Profile = LOOKS, *, logs_in: bool = False
) -> AsyncIterator[Client]:
    """A client that is begun, and ended afterwards."""
    dialect = StubDialect(server, logs_in=logs_in)
    client = Client(0, dialect, Plan(profile, 1, 10, 10), MARKET, Tally(10))
    client.begin(asyncio.Semaphore(1))
    try:
        yield client
    finally:
        await client.end()


def now() -> float:
    """The loop's clock."""
    return asyncio.get_running_loop().time()


async def test_latency_counts_from_when_a_message_was_due() -> None:
    """Five seconds late is five seconds slow, however quick the answer: all that was due is."""
    server = Server()
    async with playing(server) as client:
        await client.ready.wait()
        for late_s in (5.0, 4.0, 3.0):
            client.due(now() - late_s)
        for number in (1, 2, 3):
            server.say(Answer(number))
        assert client.tally.latency.count == 3
        assert client.tally.latency.percentile_s(1) >= 3.0
        assert client.tally.latency.longest_s >= 5.0


async def test_what_was_due_before_there_was_a_connection_is_late_too() -> None:
    """It waits in line, and goes out as soon as there is one."""
    server = Server(is_down=True)
    async with playing(server) as client:
        client.due(now() - 2.0)
        await until(lambda: bool(client.tally.errors))
        assert server.sent == []
        server.is_down = False
        await until(lambda: bool(server.sent))
        server.say(Answer(1))
        assert client.tally.latency.longest_s >= 2.0
        assert client.tally.errors["cannot connect: nobody listens"] >= 1


async def test_no_more_is_under_way_than_the_dialect_takes() -> None:
    """The next goes out with an answer; answers find their message by number, or the oldest."""
    server = Server()
    async with playing(server) as client:
        await client.ready.wait()
        for _ in range(5):
            client.due(now())
        assert server.sent == [b"look 1", b"look 2", b"look 3"]
        server.say(Answer(2))
        server.say(Answer(2))  # twice the same: the second is nothing of ours
        assert server.sent[3:] == [b"look 4"]
        server.say(Answer(None))
        assert server.sent[4:] == [b"look 5"]
        assert client.tally.answered == 2
        client.due(now())
        assert client.has_more
        client.give_up_waiting()
        assert client.tally.given_up == 1
        client.count_unanswered()
        assert client.tally.errors == {"no answer": 3}
        assert not client.has_more


async def test_a_message_without_an_answer_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while it is counted as lost, and the next goes out."""
    monkeypatch.setattr(load_client, "ANSWER_S", -1.0)
    server = Server()
    async with playing(server) as client:
        await client.ready.wait()
        for _ in range(4):
            client.due(now())
        assert len(server.sent) == 3
        client.expire()
        assert client.tally.errors == {"no answer": 3}
        assert server.sent[3:] == [b"look 4"]
        server.say(Answer(1))
        assert client.tally.answered == 0, "too late"


async def test_over_http_a_lost_answer_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or it would be taken for that of the next request."""
    monkeypatch.setattr(load_client, "ANSWER_S", -1.0)
    monkeypatch.setattr(StubDialect, "in_flight", 1)
    server = Server()
    async with playing(server) as client:
        await client.ready.wait()
        client.due(now())
        client.expire()
        await until(lambda: len(server.links) == 2)
        assert client.tally.errors == {"no answer": 1, "connection lost: no answer": 1}


async def test_over_http_an_unreadable_answer_is_one_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was the answer to what was asked, so the next one goes out."""
    monkeypatch.setattr(StubDialect, "in_flight", 1)
    server = Server()
    async with playing(server) as client:
        await client.ready.wait()
        for _ in range(2):
            client.due(now())
        server.links[-1].hear(b"HTTP is not what it was", 200)
        assert server.sent == [b"look 1", b"look 2"]
        assert client.tally.errors == {"unreadable answer": 1}
        server.say(Answer(None))
        assert (client.tally.done, client.has_more) == (1, False)


async def test_what_waits_has_a_bound() -> None:
    """What is beyond it is given up, and counted."""
    async with playing(Server(is_down=True)) as client:
        for _ in range(MAX_WAITING + 7):
            client.due(now())
        assert client.tally.given_up == 7


async def test_orders_are_placed_until_some_are_open_and_then_cancelled() -> None:
    """The oldest first; who ends takes back what is left, uncounted."""
    server = Server()
    async with playing(server, PROFILES["orders"]) as client:
        await client.ready.wait()
        for number in range(1, KEPT + 1):
            client.due(now())
            server.say(Answer(number, order=f"id{number}"))
        client.due(now())
        assert server.sent[-1] == b"cancel %d id1" % (KEPT + 1)
        server.say(Answer(KEPT + 1, "ORDER_NOT_FOUND"))
        tally = client.tally
        assert (tally.done, tally.refused) == (KEPT, {"ORDER_NOT_FOUND": 1})
        client.tidy()
        assert server.sent[-3:] == [
            b"cancel %d id%d" % (KEPT + more, more) for more in (2, 3, 4)
        ], "no more than may be under way"
        server.say(Answer(KEPT + 2))
        assert server.sent[-1] == b"cancel %d id5" % (KEPT + 5)
        assert tally.sent == KEPT + 1


async def test_a_fault_is_an_error_and_a_refusal_is_none() -> None:
    """So is an answer that nobody can read."""
    server = Server()
    async with playing(server) as client:
        await client.ready.wait()
        for _ in range(2):
            client.due(now())
        server.say(Answer(1, "INTERNAL_ENGINE", is_fault=True))
        server.say(Answer(2, "LIMIT_RATE", is_later=True))
        server.links[-1].hear(b"?", 0)
        assert client.tally.errors == {"INTERNAL_ENGINE": 1, "unreadable answer": 1}
        assert client.tally.refused == {"LIMIT_RATE": 1}


async def test_a_lost_connection_is_opened_again() -> None:
    """What was under way is lost with it; a server that sends us away for asking too much did no
    wrong."""
    server = Server()
    async with playing(server) as client:
        await client.ready.wait()
        client.due(now())
        server.links[-1].lose("closed 1011")
        await until(lambda: len(server.links) == 2 and client.ready.is_set())
        assert client.tally.errors == {
            "connection lost: closed 1011": 1,
            "lost with the connection": 1,
        }
        client.due(now())
        server.links[-1].lose("closed 1008")
        await until(lambda: len(server.links) == 3 and client.ready.is_set())
        assert client.tally.errors.total() == 2
        assert client.tally.refused == {"closed 1008": 2}
        assert (client.tally.connected, client.tally.reconnects) == (1, 2)


async def test_a_refused_login_is_tried_again() -> None:
    """And nothing is sent before one succeeds."""
    server = Server()
    async with playing(server, logs_in=True) as client:
        client.due(now())
        await until(lambda: len(server.sent) == 1)
        server.say(Answer(1, "LIMIT_CONNECTIONS"))
        await until(lambda: len(server.sent) == 2)
        server.say(Answer(1))
        await until(lambda: len(server.sent) == 3)
        assert server.sent == [b"login 1", b"login 1", b"look 2"]
        assert client.tally.refused == {"LIMIT_CONNECTIONS": 1}


async def test_who_backs_off_waits_after_a_refusal() -> None:
    """Nothing goes out for the time that the server says; then it goes on by itself."""
    server = Server()
    async with playing(server, PROFILES["congestion"]) as client:
        await client.ready.wait()
        client.due(now())
        server.say(Answer(1, "LIMIT_RATE", is_later=True, wait_s=0.01))
        client.due(now())
        assert len(server.sent) == 1
        await until(lambda: len(server.sent) == 2)


async def test_a_closed_loop_sends_when_it_was_answered() -> None:
    """One message after the other."""
    server = Server()
    async with playing(server) as client:
        await client.ready.wait()
        client.loops = True
        client.due(now())
        for number in (1, 2, 3):
            assert len(server.sent) == number
            server.say(Answer(number))
        client.give_up_waiting()
        server.say(Answer(4))
        assert len(server.sent) == 4

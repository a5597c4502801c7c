"""`cxgame monitor` against a server: what it measures, shows and survives."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.console import Console

from cxgame.cli import main as cli
from cxgame.faults.reading import read_fault
from cxgame.server.app import CxServer
from cxgame.watch.monitor.health import BROKEN, LIVE
from cxgame.watch.monitor.program import Monitoring, line, main
from tests.support.serving import player, served
from tests.support.waiting import until
from tests.watch.monitor.reports import FAULTS, report

WITHIN_S = 30
SECRET = "a secret of the test"
OTHERS = {"feed": 1, "simulator": 0}


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[CxServer]:
    """A server in memory."""
    ports = {"exchange_port": 0, "feed_port": 0, "http_port": 0, "bind": "127.0.0.1"}
    server = CxServer(**{**ports, "memory": True, "admin_secret": SECRET, **settings})
    async with served(server):
        yield server


@asynccontextmanager
async def monitoring(
    server: CxServer, plain: bool = True, **headers: str
) -> AsyncIterator[Monitoring]:
    """Somebody who looks at it."""
    one = Monitoring(Console(file=io.StringIO()), "ETH/USD")
    url = f"http://127.0.0.1:{server.http_port}"
    task = asyncio.create_task(one.run(url, headers, ssl_verify=True, plain=plain))
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


@pytest.mark.ci
async def test_it_measures_its_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Feed, order server and REST are live, and it says so in lines."""
    async with serving(seed=1) as server, monitoring(server) as one:
        await until(lambda: all(each.state == LIVE for each in one.health.lines))
        assert one.health.orders.last_ms is not None
        assert one.health.rest.last_ms is not None
        await until(lambda: "ready: Feed live" in capsys.readouterr().out)
        await until(lambda: (one.health.report or {})["connections"] == {"orders": 1, **OTHERS})


@pytest.mark.ci
async def test_it_shows_the_account_of_a_token() -> None:
    """And says what is wrong with one that is none."""
    async with serving(seed=1) as server, player(server.exchange.port, "alice") as alice:
        async with monitoring(server, Authorization=f"Bearer {alice.token}") as one:
            await until(lambda: one.health.report)
            assert one.health.report is not None
            assert one.health.report["account"]["name"] == "alice"
        async with monitoring(server, Authorization="Bearer wrong") as other:
            await until(lambda: other.health.refusal)
            assert "not valid" in other.health.refusal
            assert "not valid" in line(other.health)


async def test_a_secret_may_be_any_text() -> None:
    """The server's admin secret is what somebody has chosen; a wrong one is answered."""
    secret = "Öffne dich, 世界"
    async with serving(seed=1, admin_secret=secret) as server:
        async with monitoring(server, Authorization=f"Bearer {secret}") as one:
            await until(lambda: one.health.report)
            assert one.health.report is not None
            assert one.health.report["is_admin"]
        async with monitoring(server, Authorization="Bearer größer") as other:
            await until(lambda: other.health.refusal)


@pytest.mark.ci
async def test_a_drawn_monitor_turns_to_the_market_that_was_named() -> None:
    """Once it is known to be there."""
    async with (
        serving(seed=1, symbol=("BTC/USD", "ETH/USD")) as server,
        monitoring(server, plain=False) as one,
    ):
        await until(lambda: one.scene.market == "ETH/USD")


@pytest.mark.ci
async def test_it_sees_a_line_break_and_come_back() -> None:
    """A fault that cuts REST breaks that line alone; the server's report still comes."""
    async with serving(seed=1) as server, monitoring(server) as one:
        await until(lambda: one.health.rest.state == LIVE)
        assert server.exchange.play is not None
        board = server.exchange.play.host.faults
        cut = board.set(read_fault({"fault": "disconnect", "probability": 1, "faces": ["rest"]}))
        await until(lambda: one.health.rest.breaks == 1)
        assert re.search(r"ready: Feed live, Orders live [^,]+, REST broken", line(one.health))
        board.clear([cut.id])
        await until(lambda: one.health.rest.state == LIVE)
        assert (one.health.rest.answered or 1) < 1


@pytest.mark.ci
async def test_a_feed_that_is_away_is_tried_again() -> None:
    """Be it away from the beginning; the rest is shown meanwhile."""
    async with serving(seed=1) as server:
        assert server.exchange.play is not None
        board = server.exchange.play.host.faults
        cut = board.set(read_fault({"fault": "disconnect", "after_messages": 0, "faces": ["feed"]}))
        async with monitoring(server) as one:
            await until(lambda: one.health.rest.state == LIVE)
            board.clear([cut.id])
            await until(lambda: one.health.feed.state == LIVE)
            await server.feed.close(1001, "for a while")
            await until(lambda: one.health.feed.state == BROKEN)
            assert one.health.rest.state == LIVE


def test_nobody_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """And status 1; an address that is none is status 2."""
    assert main("http://127.0.0.1:9", plain=True) == 1
    said = capsys.readouterr().err
    assert said.startswith("cxgame: http://127.0.0.1:9 cannot be reached: ")
    assert said.count("\n") == 1
    assert cli(["monitor", "--url", "localhost:8000"]) == 2
    assert "url must look like http://host:8000" in capsys.readouterr().err


def test_a_line_tells_what_is_the_matter() -> None:
    """Faults with their hits, rates, gaps and reconnects."""
    one = Monitoring(Console(file=io.StringIO()))
    assert re.fullmatch(r"\d\d:\d\d:\d\d waiting: Feed waiting, Orders .*", line(one.health))
    one.health.take(report(1.0))
    one.health.take(report(2.0, faults=FAULTS))
    one.health.feed.hear(1.0)
    one.health.feed.gaps, one.health.feed.breaks = 2, 1
    one.health.orders.answer(1.0, 3.25)
    told = line(one.health).partition(" ")[2]
    assert told == (
        "ready: Feed live 2 gaps 1 reconnects, Orders live 3.2 ms, REST waiting; "
        "12.5 messages/s, 0.0 orders/s; faults: delay 1234, rate_limit 1"
    )
    one.health.miss_report()
    assert " unreachable: " in line(one.health)

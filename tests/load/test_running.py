"""Whole runs against a server in memory, and what is reported of them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import Console

from cxgame.load.dialect import CannotLoad, Target
from cxgame.load.dialects import build
from cxgame.load.links import Link
from cxgame.load.plot import svg
from cxgame.load.profiles import PROFILES, Plan
from cxgame.load.report import Report, report_of, tables
from cxgame.load.running import Run, Stage
from cxgame.server.exchange import CxExchange
from tests.support.programs import Program
from tests.support.serving import Served, player, served

URL = "ws://127.0.0.1:{}"


@pytest.fixture
async def exchange() -> AsyncIterator[Served]:
    """An order server in memory."""
    server = CxExchange(port=0, bind="127.0.0.1", memory=True, admin_secret="a secret of tests")
    async with served(server) as running:
        yield running


def port(running: Served) -> int:
    """Where it listens."""
    assert isinstance(running.server, CxExchange)
    return running.server.port


def plan(profile: str, **changes: float) -> Plan:
    """A small plan."""
    return replace(Plan(PROFILES[profile], 4, 0.4, 200.0), **changes)  # type: ignore[arg-type]


TOO_MUCH = plan("congestion", clients=1, seconds=0.6, rate=4000)


async def play(running: Served, plan: Plan) -> Run:
    """A run from its beginning to its end."""
    dialect = build("orders", Target(URL.format(port(running))))
    run = Run(dialect, plan, lambda stage, share: None)
    await asyncio.wait_for(run.play(), 60)
    return run


async def test_the_course_is_that_of_the_run(
    exchange: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails while the clients connect is counted, and stretches no picture of the run."""
    dialect = build("orders", Target(URL.format(port(exchange))))
    run = Run(dialect, plan("orders", clients=2), lambda stage, share: None)
    opened, refused = dialect.open, 0

    async def open_late(client: int) -> Link:
        nonlocal refused
        if client and refused < 3:
            refused += 1
            raise ConnectionRefusedError("not yet")
        return await opened(client)

    monkeypatch.setattr(dialect, "open", open_late)
    run.tally.bin_s = 0.01  # less than is waited between two tries
    await asyncio.wait_for(run.play(), 60)
    assert run.tally.errors == {"cannot connect: not yet": 3}
    assert run.tally.bins[0].errors == 3


async def test_every_message_is_answered(exchange: Served) -> None:
    """Orders and cancels: as many as were due, and no error; nothing is left in the book."""
    run = await play(exchange, plan("orders"))
    tally = run.tally
    assert (tally.due, tally.sent, tally.answered) == (80, 80, 80)
    assert tally.errors == {}
    assert tally.given_up == 0
    assert set(tally.refused) <= {"ORDER_NOT_FOUND"}, "an order that had traded"
    assert tally.opening.count == 4
    assert tally.lag.count == 80
    async with player(port(exchange), "looker") as looker:
        book = await looker.ask("book")
    assert book["data"]["bids"] == book["data"]["asks"] == []


async def test_connections_only_look(exchange: Served) -> None:
    """They place nothing, and each is answered."""
    run = await play(exchange, plan("connections"))
    assert (run.tally.done, run.tally.errors, run.tally.refused) == (80, {}, {})
    async with player(port(exchange), "looker") as looker:
        orders = await looker.ask("all_orders")
    assert orders["data"]["maker"] == []


async def test_without_a_rate_each_client_sends_when_it_was_answered(exchange: Served) -> None:
    """Nothing is due, and as much is done as can be."""
    run = await play(exchange, plan("orders", rate=0))
    assert run.tally.due == 0
    assert run.tally.answered >= 4
    assert run.tally.errors == {}


async def test_a_run_can_be_broken_off(exchange: Served) -> None:
    """What was seen so far is reported."""
    dialect = build("orders", Target(URL.format(port(exchange))))
    run: Run

    def tell(stage: Stage, share: float) -> None:
        if stage is Stage.RUNNING and run.tally.done >= 5:
            run.interrupt()

    run = Run(dialect, plan("orders", seconds=600), tell)
    await asyncio.wait_for(run.play(), 60)
    report = report_of(run, "ws://x", "orders")
    assert report.is_interrupted
    assert report.seconds < 600
    assert report.done >= 5
    assert not report.has_errors


async def test_a_server_that_goes_is_an_error(exchange: Served) -> None:
    """So the exit status tells of it."""
    dialect = build("orders", Target(URL.format(port(exchange))))
    run: Run

    def tell(stage: Stage, share: float) -> None:
        if stage is Stage.RUNNING and run.tally.done >= 5:
            exchange.server.stop()
        if run.tally.errors:
            run.interrupt()

    run = Run(dialect, plan("orders", seconds=600), tell)
    await asyncio.wait_for(run.play(), 60)
    assert report_of(run, "ws://x", "orders").has_errors


async def test_there_must_be_somebody_to_drive(exchange: Served) -> None:
    """Else it is said in a sentence: no such market, nobody was let in."""
    there = URL.format(port(exchange))
    for target, sentence in (
        (Target(there, "TEA/USD"), "no market TEA/USD"),
        (Target(there, user="alice", token="ab" * 32), "not registered"),
    ):
        run = Run(build("orders", target), plan("orders"), lambda stage, share: None)
        with pytest.raises(CannotLoad, match=sentence):
            await asyncio.wait_for(run.play(), 60)


async def test_too_much_is_refused_waited_for_and_reported(exchange: Served) -> None:
    """More than the rate limit: refusals, and clients that send less; no error. The report is a
    table, JSON and a well-formed picture that needs nothing from elsewhere."""
    run = await play(exchange, TOO_MUCH)
    assert run.tally.refused["LIMIT_RATE"] >= 1
    assert run.tally.errors == {}
    assert run.tally.sent < run.tally.due
    assert run.tally.given_up == run.tally.due - run.tally.sent
    run.tally.failed(0.1, "oh <no>")
    report = report_of(run, "ws://host & co", "orders")
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
    assert sum(moment.done for moment in report.course) == report.done
    console = Console(width=100)
    with console.capture() as captured:
        console.print(tables(report))
    for text in ("p99.9", "LIMIT_RATE", "oh <no>", "generator late", "given up"):
        assert text in captured.get()
    picture = ElementTree.fromstring(svg(report))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    words = {element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {"p50", "p99", "max", "due", "done", "refused", "errors", "latency, ms"} <= words
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}polyline"))) == 7
    assert "href" not in svg(report)


@pytest.mark.ci
async def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    """After the client has tried for a while."""
    run = Run(
        build("orders", Target("ws://127.0.0.1:1")), plan("orders"), lambda stage, share: None
    )
    with pytest.raises(CannotLoad, match="Nothing listens"):
        await asyncio.wait_for(run.play(), 60)


@pytest.mark.ci
async def test_ctrl_c_ends_the_program_with_the_report_so_far(
    exchange: Served, tmp_path: Path
) -> None:
    """As table and JSON, and with status 0, as nothing went wrong."""
    words = [sys.executable, "-m", "cxgame", "load", URL.format(port(exchange))]
    words += ["--seconds", "600", "--rate", "50", "--clients", "2", "--json", "report.json"]
    with Program(tmp_path, *words, log=tmp_path / "load.log") as program:
        async with player(port(exchange), "looker") as looker:
            async with asyncio.timeout(60):
                while not (await looker.ask("all_orders"))["data"]["maker"]:
                    await asyncio.sleep(0.05)
        status = await asyncio.to_thread(program.interrupt)
    assert status == 0, program.said
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["is_interrupted"] is True
    assert report["sent"] >= 1
    assert "milliseconds since it was due" in program.said

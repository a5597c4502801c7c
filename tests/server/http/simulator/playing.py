"""The examples of the page about the simulator: found, and played in a simulator for tests."""

import re
from typing import Any, NamedTuple

from tests.server.http.simulator.exchange import Exchange

NOW_MS = 1_795_271_400_000  # 2026-11-21T14:30:00Z, the time of the page
_BLOCK = re.compile(r"^```text\n(→ (?:.|\n)*?)```$", re.MULTILINE)


class Example(NamedTuple):
    """A request, and what the page says of its answer."""

    target: str  # method and path
    headers: dict[str, str]
    body: str
    status: int
    answer: str


def examples(page: str) -> list[Example]:
    """All examples of a page."""
    return [_example(block) for block in _BLOCK.findall(page)]


async def play(exchange: Exchange, found: list[Example]) -> list[tuple[int, Any]]:
    """Status and body of what the examples are answered, after two ticks of the oracle."""
    clock = exchange.rig.bench.clock
    clock.now_ms = NOW_MS
    await exchange.rig.host.market_watch.ready()
    for bid in (4_999_760, 4_999_750):
        clock.pass_s(0.025)
        exchange.quote(bid, bid + 500)
        await exchange.rig.game.settled()
    answers = []
    for example in found:
        clock.pass_s(0.001)
        session = exchange.session("mine", **example.headers)
        method, _, path = example.target.partition(" ")
        answer = await session.http.request(method, path, content=example.body or None)
        answers.append((answer.status_code, answer.json()))
    return answers


def _example(block: str) -> Example:
    lines = block.splitlines()
    target, *more = [line[2:] for line in lines if line.startswith("→ ")]
    body = "".join(line for line in more if line.startswith("{"))
    named = [line.partition(": ") for line in more if not line.startswith("{")]
    said = [line[2:] for line in lines if line.startswith("← ")]
    status, answer = (int(said[0]), "".join(said[1:])) if said else (0, "")
    return Example(target, {name: value for name, _, value in named}, body, status, answer)

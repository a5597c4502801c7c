"""The page about the simulator's client names everything, and its examples run."""

import ast
import asyncio
import inspect
import textwrap
from dataclasses import fields
from typing import Any

import pytest

import cxgame.network
from cxgame.simulator import ExchangeClient, ExchangeServer, errors
from cxgame.simulator.health import COUNTED
from cxgame.simulator.queries import Queries
from cxgame.simulator.terms import Terms
from tests.simulator.rig import simulator
from tests.support.pages import Page

PAGE = Page("docs/simulator_client.md")
SOCKETS_OWN = {"came", "mangled", "is_up", "is_down"}  # called by the socket, by nobody else


def test_every_method_is_on_the_page() -> None:
    """With its arguments where it has any."""
    for name, member in {**vars(Queries), **vars(ExchangeClient)}.items():
        if name.startswith("_") or name in SOCKETS_OWN or name == "close":
            continue
        if isinstance(member, property):
            assert f"`{name}`" in PAGE.text or f"`{name}(" in PAGE.text, name
            continue
        arguments = ", ".join(list(inspect.signature(member).parameters)[1:]).partition(",")[0]
        assert f"`{name}({arguments}" in PAGE.text, name


def test_every_count_term_error_and_part_is_on_the_page() -> None:
    """Counts with their meaning, terms with their defaults."""
    for name, meaning in COUNTED.items():
        assert f"| `{name}` | {meaning} |" in PAGE.text
    for term in fields(Terms):
        assert f"| `{term.name}` | {term.default:g} |" in PAGE.text
    for name, member in vars(errors).items():
        if isinstance(member, type):
            assert f"`{name}`" in PAGE.text
    only_types = {"Arrival", "Doubt", "Pulse"}
    for name in set(cxgame.network.__all__) - only_types:
        assert f"`{name}" in PAGE.text


def test_links_lead_somewhere() -> None:
    """Within the project."""
    assert PAGE.dead_links() == []


@pytest.mark.parametrize("number", [0, 1])
async def test_the_examples_run_as_printed(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the address, which here is another one each time."""
    async with simulator() as server:
        said = await _run(PAGE.blocks("python")[number], server, monkeypatch)
    if number == 0:
        assert [line.partition(":")[0] for line in said] == ["Price", "Order", "Balance"]
    else:
        assert len(said) == 10
        assert all(line.startswith("Price: $") for line in said)


async def _run(example: str, server: ExchangeServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(ExchangeClient.__init__, "__defaults__", (server.url, None))
    code = compile(
        "from cxgame.simulator import ExchangeClient\n" + textwrap.dedent(example),
        "example",
        "exec",
        flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
    )
    names: dict[str, Any] = {"print": said.append}
    async with asyncio.timeout(30):
        await eval(code, names)
    return said

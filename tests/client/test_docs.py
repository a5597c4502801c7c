"""`docs/client.md` names everything the client can do, and its examples run."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cxgame import client
from cxgame.client import Account, Book, CxClient, LiveBook, response
from cxgame.client.protocol import COMMANDS
from tests.client.fake_streams import StreamingExchange, order_row
from tests.client.fakes import BOUND_S

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE))
EXAMPLES = re.findall(r"^```python\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def market() -> Iterator[StreamingExchange]:
    """A running exchange that pushes."""
    with StreamingExchange() as running:
        yield running


def test_everything_has_its_heading() -> None:
    """Commands, the other methods, the classes, and the client's own code."""
    methods = {*COMMANDS, "broadcast", "validate", "r", "await", "runcmd", "reset"}
    methods |= {"stream", "executions", "on", "live_book", "live_account"}
    classes = {"CxClient", "Response", "CxFeedReader"}
    codes = {response.CLIENT_CONNECTION, response.STATE_UNKNOWN}
    assert methods | classes | codes <= HEADINGS


def test_the_first_example_is_a_bot_of_ten_lines() -> None:
    """Before any theory, and short, its imports aside."""
    lines = [line for line in EXAMPLES[0].splitlines() if line and "import" not in line]
    assert len(lines) <= 10
    assert PAGE.index(EXAMPLES[0]) < 300


def test_every_public_name_is_on_the_page() -> None:
    """Types that only stand in signatures aside."""
    only_types = {"AccountEvent", "Event", "Money", "OrderRow", "Stream"}
    assert [name for name in client.__all__ if name not in PAGE] == sorted(only_types)


@pytest.mark.parametrize(
    ("thing", "heading"), [(Book, "live_book"), (Account, "live_account"), (LiveBook, "live_book")]
)
def test_every_property_of_the_live_things_is_on_the_page(thing: type, heading: str) -> None:
    """In the tables of both."""
    section = PAGE[PAGE.index(f"### {heading}") : PAGE.index("## Recipes")]
    for name in vars(thing):
        if not name.startswith("_") and name not in ("apply", "checksum"):
            assert f"`{name}" in section or f".{name}(" in section, name


def test_the_examples_run(market: StreamingExchange, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the page, as one session; coroutines until the game is over."""
    names: dict[str, Any] = {}
    for example in EXAMPLES:
        here = example.replace("ws://127.0.0.1:9877", market.uri).replace("sleep(1)", "sleep(0)")
        exec(here, names)
    for name in ("watch", "keep_a_book", "follow_my_account", "hedge", "careful"):
        asyncio.run(_played(names[name], market))
    said = capsys.readouterr().out
    assert "10 orders placed" in said
    assert {"buy", "sell", "order", "price", "wallets", "cancel_all"} <= {
        request["cmd"] for request in market.seen
    }
    for text in ("1001.00 1.0", "Level(price=Decimal('999.00')", "10000.00 ['7']", "maker buy 0.5"):
        assert text in said


async def _played(recipe: Callable[[CxClient], Awaitable[None]], market: StreamingExchange) -> None:
    """A recipe, while the market does one of each thing, to the end of the game."""
    token = "a" * 64
    market.tokens["alice"] = token
    async with asyncio.timeout(BOUND_S), CxClient("alice", token=token, uri=market.uri) as cx:
        playing = asyncio.ensure_future(recipe(cx))
        while not market.followers:
            await asyncio.sleep(0.01)
        await cx.time()
        fill = {"role": "maker", "side": "buy", "size": "0.5", "price": "999.00"}
        await asyncio.to_thread(market.trade, "1001.00")
        await asyncio.to_thread(market.execution, "accepted", order_row("7"))
        await asyncio.to_thread(market.execution, "filled", order_row("7"), fill=fill)
        await cx.time()
        await asyncio.to_thread(market.close_all, "The game is over.")
        await playing

"""What the arena sees of a bot: the relay, the view, and what faults did to it."""

import asyncio
import csv
import importlib
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import websockets
from websockets.frames import Frame, Opcode

from cxgame.faults.deck import read_deck
from tests.support.programs import ROOT, run

EXAMPLES = ROOT / "examples"
WITHIN_S = 30


@pytest.fixture
def arena(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Finds a module of the arena, as its programs find it: beside them."""
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module


def row(order: str, status: str = "open", **more: str) -> dict[str, str]:
    """An order as the exchange shows it."""
    return {"id": order, "symbol": "A/B", "side": "buy", "status": status, **more}


def done(data: Any = None, **more: Any) -> dict[str, Any]:
    """A reply."""
    return {"status": True, "data": data, **more}


def refused(code: str) -> dict[str, Any]:
    """A refusal."""
    return {"status": False, "data": None, "code": code}


# The view

ORDER = ("order", {})
TALKS: dict[str, tuple[list[tuple[Any, Any]], set[str]]] = {
    "an order that rests": ([(ORDER, done(row("1")))], {"1"}),
    "one that trades at once": ([(ORDER, done(row("1", "filled")))], set()),
    "one that is refused": ([(ORDER, refused("FUNDS_QUOTE"))], set()),
    "a dry run": ([(ORDER, done(row("0")))], set()),
    "a cancel": ([(ORDER, done(row("1"))), (("cancel", {"order_id": "1"}), done())], set()),
    "a cancel by cid": (
        [(ORDER, done(row("1", cid="c"))), (("cancel", {"cid": "c"}), done())],
        set(),
    ),
    "a cancel that came too late": (
        [(ORDER, done(row("1"))), (("cancel", {"order_id": "1"}), refused("ORDER_NOT_FOUND"))],
        set(),
    ),
    "a cancel that was too fast": (
        [(ORDER, done(row("1"))), (("cancel", {"order_id": "1"}), refused("LIMIT_RATE"))],
        {"1"},
    ),
    "a cancel without an answer": (
        [(ORDER, done(row("1"))), (("cancel", {"order_id": "1"}), None)],
        {"1"},
    ),
    "all cancelled, one of which had traded": (
        [(ORDER, done(row("1"))), (ORDER, done(row("2"))), (("cancel_all", {}), done({}))],
        set(),
    ),
    "all of one side cancelled": (
        [
            (ORDER, done(row("1"))),
            (ORDER, done(row("2", side="sell"))),
            (("cancel_all", {"side": "sell"}), done({})),
        ],
        {"1"},
    ),
    "the list of all": (
        [
            (ORDER, done(row("1"))),
            (("orders", {}), done({"maker": [row("2")], "market": [row("3")]})),
        ],
        {"2", "3"},
    ),
    "a page of the list": (
        [(ORDER, done(row("1"))), (("orders", {"limit": 1}), done({"maker": [row("2")]}))],
        {"1", "2"},
    ),
    "a batch": (
        [
            (ORDER, done(row("1"))),
            (
                (
                    "batch",
                    {
                        "requests": [
                            {"cmd": "cancel", "params": {"order_id": "1"}},
                            {"cmd": "order", "params": {}},
                        ]
                    },
                ),
                done([done(), done(row("2"))]),
            ),
        ],
        {"2"},
    ),
    "what is pushed": (
        [
            (None, {"type": "executions_snapshot", "orders": [row("1"), row("2")]}),
            (None, {"type": "execution", "order": row("1", "filled")}),
            (None, {"type": "execution", "order": row("3")}),
            (None, {"type": "ticker", "symbol": "A/B"}),
        ],
        {"2", "3"},
    ),
    "what is corrupted": (  # and what has no shape that could be read
        [
            (ORDER, done(row("1"))),
            (None, "{{"),
            (None, {"stat": True}),
            (("batch", {"requests": [{"cmd": "order", "params": {}}]}), done([7])),
            (("orders", {}), done(5, more=True)),
        ],
        {"1"},
    ),
}


@pytest.mark.parametrize("has_ids", [True, False], ids=["numbered", "in order"])
@pytest.mark.parametrize("name", TALKS)
def test_a_view_is_what_the_bot_was_last_told(
    arena: Callable[[str], ModuleType], name: str, has_ids: bool
) -> None:
    """Whether its requests carry an id or not."""
    talk, expected = TALKS[name]
    view = arena("arena_view").View()
    conversation = view.conversation()
    for number, (request, reply) in enumerate(talk):
        mark = {"id": number} if has_ids else {}
        if request is not None:
            asked = {"cmd": request[0], "params": request[1], **mark}
            conversation.asked(json.dumps(asked), float(number))
        if isinstance(reply, str):
            conversation.told(reply, number + 0.5)
        elif reply is not None:
            conversation.told(json.dumps({**reply, **(mark if request else {})}), number + 0.5)
    assert set(view.open) == expected
    ids = [order for _, order in view.toggles]
    assert {order for order in ids if ids.count(order) % 2} == expected


# What faults did


@pytest.mark.parametrize(
    ("toggles", "moment", "found"),
    [
        ([], 10, 0.0),
        ([(1, "a"), (1.1, "a")], 10, 0.0),  # placed, and told
        ([(1, "a"), (12.5, "a")], 10, 2.5),  # placed, and told late
        ([(1, "a")], 10, None),  # never told
        ([(1, "a"), (31, "a")], 10, None),  # told after the end
        ([(1, "a"), (1.1, "a"), (9, "a"), (11, "a")], 10, 1.0),  # ended, and told late
        ([(1, "a"), (12, "a"), (12, "b"), (13, "b")], 10, 3.0),  # right only when all is
        ([(11, "a"), (12, "a")], 10, 0.0),  # what happens later does not count
    ],
)
def test_a_view_is_right_again_when_both_agree(
    arena: Callable[[str], ModuleType],
    toggles: list[tuple[float, str]],
    moment: float,
    found: float | None,
) -> None:
    """Counted from a moment, in a game that ends at 30."""
    assert arena("arena_chaos").right_again_s(toggles, moment, 30) == found


def test_a_view_is_wrong_while_they_differ(arena: Callable[[str], ModuleType]) -> None:
    """Two orders that overlap are one wrong time; what is wrong at the end is so until then."""
    toggles = [(1, "a"), (2, "b"), (3, "a"), (5, "b"), (7, "c"), (7, "c"), (9, "d"), (40, "d")]
    assert list(arena("arena_chaos").wrong_times(toggles, 30)) == [(1, 4), (9, 21)]


def test_an_order_is_left_if_unknown_or_untouched(arena: Callable[[str], ModuleType]) -> None:
    """Since the last spell, at the end of the game; one that was just placed does not count."""
    chaos, View = arena("arena_chaos"), arena("arena_view").View
    end = 60.0
    orders = [
        chaos.Placed("known", 5.0, end, "closed"),
        chaos.Placed("asked", 5.0, end, "closed"),
        chaos.Placed("unknown", 15.0, end, "closed"),
        chaos.Placed("thought gone", 15.0, end, "closed"),
        chaos.Placed("later", 30.0, end, "closed"),
        chaos.Placed("young", end - 0.1, end, "closed"),
        chaos.Placed("cancelled", 5.0, 50.0, "user"),
    ]
    view = View()
    for order, at in (("known", 5.1), ("asked", 5.1), ("thought gone", 15.1), ("later", 30.1)):
        view.learn(row(order), at)
    view.forget("thought gone", 19.0)
    view.learn(row("asked"), 25.0)
    view.learn(row("known", "cancel"), end + 0.01)  # told when the game ends
    found = chaos.findings(orders, view, [chaos.Spell(10.0, 20.0)], end)
    assert (found.unknown, found.untouched) == (2, 1)
    assert found.right_again_s == [None]
    assert found.wrong_s == 55.0


def test_deals_that_overlap_are_one_spell(
    arena: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    """Of those that concern the bot; one without an end lasts to the end."""
    deck = tmp_path / "deck.toml"
    deals = [(5, 5, None), (8, 4, None), (12, 1, None), (20, 1, ["bob"]), (30, 2, ["amy", "bob"])]
    text = ""
    for at, length, to in deals:
        text += f'[[deal]]\nat = {at}\nfor = {length}\nfault = "drop"\nprobability = 1\n'
        text += f"to = {json.dumps(to)}\n" if to else ""
    deck.write_text(text + '[[deal]]\nat = 50\nfault = "drop"\nprobability = 1\n')
    read_deck(deck.read_text())
    spells = arena("arena_chaos").spells
    assert spells(deck, "amy", 60) == [(5, 13), (30, 32), (50, 110)]
    assert spells(deck, "bob", 40) == [(5, 13), (20, 21), (30, 32)]


def test_a_deal_finds_its_bot_as_the_server_does(
    arena: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    """One name may stand without a list, in any spelling of capitals; a part of it is another."""
    deck = tmp_path / "deck.toml"
    deck.write_text('[[deal]]\nat = 5\nfor = 5\nfault = "silence"\nto = "Bobby"\n')
    read_deck(deck.read_text())
    spells = arena("arena_chaos").spells
    assert spells(deck, "bobby", 60) == [(5, 10)]
    assert spells(deck, "Bob", 60) == []


def test_the_example_deck_is_one() -> None:
    """As the server reads it; its last fault leaves time to recover in a heat of a minute."""
    deck = read_deck((EXAMPLES / "deck.toml").read_text())
    assert {deal.fault.mode for deal in deck} >= {"drop", "delay", "silence", "disconnect"}
    assert max(deal.until_ns or 0 for deal in deck) <= 55e9


# The table


def test_the_table_goes_where_it_is_wanted(
    arena: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    """Also into a folder that is not there yet: nobody plays for an hour for nothing."""
    scores = arena("arena_scores")
    bot = scores.Bot("amy", Path("amy.py"), [Decimal(1)], [Decimal(2)], [1])
    scores.write_table([bot], tmp_path / "today" / "results.csv")
    assert "amy" in (tmp_path / "today" / "results.csv").read_text()


# The relay


@pytest.mark.parametrize("step", [1, 1000])
def test_the_relay_reads_frames_wherever_they_are_cut(
    arena: Callable[[str], ModuleType], step: int
) -> None:
    """Masked or not, long or short, in parts; what is no text is passed over."""
    texts = ["{}", "a" * 125, "ü" * 100, "c" * 70_000 if step > 1 else "c" * 200]
    stream = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    for mask in (True, False):
        for text in texts:
            stream += Frame(Opcode.TEXT, text.encode()).serialize(mask=mask)
        stream += Frame(Opcode.PING, b"?").serialize(mask=mask)
        stream += Frame(Opcode.TEXT, b"in ", fin=False).serialize(mask=mask)
        stream += Frame(Opcode.CONT, b"parts").serialize(mask=mask)
    frames, found = arena("arena_relay").Frames(), list[str]()
    for start in range(0, len(stream), step):
        found += frames.feed(stream[start : start + step])
    assert found == 2 * [*texts, "in parts"]


async def test_the_relay_passes_everything_on(arena: Callable[[str], ModuleType]) -> None:
    """Messages both ways, which the view hears, and the close of either side."""

    async def exchange(connection: websockets.ServerConnection) -> None:
        number = json.loads(await connection.recv())["id"]
        await connection.send(json.dumps(done(row("1"), id=number)))
        await connection.close(1008, "enough")

    view = arena("arena_view").View()
    serving = websockets.serve(exchange, "127.0.0.1", 0, compression=None)
    async with serving as server, asyncio.timeout(WITHIN_S):
        port = server.sockets[0].getsockname()[1]
        async with (
            arena("arena_relay").relayed("127.0.0.1", port, view) as uri,
            websockets.connect(uri, compression=None) as bot,
        ):
            await bot.send('{"cmd":"order","params":{},"id":1}')
            assert json.loads(await bot.recv())["data"]["id"] == "1"
            await bot.wait_closed()
            assert (bot.close_code, bot.close_reason) == (1008, "enough")
    assert set(view.open) == {"1"}


# A whole competition

FORGETFUL = """
import asyncio
from cxgame.client import CxClient, CxFeedReader
from cxgame.config import bot_environment

async def main():
    env = bot_environment()
    async with CxClient(env.user, token=env.token, uri=env.uri, timeout_s=0.5) as cx:
        await cx.register()
        async with CxFeedReader(env.feed_uri) as feed:
            async for event in feed:
                if event.get("phase") == "open":
                    break
            print(await cx.buy("500", "0.1"))
            await asyncio.sleep(1.5)
            print(await cx.buy("501", "0.1"))
            async for event in feed:
                pass

asyncio.run(main())
"""
MUTE = """
[[deal]]
at = 1
for = 2
fault = "silence"
after_messages = 0
faces = ["orders"]
to = ["forgetful"]
"""


@pytest.mark.ci
def test_each_heat_is_played_twice_and_compared(tmp_path: Path) -> None:
    """A bot that orders into silence and never looks again leaves an order that it does not know
    of; clean, it knows both. Who is not concerned by a fault has none of it."""
    (tmp_path / "forgetful.py").write_text(FORGETFUL)
    (tmp_path / "deck.toml").write_text(MUTE)
    words = ["--heats", "1", "--seconds", "5", "--faults", "deck.toml", "--keep", "kept"]
    bots = ["forgetful.py", str(EXAMPLES / "book_bot.py")]
    arena = run(tmp_path, sys.executable, EXAMPLES / "arena.py", *words, *bots)
    assert arena.returncode == 0, arena.stdout
    assert "the same with faults" in arena.stdout
    assert "All heats saw the same" in arena.stdout
    with (tmp_path / "results.csv").open(newline="") as file:
        rows = {row["bot"]: row for row in csv.DictReader(file)}
    forgetful, other = rows["forgetful"], rows["book_bot"]
    assert (forgetful["unknown"], forgetful["untouched"]) == ("1.00", "1.00")
    assert (forgetful["unknown_clean"], forgetful["untouched_clean"]) == ("0.00", "2.00")
    assert (forgetful["never_right"], forgetful["never_right_clean"]) == ("1", "0")
    assert forgetful["right_again_clean_s"] == "0.00"
    assert Decimal(forgetful["wrong_s"]) > 2 > Decimal(forgetful["wrong_clean_s"])
    assert (other["right_again_s"], other["never_right"], other["unknown"]) == ("", "0", "0.00")
    assert Decimal(forgetful["mean_lost"]) == Decimal(forgetful["lost_1"])
    verified = run(tmp_path, sys.executable, "-m", "cxgame", "verify", "kept/heat-1-faults/record")
    assert verified.returncode == 0, verified.stdout

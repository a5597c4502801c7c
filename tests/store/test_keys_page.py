"""The page on Valkey's keys tells what a running game has there: each key, type and field."""

import asyncio
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from cxgame.server.app import CxServer
from tests.support.serving import WITHIN_S, player, served

FREE_PORTS = {"exchange_port": 0, "feed_port": 0, "http_port": 0, "bind": "127.0.0.1"}
PAGE = (Path(__file__).parents[2] / "docs" / "valkey.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the first table under a heading: the other cells, by each name in the first."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [row.split(" | ") for row in ROW.findall(section)]
    return {name: row[1:] for row in rows for name in re.findall(r"`([^`]+)`", row[0])}


KEYS = {**table("Keys of a game"), **table("Keys beside the games")}


def generic(key: str) -> str:
    """A key as the page spells it."""
    return re.sub(r"^(tickers:|sym_).*", r"\1<SYMBOL>", key)


async def until_all(data: Path) -> dict[str, tuple[str, Any]]:
    """What `found` finds once everything is written that is written by and by."""
    wanted = {key for key in KEYS if not key.startswith("sym_")}
    async with asyncio.timeout(WITHIN_S):
        while True:
            keys = await found(data)
            views = keys.get("cx:{main.1}:standings"), keys.get("cx:{main.1}:wallets")
            if {*map(generic, keys)} >= wanted and all(
                view and "alice" in view[1] for view in views
            ):
                return keys
            await asyncio.sleep(0.1)


async def found(folder: Path) -> dict[str, tuple[str, Any]]:
    """Type and content of every key; of a stream the fields of its last entry."""
    told = json.loads((folder / "valkey.json").read_text())
    async with Redis(unix_socket_path=told["socket"], decode_responses=True) as valkey:
        raw = Redis(unix_socket_path=told["socket"])
        keys = {}
        async for key in valkey.scan_iter():
            kind, content = await valkey.type(key), None
            if kind == "hash":
                content = {
                    field.decode(): value for field, value in (await raw.hgetall(key)).items()
                }
            elif kind == "stream":
                ((_, content),) = await raw.xrevrange(key, count=1)
                content = {field.decode(): value for field, value in content.items()}
            keys[key] = kind, content
        await raw.aclose()
        return keys


async def test_the_page_names_every_key_its_type_and_its_fields(tmp_path: Path) -> None:
    """And no key that is not there, but the old spelling of tickers, which we never write."""
    data = tmp_path / "data"
    async with served(CxServer(data_dir=data, **FREE_PORTS)) as running:
        port = running.server.exchange.port
        async with player(port, "alice") as alice, player(port, "bob") as bob:
            await alice.ask("order", side="buy", type="limit", price="999", size="1")
            await bob.ask("order", side="sell", type="limit", price="999", size="0.5")
            keys = await until_all(data)
    told = {key: kind for key, (kind, *_) in KEYS.items() if not key.startswith("sym_")}
    assert {generic(key): kind for key, (kind, _) in keys.items()} == told
    meta = table("cx:{main.1}:meta")
    assert {*keys["cx:{main.1}:meta"][1]} == meta.keys() - {
        "snapshot",
        "snapshot_seq",
        "snapshot_hash",
    }
    assert {*keys["tickers:BTC/USD"][1]} <= table("tickers:<SYMBOL>").keys()
    for name, (_, fields) in table("Streams").items():
        if name in ("journal", "events", "private"):
            assert {*keys[f"cx:{{main.1}}:{name}"][1]} == {*re.findall(r"`(\w+)`", fields)}


async def test_the_examples_of_views_have_the_members_of_real_ones(tmp_path: Path) -> None:
    """Amounts and times differ, names do not; and all wallets sum to zero."""
    data = tmp_path / "data"
    async with served(CxServer(data_dir=data, **FREE_PORTS)) as running:
        async with player(running.server.exchange.port, "alice") as alice:
            await alice.ask("order", side="sell", type="limit", price="1100", size="1")
            keys = await until_all(data)
    views = {key.rpartition(":")[2]: rows for key, (kind, rows) in keys.items() if kind == "hash"}
    examples = re.findall(r"^HGET cx:{main.1}:(\w+) (\S+)\n(.*)$", PAGE, re.MULTILINE)
    assert {view for view, *_ in examples} == {"wallets", "orders", "markets", "standings"}
    for view, name, text in examples:
        real = json.loads(views[view][name if view != "orders" else "1"])
        shown = json.loads(text.replace(", ...", ""))
        assert shown.keys() == real.keys(), view
    wallets = [json.loads(row) for row in views["wallets"].values()]
    for asset in ("BTC", "USD"):
        assert (
            sum(Decimal(wallet[asset][part]) for wallet in wallets for part in ("free", "held"))
            == 0
        )

"""The simulated Valkey answers like the real one, errors included, and keeps the same."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cxgame.store.resp import command
from tests.simulation import seams
from tests.simulation.command_lists import CONDITIONS, Lists
from tests.simulation.functions import Status
from tests.simulation.real_valkey import RealValkey
from tests.simulation.valkey import parse
from tests.simulation.valkey_commands import Block, Commands, Nothing
from tests.simulation.values import Failure, StreamValue
from tests.store.embedded_fixture import ValkeyThread

LISTS, LENGTH = 40, 60
CI_LISTS = 600

_CONDITIONS = {  # what makes a real server so
    "oom": ("CONFIG", "SET", "maxmemory", "1"),
    "room": ("CONFIG", "SET", "maxmemory", "0"),
    "replica": ("REPLICAOF", "127.0.0.1", "1"),
    "primary": ("REPLICAOF", "NO", "ONE"),
}
_HELLO = (b"server", b"version", b"mode", b"role")


@pytest.fixture(scope="module")
def valkey_thread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyThread]:
    """One of our own: it is emptied, filled and demoted."""
    thread = ValkeyThread(tmp_path_factory.mktemp("conformance"))
    yield thread
    thread.stop()


@pytest.fixture
async def real(valkey_thread: ValkeyThread) -> AsyncIterator[RealValkey]:
    """A connection to it, as it was when it was new."""
    real = await RealValkey.connect(valkey_thread.endpoint)
    yield real
    await real.close()


async def differences(real: RealValkey, commands: list[list[bytes]]) -> list[str]:
    """Run a list against both, and compare answers and what is there in the end."""
    for condition in ("room", "primary"):
        await real.ask(_words(condition))
    await real.ask([b"FUNCTION", b"FLUSH"])
    await real.ask([b"FLUSHALL"])
    simulated = Commands(lambda: seams.EPOCH_MS)
    found = []
    for number, parts in enumerate(commands):
        mine, theirs = _simulate(simulated, parts), await _ask(real, parts)
        if _plain(parts, mine) != _plain(parts, theirs):
            shown = b" ".join(parts)[:200]
            found.append(f"{number}: {shown!r}\n  simulated {mine!r:.300}\n  real {theirs!r:.300}")
    for condition in ("room", "primary"):
        await real.ask(_words(condition))
    return found + await _leftovers(real, simulated)


async def _leftovers(real: RealValkey, simulated: Commands) -> list[str]:
    """Keys and their values, where they differ."""
    keys = await real.ask([b"KEYS", b"*"])
    if sorted(keys) != sorted(simulated.data.values):
        return [f"keys: {sorted(keys)}, simulated {sorted(simulated.data.values)}"]
    found = []
    for key, value in simulated.data.values.items():
        looks: dict[Any, list[bytes]] = {bytes: [b"GET", key], dict: [b"HGETALL", key]}
        look = looks.get(type(value), [b"XRANGE", key, b"-", b"+"])
        mine, theirs = simulated.do(look), await real.ask(look)
        if _plain(look, mine) != _plain(look, theirs):
            found.append(f"{key!r}: {theirs!r:.200}, simulated {mine!r:.200}")
        if isinstance(value, StreamValue):
            info = await real.ask([b"XINFO", b"STREAM", key])
            if info[info.index(b"last-generated-id") + 1] != str(value.last).encode():
                found.append(f"{key!r} ends elsewhere than at {value.last}")
    return found


def _simulate(simulated: Commands, parts: list[bytes]) -> Any:
    condition = _condition(parts)
    if condition is not None:
        simulated.out_of_memory = {"oom": True, "room": False}.get(
            condition, simulated.out_of_memory
        )
        simulated.is_replica = {"replica": True, "primary": False}.get(
            condition, simulated.is_replica
        )
        return Status(b"OK")
    try:
        return simulated.do(parts)
    except Block:
        return Nothing
    finally:
        simulated.data.done()


async def _ask(real: RealValkey, parts: list[bytes]) -> Any:
    condition = _condition(parts)
    reply = await real.ask(parts if condition is None else _words(condition))
    return reply if condition is None else Status(reply[:2])


def _condition(parts: list[bytes]) -> str | None:
    word = parts[0].decode()
    return word if word in CONDITIONS else None


def _words(condition: str) -> list[bytes]:
    found = parse(command(*_CONDITIONS[condition]), 0)
    assert found is not None
    return found[0]


def _plain(parts: list[bytes], reply: Any) -> Any:
    """A reply in a form in which equal means the same: without clocks, chance and line numbers."""
    name = parts[0].upper()
    if isinstance(reply, Failure):
        text = str(reply).partition(" script: ")[0]
        return "a failure in Lua" if text.startswith("ERR user_function:") else text
    if name == b"HELLO" and isinstance(reply, list):
        fields = dict(zip(reply[::2], reply[1::2], strict=True))
        return [fields[field] for field in _HELLO]
    if name in (b"HGETALL", b"CONFIG") and isinstance(reply, list):
        pairs = zip(reply[::2], reply[1::2], strict=True)
        return sorted((key, _timeless(value)) for key, value in pairs)
    if isinstance(reply, list):
        return [_timeless(part) for part in reply]
    return (isinstance(reply, Status), reply)


def _timeless(part: Any) -> Any:
    return b"a time" if isinstance(part, bytes) and re.fullmatch(rb"1[6-9]\d{11}", part) else part


async def test_generated_lists_have_the_same_answers(real: RealValkey) -> None:
    """Commits that follow, repeat, conflict, skip or are fenced; plain commands; bad ones."""
    await _compare(real, LISTS)


@pytest.mark.ci
async def test_many_generated_lists_have_the_same_answers(real: RealValkey) -> None:
    """The same for many more."""
    await _compare(real, CI_LISTS)


async def _compare(real: RealValkey, count: int) -> None:
    for seed in range(count):
        lists = Lists(Random(seed))
        assert await differences(real, lists.next(LENGTH)) == [], f"list of seed {seed}"


async def test_a_wrong_answer_is_noticed(
    real: RealValkey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A simulation that forgets a check of `cx_commit` does not pass."""
    monkeypatch.setattr("tests.simulation.functions._settled", lambda *_: Status(b"OK"))
    found = [await differences(real, Lists(Random(seed)).next(LENGTH)) for seed in range(5)]
    assert any(found)


def test_the_lists_lead_to_every_answer() -> None:
    """Generated commits are accepted, found again, and refused for every reason."""
    seen: set[bytes] = set()
    for seed in range(LISTS):
        simulated = Commands(lambda: seams.EPOCH_MS)
        for parts in Lists(Random(seed)).next(LENGTH):
            reply = _simulate(simulated, parts)
            if parts[0] == b"FCALL" and isinstance(reply, bytes):
                seen.add(reply.partition(b" ")[0])
            elif parts[0] == b"FCALL":
                first = (
                    reply[0] if isinstance(reply, list) else str(reply).partition(" ")[0].encode()
                )
                seen.add(first)
    assert seen >= {b"OK", b"DUP", b"CONFLICT", b"GAP", b"FENCED", b"HELD", b"BROKEN", b"OOM"}
    assert seen >= {b"READONLY", b"WRONGTYPE", b"ERR"}

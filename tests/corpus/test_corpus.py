"""Upgrades: games stored under each rules version replay to what they led to when they were played.

What the stored games pin: the encoding of commands and events, what each command does, the hashes
that chain a journal, the state, and the form in which a snapshot holds it.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from cxgame.engine.restoring import load
from cxgame.engine.snapshot import SCHEMA, dump
from cxgame.model.batch import Effects, encode_effects, plain, unseal
from cxgame.model.commands import (
    AmendOrder,
    AnyCommand,
    CancelOrder,
    Command,
    PlaceOrder,
    PlacePending,
    PlaceTrigger,
    SetBalance,
)
from cxgame.model.enums import (
    OrderType,
    Reason,
    SelfTrade,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
    Verb,
)
from cxgame.model.events import (
    AnyEvent,
    Event,
    OrderAmended,
    OrderClosed,
    OrderReduced,
    OrderRefused,
    OrderRejected,
    Trade,
    TriggerClosed,
    TriggerFired,
)
from cxgame.model.rules import RULES_VERSION
from cxgame.ports import Entry
from cxgame.recovery import JournalDamaged, Replay
from tests.corpus import playing
from tests.corpus.files import FOLDER, Stored, folder_of, raw_commands, read, stored_games, write

WHAT_TO_DO = """

A journal that was written by an earlier release does not lead where it led then. Whoever has a game
under way could not go on with it. Do one of these:

* The change was not meant: take it back.
* It was meant, and games are to go differently from now on: raise RULES_VERSION in
  cxgame/model/rules.py, keep what the engine did before selectable by the version that the rules
  of a game name (`Rules.version`), store games of the new version with
  `python -m scripts.make_corpus`, and say in CHANGELOG.md what is played differently.
* Only the form of a snapshot has changed: raise SCHEMA in cxgame/engine/snapshot.py and let `load`
  (restoring.py) read the older one too. Nothing stored is written anew.

Never delete or remake a stored game to make this pass.
"""
GAMES = stored_games()
each_game = pytest.mark.parametrize(
    "path", GAMES, ids=[f"{path.parent.name}-{path.stem}" for path in GAMES]
)


def entries(game: Stored) -> list[Entry]:
    """A stored game as a journal."""
    pairs = zip(game.hashes, game.records, strict=True)
    return [Entry(seq, *pair) for seq, pair in enumerate(pairs, start=1)]


def replayed(game: Stored, run: Replay, after: int = 0) -> list[tuple[int, str]]:
    """Replay the entries after a batch; what differs first, with its batch."""
    for entry in entries(game)[after:]:
        expected = game.effects[entry.seq - 1]
        try:
            actual = encode_effects(run.take(entry))
        except JournalDamaged as error:
            return [(entry.seq, error.why)]
        if actual != expected:
            return [(entry.seq, f"{plain_effects(actual)}, stored {plain_effects(expected)}")]
    return []


def plain_effects(packed: bytes) -> Any:
    """Effects for people."""
    return msgspec.msgpack.decode(packed)


@each_game
def test_a_stored_game_replays_to_the_same_effects(path: Path) -> None:
    """Each batch has the events, the balances and the hash that it had."""
    assert replayed(read(path), Replay()) == [], WHAT_TO_DO


@each_game
def test_a_stored_game_leads_to_the_same_state(path: Path) -> None:
    """Whatever schema it was written down in; and the same text, if that is the present one."""
    game, run = read(path), Replay()
    for seq, shown in game.dumps():
        while run.batch_seq < seq:
            run.take(entries(game)[run.batch_seq])
        state = run.engine
        assert state.violations() == []
        assert load(shown).state_hash() == state.state_hash(), WHAT_TO_DO
        if shown["schema"] == SCHEMA:
            assert json.loads(json.dumps(dump(state))) == shown, WHAT_TO_DO
    if game.dumps()[-1][1]["schema"] == SCHEMA:
        assert run.engine.state_hash() == game.state_hash, WHAT_TO_DO


@each_game
def test_a_stored_game_goes_on_from_its_dump(path: Path) -> None:
    """As a start from a snapshot does: the rest of the journal has the same effects."""
    game, run = read(path), Replay()
    seq, shown = game.dumps()[0]
    run.engine, run.batch_seq, run.batch_hash = load(shown), seq, game.hashes[seq - 1]
    assert replayed(game, run, after=seq) == [], WHAT_TO_DO


@each_game
def test_a_stored_command_is_read_field_by_field(path: Path) -> None:
    """In the order in which it was written; a field that came later stands at the end."""
    for record in read(path).records:
        body, _, _ = unseal(record)
        for stamped, raw in zip(body.commands, raw_commands(record), strict=True):
            shown: list[Any] = plain(stamped.command)
            kind = type(stamped.command)
            later = kind.__struct_fields__[len(raw) - 1 :]  # the tag comes first
            assert same_fields(shown[: len(raw)], raw), WHAT_TO_DO
            assert all(field in optional(kind) for field in later), WHAT_TO_DO


def same_fields(shown: Any, raw: Any) -> bool:
    """Whether two trees of lists are the same, where the shown ones may be longer."""
    if isinstance(raw, list) and isinstance(shown, list | tuple):
        return len(shown) >= len(raw) and all(map(same_fields, shown, raw))
    if isinstance(raw, dict):
        return shown.keys() == raw.keys() and all(same_fields(shown[key], raw[key]) for key in raw)
    return bool(shown == raw)


def optional(kind: type[msgspec.Struct]) -> set[str]:
    """The fields that a struct can do without."""
    return {field.name for field in msgspec.structs.fields(kind) if not field.required}


# The games themselves ------------------------------------------------------------------------


def test_every_rules_version_has_its_games() -> None:
    """Whoever raises the version stores games of it: `python -m scripts.make_corpus`."""
    for version in range(1, RULES_VERSION + 1):
        assert list(folder_of(version).glob("*.journal")), f"no games of version {version} stored"


@each_game
def test_a_stored_game_is_small_and_of_its_version(path: Path) -> None:
    """A few kilobytes each, so that many can be kept."""
    assert path.stat().st_size < 10_000
    versions = {unseal(record)[0].rules_version for record in read(path).records}
    assert versions == {int(path.parent.name.removeprefix("v"))}


def used(version: int) -> tuple[list[Command], list[Event]]:
    """All commands and events of the games of a version."""
    commands: list[Command] = []
    events: list[Event] = []
    for path in folder_of(version).glob("*.journal"):
        game = read(path)
        for record, packed in zip(game.records, game.effects, strict=True):
            commands += [stamped.command for stamped in unseal(record)[0].commands]
            for effect in msgspec.msgpack.decode(packed, type=list[Effects]):
                events += effect.events
    return commands, events


def test_the_games_use_every_command_and_lead_to_every_event() -> None:
    """So that each has its encoding pinned."""
    commands, events = used(RULES_VERSION)
    assert {type(command) for command in commands} == set(get_args(AnyCommand))
    assert {type(event) for event in events} == set(get_args(AnyEvent))


def test_the_games_use_what_an_order_can_be() -> None:
    """Types, times in force, verbs, modes, budgets, post-only, cids, both markets."""
    commands, _ = used(RULES_VERSION)
    orders = [command for command in commands if isinstance(command, PlaceOrder)]
    kinds = Counter((order.type, order.time_in_force) for order in orders)
    assert set(kinds) == {(kind, until) for kind in OrderType for until in TimeInForce}
    assert {order.verb for order in orders} == set(Verb)
    assert {order.self_trade for order in orders} == {None, *SelfTrade}
    assert {bool(order.budget) for order in orders} == {True, False}
    assert {order.post_only for order in orders} == {True, False}
    assert {bool(order.cid) for order in orders} == {True, False}
    assert {order.market for order in orders} == {0, 1, 2}
    waiting = [command for command in commands if isinstance(command, PlacePending)]
    assert {(order.type, order.side) for order in waiting} == {
        (kind, side) for kind in OrderType for side in Side
    }
    assert {bool(order.delay_ms) for order in waiting} == {True, False}
    assert {bool(order.deadline_ms) for order in orders} == {True, False}
    assert {bool(order.lives_ms) for order in orders} == {True, False}
    amends = [command for command in commands if isinstance(command, AmendOrder)]
    assert {(bool(amend.price), bool(amend.quantity)) for amend in amends} >= {
        *((True, True), (True, False), (False, True))
    }
    assert {amend.post_only for amend in amends} == {True, False}
    armed = [command for command in commands if isinstance(command, PlaceTrigger)]
    assert {(order.kind, order.by) for order in armed} == {
        (kind, by) for kind in TriggerKind for by in TriggerBy
    }
    assert {(command.order.type, command.order.side) for command in armed} == {
        (kind, side) for kind in OrderType for side in Side
    }
    for name in ("trail", "trail_rate", "max_price"):
        assert {bool(getattr(command, name)) for command in armed} == {True, False}
    changes = [command for command in commands if isinstance(command, SetBalance)]
    assert {change.held is None for change in changes} == {True, False}
    cancels = [command for command in commands if isinstance(command, CancelOrder)]
    assert {cancel.expired for cancel in cancels} == {True, False}


def test_the_games_lead_to_what_is_rare() -> None:
    """The house takes and makes, fees are paid in both roles, own orders meet, time runs out."""
    _, events = used(RULES_VERSION)
    trades = [event for event in events if isinstance(event, Trade)]
    house_makes = [trade for trade in trades if 0 in trade_roles(trade)["maker"]]
    house_takes = [trade for trade in trades if 0 in trade_roles(trade)["taker"]]
    assert min(len(house_makes), len(house_takes)) > 3
    assert sum(trade.buy_fee != "0" and trade.sell_fee != "0" for trade in trades) > 9
    assert sum(isinstance(event, OrderReduced) for event in events) > 3
    amended = [event for event in events if isinstance(event, OrderAmended)]
    assert {event.in_place for event in amended} == {True, False}
    reasons = Counter(event.reason for event in events if isinstance(event, OrderClosed))
    assert set(reasons) == set(Reason) - {Reason.REJECTED}
    rejected = [event for event in events if isinstance(event, OrderRejected)]
    assert len(rejected) > 3
    assert sum(isinstance(event, OrderRefused) for event in events) > 9
    assert sum(isinstance(event, TriggerFired) for event in events) > 20
    unfired = Counter(event.reason for event in events if isinstance(event, TriggerClosed))
    assert set(unfired) >= {Reason.USER, Reason.CLOSED, Reason.EXPIRED}
    assert "time limit" in {getattr(event, "why", "") for event in events}


def trade_roles(trade: Trade) -> dict[str, tuple[int]]:
    """The orders of a trade by role; 0 is the house."""
    buy, sell = ("maker", "taker") if trade.taker_side else ("taker", "maker")
    return {buy: (trade.buy_order,), sell: (trade.sell_order,)}


# That differences are found ------------------------------------------------------------------


def test_a_change_of_the_rules_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fee rounded the other way changes what a stored game leads to."""
    monkeypatch.setattr("cxgame.engine.settling.share", lambda rate, value: rate * value // 10**12)
    (_, why), *_ = replayed(read(folder_of(1) / "fees.journal"), Replay())
    assert "effects" in why


def test_what_is_stored_stays(tmp_path: Path) -> None:
    """Neither the script nor what it writes with replaces a file."""
    with pytest.raises(FileExistsError):
        write(GAMES[0], read(GAMES[0]))
    script = [sys.executable, "-m", "scripts.make_corpus"]
    before = [path.read_bytes() for path in GAMES]
    run = subprocess.run(script, cwd=FOLDER.parent.parent, capture_output=True, timeout=60)
    assert (run.returncode, run.stdout.count(b"stays as it is")) == (0, len(playing.GAMES))
    assert stored_games() == GAMES
    assert [path.read_bytes() for path in GAMES] == before

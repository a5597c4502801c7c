"""Seeded games for the corpus: drawn as the generated games are, and sealed as a server would.

Between them they use every command, order type, time in force and self-trade mode, fees that round,
the house, markets that join, orders that wait for a time or a price, change or expire, money from
outside, rounds, limits and lists; `test_corpus.py` sees to that. What a name led to when its game
was stored is in its file: played again today it may be another game.
"""

import json
from collections.abc import Sequence
from itertools import count
from random import Random
from typing import Any

from msgspec.structs import replace

from cxgame.effects import Touched, balances
from cxgame.engine.engine import Engine
from cxgame.engine.snapshot import dump
from cxgame.engine.state import Applied
from cxgame.model import commands as ask
from cxgame.model.batch import Origin, encode_effects, seal
from cxgame.model.enums import Liquidity, Mid, SelfTrade, SellFee
from tests.corpus.files import Stored
from tests.engine.reference_games import RULES, opening, random_command
from tests.engine.reference_pair import Pair
from tests.engine.reference_tables import WEIGHTS

LENGTH = 170
LARGEST_BATCH = 9

Stamp = tuple[int, int]  # game time in ns, wall clock in ms

_PLAIN = {name: values[0] for name, values in RULES.items()}
GAMES: dict[str, dict[str, Any]] = {
    "plain": {"self_trade": SelfTrade.EXPIRE_TAKER},
    "fees": {"self_trade": SelfTrade.NONE, "scale": "fine", "fees": ("0.001", "0.002")},
    "house": {
        "self_trade": SelfTrade.SKIP,
        "scale": "odd",
        "fees": ("0.1", "0.25"),
        "liquidity": Liquidity.HOUSE,
    },
    "limits": {
        "self_trade": SelfTrade.EXPIRE_MAKER,
        "mid": Mid.BOOK,
        "max_open_orders": 4,
        "max_levels": 3,
        "user_limit": 4,
    },
    "timed": {
        "self_trade": SelfTrade.EXPIRE_BOTH,
        "mid": Mid.BOOK,
        "liquidity": Liquidity.HOUSE,
        "fees": ("0.3", "0"),
        "time_limit_ms": 9_000,
    },
    "listed": {
        "self_trade": SelfTrade.DECREMENT,
        "scale": "odd",
        "fees": ("0", "0.07"),
        "whitelist": {"": ("Ann", "bob"), "blue": ("cid", "dan")},
        "started": False,
    },
    "delayed": {
        "self_trade": SelfTrade.SKIP,
        "scale": "fine",
        "fees": ("0.001", "0.002"),
        "liquidity": Liquidity.HOUSE,
        "sell_fee": SellFee.HOLD,
        "fill_sigma": "0.5",
        "cash_asset": "USD",
    },
    "shares": {
        "self_trade": SelfTrade.DECREMENT,
        "fees": ("0.1", "0.25"),
        "liquidity": Liquidity.HOUSE,
        "sell_fee": SellFee.HOLD,
        "fill_sigma": "3",
        "cash_asset": "USD",
        "max_open_orders": 4,
        "time_limit_ms": 30_000,
    },
    "amended": {
        "self_trade": SelfTrade.DECREMENT,
        "scale": "fine",
        "fees": ("0.001", "0.002"),
        "max_levels": 3,
    },
    "brief": {
        "self_trade": SelfTrade.EXPIRE_TAKER,
        "scale": "odd",
        "mid": Mid.BOOK,
        "liquidity": Liquidity.HOUSE,
        "fees": ("0.1", "0.25"),
        "fill_sigma": "0.5",
    },
    "changed": {
        "self_trade": SelfTrade.SKIP,
        "liquidity": Liquidity.HOUSE,
        "fees": ("0", "0.07"),
        "sell_fee": SellFee.HOLD,
        "time_limit_ms": 30_000,
    },
    "by_book": {
        "self_trade": SelfTrade.NONE,
        "scale": "odd",
        "fees": ("0.1", "0.25"),
        "mid": Mid.BOOK,
        "sell_fee": SellFee.HOLD,
        "cash_asset": "USD",
    },
    "armed": {
        "self_trade": SelfTrade.DECREMENT,
        "liquidity": Liquidity.HOUSE,
        "fees": ("0.1", "0.25"),
        "max_levels": 3,
    },
    "armed_by_book": {
        "self_trade": SelfTrade.SKIP,
        "scale": "fine",
        "mid": Mid.BOOK,
        "fees": ("0.001", "0.002"),
    },
    "trailing": {
        "self_trade": SelfTrade.EXPIRE_BOTH,
        "scale": "odd",
        "liquidity": Liquidity.HOUSE,
        "fees": ("0", "0.07"),
    },
    "organised": {"self_trade": SelfTrade.NONE, "fees": ("0.001", "0.002")},
}
# What the games that came later are made of, beside what all have.
OFTEN = {
    "armed": ("trigger", "limit", "tick"),
    "armed_by_book": ("trigger", "limit", "cancel"),
    "trailing": ("trigger", "limit", "tick", "balance"),
    "organised": ("notice", "limit", "rules", "balance", "round"),
}


class _Recording(Engine):
    """Notes what would be journaled: each command that had an effect, with its stamp."""

    def __init__(self) -> None:
        super().__init__()
        self.journal: list[tuple[Stamp, ask.Command]] = []

    def apply(self, command: ask.Command, game_time_ns: int, wall_ms: int) -> Applied:
        applied = super().apply(command, game_time_ns, wall_ms)
        if applied.events:
            self.journal.append(((game_time_ns, wall_ms), command))
        return applied


def play(name: str) -> Stored:
    """One of `GAMES`, from its first command to its end."""
    random, pair = Random(name), Pair()
    engine = pair.engine = _Recording()
    ticks = count(1)
    weights = WEIGHTS | {kind: 5 * WEIGHTS[kind] for kind in OFTEN.get(name, ())}
    *entries, begin = opening(_PLAIN | GAMES[name])
    for command in (*entries, ask.Start(), ask.Pause(), ask.Start(), begin):
        assert pair.do(command) == []
    for number in range(LENGTH):
        pair.wait(random.choice((0, 0, 0, 1, 400)))
        if number % 60 == 59:
            pair.night()
        command = random_command(random, pair.reference, weights)
        if isinstance(command, ask.SetRules) and GAMES[name].keys() & {
            "time_limit_ms",
            "cash_asset",
        }:
            continue  # which would give it more time, or another kind of game
        if isinstance(command, ask.CancelOrder) and number % 2:
            command = replace(command, expired=True)
        if isinstance(command, ask.Tick):
            index = next(ticks)
            carry = json.dumps({"price": index})
            command = replace(command, index=index, carry=carry, draw=random.getrandbits(64))
        assert pair.do(command) == []
    for command in (ask.Start(), ask.Close("shutdown")):
        assert pair.do(command) == []
        pair.wait(10_000)
    return _sealed(engine.journal, random)


def _sealed(journal: Sequence[tuple[Stamp, ask.Command]], random: Random) -> Stored:
    """The journal in batches, applied once more; what each led to, and a dump half-way."""
    batches = list(_batches(journal, random))
    stored = Stored([], [], [], len(batches) // 2, "", "", b"")
    engine, previous, middle_dump = Engine(), b"", ""
    for seq, (stamp, commands) in enumerate(batches, start=1):
        first = engine.command_seq + 1
        effects = [(origin, engine.apply(command, *stamp).events) for origin, command in commands]
        touched = Touched()
        for _, events in effects:
            touched.take(engine, events)
        packed, owned = encode_effects(effects), balances(engine, touched.accounts)
        head = (seq, *stamp, engine.known_rules.version, first)
        record, previous = seal(previous, head, commands, packed, owned)
        stored.records.append(record)
        stored.effects.append(packed)
        stored.hashes.append(previous)
        if seq == stored.middle:
            middle_dump = json.dumps(dump(engine))
    last_dump = json.dumps(dump(engine))
    return stored._replace(
        middle_dump=middle_dump, last_dump=last_dump, state_hash=engine.state_hash()
    )


def _batches(
    journal: Sequence[tuple[Stamp, ask.Command]], random: Random
) -> Sequence[tuple[Stamp, list[tuple[Origin, ask.Command]]]]:
    """Commands of one stamp, a few at a time, with origins of all sorts."""
    batches: list[tuple[Stamp, list[tuple[Origin, ask.Command]]]] = []
    for stamp, command in journal:
        request = random.choice((None, 7, "seven"))
        origin = Origin(random.choice(("ws", "game")), random.randrange(99), request)
        last = batches[-1] if batches else ((-1, -1), [])
        if last[0] == stamp and len(last[1]) < LARGEST_BATCH:
            last[1].append((origin, command))
        else:
            batches.append((stamp, [(origin, command)]))
    return batches

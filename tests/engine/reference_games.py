"""Generated games: their rules, their opening, and whole games of a seed.

One table serves both ways of drawing: hypothesis (`test_against_reference.py`) and a seeded
`Random`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from random import Random

from cxgame.model import commands as ask
from cxgame.model.enums import Mid, Side, TriggerBy, TriggerKind
from cxgame.model.rules import RULES_VERSION, MarketRules, Rules
from tests.engine.reference import Exchange
from tests.engine.reference_commands import build, units
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_pair import Pair
from tests.engine.reference_tables import PLAYERS, RULES, SCALES, TABLES, WEIGHTS, Drawn, Table

NIGHTS = 0.01  # one before so many commands


def rules_of(drawn: Drawn) -> Rules:
    """The rules of a game, from a draw of `RULES`."""
    tick, lot, tick_2, lot_2 = SCALES[drawn["scale"]]
    maker_fee, taker_fee = drawn["fees"]
    common = {
        "maker_fee": maker_fee,
        "taker_fee": taker_fee,
        "max_levels": drawn["max_levels"],
    }
    markets = tuple(
        MarketRules(
            symbol=f"{base}/{quote}",
            base=base,
            quote=quote,
            tick=tick,
            lot=lot,
            min_size=_text(2 * Fraction(lot)),
            min_price=_text(6 * Fraction(tick)),
            min_amount=_text(10 * Fraction(tick) * Fraction(lot)),
            start_price=_text(start * Fraction(tick)),
            **common,
        )
        for base, quote, tick, lot, start in (
            ("BTC", "USD", tick, lot, Fraction(10)),
            ("ETH", "BTC", tick_2, lot_2, Fraction(19, 2)),  # a mid between two ticks
        )
    )
    apart = ("scale", "fees", "max_levels")
    return Rules(
        version=RULES_VERSION,
        markets=markets,
        grants={
            "USD": _text(600 * Fraction(tick) * Fraction(lot)),
            "BTC": _text(45 * Fraction(lot)),
            "ETH": _text(45 * Fraction(lot_2)),
        },
        seed=1,
        **{name: drawn[name] for name in drawn if name not in apart},
    )


def opening(drawn: Drawn) -> list[ask.Command]:
    """The commands that every generated game begins with."""
    entries = [ask.OpenAccount(name, team) for name, team in PLAYERS]
    return [ask.SetRules(rules_of(drawn)), *entries, ask.Open()]


def _text(amount: Fraction) -> str:
    """Decimal text of an amount with at most 26 decimals."""
    digits = str(int(amount * 10**26)).rjust(27, "0")
    return f"{digits[:-26]}.{digits[-26:].rstrip('0') or '0'}"


# Drawing from a seed --------------------------------------------------------------------------


def draw(random: Random, table: Table) -> Drawn:
    """One value of each column."""
    return {name: random.choice(values) for name, values in table.items()}


def random_game(
    seed: int, length: int, *, often: tuple[str, ...] = (), crowded: bool = False
) -> tuple[Pair, list[str]]:
    """Play a game of a seed until something differs; returns it with what did, if anything.

    `often` are the kinds of commands that it shall have most of.
    """
    random = Random(seed)
    pair = Pair()
    drawn = draw(random, RULES) | (CROWDED if crowded else {})
    weights = tilted(random) | {kind: 5 * WEIGHTS[kind] for kind in often}
    crowd_first = crowd(random, pair.reference) if crowded else ()
    try:
        for command in chain(opening(drawn), crowd_first, _course(random, pair, length, weights)):
            if problems := pair.do(command):
                return pair, problems
    except (ArithmeticError, AssertionError, LookupError, ValueError) as error:
        return pair, [f"the engine fails: {error!r}"]
    return pair, []


def _course(
    random: Random, pair: Pair, length: int, weights: dict[str, int]
) -> Iterator[ask.Command]:
    """So many commands, some time apart; the game is closed before the last ones."""
    for number in range(length):
        pair.wait(random.choice((0, 1, 400)))
        if random.random() < NIGHTS:
            pair.night()
        command = random_command(random, pair.reference, weights)
        yield ask.Close("shutdown") if number == length * 19 // 20 else command
        if pair.seen["STATE_CLOSED"] > length // 20:
            return  # nothing new can come


CROWDED = {"mid": Mid.ORACLE, "max_open_orders": 0, "time_limit_ms": None, "max_levels": 3}
_WAITING_FOR_MORE = (
    (Side.BUY, TriggerKind.STOP),
    (Side.SELL, TriggerKind.TAKE_PROFIT),
    (Side.BUY, TriggerKind.TRAILING),
)


def crowd(random: Random, game: Exchange) -> Iterator[ask.Command]:
    """More orders than one `Continue` takes wait for higher prices, until these come."""
    for account, orders in ((1, 60), (2, 60), (3, 25)):
        for asset in ("USD", "BTC"):
            yield ask.Deposit(account, asset, units(game, asset, 10**5))
        for _ in range(orders):
            side, kind = random.choice(_WAITING_FOR_MORE)
            chosen = {"account": account, "market": 0, "side": side, "kind": kind, "cid": ""}
            chosen |= {"by": TriggerBy.MID, "deadline": None, "wrong": None, "rate": 0}
            chosen |= {"away": random.choice((1, 2, 3)), "max_price": 13, "quantity": 3}
            yield build("trigger", game, draw(random, TABLES["trigger"]) | chosen)
    for bid in (15, 9):
        yield ask.Tick(0, 1, bid, bid + 1)


def tilted(random: Random) -> dict[str, int]:
    """Each game has more of some commands and none of others, so that rare ones meet often."""
    return {
        kind: weight * (1 if kind == "limit" else random.choice((0, 1, 1, 4)))
        for kind, weight in WEIGHTS.items()
    }


def random_command(
    random: Random, game: Exchange, weights: dict[str, int] = WEIGHTS
) -> ask.Command:
    """A command for a running game. A game that stands still is soon set going again."""
    if game.phase != "open" and random.random() < 0.4:
        go_on = ask.Open() if game.phase == "registration" else ask.Start()
        return random.choice((go_on, go_on, ask.StartRound(3)))
    (kind,) = random.choices(list(weights), list(weights.values()))
    if game.phase == "paused" and random.random() < 0.2:
        kind = "tick"  # nothing fires now, and it may not move back before the game goes on
    return build(kind, game, draw(random, TABLES[kind]))

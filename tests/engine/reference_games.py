"""What the generated games are made of: small tables of values, from which commands are drawn.

One table serves both ways of drawing: hypothesis (`tests/engine/test_against_reference.py`) and a
seeded `Random`. Prices lie within a few ticks, sizes within a few lots and funds last for a few
orders, so that matches, partial fills, shortages and meetings of a team's own orders are common.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

from msgspec.structs import replace

from cxgame.model import commands as ask
from cxgame.model.enums import (
    Liquidity,
    Mid,
    OrderType,
    SelfTrade,
    SellFee,
    Side,
    TimeInForce,
    Verb,
)
from cxgame.model.rules import RULES_VERSION, MarketRules, Rules
from tests.engine.reference import Exchange
from tests.engine.reference_pair import Pair

Table = dict[str, tuple[Any, ...]]
Drawn = dict[str, Any]

# tick and lot of BTC/USD, tick and lot of ETH/BTC. In the first, fees come out even; in the others
# a trade of one lot at one tick is worth so few units that nearly every fee must be rounded.
SCALES = {
    "even": ("0.01", "0.0001", "0.005", "0.002"),
    "fine": ("0.01", "0." + "0" * 21 + "1", "0." + "0" * 12 + "5", "0." + "0" * 10 + "2"),
    "odd": ("0.3", "0." + "0" * 22 + "7", "0." + "0" * 11 + "7", "0." + "0" * 11 + "1"),
}
RULES: Table = {
    "scale": tuple(SCALES),
    "fees": (("0", "0"), ("0.001", "0.002"), ("0.1", "0.25"), ("0.3", "0"), ("0", "0.07")),
    "mid": tuple(Mid),
    "liquidity": tuple(Liquidity),
    "self_trade": tuple(SelfTrade),
    "max_open_orders": (0, 4),
    "max_levels": (10_000, 3),
    "time_limit_ms": (None, None, 40_000),
    "user_limit": (None, None, 4),
    "whitelist": (None, None, {"": ("Ann", "bob"), "blue": ("cid", "dan")}),
    "started": (True, False),
    "sell_fee": tuple(SellFee),
    "fill_sigma": ("0", "0.5", "0", "3"),
    "cash_asset": ("", "USD"),
}

PLAYERS = (("ann", ""), ("bob", "red"), ("cid", "red"), ("dan", ""))
_NAMES = ("eve", "ann", "ANN", "fay", "gus")

_ORDER: Table = {
    "account": (1, 2, 3, 4),
    "market": (0, 0, 1, 2),  # the third joins some games
    "side": tuple(Side),
    "self_trade": (None, *SelfTrade),
    "cid": (*[""] * 14, *"abcde"),
    "fingerprint": (0, 0, 0, 1),
}
_PRICES = (*(10, 9, 11, 8, 12, 7, 13, 6) * 6, 14, 5, 10**15 + 1)
_LOTS = (*(3, 5, 2, 8, 4, 13) * 6, 21, 30, 60, 1, 10**18 + 1)
_TIMES = (*[TimeInForce.GTC] * 5, TimeInForce.IOC, TimeInForce.FOK)
_VOLUMES = (None, 3, 10, 0)
_ASSETS = ("USD", "BTC", "USD", "ETH", "GOLD")

TABLES: dict[str, Table] = {
    "limit": _ORDER
    | {
        "price": _PRICES,
        "quantity": _LOTS,
        "time_in_force": _TIMES,
        "post_only": (False,) * 6 + (True,),
    },
    "seed": _ORDER | {"price": _PRICES, "quantity": _LOTS},
    "market": _ORDER | {"quantity": _LOTS, "time_in_force": _TIMES},
    "budget": _ORDER
    | {
        "steps": (40, 25, 70, 33, 110, 51, 12, 9, 600),  # one: a lot at a price of one tick
        "units": (0, 1, 2),
        "time_in_force": _TIMES,
    },
    "cancel": {"account": (1, 2, 3, 4), "which": tuple(range(12)), "own": (True,) * 5 + (False,)},
    "cancel_all": {"account": (1, 2, 3, 4), "market": (-1, 0, 1), "side": (None, *Side)},
    "tick": {
        "market": (0, 1, 2),
        "draw": tuple(range(40)),
        "bid": (10, 9, 8, 11, 7, 12),
        "spread": (0, 1, 2, 0),
        "bid_volume": _VOLUMES,
        "ask_volume": _VOLUMES,
    },
    "talk": {"account": (1, 2, 3, 4), "text": ("hello",)},
    "role": {"account": (1, 2, 3, 4)},
    "account": {"name": _NAMES, "team": ("", "red", "blue"), "bot": (False, True)},
    "rules": {name: RULES[name] for name in RULES if name not in ("scale", "fees", "started")}
    | {"max_levels": (None,)},
    "round": {"seed": (7,), "ends": (True, False)},
    "phase": {"command": (ask.Start(), ask.Pause(), ask.Open(), ask.Advance())},
    "close": {"why": ("shutdown",)},
    "pending": {name: _ORDER[name] for name in _ORDER if name != "self_trade"}
    | {
        "type": (OrderType.MARKET, OrderType.LIMIT),
        "price": _PRICES,
        "quantity": _LOTS,
        "delay_ms": (0, 1, 300, 900),
    },
    "money": {
        "account": (1, 2, 3, 4),
        "asset": _ASSETS,
        "steps": (40, 0, 7, 200, 10**15),
        "goes": (False, True),
    },
    "balance": {
        "account": (1, 2, 3, 4),
        "asset": _ASSETS[:3],
        "free": (300, 40, 0, 600),
        "held": (0, None, 5, 20, 100, 400),
    },
    "reset": {"accounts": ((1,), (2, 3), ())},
    "new_market": {"quote": ("USD", "BTC")},
}
WEIGHTS = {"limit": 40, "seed": 8, "market": 9, "budget": 12, "cancel": 9, "cancel_all": 2}
WEIGHTS |= {"tick": 12, "talk": 1, "role": 1, "account": 2, "rules": 1, "round": 1, "phase": 2}
WEIGHTS |= {"pending": 24, "money": 3, "balance": 4, "reset": 1, "new_market": 1}


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


NIGHTS = 0.01  # one before so many commands


# From a draw to a command ---------------------------------------------------------------------


def _known(game: Exchange, drawn: Drawn) -> Drawn:
    """A draw whose market is there."""
    return drawn | {"market": drawn["market"] % len(game.terms)}


def _limit(game: Exchange, drawn: Drawn) -> ask.Command:
    return ask.PlaceOrder(verb=Verb.ORDER, type=OrderType.LIMIT, **_known(game, drawn))


def _seed(game: Exchange, drawn: Drawn) -> ask.Command:
    verb = Verb.BUY if drawn["side"] is Side.BUY else Verb.SELL
    return ask.PlaceOrder(verb=verb, type=OrderType.LIMIT, **_known(game, drawn))


def _market(game: Exchange, drawn: Drawn) -> ask.Command:
    verb = Verb.ORDER if drawn["side"] is Side.BUY else Verb.SELL_MARKET
    return ask.PlaceOrder(verb=verb, type=OrderType.MARKET, **_known(game, drawn))


def _budget(game: Exchange, drawn: Drawn) -> ask.Command:
    drawn = _known(game, drawn)
    terms = game.terms[drawn["market"]]
    steps, units = drawn["steps"], drawn["units"]
    budget = str(int(terms.tick * terms.lot * steps * 10**24) + units)
    rest = {name: drawn[name] for name in drawn if name not in ("side", "steps", "units")}
    kind = OrderType.MARKET
    return ask.PlaceOrder(verb=Verb.BUY_MARKET, side=Side.BUY, type=kind, budget=budget, **rest)


def _cancel(game: Exchange, drawn: Drawn) -> ask.Command:
    """An open order is cancelled by its owner; or by an account that may not own it."""
    if not game.orders:
        return ask.CancelOrder(drawn["account"], 99)
    order = game.orders[drawn["which"] % len(game.orders)]
    if drawn["which"] == 3:
        return ask.CancelOrder(order["account"], order["id"], expired=True)
    return ask.CancelOrder(order["account"] if drawn["own"] else drawn["account"], order["id"])


_TICK = ("market", "bid_volume", "ask_volume", "draw")


def _tick(game: Exchange, drawn: Drawn) -> ask.Command:
    quotes = {"bid": drawn["bid"], "ask": drawn["bid"] + drawn["spread"]}
    rest = {name: _known(game, drawn)[name] for name in _TICK}
    return ask.Tick(index=1, **quotes, **rest)


def _rules(game: Exchange, drawn: Drawn) -> ask.Command:
    """Other rules for a running game: all but the markets."""
    old = {name: getattr(game.rules, name) for name in game.rules.__struct_fields__}
    new = {name: value for name, value in drawn.items() if name != "max_levels"}
    return ask.SetRules(Rules(**(old | new)))


def _round(game: Exchange, drawn: Drawn) -> ask.Command:
    return ask.EndRound() if drawn["ends"] else ask.StartRound(drawn["seed"])


def _pending(game: Exchange, drawn: Drawn) -> ask.Command:
    return ask.PlacePending(**_known(game, drawn))


def _money(game: Exchange, drawn: Drawn) -> ask.Command:
    """So many steps of an asset go in or out; of GOLD, which nobody trades, too."""
    kind = ask.Withdraw if drawn["goes"] else ask.Deposit
    return kind(drawn["account"], drawn["asset"], _units(game, drawn["asset"], drawn["steps"]))


def _balance(game: Exchange, drawn: Drawn) -> ask.Command:
    asset, held = drawn["asset"], drawn["held"]
    text = None if held is None else _units(game, asset, held)
    return ask.SetBalance(drawn["account"], asset, _units(game, asset, drawn["free"]), text)


def _units(game: Exchange, asset: str, steps: int) -> str:
    """A lot is a step of a base; a lot at a price of one tick is one of the quote."""
    first = game.terms[0]
    step = first.tick * first.lot if asset == first.quote else first.lot
    for terms in game.terms[1:2]:
        step = terms.lot if asset == terms.base else step
    return str(int(step * steps * 10**24))


def _new_market(game: Exchange, drawn: Drawn) -> ask.Command:
    """One more pair of known assets, or of one that is new; as often as not it is there."""
    old = game.rules.markets[0]
    base = "ETH" if drawn["quote"] == "USD" else "XMR"
    symbol = f"{base}/{drawn['quote']}"
    if len(game.terms) > 2:
        return ask.AddMarket(replace(game.rules.markets[2]))
    return ask.AddMarket(replace(old, symbol=symbol, base=base, quote=drawn["quote"]))


_BUILDERS: dict[str, Callable[[Exchange, Drawn], ask.Command]] = {
    "limit": _limit,
    "seed": _seed,
    "market": _market,
    "budget": _budget,
    "cancel": _cancel,
    "cancel_all": lambda _, drawn: ask.CancelAll(**drawn),
    "tick": _tick,
    "talk": lambda _, drawn: ask.Broadcast(**drawn),
    "role": lambda _, drawn: ask.GrantRole(**drawn),
    "account": lambda _, drawn: ask.OpenAccount(**drawn),
    "rules": _rules,
    "round": _round,
    "phase": lambda _, drawn: drawn["command"],
    "close": lambda _, drawn: ask.Close(**drawn),
    "pending": _pending,
    "money": _money,
    "balance": _balance,
    "reset": lambda _, drawn: ask.ResetAccounts(**drawn),
    "new_market": _new_market,
}


def build(kind: str, game: Exchange, drawn: Drawn) -> ask.Command:
    """The command that a draw of `TABLES[kind]` means in a game."""
    return _BUILDERS[kind](game, drawn)


# Drawing from a seed --------------------------------------------------------------------------


def draw(random: Random, table: Table) -> Drawn:
    """One value of each column."""
    return {name: random.choice(values) for name, values in table.items()}


def random_game(seed: int, length: int) -> tuple[Pair, list[str]]:
    """Play a game of a seed until something differs; returns it with what did, if anything."""
    random = Random(seed)
    pair = Pair()
    try:
        for command in opening(draw(random, RULES)):
            if problems := pair.do(command):
                return pair, problems
        for number in range(length):
            pair.wait(random.choice((0, 1, 400)))
            if random.random() < NIGHTS:
                pair.night()
            command = random_command(random, pair.reference)
            if number == length * 19 // 20:
                command = ask.Close("shutdown")
            if problems := pair.do(command):
                return pair, problems
    except (ArithmeticError, AssertionError, LookupError, ValueError) as error:
        return pair, [f"the engine fails: {error!r}"]
    return pair, []


def random_command(random: Random, game: Exchange) -> ask.Command:
    """A command for a running game. A game that stands still is soon set going again."""
    if game.phase != "open" and random.random() < 0.4:
        go_on = ask.Open() if game.phase == "registration" else ask.Start()
        return random.choice((go_on, go_on, ask.StartRound(3)))
    (kind,) = random.choices(list(WEIGHTS), list(WEIGHTS.values()))
    return build(kind, game, draw(random, TABLES[kind]))

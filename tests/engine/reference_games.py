"""Generated games: what a draw of `reference_tables.py` means, and whole games of a seed.

One table serves both ways of drawing: hypothesis (`test_against_reference.py`) and a seeded
`Random`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from msgspec.structs import replace

from cxgame.model import commands as ask
from cxgame.model.enums import OrderType, Side, Verb
from cxgame.model.rules import RULES_VERSION, MarketRules, Rules
from tests.engine.reference import Exchange
from tests.engine.reference_pair import Pair
from tests.engine.reference_tables import PLAYERS, RULES, SCALES, TABLES, WEIGHTS, Drawn, Table


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
    fields = _timely(game, _known(game, drawn))
    return ask.PlaceOrder(verb=Verb.ORDER, type=OrderType.LIMIT, **fields)


def _timely(game: Exchange, drawn: Drawn) -> Drawn:
    """A draw whose deadline is a time, or none."""
    rest, deadline = dict(drawn), drawn["deadline"]
    del rest["deadline"]
    return rest | {"deadline_ms": 0 if deadline is None else game.wall_ms + deadline}


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


def _amend(game: Exchange, drawn: Drawn) -> ask.Command:
    """An open order gets another price or size, or keeps them; as often as not one that fills."""
    rest = {name: drawn[name] for name in ("price", "quantity", "post_only", "deadline")}
    account, id = drawn["account"], 99
    if game.orders:
        order = game.orders[drawn["which"] % len(game.orders)]
        account, id = order["account"] if drawn["own"] else account, order["id"]
    return ask.AmendOrder(account, id, **_timely(game, rest))


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
    "amend": _amend,
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

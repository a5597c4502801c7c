"""Generated games: what a draw of `reference_tables.py` means, and whole games of a seed.

One table serves both ways of drawing: hypothesis (`test_against_reference.py`) and a seeded
`Random`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random

from msgspec.structs import replace

from cxgame.model import commands as ask
from cxgame.model.enums import Mid, OrderType, Side, TriggerBy, TriggerKind, Verb
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


def _trigger(game: Exchange, drawn: Drawn) -> ask.Command:
    """An order that waits for a price beyond the present one, or a price that follows that."""
    drawn = _timely(game, _known(game, drawn))
    market, form, side = drawn["market"], drawn["form"], drawn["side"]
    numbers: Drawn = {"quantity": drawn["quantity"]}
    if form == "by budget":
        terms, side = game.terms[market], Side.BUY
        numbers = {"budget": str(int(terms.tick * terms.lot * drawn["steps"] * 10**24))}
    elif form == "limit":
        numbers["price"] = drawn["price"]
    kind = OrderType.LIMIT if form == "limit" else OrderType.MARKET
    names = ("time_in_force", "post_only", "self_trade", "cid", "fingerprint")
    rest = {name: drawn[name] for name in (*names, "deadline_ms", "lives_ms")}
    order = ask.PlaceOrder(drawn["account"], market, Verb.ORDER, side, kind, **numbers, **rest)
    to_the_market = kind is OrderType.MARKET and side is Side.BUY and not order.budget
    highest = drawn["max_price"] if to_the_market else 0
    waits_for = _waits_for(game, order, drawn)
    return ask.PlaceTrigger(order, drawn["kind"], drawn["by"], max_price=highest, **waits_for)


def _waits_for(game: Exchange, order: ask.PlaceOrder, drawn: Drawn) -> Drawn:
    """The price or the trail of a trigger."""
    if drawn["kind"] is TriggerKind.TRAILING:
        if drawn["rate"]:
            return {"trail_rate": drawn["rate"]}
        return {"trail": drawn["wrong"] or drawn["trail"]}
    terms = game.terms[order.market]
    price = game.mid[terms.symbol]
    if drawn["by"] is TriggerBy.LAST:
        price = game.last_traded.get(terms.symbol, price)
    below, above = price // terms.tick, -(-price // terms.tick)
    rises = (order.side is Side.BUY) == (drawn["kind"] is TriggerKind.STOP)
    return {"price": drawn["wrong"] or (above + drawn["away"] if rises else below - drawn["away"])}


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
    "trigger": _trigger,
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
    try:
        for command in opening(drawn):
            if problems := pair.do(command):
                return pair, problems
        for command in crowd(random, pair.reference) if crowded else ():
            if problems := pair.do(command):
                return pair, problems
        for number in range(length):
            pair.wait(random.choice((0, 1, 400)))
            if random.random() < NIGHTS:
                pair.night()
            command = random_command(random, pair.reference, weights)
            if number == length * 19 // 20:
                command = ask.Close("shutdown")
            if problems := pair.do(command):
                return pair, problems
            if pair.seen["STATE_CLOSED"] > length // 20:
                break  # nothing new can come
    except (ArithmeticError, AssertionError, LookupError, ValueError) as error:
        return pair, [f"the engine fails: {error!r}"]
    return pair, []


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
            yield ask.Deposit(account, asset, _units(game, asset, 10**5))
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

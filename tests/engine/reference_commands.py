"""What a draw of `reference_tables.py` means in a game that goes on: a command."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from cxgame.model import commands as ask
from cxgame.model.enums import OrderType, Side, TriggerBy, TriggerKind, Verb
from cxgame.model.rules import Rules
from tests.engine.reference import Exchange
from tests.engine.reference_tables import Drawn


def build(kind: str, game: Exchange, drawn: Drawn) -> ask.Command:
    """The command that a draw of `TABLES[kind]` means in a game."""
    return _BUILDERS[kind](game, drawn)


def units(game: Exchange, asset: str, steps: int) -> str:
    """A lot is a step of a base; a lot at a price of one tick is one of the quote."""
    first = game.terms[0]
    step = first.tick * first.lot if asset == first.quote else first.lot
    for terms in game.terms[1:2]:
        step = terms.lot if asset == terms.base else step
    return str(int(step * steps * 10**24))


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
    below, above = int(price // terms.tick), -int(-price // terms.tick)
    rises = (order.side is Side.BUY) == (drawn["kind"] is TriggerKind.STOP)
    return {"price": drawn["wrong"] or (above + drawn["away"] if rises else below - drawn["away"])}


def _money(game: Exchange, drawn: Drawn) -> ask.Command:
    """So many steps of an asset go in or out; of GOLD, which nobody trades, too."""
    kind = ask.Withdraw if drawn["goes"] else ask.Deposit
    return kind(drawn["account"], drawn["asset"], units(game, drawn["asset"], drawn["steps"]))


def _balance(game: Exchange, drawn: Drawn) -> ask.Command:
    asset, held = drawn["asset"], drawn["held"]
    text = None if held is None else units(game, asset, held)
    return ask.SetBalance(drawn["account"], asset, units(game, asset, drawn["free"]), text)


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
    "notice": lambda _, drawn: ask.Notice(**drawn),
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

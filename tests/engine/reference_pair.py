"""The engine and the reference side by side: both get each command, and nothing may differ."""

from __future__ import annotations

import json
from collections import defaultdict
from fractions import Fraction
from functools import cache
from typing import Any

from cxgame.engine.engine import Engine
from cxgame.engine.orders import Order
from cxgame.engine.snapshot import dump, load
from cxgame.engine.state import Applied
from cxgame.engine.trying import dry_run
from cxgame.model import commands as ask
from cxgame.model.enums import Side
from tests.engine.reference import Exchange
from tests.engine.reference_facts import fact_of
from tests.engine.reference_terms import GRAIN, Outcome

UNITS = GRAIN.denominator
MS = 1_000_000
LOOK_BACK = 10  # what has gone on in all is compared after so many commands: sums stay wrong
RESTARTS, RESTARTS_BETWEEN = 41, 3  # one in so many commands; while something has fired
NIGHT_MS = 12 * 60 * 60 * 1000  # two of these, and cids are forgotten


class Pair:
    """One game, played twice. `do` returns what differs, in words; no difference is [].

    What a command lets fire is carried out at once, as a game does.
    """

    def __init__(self) -> None:
        self.engine = Engine()
        self.reference = Exchange()
        self.now_ns = 0  # stands still while the game is not open
        self.wall_ms = 1_700_000_000_000
        self.seen = self.reference.seen  # counts of what has happened
        self.last = Outcome()
        self.followed: list[Outcome] = []  # of what the last command let fire
        self.tried: Applied | None = None  # what the engine has said that an order would do
        self.journal: list[ask.Command] = []  # for a look at what has led to a difference

    def do(self, command: ask.Command) -> list[str]:
        """Let both carry out a command and compare answers and states."""
        due = self.engine.next_due_ns
        late = due is not None and due <= self.now_ns and type(command) is not ask.Advance
        problems = self.do(ask.Advance(len(self.journal))) if late else []
        problems += self.restart(RESTARTS) + self.step(command)
        outcome, self.followed = self.last, []
        while self.reference.queue and not problems:
            problems += self.restart(RESTARTS_BETWEEN) + self.step(ask.Continue())
            self.followed.append(self.last)
        self.last = outcome
        return problems

    def step(self, command: ask.Command) -> list[str]:
        """Let both carry out one command, whatever it sets off."""
        problems = []
        self.journal.append(command)
        problems += self.try_out(command)
        applied = self.engine.apply(command, self.now_ns, self.wall_ms)
        outcome = self.last = self.reference.do(command, self.now_ns, self.wall_ms)
        self.note(command, outcome)
        problems += different_answers(self.engine, applied, outcome)
        problems += different_trial(self.tried, applied)
        problems += different_endings(self.engine, applied, self.reference)
        if len(self.journal) % LOOK_BACK == 0:
            problems += different_pasts(self.engine, self.reference)
        return problems + different_states(self.engine, self.reference)

    def try_out(self, command: ask.Command) -> list[str]:
        """Ask the engine what an order would do; to ask changes nothing."""
        self.tried = None
        if (
            not isinstance(command, ask.PlaceOrder | ask.PlaceTrigger)
            or self.now_ns != self.engine.game_time_ns
        ):
            return []
        before = self.engine.state_hash() if len(self.journal) % LOOK_BACK == 0 else b""
        self.tried = dry_run(self.engine, command, self.wall_ms)
        same = not before or self.engine.state_hash() == before
        return [] if same else ["a trial has changed something"]

    def restart(self, every: int) -> list[str]:
        """Once in so many commands, the engine goes on from what is written down of it."""
        if len(self.journal) % every or type(self.engine) is not Engine or not self.journal:
            return []
        before = self.engine.state_hash()
        self.engine = load(json.loads(json.dumps(dump(self.engine))))
        return [] if self.engine.state_hash() == before else ["a restart has changed something"]

    def wait(self, ms: int) -> None:
        """Let time pass. The clock of the game runs only while it is open."""
        self.wall_ms += ms
        if self.reference.phase == "open":
            self.now_ns += ms * MS

    def night(self) -> None:
        """Half a day of play; a game with a time limit would be over, so it sleeps."""
        if self.engine.known_rules.time_limit_ms is None:
            self.wait(NIGHT_MS)
        else:
            self.wall_ms += NIGHT_MS

    def note(self, command: ask.Command, outcome: Outcome) -> None:
        """Count what happens, so that a test can tell an interesting game from a dull one."""
        self.seen[type(command).__name__] += 1
        self.seen[outcome.code or "accepted"] += 1
        self.seen["replayed"] += outcome.replayed
        for fact in outcome.facts:
            self.seen["fact " + fact[0]] += 1
        if isinstance(command, ask.AmendOrder) and not outcome.code:
            self.note_amending(outcome)
        if isinstance(command, ask.PlacePending) and not outcome.code:
            self.seen[f"pending {command.type.name.lower()}"] += not outcome.replayed
            self.seen["pending replayed"] += outcome.replayed
        if isinstance(command, ask.PlaceOrder) and not outcome.code and not outcome.replayed:
            words = [fact[0] for fact in outcome.facts]
            kind = "by budget" if command.budget else command.type.name.lower()
            self.seen[f"{kind} {command.time_in_force.name.lower()} accepted"] += 1
            self.seen[f"{kind} with a trade"] += "trade" in words
            self.seen[f"{kind} that took several"] += words.count("trade") > 1
            if command.budget:
                self.seen["budget filled" if words[-1] == "filled" else "budget unfilled"] += 1

    def note_amending(self, outcome: Outcome) -> None:
        """Count what amendments came to."""
        words = [fact[0] for fact in outcome.facts] or ["nothing"]
        how = "amended: " + words[0]
        if words[0] == "amended":
            how = "amended: " + ("in place" if outcome.facts[0][-1] else "anew")
            self.seen["amended: with a trade"] += "trade" in words
        self.seen[how] += 1


def different_answers(engine: Engine, applied: Applied, outcome: Outcome) -> list[str]:
    """Refusal, order and events."""
    code = applied.rejection.code.value if applied.rejection else ""
    mine = (code, applied.replayed, tuple(applied.cancelled), applied.order_id)
    theirs = (outcome.code, outcome.replayed, outcome.cancelled, outcome.order)
    problems = [] if mine == theirs else [f"answer: {mine}, expected {theirs}"]
    facts = tuple(fact_of(engine, event) for event in applied.events)
    if facts != outcome.facts:
        problems.append(f"events: {facts}, expected {outcome.facts}")
    return problems


def different_trial(tried: Applied | None, applied: Applied) -> list[str]:
    """What was said before of an order that now was placed."""
    if tried is None:
        return []
    mine, theirs = ((each.rejection, each.replayed, _told(each.order)) for each in (tried, applied))
    return [] if mine == theirs else [f"tried: {mine}, was {theirs}"]


def _told(order: Order | None) -> tuple[Any, ...]:
    """What a trial says of an order: all but who it will be."""
    if order is None:
        return ()
    numbers = order.price, order.quantity, order.left, order.filled, order.value, order.fees
    return (*numbers, order.status, order.reason)


def different_endings(engine: Engine, applied: Applied, reference: Exchange) -> list[str]:
    """The final states of the orders that this command has ended."""
    count = len(applied.ended)
    mine = [_order_row(engine, order) for order in applied.ended]
    theirs = [_reference_row(reference, order) for order in reference.gone[-count:] if count]
    return [] if mine == theirs else [f"ended: {mine}, expected {theirs}"]


def different_states(engine: Engine, reference: Exchange) -> list[str]:
    """Everything that can be looked at."""
    problems = []
    if engine.rules is not None:
        for name, mine, theirs in (
            ("balances", _balances(engine), _reference_balances(reference)),
            ("markets", _markets(engine), _reference_markets(reference)),
            ("orders", _orders(engine), _reference_orders(reference)),
            ("holds", _holds(engine), _reference_holds(reference)),
            ("triggers", _triggers(engine), _reference_triggers(reference)),
            ("course", _course(engine), _reference_course(reference)),
        ):
            if mine != theirs:
                problems.append(f"{name}: {mine}, expected {theirs}")
        problems += [
            f"{asset} sums to {sum_}" for asset, sum_ in reference.totals().items() if sum_
        ]
    return problems + engine.violations()


def different_pasts(engine: Engine, reference: Exchange) -> list[str]:
    """What accounts have got from outside and traded in all."""
    mine, theirs = _past(engine), _reference_past(reference)
    return [] if mine == theirs else [f"past: {mine}, expected {theirs}"]


# One state in the other's words --------------------------------------------------------------


def _course(engine: Engine) -> tuple[Any, ...]:
    counts = engine.last_order_id, engine.last_trade_id
    return engine.phase.name.lower(), engine.start_requested, engine.round, *counts


def _reference_course(reference: Exchange) -> tuple[Any, ...]:
    counts = reference.order_count, reference.trade_count
    return reference.phase, reference.wanted, reference.round, *counts


def _balances(engine: Engine) -> dict[tuple[int, str], tuple[int, int]]:
    """Total and held, where there is something."""
    rows = {
        (account.id, asset): (account.free[column] + account.held[column], account.held[column])
        for account in engine.accounts
        for column, asset in enumerate(engine.ledger.assets)
    }
    return {key: row for key, row in rows.items() if any(row)}


def _reference_balances(reference: Exchange) -> dict[tuple[int, str], tuple[Any, Any]]:
    held: defaultdict[tuple[int, str], Fraction] = defaultdict(Fraction)
    held.update(reference.kept_by_admin)
    for order in reference.orders:
        terms = reference.terms_of(order)
        held[order["account"], reference.asset_held(order)] += reference.held(order)
        held[order["account"], terms.quote] += reference.fee_held(order)
    rows = {
        key: (_units(reference.purse[key]), _units(held[key]))
        for key in reference.purse.keys() | held.keys()
    }
    return {key: row for key, row in rows.items() if any(row)}


def _past(engine: Engine) -> list[tuple[Any, ...]]:
    """What accounts have got from outside and traded in all."""
    rows: list[tuple[Any, ...]] = []
    for account in engine.accounts:
        ways = ("deposit", account.deposits), ("withdraw", account.withdrawals)
        rows += [
            (account.id, way, asset, flow.amount, flow.value)
            for way, flows in ways
            for asset, flow in flows.items()
        ]
        for (market, side), total in account.totals.items():
            rules = engine.markets[market].market.rules
            numbers = total.count, _times(rules.lot, total.lots), total.value, total.fee
            rows.append((account.id, rules.symbol, side.name.lower(), *numbers))
        rows += [(account.id, "first order", account.first_order)] * bool(account.first_order)
    return sorted(rows)


def _reference_past(reference: Exchange) -> list[tuple[Any, ...]]:
    flows: defaultdict[tuple[Any, ...], list[Fraction]] = defaultdict(lambda: [Fraction()] * 2)
    for way, who, asset, *numbers in reference.flows:
        flows[who, way, asset] = list(map(sum, zip(flows[who, way, asset], numbers, strict=True)))
    totals: defaultdict[tuple[Any, ...], list[Fraction]] = defaultdict(lambda: [Fraction()] * 4)
    for who, symbol, side, *numbers in reference.tape:
        so_far = totals[who, symbol, side]
        totals[who, symbol, side] = list(map(sum, zip(so_far, (1, *numbers), strict=True)))
    rows: list[tuple[Any, ...]] = [(*key, *map(_units, sums)) for key, sums in flows.items()]
    for key, (count, size, *money) in totals.items():
        rows.append((*key, count, size, *map(_units, money)))
    rows += [(who, "first order", id) for who, id in reference.shown_from.items() if id]
    return sorted(rows)


def _units(amount: Fraction) -> int | Fraction:
    """An amount in units; what is no whole number of them stays as it is, and so differs."""
    units, rest = divmod(amount.numerator * UNITS, amount.denominator)
    return amount if rest else units


@cache
def _times(step: str, count: int) -> Fraction:
    """So many ticks or lots."""
    return Fraction(step) * count


def _markets(engine: Engine) -> list[tuple[Any, ...]]:
    rows = []
    for place in engine.markets:
        rules = place.market.rules
        volumes = [
            None if lots is None else _times(rules.lot, lots)
            for lots in (place.bid_volume, place.ask_volume)
        ]
        depth = [
            [
                (_times(rules.tick, price), _times(rules.lot, lots))
                for price, lots in place.book.depth(side, 1000)
            ]
            for side in Side
        ]
        quotes = [_times(rules.tick, price) for price in (place.mid2, place.bid, place.ask)]
        rows.append((rules.symbol, quotes[0] / 2, *quotes[1:], *volumes, *depth))
    return rows


def _reference_markets(reference: Exchange) -> list[tuple[Any, ...]]:
    rows = []
    for terms in reference.terms:
        quote = reference.quotes[terms.symbol]
        depth: list[list[tuple[Any, Any]]] = []
        for side in ("buy", "sell"):
            here = reference.book(terms.symbol, side)
            prices = sorted({order["price"] for order in here}, reverse=side == "buy")
            depth.append(
                [
                    (price, sum(reference.left(order) for order in here if order["price"] == price))
                    for price in prices
                ]
            )
        shown = [quote[key] for key in ("bid", "ask", "bid_volume", "ask_volume")]
        rows.append((terms.symbol, reference.mid[terms.symbol], *shown, *depth))
    return rows


def _orders(engine: Engine) -> dict[int, tuple[Any, ...]]:
    return {id: _order_row(engine, order) for id, order in engine.orders.items()}


def _reference_orders(reference: Exchange) -> dict[int, tuple[Any, ...]]:
    return {order["id"]: _reference_row(reference, order) for order in reference.orders}


def _holds(engine: Engine) -> dict[int, tuple[Any, ...]]:
    """What each open order holds and waits for, and whether an admin has cut that."""
    return {
        id: (
            order.hold,
            order.fee_hold,
            order.short,
            order.due_ns or None,
            order.expires_ns or None,
        )
        for id, order in engine.orders.items()
    }


def _reference_holds(reference: Exchange) -> dict[int, tuple[Any, ...]]:
    return {
        order["id"]: (
            *(_units(reference.held(order)), _units(reference.fee_held(order))),
            *(reference.is_short(order), order["due_ns"]),
            order["expires_ns"],
        )
        for order in reference.orders
    }


def _triggers(engine: Engine) -> tuple[Any, ...]:
    """What orders wait or have waited for, what has fired, and the last prices."""
    rows = {}
    for id, order in engine.orders.items():
        if (trigger := order.trigger) is not None:
            half = _times(engine.markets[order.market].market.rules.tick, 1) / 2
            words = trigger.kind.name.lower(), trigger.by.name.lower(), trigger.armed
            trails = words[0] == "trailing"
            rows[id] = (*words, trigger.trigger2 * half, trails and trigger.best2 * half)
    last = {
        place.market.rules.symbol: _times(place.market.rules.tick, place.last)
        for place in engine.markets
        if place.last
    }
    return rows, [order.id for order in engine.triggered], last


def _reference_triggers(reference: Exchange) -> tuple[Any, ...]:
    rows = {}
    for order in reference.orders:
        if order["kind"] is not None:
            best = order["kind"] == "trailing" and order["best"]
            words = order["kind"], order["by"], order["armed"]
            rows[order["id"]] = (*words, order["trigger"], best)
    return rows, reference.queue, reference.last_traded


def _order_row(engine: Engine, order: Order) -> tuple[Any, ...]:
    rules = engine.markets[order.market].market.rules
    sizes = [_times(rules.lot, lots) for lots in (order.quantity, order.left, order.filled)]
    who = (order.id, order.account, rules.symbol, order.side.name.lower())
    what = (order.status.name.lower(), _times(rules.tick, order.price))
    end = None if order.reason is None else order.reason.name.lower(), order.comment
    return (*who, *what, *sizes, order.value, order.fees, *end)


def _reference_row(reference: Exchange, order: dict[str, Any]) -> tuple[Any, ...]:
    money = [_units(reference.spent(order)), _units(reference.fees(order))]
    sizes = [order["size"], reference.shown_left(order), reference.traded(order)]
    who = [order[key] for key in ("id", "account", "symbol", "side", "state", "price")]
    return (*who, *sizes, *money, order["why"], order["comment"])

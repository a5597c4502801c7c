"""What differs between the engine and the reference: each state in the other's words, compared."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

from cxgame.engine.engine import Engine
from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.model.enums import Side
from tests.engine.reference import Exchange
from tests.engine.reference_facts import UNITS, fact_of
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_terms import Outcome


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

"""The engine's events in the words of the reference exchange: fractions in place of integers."""

from __future__ import annotations

from typing import Any

from cxgame.engine.engine import Engine
from cxgame.model import events
from tests.engine.reference_fractions import Fraction
from tests.engine.reference_terms import GRAIN, Fact

UNITS = GRAIN.denominator


def fact_of(engine: Engine, event: events.Event) -> Fact:
    """What the reference would say for an event of the engine."""
    row = {name: getattr(event, name) for name in event.__struct_fields__}
    market = row.get("market", 0)
    rules = engine.markets[market].market.rules if isinstance(market, int) else market
    symbol, tick, lot = rules.symbol, Fraction(rules.tick), Fraction(rules.lot)
    match event:
        case events.Trade():
            return (
                *("trade", event.trade, symbol, event.taker_side.name.lower()),
                *(event.price * tick, event.quantity * lot, event.buy_order, event.sell_order),
                *(event.buy_account, event.sell_account),
                *(event.buy_left * lot, event.sell_left * lot),
                *(_money(fee) for fee in (event.buy_fee, event.sell_fee)),
            )
        case events.OrderPlaced():
            budget = _money(event.budget) if event.budget else None
            words = (event.verb, event.side, event.type)
            return (
                *("placed", event.order, event.account, symbol),
                *(word.name.lower() for word in words),
                *(event.price * tick, event.quantity * lot, budget),
                *(event.time_in_force.name.lower(), event.cid),
            )
        case events.OrderReduced():
            return "reduced", event.order, event.quantity * lot, event.left * lot
        case events.OrderAmended():
            numbers = event.price * tick, event.quantity * lot, event.left * lot
            return "amended", event.order, *numbers, event.in_place
        case events.OrderClosed():
            return "closed", event.order, event.reason.name.lower(), event.left * lot
        case events.OrderRefused():
            return (
                *("refused", event.order, event.account, symbol),
                *(event.side.name.lower(), event.type.name.lower()),
                *(event.price * tick, event.quantity * lot, event.cid, event.comment),
            )
        case events.OrderRejected():
            return "rejected", event.order, event.left * lot, event.comment
        case events.TriggerPlaced():
            budget = _money(event.budget) if event.budget else None
            words = (event.kind, event.by)
            return (
                *("armed", event.order, event.account, symbol),
                *(event.side.name.lower(), event.type.name.lower()),
                *(event.price * tick, event.quantity * lot, budget),
                *(event.time_in_force.name.lower(), event.cid),
                *(word.name.lower() for word in words),
                event.trigger2 * tick / 2,
                *(event.trail * tick, Fraction(event.trail_rate, 10**6)),
            )
        case events.TriggerFired():
            return "fired", event.order, event.trigger2 * tick / 2
        case events.TriggerClosed():
            left, trigger = event.left * lot, event.trigger2 * tick / 2
            return "disarmed", event.order, event.reason.name.lower(), left, trigger
        case events.OrderFilled():
            return "filled", event.order
        case events.Ticker():
            return "ticker", symbol, event.bid * tick, event.ask * tick
        case events.MarketAdded():
            return "market", symbol
        case events.Deposited() | events.Withdrawn():
            way = "deposit" if isinstance(event, events.Deposited) else "withdraw"
            return way, event.account, event.asset, _money(event.amount), _money(event.value)
        case events.BalanceSet():
            return "balance", event.account, event.asset, _money(event.free), _money(event.held)
        case events.AccountsReset():
            return "reset", event.accounts
        case events.AccountOpened():
            return "account", event.account, event.name, event.team, event.bot
        case events.RoleGranted():
            return "admin", event.account
        case events.Message():
            return "said", event.user, event.text
        case events.Noticed():
            return "notice", event.account, event.user, event.act, event.text
        case events.RulesSet():
            return "rules", tuple(market.symbol for market in event.markets)
        case events.TimePassed():
            return ("time",)
        case events.StartRequested():
            return "wanted", event.wanted
        case events.PhaseChanged():
            return "phase", event.phase.name.lower(), event.remaining_ms
        case events.RoundStarted():
            return "round", event.round, event.seed
        case events.Results():
            return "results", event.round, tuple(_standing(row) for row in event.standings)
    raise TypeError(f"no fact for {event}")


def _money(units: str) -> Fraction:
    return Fraction(int(units), UNITS)


def _standing(row: events.Standing) -> tuple[Any, ...]:
    money = (Fraction(text) for text in (row.base, row.quote, row.equity))
    return row.rank, row.user, *money, row.bot

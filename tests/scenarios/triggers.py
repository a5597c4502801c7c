"""How a table writes an order with a trigger.

    alice stop sell 1 market at 950.00
    alice stop buy 1 @ 1060.00 at 1050.00 by mid
    alice take_profit sell 1 @ 1100.00 at 1090.00
    alice trailing sell 1 market trail 50.00
    alice trailing buy 1 market trail 5% max 1200.00

First what comes to the market, then the price or the trail. `by mid` watches the mid in place of
the last trade, `max` is the most that a market buy by size pays; options are those of any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxgame.model import commands as ask
from cxgame.model.enums import OrderType, Side, TriggerBy, TriggerKind, Verb
from tests.engine.reference_fractions import Fraction

if TYPE_CHECKING:
    from tests.scenarios.players import Players


def read_trigger(
    play: Players, account: int, kind: TriggerKind, words: list[str]
) -> ask.PlaceTrigger:
    """The command that the words after a kind mean."""
    side, *rest = words
    market, plain = play.market(tuple(rest))
    what, waits_for, options = _what(play, list(plain), market)
    form = OrderType.LIMIT if "price" in what else OrderType.MARKET
    options += ["in", rest[rest.index("in") + 1]] if "in" in rest else []
    order = play.order(account, Verb.ORDER, Side[side.upper()], form, options, **what)
    return ask.PlaceTrigger(order, kind, **waits_for)


def _what(
    play: Players, words: list[str], market: int
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Numbers of the order, what it waits for, and the words that are left."""
    if words[0] == "for":
        what: dict[str, Any] = {"budget": str(int(Fraction(words[1]) * 10**24))}
        words = words[2:]
    else:
        what, words = {"quantity": play.lots(words[0], market)}, words[1:]
    waits_for: dict[str, Any] = {}
    options: list[str] = []
    following = iter(words)
    for word in following:
        if word == "@":
            what["price"] = play.ticks(next(following), market)
        elif word in ("at", "max"):
            name = {"at": "price", "max": "max_price"}[word]
            waits_for[name] = play.ticks(next(following), market)
        elif word == "trail":
            waits_for |= _trail(play, next(following), market)
        elif word == "by":
            waits_for["by"] = TriggerBy[next(following).upper()]
        else:
            options.append(word)
    return what, waits_for, options


def _trail(play: Players, text: str, market: int) -> dict[str, int]:
    """A distance, or percent of the best price."""
    if text.endswith("%"):
        return {"trail_rate": int(Fraction(text[:-1]) * 10_000)}
    return {"trail": play.ticks(text, market)}

"""The next random order: a function of the random generator, the price and the balance."""

from decimal import ROUND_DOWN, Context, Decimal
from random import Random
from typing import Any

from options import Options

# Digits that are sent. A float carries them exactly, and any market's steps are at least as fine.
_AMOUNT = Context(prec=8, rounding=ROUND_DOWN)
_PRICE = Context(prec=6)
# What an order may take of the free cash: fees, and a price that moves, come on top.
_USABLE = Decimal("0.95")


def draw_order(
    random: Random, options: Options, symbol: str, price: Decimal, free: dict[str, Decimal]
) -> dict[str, Any] | None:
    """An order that the balance allows, or None if it allows none in this market.

    The draws are the same in number whatever the balance is, so that runs of one seed stay alike.
    """
    would_buy = random.random() < 0.5
    is_limit = random.random() < options.limit_share
    share, distance = Decimal(random.random()), Decimal(random.uniform(-1, 1))
    base, _, quote = symbol.partition("/")
    to_spend = free.get(quote, Decimal()) * _USABLE
    to_sell = free.get(base, Decimal()) * price
    can_buy, can_sell = (worth >= options.min_cash for worth in (to_spend, to_sell))
    if not can_buy and not can_sell:
        return None
    buys = can_buy and (would_buy or not can_sell)
    cash = options.min_cash + share * (options.max_cash - options.min_cash)
    cash = min(cash, to_spend if buys else to_sell)
    order: dict[str, Any] = {"symbol": symbol, "side": "buy" if buys else "sell", "type": "market"}
    amount = _AMOUNT.divide(cash, price)
    if is_limit:
        limit = _PRICE.multiply(price, 1 + distance * Decimal(str(options.limit_distance)))
        order |= {"type": "limit", "limit_price": float(limit)}
        amount = _AMOUNT.divide(cash, max(limit, price))
    return order | {"amount": float(amount)}

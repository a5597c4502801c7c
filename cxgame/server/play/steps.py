"""The rules of a market that opens in play: its steps follow from the magnitude of its price.

A tick is a millionth of the price or less, and never coarser than 1e-8 up to a price of a million.
A lot is 1e-10 from a price of 0.01 on, so that fee rates of up to six decimals come out whole in
units, and worth 1e-11 or less below it. A price ten times as high still fits.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec.structs import replace

from cxgame.model.rules import MarketRules
from cxgame.oracle.numbers import MAX_PRICE, MIN_PRICE
from cxgame.oracle.spec import VALKEY

_SYMBOL = re.compile(r"[A-Z0-9]{1,12}/[A-Z0-9]{1,12}", re.ASCII)


def market_rules(symbol: str, price: Decimal, like: MarketRules) -> MarketRules:
    """A market that follows its ticker from `price` on, with the fees and levels of `like`.

    Raises ValueError with a plain sentence for what can be no market.
    """
    base, _, quote = symbol.partition("/")
    if not is_symbol(symbol):
        raise ValueError(f"{symbol!r} is no market; one reads like BTC/USD")
    if base == quote:
        raise ValueError(f"{symbol} names the same asset twice")
    if not price.is_finite() or not MIN_PRICE <= price <= MAX_PRICE:
        raise ValueError(
            f"the price {price} of {symbol} does not lie between {MIN_PRICE} and {MAX_PRICE:f}"
        )
    tick, lot = steps(price)
    return replace(
        like,
        symbol=symbol,
        base=base,
        quote=quote,
        tick=f"{tick:f}",
        lot=f"{lot:f}",
        min_size=f"{lot:f}",
        min_price=f"{tick:f}",
        min_amount=f"{tick * lot:f}",  # what one lot costs at the lowest price
        start_price=f"{price.quantize(tick, ROUND_HALF_EVEN):f}",
        oracle=VALKEY,
    )


def is_symbol(text: str) -> bool:
    """Whether a text can name a market: `BTC/USD`."""
    return _SYMBOL.fullmatch(text) is not None


def steps(price: Decimal) -> tuple[Decimal, Decimal]:
    """The tick and the lot of a market at a price."""
    magnitude = price.adjusted()  # 3 for 1000 to 9999.99
    tick = max(min(-8, magnitude - 6), magnitude - 13)
    lot = min(-6, max(-10, -12 - magnitude))
    return Decimal(1).scaleb(tick), Decimal(1).scaleb(lot)

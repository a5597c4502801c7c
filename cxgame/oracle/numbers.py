"""Numbers of the oracle: prices as `Decimal`, read from strict text, and the spread around them.

Models may compute in floats; what leaves them is a `Decimal` of 15 significant digits between
`MIN_PRICE` and `MAX_PRICE`. The game rounds it to the market's tick.
"""

import math
from decimal import Decimal
from typing import NamedTuple, Self

from cxgame.model.units import MAX_EXPONENT, MAX_NUMBER_CHARACTERS, NotANumber, parse_decimal

# A price beyond these is a model gone wild; between them no product leaves a double's range.
MIN_PRICE = Decimal("1e-12")
MAX_PRICE = Decimal("1e12")

# Fifteen digits always survive decimal → double → decimal, and swallow the last bit, in which
# the mathematical libraries of two machines may differ.
_DIGITS = 15
# More places than a text of the longest number and the smallest exponent can have.
_MOST_PLACES = MAX_NUMBER_CHARACTERS + MAX_EXPONENT
_BASIS_POINT = Decimal("0.0001")


class OracleError(ValueError):
    """A price source that cannot be used; the message is a sentence for its owner."""


def read_decimal(text: str) -> Decimal:
    """Read a plain number such as `1000.50` or `1e-8`: ASCII, at most 40 characters, finite."""
    try:
        parse_decimal(text, _MOST_PLACES, exponent=True)
    except NotANumber:
        raise OracleError(f"{text[:MAX_NUMBER_CHARACTERS]!r} is not a number") from None
    return Decimal(text)


def read_price(text: str) -> Decimal:
    """Read a number that can be a price."""
    price = read_decimal(text)
    if not MIN_PRICE <= price <= MAX_PRICE:
        raise OracleError(f"{text} is no price: it must lie between {MIN_PRICE} and {MAX_PRICE:f}")
    return price


def read_volume(text: str) -> Decimal:
    """Read a number that can be a volume: zero or more."""
    volume = read_decimal(text)
    if volume < 0:
        raise OracleError(f"{text} is no volume: it must not be negative")
    return volume


def to_price(value: float) -> Decimal:
    """Make a price of a float: 15 significant digits, kept between `MIN_PRICE` and `MAX_PRICE`."""
    if math.isnan(value):
        raise OracleError("the price is not a number (NaN)")
    if value >= MAX_PRICE:
        return MAX_PRICE
    return max(Decimal(f"{value:.{_DIGITS}g}"), MIN_PRICE)


class Spread(NamedTuple):
    """The gap between bid and ask: an amount of quote, or basis points of the price."""

    amount: Decimal = Decimal(0)
    in_basis_points: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `0.50` (of quote) or `5bp` (0.05 % of the price)."""
        number = text.removesuffix("bp")
        spread = cls(read_decimal(number), number != text)
        if spread.amount < 0:
            raise OracleError(f"{text} is no spread: it must not be negative")
        return spread

    def around(self, price: Decimal) -> tuple[Decimal, Decimal]:
        """Bid and ask with `price` in their middle; the bid stays at half the price or above."""
        gap = price * self.amount * _BASIS_POINT if self.in_basis_points else self.amount
        half = min(gap, price) / 2
        return price - half, price + half

    def __str__(self) -> str:
        return f"{self.amount:f}bp" if self.in_basis_points else f"{self.amount:f}"

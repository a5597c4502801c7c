"""Numbers: ticks, lots and units, and the only two ways between them and text.

Inside the game every number is an integer. A price counts ticks, a quantity counts lots, and a
ledger amount counts units of 1e-24 of its asset, the same for all assets. Text is read as plain
ASCII and scaled to an integer; neither `Decimal` nor `float` takes part, because both let `NaN`,
`1_000`, full-width digits or `1e5000000` through.
"""

import re
from typing import NewType

Ticks = NewType("Ticks", int)
Lots = NewType("Lots", int)
Units = NewType("Units", int)
AccountId = NewType("AccountId", int)
OrderId = NewType("OrderId", int)
TradeId = NewType("TradeId", int)
MarketId = NewType("MarketId", int)

UNIT_PLACES = 24
ONE: int = 10**UNIT_PLACES  # units in one whole of an asset

# Ticks and lots travel as 64-bit integers; the room above is for sums in a message.
MAX_TICKS: int = 10**15
MAX_LOTS: int = 10**18
# No order names more, but a budget may buy more in one trade with the house: what a journal, whose
# integers have 64 bits, can still write down.
MAX_TRADE_LOTS: int = 2**64 - 1
# The largest amount anyone may name: 1e15 wholes, a thousand times the money of the world.
MAX_UNITS = 10**15 * ONE

MAX_NUMBER_CHARACTERS = 40
MAX_EXPONENT = 30

_PLAIN = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_EXPONENT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,2}))?", re.ASCII)


class NotANumber(ValueError):
    """The text is no decimal number of at most 40 ASCII characters."""


class TooPrecise(ValueError):
    """The number has more decimals than can be kept."""


def parse_decimal(text: str, places: int, *, exponent: bool = False) -> int:
    """Read a decimal as a whole number of 10**-places.

    `exponent` allows `1e-8` with up to 30 either way, which JSON numbers may carry. Raises
    `NotANumber` for anything that is not a plain decimal and `TooPrecise` when digits would be
    lost; trailing zeros lose nothing.
    """
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise NotANumber(text[:MAX_NUMBER_CHARACTERS])
    match = (_EXPONENT if exponent else _PLAIN).fullmatch(text)
    if match is None:
        raise NotANumber(text)
    fraction = match[3] or ""
    shift = places - len(fraction)
    if exponent and match[4]:
        power = int(match[4])
        if abs(power) > MAX_EXPONENT:
            raise NotANumber(text)
        shift += power
    value = int(match[2] + fraction)
    if shift >= 0:
        value *= int(10**shift)
    else:
        value, lost = divmod(value, int(10**-shift))
        if lost:
            raise TooPrecise(text)
    return -value if match[1] else value


def format_decimal(value: int, places: int, least: int | None = None) -> str:
    """Write a whole number of 10**-places as a decimal, exactly.

    All `places` decimals are printed, or, when `least` is given, trailing zeros are dropped down
    to that many: `format_decimal(5 * ONE, 24, 2)` is `"5.00"`.
    """
    sign = ""
    if value < 0:
        sign, value = "-", -value
    digits = str(value)
    if not places:
        return sign + digits
    if len(digits) <= places:
        digits = digits.rjust(places + 1, "0")
    fraction = digits[-places:]
    if least is not None:
        fraction = fraction.rstrip("0").ljust(least, "0")
        if not fraction:
            return sign + digits[:-places]
    return f"{sign}{digits[:-places]}.{fraction}"


def parse_units(text: str) -> Units:
    """Read a decimal amount of an asset as units."""
    return Units(parse_decimal(text, UNIT_PLACES))


def format_units(amount: int, least: int) -> str:
    """Write units as a decimal without trailing zeros beyond `least` decimals."""
    return format_decimal(amount, UNIT_PLACES, least)


def decimal_places(text: str) -> int:
    """How many decimals a plain decimal text has, trailing zeros not counted."""
    _, _, fraction = text.partition(".")
    return len(fraction.rstrip("0"))


def rounded_up(amount: int, places: int) -> str:
    """An amount with exactly that many decimals, for a sentence about what is needed."""
    return format_decimal(-(-amount // 10 ** (UNIT_PLACES - places)), places)


def rounded_down(amount: int, places: int) -> str:
    """An amount with exactly that many decimals, for a sentence about what is there."""
    return format_decimal(amount // 10 ** (UNIT_PLACES - places), places)

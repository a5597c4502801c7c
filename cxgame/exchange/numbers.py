"""Numbers of a back-test: what a caller writes, into ticks, lots and units, and back to `Decimal`.

A number counts as the decimal that its text says: `"0.1"`, `Decimal("0.1")` and the float `0.1`
are the same. So a float never takes part in arithmetic here; one that is off the tick or the lot
is refused as its text would be.
"""

from decimal import Decimal
from functools import lru_cache

from cxgame.engine.triggers import TRAIL_ONE
from cxgame.exchange.errors import OrderRefused
from cxgame.model.enums import Side
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.market import Market, parse_amount
from cxgame.model.units import (
    MAX_EXPONENT,
    MAX_LOTS,
    MAX_NUMBER_CHARACTERS,
    MAX_TICKS,
    UNIT_PLACES,
    NotANumber,
    format_decimal,
    parse_decimal,
)

Number = str | int | float | Decimal

REMEMBERED = 8_192  # texts per market and kind: about 1 MB each when full
# More places than a text of the longest number and the smallest exponent can have.
_MOST_PLACES = MAX_NUMBER_CHARACTERS + MAX_EXPONENT


class MarketNumbers:
    """The numbers of one market. Reading raises `OrderRefused`."""

    __slots__ = ("_lots", "_ticks", "market")

    def __init__(self, market: Market) -> None:
        self.market = market
        # The same few prices and quantities come again and again.
        self._ticks = lru_cache(REMEMBERED)(self._read_ticks)
        self._lots = lru_cache(REMEMBERED)(self._read_lots)

    def ticks(self, price: Number) -> int:
        """A limit price, which must be whole in ticks."""
        ticks = self._ticks(price if type(price) is str else str(price))
        if isinstance(ticks, Rejection):
            raise OrderRefused(ticks)
        return ticks

    def lots(self, quantity: Number) -> int:
        """A quantity, which must be whole in lots."""
        lots = self._lots(quantity if type(quantity) is str else str(quantity))
        if isinstance(lots, Rejection):
            raise OrderRefused(lots)
        return lots

    def budget(self, budget: Number) -> int:
        """What a market buy may spend, in units."""
        units = parse_amount(str(budget), "budget", exponent=True)
        if isinstance(units, Rejection):
            raise OrderRefused(units)
        if units < max(1, self.market.min_amount):
            limit, got = self.market.rules.min_amount, format_decimal(units, UNIT_PLACES, 2)
            raise OrderRefused(reject(Code.FILTER_MIN_AMOUNT, limit=limit, got=got))
        return units

    def distance(self, trail: Number) -> int:
        """How far a trail lies behind the price, which must be whole in ticks, and at least one."""
        ticks, off = divmod(_scaled(trail, "trail"), _tick_step(self.market))
        if off or not 1 <= ticks <= MAX_TICKS:
            raise ValueError(f"{trail} is no distance in steps of {self.market.rules.tick}")
        return ticks

    def quote_ticks(self, price: Number, side: Side) -> int:
        """A price off the tick moved away from the other side: a bid down, an ask up."""
        ticks, off = divmod(_scaled(price, "price"), _tick_step(self.market))
        if off and side is Side.SELL:
            ticks += 1
        if not 1 <= ticks <= MAX_TICKS:
            raise ValueError(f"{price} is no price in steps of {self.market.rules.tick}")
        return ticks

    def floor_lots(self, quantity: Number) -> int:
        """A quantity or volume rounded down to the lot."""
        lots = _scaled(quantity, "quantity") // _lot_step(self.market)
        if not 0 <= lots <= MAX_LOTS:
            raise ValueError(f"{quantity} is no quantity in steps of {self.market.rules.lot}")
        return lots

    def price(self, ticks: int) -> Decimal:
        """A price with the tick's decimals."""
        return Decimal(self.market.price_text(ticks))

    def quantity(self, lots: int) -> Decimal:
        """A quantity, without trailing zeros."""
        return base_amount(self.market, lots)

    def _read_ticks(self, text: str) -> int | Rejection:
        return self.market.parse_price(text, exponent=True)

    def _read_lots(self, text: str) -> int | Rejection:
        return self.market.parse_size(text, exponent=True)


def amount(units: int) -> Decimal:
    """Units of an asset, exactly, without trailing zeros behind the point."""
    return Decimal(format_decimal(units, UNIT_PLACES, 0))


def base_amount(market: Market, lots: int) -> Decimal:
    """A quantity in base, without trailing zeros behind the point."""
    return Decimal(format_decimal(lots * market.lot, market.size_places, 0))


def plain_text(number: Number, name: str) -> str:
    """A number as plain decimal text, as rules hold it; raises ValueError."""
    scaled = _scaled(number, name)
    if isinstance(number, str) and "e" not in number.lower():
        return number  # as it was written
    return format_decimal(scaled, _MOST_PLACES, 0)


def millionths(percent: Number) -> int:
    """A rate that is given in percent, with four places and 100 at most; raises ValueError."""
    rate, off = divmod(_scaled(percent, "trail_percent"), int(10 ** (_MOST_PLACES - 4)))
    if off or not 1 <= rate <= TRAIL_ONE:
        raise ValueError(f"{percent} is no percentage from 0.0001 to 100 in steps of 0.0001")
    return rate


def _scaled(number: Number, name: str) -> int:
    try:
        return parse_decimal(str(number), _MOST_PLACES, exponent=True)
    except NotANumber:
        raise ValueError(f"{name}: {str(number)[:MAX_NUMBER_CHARACTERS]!r} is no number") from None


def _tick_step(market: Market) -> int:
    return market.tick * int(10 ** (_MOST_PLACES - market.price_places))


def _lot_step(market: Market) -> int:
    return market.lot * int(10 ** (_MOST_PLACES - market.size_places))

"""A market in integers: what the decimal texts of `MarketRules` mean in ticks, lots and units."""

from msgspec import Struct

from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.rules import MarketRules
from cxgame.model.units import (
    MAX_LOTS,
    MAX_TICKS,
    ONE,
    UNIT_PLACES,
    NotANumber,
    TooPrecise,
    decimal_places,
    format_decimal,
    parse_decimal,
)

RATE_PLACES = 12  # fee rates are counted in 1e-12
RATE_ONE: int = 10**RATE_PLACES


class Market(Struct, frozen=True):
    """The integers of one market. Immutable; the book and the quotes live in the engine.

    A struct, whose fields are read several times faster than a named tuple's: an order asks for
    twenty of them.
    """

    id: int
    symbol: str
    base: str
    quote: str
    base_asset: int  # columns of the ledger
    quote_asset: int
    price_places: int
    tick: int  # in 10**-price_places of quote
    size_places: int
    lot: int  # in 10**-size_places of base
    tick_lot_units: int  # value of one lot at a price of one tick, in units of quote
    lot_units: int  # one lot in units of base
    min_lots: int
    min_ticks: int
    min_amount: int  # units of quote
    maker_rate: int  # in 10**-12
    taker_rate: int
    charges: bool  # whether any fee is above zero
    max_levels: int
    start_mid2: int  # bid + ask, in ticks
    rules: MarketRules

    def price_text(self, ticks: int) -> str:
        """A price with the tick's decimals: `"900.00"`."""
        return format_decimal(ticks * self.tick, self.price_places)

    def mid_text(self, mid2: int) -> str:
        """A mid (bid + ask) with the tick's decimals, one more where it is a half tick."""
        if mid2 % 2 == 0:
            return self.price_text(mid2 // 2)
        return format_decimal(mid2 * self.tick * 5, self.price_places + 1)

    def size_text(self, lots: int) -> str:
        """A quantity with the lot's decimals: `"0.5000000000"`."""
        return format_decimal(lots * self.lot, self.size_places)

    def parse_price(self, text: str, *, exponent: bool = False) -> int | Rejection:
        """Read a limit price into ticks, or say which filter refuses it."""
        try:
            scaled = parse_decimal(text, self.price_places, exponent=exponent)
        except NotANumber:
            return reject(Code.PARAM_NUMBER, name="price")
        except TooPrecise:
            return reject(Code.FILTER_TICK, got=text, limit=self.rules.tick)
        ticks, off = divmod(scaled, self.tick)
        if off:
            return reject(Code.FILTER_TICK, got=text, limit=self.rules.tick)
        if ticks < self.min_ticks:  # before it must fit into 64 bits
            return reject(Code.FILTER_MIN_PRICE, limit=self.rules.min_price, got=text)
        if ticks > MAX_TICKS:
            return reject(Code.FILTER_MAX, name="Price", limit=self.price_text(MAX_TICKS), got=text)
        return ticks

    def parse_size(self, text: str, *, exponent: bool = False) -> int | Rejection:
        """Read a quantity into lots, or say which filter refuses it."""
        try:
            scaled = parse_decimal(text, self.size_places, exponent=exponent)
        except NotANumber:
            return reject(Code.PARAM_NUMBER, name="size")
        except TooPrecise:
            return reject(Code.FILTER_LOT, got=text, limit=self.rules.lot)
        lots, off = divmod(scaled, self.lot)
        if off:
            return reject(Code.FILTER_LOT, got=text, limit=self.rules.lot)
        if lots < self.min_lots:  # before it must fit into 64 bits
            return reject(Code.FILTER_MIN_SIZE, limit=self.rules.min_size, got=text)
        if lots > MAX_LOTS:
            return reject(Code.FILTER_MAX, name="Size", limit=self.size_text(MAX_LOTS), got=text)
        return lots


def build_market(id: int, rules: MarketRules, base_asset: int, quote_asset: int) -> Market:
    """Turn the texts into integers; raises ValueError with a plain sentence if they don't fit."""
    price_places, size_places = decimal_places(rules.tick), decimal_places(rules.lot)
    if price_places + size_places > UNIT_PLACES:
        raise ValueError(f"{rules.symbol}: tick times lot is finer than 1e-{UNIT_PLACES}")
    tick = parse_decimal(rules.tick, price_places)
    lot = parse_decimal(rules.lot, size_places)
    if tick < 1 or lot < 1:
        raise ValueError(f"{rules.symbol}: tick and lot must be above zero")
    market = Market(
        id=id,
        symbol=rules.symbol,
        base=rules.base,
        quote=rules.quote,
        base_asset=base_asset,
        quote_asset=quote_asset,
        price_places=price_places,
        tick=tick,
        size_places=size_places,
        lot=lot,
        tick_lot_units=tick * lot * 10 ** (UNIT_PLACES - price_places - size_places),
        lot_units=lot * 10 ** (UNIT_PLACES - size_places),
        min_lots=-(-parse_decimal(rules.min_size, UNIT_PLACES) // _units(lot, size_places)),
        min_ticks=-(-parse_decimal(rules.min_price, UNIT_PLACES) // _units(tick, price_places)),
        min_amount=parse_decimal(rules.min_amount, UNIT_PLACES),
        maker_rate=parse_decimal(rules.maker_fee, RATE_PLACES),
        taker_rate=parse_decimal(rules.taker_fee, RATE_PLACES),
        charges=parse_decimal(rules.maker_fee, RATE_PLACES) > 0
        or parse_decimal(rules.taker_fee, RATE_PLACES) > 0,
        max_levels=rules.max_levels,
        start_mid2=2 * parse_decimal(rules.start_price, UNIT_PLACES) // _units(tick, price_places),
        rules=rules,
    )
    _check(market)
    return market


def _units(mantissa: int, places: int) -> int:
    return mantissa * int(10 ** (UNIT_PLACES - places))


def _check(market: Market) -> None:
    """Refuse a market in which an exact price times quantity could not be kept."""
    if market.base == market.quote:
        raise ValueError(f"{market.symbol}: base and quote are the same asset")
    if min(market.min_lots, market.min_ticks) < 1:
        raise ValueError(f"{market.symbol}: the minimum price and size must be above zero")
    for rate in (market.maker_rate, market.taker_rate):
        if not 0 <= rate <= RATE_ONE:
            raise ValueError(f"{market.symbol}: a fee rate is between 0 and 1")
    if not 2 <= market.start_mid2 <= 2 * MAX_TICKS:
        raise ValueError(f"{market.symbol}: the start price is out of range")


def parse_amount(text: str, name: str, *, exponent: bool = False) -> int | Rejection:
    """Read an amount of an asset into units, or say why not."""
    try:
        amount = parse_decimal(text, UNIT_PLACES, exponent=exponent)
    except (NotANumber, TooPrecise):
        return reject(Code.PARAM_NUMBER, name=name)
    if amount > 10**15 * ONE:
        return reject(Code.FILTER_MAX, name="Amount", limit=str(10**15), got=text)
    return amount

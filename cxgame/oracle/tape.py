"""One market's prices in order, and how they go on after a restart.

A `Tape` steps a model tick by tick and hands out a `Quote` for each. With the quote goes a text,
the carry, which the game journals as it is. It holds the unrounded price and what the model keeps
in `PriceModel.carry`; from the last journaled carry a new tape makes the very same quotes that the
old one would have made.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cxgame.oracle.base import PriceModel
from cxgame.oracle.numbers import MAX_PRICE, MIN_PRICE, OracleError

# Journaled with every tick, so it has to stay small.
MAX_CARRY_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Quote:
    """The prices of one tick, not yet rounded to the market's tick size."""

    symbol: str
    index: int
    price: Decimal
    bid: Decimal
    ask: Decimal
    bid_volume: Decimal | None  # in base; None without end
    ask_volume: Decimal | None
    carry: str  # JSON, for `Start.carry`
    is_fed: bool = False  # bid and ask are another program's, not made around a price


@dataclass(frozen=True, slots=True)
class Start:
    """Where a tape stood, as the journal tells it."""

    index: int  # of the last journaled tick
    price: Decimal  # counts only where the carry is empty: a price that no oracle set
    carry: str = ""
    sides: tuple[Decimal, Decimal] | None = None  # bid and ask


class Tape:
    """The ticks of one market. Without a `start` it begins with tick 0, the first price."""

    def __init__(self, model: PriceModel, start: Start | None = None) -> None:
        self.model = model
        self._price = model.first_price()
        self._begun = start is not None
        model.index = 0
        if start is not None:
            model.index = start.index
            self._price, model.carry = self._resume(start)

    @property
    def has_begun(self) -> bool:
        """Whether tick 0 is past."""
        return self._begun

    def next(self) -> Quote:
        """Make the next tick."""
        model = self.model
        if self._begun:
            model.index += 1
            self._price = _checked(model, model.next_price(self._price))
        self._begun = True
        return self._quote(*model.quote(self._price))

    def set_price(
        self,
        price: Decimal,
        bid: Decimal | None = None,
        ask: Decimal | None = None,
        bid_volume: Decimal | None = None,
        ask_volume: Decimal | None = None,
    ) -> Quote:
        """Put the price somewhere from outside, at the index of the last tick; go on from there.

        Without bid and ask the model's spread and volumes stand around it; with one of them the
        other is the price.
        """
        model = self.model
        self._price = _checked(model, price)
        self._begun = True
        if bid is None and ask is None:
            bid, ask = model.spread.around(price)
            bid_volume = model.bid_volume if bid_volume is None else bid_volume
            ask_volume = model.ask_volume if ask_volume is None else ask_volume
        return self._quote(bid or price, ask or price, bid_volume, ask_volume)

    def _quote(
        self, bid: Decimal, ask: Decimal, bid_volume: Decimal | None, ask_volume: Decimal | None
    ) -> Quote:
        model, price = self.model, self._price
        carry = self._write_carry()
        return Quote(model.symbol, model.index, price, bid, ask, bid_volume, ask_volume, carry)

    def _write_carry(self) -> str:
        model = self.model
        carry: dict[str, Any] = {"price": str(self._price)}
        if model.carry is not None:
            carry |= {"model": _name(model), "carry": model.carry}
        try:
            text = json.dumps(carry, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise OracleError(f"{_name(model)}: the carry is no JSON value: {error}") from None
        if len(text) > MAX_CARRY_CHARACTERS:
            raise OracleError(
                f"{_name(model)}: the carry takes {len(text)} characters of JSON, "
                f"and the limit is {MAX_CARRY_CHARACTERS}"
            )
        if model.carry is not None:
            # Give the model what it would get after a restart (lists for tuples, text for
            # keys), so that it can't tell the difference.
            model.carry = json.loads(text)["carry"]
        return text

    def _resume(self, start: Start) -> tuple[Decimal, Any]:
        if not start.carry:
            return start.price, None
        carry = json.loads(start.carry)
        # Another model goes on from the price; the memory of the last one means nothing to it.
        is_same = carry.get("model") == _name(self.model)
        return Decimal(carry["price"]), carry["carry"] if is_same else None


def _checked(model: PriceModel, price: object) -> Decimal:
    if not isinstance(price, Decimal):
        raise OracleError(
            f"{_name(model)}: next_price gave {price!r}, which is no Decimal; "
            "cxgame.oracle.to_price makes one of a float"
        )
    if not price.is_finite() or not MIN_PRICE <= price <= MAX_PRICE:
        raise OracleError(
            f"{_name(model)}: {price} at tick {model.index} is no price: "
            f"it must lie between {MIN_PRICE} and {MAX_PRICE:f}"
        )
    return price


def _name(model: PriceModel) -> str:
    return type(model).__name__

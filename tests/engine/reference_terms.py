"""What a market's rules mean in plain fractions: prices, sizes, fees and what an order must hold.

Part of the reference exchange. Everything here is a `Fraction` of a whole asset, read straight
from the rules' texts; nothing is counted in ticks, lots or units as the engine does.
"""

from __future__ import annotations

from math import floor
from typing import Any, NamedTuple

from cxgame.model.rules import MarketRules
from tests.engine.reference_fractions import Fraction

GRAIN = Fraction(1, 10**24)  # the smallest amount of any asset
NOTHING = Fraction(0)

Fact = tuple[Any, ...]  # ("trade", …), ("closed", …): a word and what belongs to it


class Outcome(NamedTuple):
    """What a command led to: a refusal's code, or the facts in the order they happened."""

    code: str = ""
    facts: tuple[Fact, ...] = ()
    order: int = 0  # the order placed or cancelled or, if `replayed`, found again
    replayed: bool = False
    cancelled: tuple[int, ...] = ()


class Refused(Exception):
    """The command is refused with a code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def round_up(amount: Fraction) -> Fraction:
    """The least whole number of grains that is not below `amount`."""
    if 10**24 % amount.denominator == 0:  # it is one, as nearly always
        return amount
    return Fraction(-(-amount // GRAIN), 10**24)


def round_down(amount: Fraction) -> Fraction:
    """The greatest whole number of grains that is not above `amount`."""
    return Fraction(amount // GRAIN, 10**24)


def shown(amount: Fraction, places: int, *, up: bool = False) -> str:
    """An amount in a sentence, with so many decimals."""
    steps = amount * 10**places
    whole = -(-steps // 1) if up else steps // 1
    return f"{whole // 10**places}.{whole % 10**places:0{places}d}"


class Terms(NamedTuple):
    """One market as its rules describe it."""

    symbol: str
    base: str
    quote: str
    tick: Fraction
    lot: Fraction
    lot_places: int  # decimals of its text
    min_size: Fraction
    min_price: Fraction
    min_amount: Fraction
    rates: dict[str, Fraction]  # by role
    dearest: Fraction  # the higher of the rates
    spare: Fraction  # one grain more to hold, where both roles' fees may be rounded up
    max_levels: int
    start_mid: Fraction  # to a half tick

    @classmethod
    def of(cls, rules: MarketRules) -> Terms:
        """Read the texts of the rules."""
        tick, lot = Fraction(rules.tick), Fraction(rules.lot)
        rates = {"maker": Fraction(rules.maker_fee), "taker": Fraction(rules.taker_fee)}
        uneven = any((rate * tick * lot) % GRAIN for rate in rates.values())
        return cls(
            symbol=rules.symbol,
            base=rules.base,
            quote=rules.quote,
            tick=tick,
            lot=lot,
            lot_places=len(rules.lot.partition(".")[2]),
            min_size=Fraction(rules.min_size),
            min_price=Fraction(rules.min_price),
            min_amount=Fraction(rules.min_amount),
            rates=rates,
            dearest=max(rates.values()),
            spare=GRAIN if min(rates.values()) > 0 and uneven else NOTHING,
            max_levels=rules.max_levels,
            start_mid=floor(Fraction(rules.start_price) / (tick / 2)) * (tick / 2),
        )

    def need(self, value: Fraction) -> Fraction:
        """What a limit buy for `value` must have, whatever roles it will trade in."""
        return value + round_up(self.dearest * value) + self.spare

    def most(self, money: Fraction, price: Fraction, traded: Fraction) -> Fraction:
        """The largest size that `money` buys at `price`, its fee included, after `traded`.

        `traded` is the value the order has taken before: fees are rounded on the sum. Found by
        halving, because cost only ever rises with size.
        """
        paid = round_up(self.rates["taker"] * traded)

        one = self.lot * price

        def cost(lots: int) -> Fraction:
            value = lots * one
            return value + round_up(self.rates["taker"] * (traded + value)) - paid

        near = max(0, floor(money / (one + self.rates["taker"] * one)) - 1)
        fits = near if cost(near) <= money else 0
        too_many = fits + 4 if cost(fits + 4) > money else floor(money / one) + 1
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            if cost(middle) <= money:
                fits = middle
            else:
                too_many = middle
        return fits * self.lot

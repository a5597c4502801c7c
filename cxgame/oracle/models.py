"""The price models that come with the game; docs/oracle.md shows each in use.

They compute in floats, in an order that is the same everywhere, and round to 15 digits: machines
whose `exp` and `log` agree give the same tape to the last digit, others to about the 14th.
"""

import math
from decimal import Decimal

from cxgame.oracle.base import PriceModel
from cxgame.oracle.numbers import to_price

__all__ = ["Constant", "Gbm", "MeanReversion", "PriceModel", "RandomWalk"]

DAY_S = 86_400
# Past this a double overflows; the price is at its bound long before.
_MAX_EXPONENT = 700.0


class Constant(PriceModel):
    """A price that stays where it was put."""

    def next_price(self, current: Decimal) -> Decimal:
        """The current price."""
        return current


class RandomWalk(PriceModel):
    """Each tick moves the price by a normal share of itself: S + S·volatility·Z, above a floor."""

    volatility: float = 0.001  # share of the price, the standard deviation of one tick
    floor: Decimal = Decimal("0.01")  # lowest price, in quote per base

    def check(self) -> None:
        """Refuse parameters out of range."""
        self.require(0 <= self.volatility <= 1, "volatility must lie between 0 and 1")
        self.require(0 < self.floor <= self.price, "floor must lie above 0 and not above price")

    def next_price(self, current: Decimal) -> Decimal:
        """One step from the current price."""
        value = float(current)
        return max(to_price(value + value * self.volatility * self.draw()), self.floor)


class _Annual(PriceModel):
    """What is measured per year: how long one is, in days of play."""

    volatility: float = 0.8  # standard deviation of the logarithm over one year
    year_days: float = 365.0  # days to a year; 252 where only trading days count

    def check(self) -> None:
        """Refuse parameters out of range."""
        self.require(0 <= self.volatility <= 1000, "volatility must lie between 0 and 1000")
        self.require(1 <= self.year_days <= 366, "year_days must lie between 1 and 366")

    @property
    def year_s(self) -> float:
        """Seconds of play to a year."""
        return self.year_days * DAY_S


class Gbm(_Annual):
    """Geometric Brownian motion: S·exp((drift - v²/2)·dt + v·√dt·Z), dt in years, v volatility."""

    drift: float = 0.0  # the expected price grows by the factor exp(drift) in one year

    def check(self) -> None:
        """Refuse parameters out of range."""
        super().check()
        self.require(-1e6 <= self.drift <= 1e6, "drift must lie between -1e6 and 1e6")

    def next_price(self, current: Decimal) -> Decimal:
        """One step of exact length dt, so the tick interval doesn't change the process."""
        dt = self.dt_s / self.year_s
        trend = (self.drift - self.volatility**2 / 2) * dt
        return _grown(float(current), trend + self.volatility * math.sqrt(dt) * self.draw())


class MeanReversion(_Annual):
    """A price drawn back to a level: an Ornstein-Uhlenbeck process of its logarithm."""

    level: Decimal | None = None  # where it is drawn to, in quote per base; None: the first price
    speed: float = 0.01  # per second: the gap shrinks by exp(-speed · seconds)
    volatility: float = 8.0  # as for gbm; together with speed it gives a spread of about 1 %

    def check(self) -> None:
        """Refuse parameters out of range."""
        super().check()
        self.require(0 < self.speed <= 1000, "speed must lie above 0 and not above 1000")
        self.require(self.level is None or self.level > 0, "level must lie above 0")

    def next_price(self, current: Decimal) -> Decimal:
        """One step of exact length dt, so the tick interval doesn't change the process."""
        level = math.log(float(self.price if self.level is None else self.level))
        gap = math.log(float(current)) - level
        kept = math.exp(-self.speed * self.dt_s)
        variance = -math.expm1(-2 * self.speed * self.dt_s) / (2 * self.speed) / self.year_s
        step = gap * (kept - 1) + self.volatility * math.sqrt(variance) * self.draw()
        return _grown(float(current), step)


def _grown(value: float, exponent: float) -> Decimal:
    return to_price(value * math.exp(min(exponent, _MAX_EXPONENT)))

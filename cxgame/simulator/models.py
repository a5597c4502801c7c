"""Price models of the simulator: a trend, and whatever a user writes in plain floats.

A model of a user's is a class with `next_price(current)`; `PriceModel` is there to be subclassed,
and gives it draws that are fixed by the seed. The oracle knows `Custom`, which holds one of these
and names it by `module:Class`.
"""

from collections.abc import Callable
from decimal import Decimal
from importlib import import_module

from cxgame import oracle
from cxgame.oracle import OracleError, to_price

CUSTOM = "cxgame.simulator.models:Custom"
FLOOR = 0.01  # of a trend, in quote per base


class PriceModel:
    """A price model of yours: subclass it, write `next_price`, hand the class to the server.

    It is made without arguments, once for each market, and again at a restart: what it remembers
    in attributes of its own is not kept.
    """

    symbol = ""  # the market
    tick = 0  # the number of the tick that is made, from 1
    draw: Callable[[], float]  # a standard normal number, fixed by seed, market and tick

    def next_price(self, current: float) -> float:
        """The price of the next tick, from the one before it."""
        raise NotImplementedError


class Trend(oracle.PriceModel):
    """Each tick moves the price by a share of itself: S + S·(trend + volatility·Z)."""

    trend: float = 0.0  # share of the price by which it rises with every tick
    volatility: float = 0.001  # share of the price, the standard deviation of one tick

    def check(self) -> None:
        """Refuse parameters out of range."""
        self.require(-1 <= self.trend <= 1, "trend must lie between -1 and 1")
        self.require(0 <= self.volatility <= 1, "volatility must lie between 0 and 1")

    def next_price(self, current: Decimal) -> Decimal:
        """One step from the current price."""
        value = float(current)
        moved = value + value * (self.trend + self.volatility * self.draw())
        return to_price(max(moved, FLOOR))


class Custom(oracle.PriceModel):
    """A model of a user's, as the oracle knows it."""

    model: str  # module:Class

    def check(self) -> None:
        """Find the class and make its model."""
        self._model = made = _found(self.model)()
        if isinstance(made, PriceModel):
            made.symbol, made.draw = self.symbol, self.draw

    def next_price(self, current: Decimal) -> Decimal:
        """What the model says, in floats or in decimals."""
        if isinstance(self._model, PriceModel):
            self._model.tick = self.index
        return to_price(float(self._model.next_price(float(current))))


def source_of(model: type) -> str:
    """The name by which `Custom` finds a class. Raises `OracleError` where nobody could."""
    name = f"{model.__module__}:{model.__qualname__}"
    if not callable(getattr(model, "next_price", None)):
        raise OracleError(f"{name} has no method next_price(current)")
    if model.__qualname__ != model.__name__ or not _is_there(model):
        raise OracleError(f"{name} must be defined at the top of its module")
    return name


def _is_there(model: type) -> bool:
    return getattr(import_module(model.__module__), model.__name__, None) is model


def _found(name: str) -> type[PriceModel]:
    module_name, _, class_name = name.partition(":")
    try:
        model = getattr(import_module(module_name), class_name, None)
    except ImportError as error:
        raise OracleError(f"{module_name} cannot be imported: {error}") from None
    if not isinstance(model, type):
        raise OracleError(f"{module_name} has no class {class_name}")
    return model

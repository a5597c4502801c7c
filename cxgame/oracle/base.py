"""`PriceModel`: what every price source in the process is, and what users subclass.

A model says what the next price is, given the current one. It knows its market, the seed, which
tick it makes and how much time lies between two ticks; it knows nothing of clocks, the game or
players. All randomness comes from `draw`, all memory goes into `carry`: then a restart continues
the very same prices.
"""

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any, NamedTuple

from cxgame.draws import draw
from cxgame.oracle.numbers import MAX_PRICE, MIN_PRICE, OracleError, Spread
from cxgame.oracle.parameters import read_parameters


class Sides(NamedTuple):
    """What is quoted at one price; a volume of None has no end."""

    bid: Decimal
    ask: Decimal
    bid_volume: Decimal | None = None
    ask_volume: Decimal | None = None


class PriceModel(ABC):
    """A source of prices for one market; subclass it and write `next_price`.

    Annotated class attributes are parameters (see `cxgame.oracle.parameters`); a subclass adds
    its own. `symbol`, `seed`, `dt_s` (seconds between ticks) and `index` (the tick being made,
    counted from 1; the first price is tick 0) are there to read, `carry` to read and write.
    """

    price: Decimal = Decimal(1000)  # the first price, in quote per base
    spread: Spread = Spread()  # between bid and ask: an amount of quote, or "5bp" of the price
    bid_volume: Decimal | None = None  # in base, on offer at each tick; None without end
    ask_volume: Decimal | None = None

    def __init__(
        self, *, symbol: str = "BTC/USD", seed: int = 0, dt_s: float = 1.0, **parameters: object
    ) -> None:
        """Raises `OracleError` for a parameter that is unknown, missing or out of range."""
        self.symbol = symbol
        self.seed = seed
        self.dt_s = dt_s
        self.index = 0
        # A small JSON value. It is journaled with each tick and handed back after a restart,
        # and the only attribute that a model may change while it runs.
        self.carry: Any = None
        for name, value in read_parameters(type(self), parameters).items():
            setattr(self, name, value)
        self.require(
            MIN_PRICE <= self.price <= MAX_PRICE,
            f"price must lie between {MIN_PRICE} and {MAX_PRICE:f}",
        )
        for volume in (self.bid_volume, self.ask_volume):
            self.require(volume is None or volume >= 0, "a volume must not be negative")
        self.check()

    @abstractmethod
    def next_price(self, current: Decimal) -> Decimal:
        """The price of tick `index`, above zero; `current` is the one before it, unrounded."""

    def first_price(self) -> Decimal:
        """The price of tick 0."""
        return self.price

    def quote(self, price: Decimal) -> Sides:
        """Bid, ask and volumes at `price`."""
        bid, ask = self.spread.around(price)
        return Sides(bid, ask, self.bid_volume, self.ask_volume)

    def draw(self, name: str = "") -> float:
        """A standard normal number, fixed by seed, market and tick.

        The same name gives the same number within a tick; a second number needs another name.
        """
        stream = f"market/{self.symbol}#{name}" if name else f"market/{self.symbol}"
        return draw(self.seed, stream, self.index)

    def check(self) -> None:  # noqa: B027 - a hook: most models need no check of their own
        """Override to refuse parameters, with `require`; they are all set by then."""

    def require(self, holds: bool, sentence: str) -> None:
        """Raise `OracleError` with `sentence` unless it holds."""
        if not holds:
            raise OracleError(sentence)

"""What a bot sees when it decides, and what it may decide. Plain values: no sockets, no clock."""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Protocol

from cxgame.draws import draw_uniform

BUY, SELL = "buy", "sell"


@dataclass(frozen=True, slots=True)
class Terms:
    """A market's steps and minimums."""

    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_size: Decimal
    min_price: Decimal
    min_amount: Decimal  # quote that a market buy spends at least

    @classmethod
    def of(cls, market: dict[str, Any]) -> "Terms":
        """From a row of the `markets` command."""
        numbers = ("tick", "lot", "min_size", "min_price", "min_amount")
        return cls(
            market["symbol"],
            market["base"],
            market["quote"],
            *(Decimal(market[name]) for name in numbers),
        )

    def price(self, price: Decimal, side: str) -> Decimal:
        """A price on the tick, rounded away from the other side, at least the minimum."""
        rounding = ROUND_FLOOR if side == BUY else ROUND_CEILING
        return max(_on_grid(price, self.tick, rounding), self.min_price)

    def size(self, size: Decimal) -> Decimal | None:
        """A size on the lot, rounded down; None below the minimum."""
        rounded = _on_grid(size, self.lot, ROUND_FLOOR)
        return rounded if rounded >= self.min_size else None

    def amount(self, amount: Decimal) -> Decimal | None:
        """Quote money for a market buy, in cents; None below the minimum."""
        rounded = _on_grid(amount, Decimal("0.01"), ROUND_FLOOR)
        return rounded if rounded >= self.min_amount else None


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """One of the bot's own orders."""

    id: str
    side: str
    price: Decimal
    size: Decimal  # what is left of it


@dataclass(slots=True)
class View:
    """The market and the bot's own account, as far as it knows them."""

    terms: Terms
    mid: Decimal | None = None  # of the oracle, where there is one
    bid: Decimal | None = None  # best of the book
    ask: Decimal | None = None
    last: Decimal | None = None  # price of the last trade
    base_free: Decimal = Decimal(0)
    base_total: Decimal = Decimal(0)
    quote_free: Decimal = Decimal(0)
    quote_total: Decimal = Decimal(0)
    base_start: Decimal = Decimal(0)  # what it held when it began
    stake: Decimal = Decimal(0)  # what it can put to use on both sides, in quote; see `begin`
    orders: list[OpenOrder] = field(default_factory=list)

    def begin(self, price: Decimal) -> None:
        """Note what it owns at the beginning.

        The stake is twice the smaller of coins and money: who begins with coins for 600,000 and
        10,000 in money can't buy in orders of 10,000. With one of them alone it is all of that.
        """
        coins = self.base_total * price
        both = 2 * min(coins, self.quote_total)
        self.stake = both or coins + self.quote_total
        self.base_start = self.base_total

    @property
    def price(self) -> Decimal | None:
        """What a coin is worth: the oracle's mid, else the book's, else the last trade."""
        if self.mid is not None:
            return self.mid
        if self.bid is not None and self.ask is not None:
            return (self.bid + self.ask) / 2
        return self.last


@dataclass(frozen=True, slots=True)
class Limit:
    """Place a limit order, which takes if it crosses."""

    side: str
    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class Market:
    """Take: spend `amount` of quote to buy, or sell `amount` of base."""

    side: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel one of one's own orders."""

    order_id: str


Action = Limit | Market | Cancel


class Draws:
    """Random numbers that are a function of (seed, name, index): the same run draws the same."""

    def __init__(self, seed: int, name: str) -> None:
        self._seed = seed
        self._stream = f"bot/{name}"
        self._index = 0

    def uniform(self) -> float:
        """The next number between 0 and 1."""
        self._index += 1
        return draw_uniform(self._seed, self._stream, self._index)

    def between(self, low: float, high: float) -> Decimal:
        """The next number between two bounds, to six decimals."""
        return Decimal(f"{low + (high - low) * self.uniform():.6f}")


class Strategy(Protocol):
    """A bot's mind. Given the same views and draws it decides the same."""

    period_s: float  # between two decisions

    def decide(self, view: View, draws: Draws) -> list[Action]:
        """What to do now."""
        ...


def _on_grid(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (value / step).to_integral_value(rounding) * step

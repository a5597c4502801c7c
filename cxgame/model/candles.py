"""Candles: what a market's trades of an interval come to. Times in seconds since 1970."""

from typing import NamedTuple

TIMEFRAMES = {
    "1s": 1,
    "5s": 5,
    "15s": 15,
    "30s": 30,
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
}
"""What may be asked for: the word of each interval, and its seconds."""


class Candle(NamedTuple):
    """One interval of one market. Prices in ticks, quantity in lots."""

    start: int
    open: int
    high: int
    low: int
    close: int
    quantity: int = 0
    trades: int = 0

    def with_trade(self, price: int, lots: int) -> "Candle":
        """The candle after one more trade."""
        return Candle(
            self.start,
            self.open,
            max(self.high, price),
            min(self.low, price),
            price,
            self.quantity + lots,
            self.trades + 1,
        )

    def joined(self, later: "Candle") -> "Candle":
        """This candle and a later one as one."""
        return Candle(
            self.start,
            self.open,
            max(self.high, later.high),
            min(self.low, later.low),
            later.close,
            self.quantity + later.quantity,
            self.trades + later.trades,
        )


def first_trade(start: int, price: int, lots: int) -> Candle:
    """The candle of a first trade."""
    return Candle(start, price, price, price, price, lots, 1)


def empty_candle(start: int, close: int) -> Candle:
    """The candle of an interval in which nobody traded, after a close."""
    return Candle(start, close, close, close, close)

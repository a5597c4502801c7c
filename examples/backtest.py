"""A back-test: two moving averages trade a file of candles on an exchange in this process.

Nothing is simulated but the prices: orders, fees, holds and partial fills are those of the real
exchange, and the same file gives the same result to the last digit. What a candle says is acted
on at the next candle's open, as it could have been in life.

    python backtest.py [candles.csv] [--fast 24] [--slow 96]
"""

import argparse
import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from cxgame import Exchange
from cxgame.exchange import Account, OrderRefused

HALF_SPREAD = Decimal("0.0002")  # what the house asks more and bids less, as a share of the price
LIQUIDITY = Decimal("0.05")  # the share of a candle's volume that one may take at each tick
STAKE = Decimal("0.95")  # the share of the money that a signal spends


@dataclass(frozen=True)
class Candle:
    """One row of the file. Money is read as text says it: never through a float."""

    time_ms: int
    open: Decimal
    close: Decimal
    volume: Decimal


class Crossing:
    """The signal: long while the fast average of the closes lies above the slow one."""

    def __init__(self, fast: int, slow: int) -> None:
        self._fast, self._slow = deque[Decimal](maxlen=fast), deque[Decimal](maxlen=slow)
        self.wants_coins = False

    def take(self, close: Decimal) -> None:
        """Take in a close; no signal before the slow average is full."""
        self._fast.append(close)
        self._slow.append(close)
        if len(self._slow) == self._slow.maxlen:
            fast, slow = sum(self._fast) / len(self._fast), sum(self._slow) / len(self._slow)
            self.wants_coins = fast > slow


@dataclass(frozen=True)
class Result:
    """What came of it."""

    candles: int
    trades: int
    fees: Decimal
    equity: Decimal
    held: Decimal  # what buying at the beginning and waiting would have come to
    drawdown: Decimal  # the deepest fall of the equity from a peak, as a share of it
    state_hash: str


def read(path: Path) -> Iterator[Candle]:
    """The candles of a CSV file with the columns time, open, close, volume, and any others."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            prices = Decimal(row["open"]), Decimal(row["close"])
            yield Candle(int(row["time"]), *prices, Decimal(row["volume"]))


def backtest(candles: Iterable[Candle], fast: int = 24, slow: int = 96) -> Result:
    """Trade the candles with 10,000 dollars and no coins."""
    exchange = Exchange(
        "BTC/USD", liquidity="house", maker_fee="0.0005", taker_fee="0.001", crypto_start="0"
    )
    me = exchange.account("me")
    signal = Crossing(fast, slow)
    equity = peak = me.equity()
    count, drawdown, first = 0, Decimal(0), None
    for candle in candles:
        exchange.advance_to(candle.time_ms)
        quote(exchange, candle.open, candle.volume)
        act(exchange, me, signal)
        quote(exchange, candle.close, candle.volume)
        signal.take(candle.close)
        equity = me.equity()
        peak = max(peak, equity)
        drawdown = max(drawdown, 1 - equity / peak)
        first, count = first or candle.open, count + 1
    fills = me.fills()
    held = Decimal(10_000) * exchange.price() / first if first else equity
    fees = sum((fill.fee for fill in fills), Decimal(0))
    proof = exchange.state_hash()
    return Result(count, len(fills), fees, equity, held, drawdown, proof)


def quote(exchange: Exchange, price: Decimal, volume: Decimal) -> None:
    """Let the house quote around a price, for a part of what was traded there."""
    half, size = price * HALF_SPREAD, volume * LIQUIDITY
    exchange.tick(bid=price - half, ask=price + half, bid_volume=size, ask_volume=size)


def act(exchange: Exchange, me: Account, signal: Crossing) -> None:
    """Follow the signal: into coins with most of the money, or out of them."""
    coins, money = me.balance("BTC").free, me.balance("USD").free
    try:
        if signal.wants_coins and not coins:
            me.buy(budget=round(money * STAKE, 2))
        elif coins and not signal.wants_coins:
            me.sell(coins)
    except OrderRefused as refusal:
        print(f"{exchange.now_ms}: {refusal}")


def main() -> None:
    """Read, trade, tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    here = Path(__file__).with_name("candles.csv")
    parser.add_argument("candles", nargs="?", type=Path, default=here)
    parser.add_argument("--fast", type=int, default=24, help="closes in the fast average")
    parser.add_argument("--slow", type=int, default=96, help="closes in the slow average")
    args = parser.parse_args()
    result = backtest(read(args.candles), args.fast, args.slow)
    print(f"candles      {result.candles}")
    print(f"trades       {result.trades}, {result.fees:.2f} in fees")
    print(f"equity       {result.equity:.2f}, from 10000.00")
    print(f"buy and hold {result.held:.2f}")
    print(f"drawdown     {result.drawdown:.1%}")
    print(f"state        {result.state_hash}")


if __name__ == "__main__":
    main()

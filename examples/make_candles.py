"""Makes candles.csv: hourly candles of a price that a seeded model draws, the same every time.

Columns, as most sources of candles have them: `time` (of the candle's begin, in milliseconds since
1970), `open`, `high`, `low`, `close` (quote per base), `volume` (base traded in that hour). The
price is geometric Brownian motion by the minute; the volume is made up from how far it moved.

    python make_candles.py > candles.csv
"""

import csv
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import TextIO

from cxgame.oracle import Tape, build, parse

COLUMNS = ("time", "open", "high", "low", "close", "volume")
MODEL = "gbm:price=1000,volatility=0.9,drift=0.3"
SEED = 9
CANDLES = 1_000
BEGIN_MS = 1_735_689_600_000  # 2025-01-01
HOUR_MS = 3_600_000
MINUTES = 60
CENT, MILLI = Decimal("0.01"), Decimal("0.001")


def candles() -> Iterator[tuple[int | Decimal, ...]]:
    """The rows, each of which opens where the one before it closed."""
    tape = Tape(build(parse(MODEL), "BTC/USD", SEED, 60.0))
    last = tape.next().price.quantize(CENT)
    for number in range(CANDLES):
        prices = [last, *(tape.next().price.quantize(CENT) for _ in range(MINUTES))]
        high, low = max(prices), min(prices)
        volume = (20 + 5_000 * (high - low) / low).quantize(MILLI)
        yield BEGIN_MS + number * HOUR_MS, last, high, low, prices[-1], volume
        last = prices[-1]


def write(file: TextIO) -> None:
    """The header and the rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(candles())


if __name__ == "__main__":
    write(sys.stdout)

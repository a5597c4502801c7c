"""The database of a game's history: events written per second, and how long a page takes.

`python -m benchmarks.history 10000000` does it with ten million trades instead.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cxgame.history.candles import INTERVALS, Window
from cxgame.history.reading import HistoryReader
from cxgame.history.rows import Bounds
from cxgame.history.writing import HistoryWriter
from cxgame.model.batch import Origin
from cxgame.model.enums import OrderType, Side, TimeInForce, Verb
from cxgame.model.events import Event, OrderFilled, OrderPlaced, RulesSet, Trade
from cxgame.model.rules import MarketRules

TRADES = 200_000
ACCOUNTS = 200
TRADES_PER_BATCH, BATCHES_PER_COMMIT = 50, 20
EVENTS_PER_TRADE = 5
START_MS = 1_700_000_000_000
ROWS = 1_000  # of a page
ROUNDS = 5
FEE = "12345678901234567890123"

Batch = tuple[int, int, Sequence[tuple[Origin, Sequence[Event]]]]


def batches(trades: int) -> Iterator[Batch]:
    """Batches of orders that trade at once, at a price that wanders."""
    draw, origin = random.Random(1), Origin("ws", 1, None)
    wall_ms, price, trade = START_MS, 100_000, 0
    yield 1, wall_ms, [(origin, [RulesSet(1, (MarketRules("BTC/USD", "BTC", "USD"),))])]
    for seq in range(2, 2 + trades // TRADES_PER_BATCH):
        wall_ms += draw.choice((200, 400, 800))
        effects = []
        for _ in range(TRADES_PER_BATCH):
            trade += 1
            price += draw.choice((-1, 0, 1))
            buyer, seller = draw.randint(1, ACCOUNTS), draw.randint(1, ACCOUNTS)
            effects.append((origin, _trade(trade, price, buyer, seller)))
        yield seq, wall_ms, effects


def _trade(id: int, price: int, buyer: int, seller: int) -> list[Event]:
    sell, buy = 2 * id - 1, 2 * id
    order = (Verb.ORDER, Side.SELL, OrderType.LIMIT, price, 1_000, "", TimeInForce.GTC, "")
    return [
        OrderPlaced(0, sell, seller, "seller", *order),
        OrderPlaced(0, buy, buyer, "buyer", Verb.ORDER, Side.BUY, *order[2:]),
        Trade(0, id, price, 1_000, Side.BUY, buy, sell, buyer, seller, 0, 0, "0", FEE),
        OrderFilled(0, sell, seller),
        OrderFilled(0, buy, buyer),
    ]


def write(path: Path, trades: int) -> float:
    """Events written per second; making them is not counted."""
    writer, spent_s = HistoryWriter(path), 0.0
    for batch in batches(trades):
        begun = time.perf_counter()
        writer.take(*batch)
        if batch[0] % BATCHES_PER_COMMIT == 0:
            writer.commit()
        spent_s += time.perf_counter() - begun
    writer.commit()
    writer.close()
    return trades * EVENTS_PER_TRADE / spent_s


def best_ms(read: Callable[[], object]) -> float:
    """Milliseconds of the quickest of some rounds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        read()
        times.append(time.perf_counter() - begun)
    return min(times) * 1000


def pages(reader: HistoryReader, trades: int) -> dict[str, float]:
    """What a page of each kind takes, from the middle of the game."""
    middle = Bounds(before=trades // 2)
    last_s = START_MS // 1000 + trades // TRADES_PER_BATCH * 460 // 1000
    windows = []
    for interval in INTERVALS.values():
        end = last_s - last_s % interval
        windows.append(Window(interval, end - ROWS * interval, end))
    return {
        "trades": best_ms(lambda: reader.trades(0, middle, ROWS)),
        "fills": best_ms(lambda: reader.fills(7, middle, ROWS)),
        "closed orders": best_ms(lambda: reader.closed(7, middle, ROWS)),
        "candles, slowest interval": max(
            best_ms(lambda window=window: reader.candles(0, window))  # type: ignore[misc]
            for window in windows
        ),
    }


def main(trades: int = TRADES) -> None:
    """Print rates and times."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite"
        rate = write(path, trades)
        size = path.stat().st_size / trades
        print(f"{rate:,.0f} events/s written; {size:,.0f} bytes a trade with its two orders")
        reader = HistoryReader(path)
        for name, taken_ms in pages(reader, trades).items():
            print(f"{ROWS:,} of {trades:,}: {taken_ms:.1f} ms for {name}")
        reader.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""The book alone: 60 % add, 30 % cancel, 10 % cross, in operations per second of CPU time."""

import random
import time

from cxgame.engine.book import Book
from cxgame.engine.orders import Order
from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderType, SelfTrade, Side, Verb

OPERATIONS = 300_000
ADD, CANCEL, CROSS = range(3)


def prepare(seed: int) -> list[tuple[int, Order]]:
    """Operations with their orders; a cancel's order is one that was added before."""
    draw = random.Random(seed)
    operations: list[tuple[int, Order]] = []
    added: list[Order] = []
    for id in range(1, OPERATIONS + 1):
        share = draw.random()
        side = Side(draw.randrange(2))
        price = 10_000 + (draw.randrange(1, 100) if side is Side.SELL else -draw.randrange(1, 100))
        command = PlaceOrder(1, 0, Verb.ORDER, side, OrderType.LIMIT, price, draw.randrange(1, 50))
        order = Order(id, command, price, 0, SelfTrade.NONE, 0)
        if share < 0.6 or not added:
            operations.append((ADD, order))
            added.append(order)
        elif share < 0.9:
            index = draw.randrange(len(added))
            added[index], added[-1] = added[-1], added[index]
            operations.append((CANCEL, added.pop()))
        else:
            operations.append((CROSS, order))
    return operations


def run(operations: list[tuple[int, Order]]) -> int:
    """Carry the operations out; returns how many trades there were."""
    book = Book()
    trades = 0
    for kind, order in operations:
        if kind == ADD:
            (book.bids if order.side is _BUY else book.asks).add(order)
        elif kind == CANCEL:
            if order.level is not None:
                (book.bids if order.side is _BUY else book.asks).remove(order)
        else:
            trades += cross(book, order)
    return trades


_BUY = Side.BUY


def cross(book: Book, order: Order) -> int:
    """Take from the best levels of the other side until the order is full."""
    half = book.asks if order.side is _BUY else book.bids
    trades = 0
    while order.left and (price := half.best_price()) is not None:
        level = half.levels[price]
        maker = level.first
        assert maker is not None
        lots = min(order.left, maker.left)
        order.left -= lots
        trades += 1
        if lots == maker.left:
            half.remove(maker)
        else:
            maker.left -= lots
            level.lots -= lots
    return trades


def measure(rounds: int = 5) -> list[float]:
    """Operations per second of each round."""
    rates = []
    for round_number in range(rounds):
        operations = prepare(round_number)
        begun = time.process_time()
        run(operations)
        rates.append(OPERATIONS / (time.process_time() - begun))
    return rates


def main() -> None:
    """Print the rounds."""
    rates = sorted(measure())
    print(
        f"{rates[len(rates) // 2]:,.0f} operations/s (rounds: {rates[0]:,.0f} to {rates[-1]:,.0f})"
    )


if __name__ == "__main__":
    main()

"""The exchange as a library: orders a second in one process, in decimals and in integers."""

import random
import time
from collections.abc import Callable
from decimal import Decimal

from cxgame.exchange import Account, Exchange, Side

ORDERS = 50_000
ACCOUNTS = 10
ROUNDS = 5
TARGET = 50_000  # orders a second
_WORDS = ("buy", "sell")

Order = tuple[Account, Side, int, int]  # lots, ticks
Call = Callable[[], object]


def prepare(exchange: Exchange, seed: int) -> list[Order]:
    """Limit orders around 1,000.00, of which two thirds trade."""
    draw = random.Random(seed)
    accounts = [exchange.account(f"bot-{number}") for number in range(ACCOUNTS)]
    return [
        (
            draw.choice(accounts),
            Side(draw.randrange(2)),
            draw.randrange(1, 1_000_000),
            100_000 + draw.randrange(-100, 100),
        )
        for _ in range(ORDERS)
    ]


def as_text(order: Order) -> Call:
    """A call with prices and quantities as text."""
    account, side, lots, ticks = order
    word, quantity, price = _WORDS[side], f"{lots / 10**5:.5f}", f"{ticks / 100:.2f}"
    return lambda: account.place(word, quantity, price)


def as_decimals(order: Order) -> Call:
    """A call with prices and quantities as Decimal."""
    account, side, lots, ticks = order
    word, quantity, price = _WORDS[side], Decimal(lots).scaleb(-5), Decimal(ticks).scaleb(-2)
    return lambda: account.place(word, quantity, price)


def as_floats(order: Order) -> Call:
    """A call with prices and quantities as float."""
    account, side, lots, ticks = order
    word, quantity, price = _WORDS[side], lots / 10**5, ticks / 100
    return lambda: account.place(word, quantity, price)


def as_integers(order: Order) -> Call:
    """A call in lots and ticks."""
    account, side, lots, ticks = order
    return lambda: account.place_lots(side, lots, ticks)


WAYS = {
    "text": as_text,
    "Decimal": as_decimals,
    "float": as_floats,
    "lots and ticks": as_integers,
}


def measure(way: Callable[[Order], Call], seed: int) -> tuple[float, str]:
    """Orders per second of CPU time, and the state they led to."""
    exchange = Exchange(
        lot="0.00001", usd_start=10**9, crypto_start=10**6, max_open_orders=0, stp="none"
    )
    calls = [way(order) for order in prepare(exchange, seed)]
    begun = time.process_time()
    for call in calls:
        call()
    return ORDERS / (time.process_time() - begun), exchange.state_hash()


def main() -> None:
    """Print each way's rounds."""
    states = set()
    for name, way in WAYS.items():
        rounds = [measure(way, 1) for _ in range(ROUNDS)]
        rates = sorted(rate for rate, _ in rounds)
        states |= {state for _, state in rounds}
        middle = rates[len(rates) // 2]
        print(
            f"{name:14} {middle:9,.0f} orders/s (rounds: {rates[0]:,.0f} to {rates[-1]:,.0f}; "
            f"target {TARGET:,}: {'reached' if middle >= TARGET else 'MISSED'})"
        )
    print("one state" if len(states) == 1 else f"STATES DIFFER: {states}")


if __name__ == "__main__":
    main()

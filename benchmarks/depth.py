"""CPU per order with 100 and with 100,000 open orders, and the memory an open order takes."""

import asyncio
import random
import statistics

from benchmarks.load import connect, drive, frame
from benchmarks.orders import PIPELINED, Sample, register, sample
from benchmarks.processes import Server, exchange, pin_self

FEW, MANY = 100, 100_000
LEVELS = 5_000  # the resting orders lie on so many prices a side


async def fill(server: Server, count: int) -> None:
    """Rest orders far from where the load trades."""
    draw = random.Random(count)
    messages: list[list[bytes]] = [[], [], [], []]
    for index in range(count):
        side, base = (("buy", 500), ("sell", 1100))[index % 2]
        price = base + draw.randrange(LEVELS) / 100
        text = (
            f'{{"cmd":"order","params":{{"side":"{side}","type":"limit",'
            f'"price":"{price:.2f}","size":"0.001"}}}}'
        )
        messages[index % 4].append(frame(text.encode()))
    logins = [register(f"rest{count}x{index}") for index in range(4)]
    connections = await connect(server.ports["exchange"], logins, b'"status":true', 32)
    result = await drive(connections, messages)
    if result.bad:
        raise RuntimeError(result.bad[0])


def main(rounds: int = 5) -> None:
    """Alternate rounds against a server with few and one with many open orders."""
    pin_self()
    costs: dict[int, list[Sample]] = {FEW: [], MANY: []}
    with exchange() as few, exchange() as many:
        empty = many.memory_bytes()
        asyncio.run(fill(few, FEW))
        asyncio.run(fill(many, MANY))
        print(f"memory per open order: {(many.memory_bytes() - empty) / MANY:,.0f} bytes")
        for round_number in range(rounds + 1):
            for count, server in ((FEW, few), (MANY, many)):
                seen = asyncio.run(sample(server, PIPELINED, round_number, is_echo=False))
                if round_number:
                    costs[count].append(seen)
    ratios = [b.cpu_us / a.cpu_us for a, b in zip(costs[FEW], costs[MANY], strict=True)]
    for count, samples in costs.items():
        cost = statistics.median(each.cpu_us for each in samples)
        print(f"{count:>8,} open orders: {cost:.1f} us CPU per order")
    print(f"ratio: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()

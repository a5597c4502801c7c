"""Scenarios: what a trading program does, played against a simulator, and whether it came right.

A scenario is a coroutine that trades with a client of its own and checks what must be true after
it, whatever the line did meanwhile. It ends when the truth by REST and the client's own view
agree, or with a sentence about what was wrong. What the line did is in the client's health.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from cxgame.simulator.client import ExchangeClient
from cxgame.simulator.errors import ExchangeError
from cxgame.simulator.frames import Row

LONGEST_S = 180.0  # of one scenario
RIGHT_WITHIN_S = 60.0  # for the view to be right again after the last thing was done
STREAM_S = 5.0  # for which market data are followed
FRAMES_WITHIN_S = 20.0  # for the first frame of each channel
RAPID_ORDERS, AT_ONCE = 60, 12
CENT = Decimal("0.01")
SIZE = Decimal("0.01")
FAR = Decimal("0.5")  # of the price: where a bid rests undisturbed
CHANNELS = ("TICKER", "TRADES", "ORDERBOOK")
_FRAMES = {"MARKET_DATA": "TICKER", "TRADE": "TRADES", "ORDERBOOK_UPDATE": "ORDERBOOK"}
_LOOK_S = 0.05
# Counted by the client, and no sign of trouble.
_USUAL = frozenset({"requests", "frames", "connects", "reconciled", "audits"})


Item = TypeVar("Item")


class WrongError(Exception):
    """Something that must be true is not; the text says what."""


@dataclass
class Outcome:
    """How one scenario went."""

    name: str
    error: str = ""  # what was wrong; "" for nothing
    seconds: float = 0.0
    right_after_s: float | None = None  # from the last thing that was done
    troubles: dict[str, int] = field(default_factory=dict)  # what went wrong on the line, how often
    in_doubt_s: float = 0.0  # for how long the view was doubted, in all
    figures: dict[str, str] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """Whether all was right in the end."""
        return not self.error


Scenario = Callable[[ExchangeClient, str, Outcome], Awaitable[None]]
Connect = Callable[[], ExchangeClient]


async def play(connect: Connect, symbol: str | None = None) -> AsyncIterator[Outcome]:
    """Play all scenarios, one after the other, each in a session of its own."""
    for name, scenario in SCENARIOS.items():
        yield await _played(name, scenario, connect, symbol)


async def basic_trading(client: ExchangeClient, symbol: str, outcome: Outcome) -> None:
    """An order rests and is cancelled; a coin is bought and sold; all of it shows."""
    price = await _far_price(client, symbol)
    before = await client.get_balance()
    order = await client.place_order(symbol, "BUY", "LIMIT", SIZE, price)
    seen = await client.get_order(order["order_id"])
    _demand(seen["status"] == "OPEN", f"the order that should rest is {seen['status']}")
    await client.cancel_order(order["order_id"])
    seen = await client.get_order(order["order_id"])
    _demand(seen["status"] == "CANCELLED", f"the cancelled order is {seen['status']}")
    await _traded(client, symbol, "BUY")
    base = symbol.partition("/")[0]
    bought = Decimal((await client.get_balance())[base]) - Decimal(before[base])
    _demand(bought == SIZE, f"{SIZE} {base} were bought, and {bought} came")
    await _traded(client, symbol, "SELL")
    after = await client.get_balance()
    _demand(after[base] == before[base], f"{base} is {after[base]} and was {before[base]}")
    outcome.figures["bought and sold"] = f"{SIZE} {base}"


async def market_data(client: ExchangeClient, symbol: str, outcome: Outcome) -> None:
    """Every channel brings frames, and the book that they make is one."""
    await client.connect_ws()
    for channel in CHANNELS:
        await client.subscribe(channel, symbol)
    counts = dict.fromkeys(CHANNELS, 0)
    trading = asyncio.create_task(_traded(client, symbol, "BUY"))
    began = time.monotonic()
    while not all(counts.values()) or time.monotonic() - began < STREAM_S:
        frame = await client.receive_ws_message(1.0)
        channel = _FRAMES.get(str((frame or {}).get("type")), "")
        if channel:
            counts[channel] += 1
        if time.monotonic() - began > FRAMES_WITHIN_S:
            break
    await trading
    silent = [channel for channel, count in counts.items() if not count]
    _demand(not silent, f"nothing came of {', '.join(silent)}")
    lasted_s = time.monotonic() - began
    for channel, count in counts.items():
        outcome.figures[channel] = f"{count / lasted_s:.1f}/s"
    await _right(client, outcome)
    book = client.book(symbol)
    assert book is not None, "it is followed"
    crossed = book.bids and book.asks and _best(book.bids) >= _best(book.asks)
    _demand(not crossed, "the book is crossed")


async def rapid_orders(client: ExchangeClient, symbol: str, outcome: Outcome) -> None:
    """Many orders at once: each is there once, none is lost, all can be cancelled."""
    await client.connect_ws()
    price = await _far_price(client, symbol)
    began = time.monotonic()
    placed = await _each(
        lambda n: client.place_order(symbol, "BUY", "LIMIT", SIZE, price - n * CENT),
        range(RAPID_ORDERS),
    )
    took_s = time.monotonic() - began
    ids = {order["order_id"] for order in placed}
    _demand(len(ids) == RAPID_ORDERS, f"{RAPID_ORDERS} orders have {len(ids)} ids")
    found = [order["order_id"] for order in await client.get_orders(symbol, "OPEN")]
    _demand(len(found) == len(set(found)), "an order is listed twice")
    _demand(set(found) == ids, f"{len(found)} orders are open instead of {len(ids)}")
    await _each(client.cancel_order, sorted(ids))
    left = await client.get_orders(symbol, "OPEN")
    _demand(not left, f"{len(left)} orders are open after all were cancelled")
    await _right(client, outcome)
    outcome.figures["orders"] = f"{RAPID_ORDERS / took_s:.0f}/s"


async def both_ways(client: ExchangeClient, symbol: str, outcome: Outcome) -> None:
    """Orders by the socket while REST is asked: both tell the same in the end."""
    await client.connect_ws()
    await client.subscribe("TICKER", symbol)
    price = await _far_price(client, symbol)
    placing = _each(
        lambda n: client.place_order(symbol, "BUY", "LIMIT", SIZE, price - n * CENT), range(20)
    )
    asking = _each(lambda _: client.get_ticker(symbol), range(5))
    placed, _ = await asyncio.gather(placing, asking)
    await _each(client.cancel_order, [order["order_id"] for order in placed[::2]])
    await _traded(client, symbol, "BUY")
    await _right(client, outcome)
    kept = {order["order_id"] for order in placed[1::2]}
    _demand(set(client.open_orders) == kept, "the view has other open orders than were kept")
    outcome.figures["open orders"] = str(len(kept))


SCENARIOS: dict[str, Scenario] = {
    "basic trading": basic_trading,
    "market data": market_data,
    "rapid orders": rapid_orders,
    "REST and socket": both_ways,
}


async def _played(name: str, scenario: Scenario, connect: Connect, symbol: str | None) -> Outcome:
    """One scenario, from an empty session to its outcome."""
    outcome = Outcome(name)
    began = time.monotonic()
    async with connect() as client:
        try:
            async with asyncio.timeout(LONGEST_S):
                await scenario(client, symbol or (await client.get_symbols())[0], outcome)
        except (WrongError, ExchangeError) as error:
            outcome.error = str(error)
        except TimeoutError:
            outcome.error = f"it was not over after {LONGEST_S:.0f} s"
        _note_troubles(client, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def _note_troubles(client: ExchangeClient, outcome: Outcome) -> None:
    report = client.health.report()
    counts: dict[str, int] = report["counts"]
    outcome.troubles = {what: n for what, n in counts.items() if n and what not in _USUAL}
    doubt = report["stretches"].get("view_in_doubt")
    outcome.in_doubt_s = 0.0 if doubt is None else float(doubt["total_s"])


# What must be true at the end


async def _right(client: ExchangeClient, outcome: Outcome) -> None:
    """Wait until the view of the socket tells what REST tells. Raises `WrongError`."""
    began = time.monotonic()
    wrong = "it is in doubt"
    while time.monotonic() - began < RIGHT_WITHIN_S:
        wrong = await _difference(client) if client.is_settled else "it is in doubt"
        if not wrong:
            outcome.right_after_s = time.monotonic() - began
            return
        await asyncio.sleep(_LOOK_S)
    raise WrongError(f"the view was not right after {RIGHT_WITHIN_S:.0f} s: {wrong}")


async def _difference(client: ExchangeClient) -> str:
    """In what the view differs from the truth; "" for nothing."""
    orders = {order["order_id"] for order in await client.get_orders(status="OPEN")}
    if orders != set(client.open_orders):
        return f"it has {len(client.open_orders)} open orders, and there are {len(orders)}"
    balances = await client.get_balance()
    if any(
        Decimal(balances[asset]) != Decimal(amount) for asset, amount in client.balances.items()
    ):
        return "its balances are others"
    return ""


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise WrongError(sentence)


# Steps that scenarios share


async def _far_price(client: ExchangeClient, symbol: str) -> Decimal:
    """A price at which a bid rests."""
    ticker = await client.get_ticker(symbol)
    return (Decimal(ticker["bid"]) * FAR).quantize(CENT)


async def _traded(client: ExchangeClient, symbol: str, side: str) -> None:
    """Trade at the market, once and in full."""
    order = await client.place_order(symbol, side, "MARKET", SIZE)
    if order["status"] != "FILLED":
        order = await client.get_order(order["order_id"])
    _demand(order["status"] == "FILLED", f"the market order is {order['status']}")


async def _each(
    work: Callable[[Item], Coroutine[Any, Any, Row]], items: Iterable[Item]
) -> list[Row]:
    """Do the same with each, so many at once; the first error is raised when all are through."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(item: Item) -> Row:
        async with room:
            return await work(item)

    tasks = [asyncio.create_task(one(item)) for item in items]
    if tasks:
        await asyncio.wait(tasks)
    return [task.result() for task in tasks]


def _best(levels: list[dict[str, Any]]) -> Decimal:
    return Decimal(levels[0]["price"])

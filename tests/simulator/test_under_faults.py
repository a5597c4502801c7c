"""Under all faults at once a client ends with the truth: no order doubled, none forgotten.

In the suite each seed has a few seconds; `make show-simulator` gives 20 of them five minutes each.
"""

import asyncio
import logging
import os

import pytest

from cxgame.simulator import ExchangeClient
from cxgame.simulator.terms import Terms
from tests.simulator.rig import (
    EAGER,
    SYMBOL,
    Auditor,
    board_of,
    set_faults,
    simulator,
)
from tests.simulator.trader import Trader

SECONDS = float(os.environ.get("SIMULATOR_SECONDS", "20"))
SEEDS = int(os.environ.get("SIMULATOR_SEEDS", "2"))

ALL_FAULTS = (
    {"fault": "drop", "direction": "both", "probability": 0.03},
    {"fault": "delay", "direction": "both", "probability": 0.3, "min_ms": 5, "max_ms": 300},
    {"fault": "duplicate", "direction": "both", "probability": 0.05, "max_duplicates": 2},
    {"fault": "reorder", "direction": "both", "window_size": 4, "probability": 0.03},
    {"fault": "corrupt", "direction": "both", "probability": 0.02, "corruption_level": 0.1},
    {"fault": "throttle", "direction": "in", "max_messages_per_second": 20},
    {"fault": "silence", "after_messages": 700},
    {"fault": "rate_limit", "per_second": 5, "bans_s": [2, 5, 10, 20]},
    {"fault": "disconnect", "probability": 0.0008},
    {"fault": "half_open", "probability": 0.0006},
)
# What a client knows that expects such a line.
TERMS = Terms(timeout_s=15, reply_s=1.5, ping_s=0.5, silent_s=3, rest_per_s=5, socket_per_s=6)

log = logging.getLogger(__name__)


@pytest.mark.ci
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
async def test_the_client_ends_with_the_truth(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    """Its open orders, balances and book are the server's, and each order is there once."""
    for chatty in ("httpx", "cxgame", "uvicorn", "websockets"):
        caplog.set_level(logging.ERROR, logger=chatty)
    async with (
        simulator(seed) as server,
        ExchangeClient(server.url, "trader", terms=TERMS) as client,
        ExchangeClient(server.url, "trader", terms=EAGER) as auditing,
    ):
        await client.connect_ws()
        for channel in ("TICKER", "TRADES", "ORDERBOOK_L2"):
            await client.subscribe(channel, SYMBOL)
        set_faults(server, *ALL_FAULTS)
        reading, trader = asyncio.create_task(_read(client)), Trader(seed, client)
        await trader.play(SECONDS)
        hits = {each.fault.mode: each.hits for each in board_of(server).in_force.values()}
        board_of(server).clear()
        auditor = Auditor(auditing)
        right_after_s = await auditor.comes_right(client)
        await auditor.no_order_is_doubled_or_lost(trader.placed, trader.asked)
        assert not trader.cancelled & client.open_orders.keys()
        reading.cancel()
        await asyncio.wait([reading])
        report = client.health.report()
    assert len(trader.placed) > SECONDS / 5
    assert sum(hits.values()) > 2 * SECONDS, "it was a bad line"
    log.info(
        "seed %d: %d orders asked, %d placed, %d cancelled, %d refused, %d tries unanswered; "
        "right %.1f s after the last fault; hits %s; %s",
        seed,
        len(trader.asked),
        len(trader.placed),
        len(trader.cancelled),
        trader.refused,
        trader.unanswered,
        right_after_s,
        hits,
        report,
    )


async def _read(client: ExchangeClient) -> None:
    """Take every frame, as a bot would."""
    while True:
        await client.receive_ws_message()

"""The live line: now and then one line about the game, for the person who runs the server."""

import asyncio
import time
from collections.abc import Callable

from cxgame.server.sessions.awaited import awaited
from cxgame.server.sessions.host import Host

INTERVAL_S = 5.0


async def tell_live(host: Host, say: Callable[[str], None], interval_s: float = INTERVAL_S) -> None:
    """Say a line every `interval_s` until cancelled, but none twice in a row."""
    game = host.game
    trades, then_s, last = game.engine.last_trade_id, time.monotonic(), ""
    while True:
        await asyncio.sleep(interval_s)
        now_s = time.monotonic()
        made = game.engine.last_trade_id - trades
        line = live_line(host, made / (now_s - then_s))
        if line != last:
            say(line + "\n")
        trades, then_s, last = trades + made, now_s, line


def live_line(host: Host, trades_per_s: float) -> str:
    """Prices, how much is traded, who leads, what is waited for."""
    if host.game.halted:
        return "halted: the journal does not answer; play resumes by itself"
    engine = host.game.engine
    parts = [
        f"{state.market.symbol} {state.market.mid_text(state.mid2)}" for state in engine.markets
    ]
    parts.append(f"{trades_per_s:.1f} trades/s")
    standings = engine.standings()
    if standings:
        whole, _, fraction = standings[0].equity.partition(".")
        parts.append(f"{standings[0].user} leads with {whole}.{fraction[:2]}")
    missing = awaited(host)
    parts.append(f"waiting for {missing}" if missing else engine.phase.name.lower())
    return " · ".join(parts)

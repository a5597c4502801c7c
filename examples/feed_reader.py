"""Watch a game: every trade, message and change of phase, as the public feed tells them.

Needs no account. The reader resumes by itself after a lost connection, so that nothing is missed
and nothing comes twice; it ends with the game.
"""

import asyncio
import sys
from typing import Any

from cxgame.client import CxFeedReader
from cxgame.config import bot_environment

CHANNELS = ["full"]  # or some of: activity, trades, ticker, book, standings


async def main() -> None:
    """Read until the game is over."""
    env = bot_environment()
    async with CxFeedReader(env.feed_uri, CHANNELS, env.symbol, ssl_verify=env.ssl_verify) as feed:
        async for event in feed:
            line = describe(event)
            if line:
                print(line)


def describe(event: dict[str, Any]) -> str:
    """One line for a person; empty for what is left out here."""
    match event:
        case {"type": "match", "message": trade, "symbol": symbol, "side": side}:
            return f"{symbol}: a {side}er took {trade['size']} at {trade['price']}"
        case {"type": "buy" | "sell" as side, "message": order}:
            return f"{order['user']} wants to {side} {order['size']} at {order['price']}"
        case {"type": "ticker", "symbol": symbol, "mid": mid}:
            return f"{symbol}: the market price is {mid}"
        case {"type": "bcast", "user": user, "message": text}:
            return f"{user}: {text}"
        case {"type": "hello", "game": game, "phase": phase}:
            return f"This is game {game}, which is {phase}."
        case {"type": "phase", "phase": phase}:
            return f"The game is {phase} now."
        case {"type": "results", "standings": standings}:
            return "\n".join(f"{row['rank']}. {row['user']}: {row['equity']}" for row in standings)
        case {"type": "resync"}:
            return "Some events are out of reach; the feed goes on."
    return ""


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
    except (ConnectionError, ValueError) as error:  # nobody is there, or no such market
        sys.exit(str(error))

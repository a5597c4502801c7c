"""A whole server from Python: exchange, feed and pages, with a market that moves and house bots.

The same as `cxgame --oracle gbm:volatility=5 --bots maker,random --time-limit 3600`. What is
given here is all there is: a server made in Python reads neither environment nor files, so the
addresses at which bots will look are passed on by hand.
"""

import os
import sys
from urllib.parse import urlsplit

from cxgame.config import ConfigError, bot_environment
from cxgame.server import CxServer, StartError

HOUR_S = 3600


def main() -> None:
    """Serve until the time limit, `cxgame admin shutdown` or Ctrl-C."""
    env = bot_environment()
    try:
        server = CxServer(
            exchange_port=urlsplit(env.uri).port or 9877,
            feed_port=urlsplit(env.feed_uri).port or 9876,
            http_port=os.environ.get("CXGAME_HTTP_PORT") or 8000,
            symbol=env.symbol or "BTC/USD",
            oracle="gbm:volatility=5",
            seed=env.seed,
            bots="maker,random",
            time_limit=HOUR_S,
        )
        server.start()
    except (ConfigError, StartError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

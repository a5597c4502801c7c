"""Exchange and feed side by side, each in a thread of its own.

Either one may start first. The feed finds the exchange by its data directory, `./cxgame-data`,
which both use when they are told nothing else.
"""

import time
from threading import Thread
from urllib.parse import urlsplit

from cxgame.config import bot_environment
from cxgame.server import CxExchange, CxFeed


def main() -> None:
    """Serve until the game is shut down or Ctrl-C."""
    env = bot_environment()  # `CxExchange()` and `CxFeed()` do as well: 9877 and 9876
    exchange = CxExchange(port=urlsplit(env.uri).port)
    feed = CxFeed(port=urlsplit(env.feed_uri).port or 9876)
    threads = [Thread(target=exchange.start), Thread(target=feed.start)]
    for thread in threads:
        thread.start()
    try:
        # Not `join`: before Python 3.13, Ctrl-C in the middle of one loses the thread.
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.1)
    except KeyboardInterrupt:
        exchange.stop()
        feed.stop()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()

"""The feeder as a program: from its settings to its end at Ctrl-C or SIGTERM.

Trouble that only a person can end is one line and an exit status: 2 for what was asked for, which
is a `ConfigError`, and 1 for what did not come about.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from cxgame.config import ConfigError, LoadedFeeder
from cxgame.feeder.feeder import Feeder
from cxgame.feeder.sources import LiveSource, ModelSource, Source
from cxgame.log_file import begin_log
from cxgame.oracle.discovery import Wish
from cxgame.oracle.live import LiveExchange
from cxgame.oracle.numbers import OracleError
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.tickers import Tickers

DONE, FAILED = 0, 1
# For a Valkey that is started together with us.
_PATIENCE_S = 10.0

log = logging.getLogger("cxgame.feeder")


def run(loaded: LoadedFeeder) -> int:
    """Feed until told to stop; returns the exit status. Raises `ConfigError`."""
    _set_up_logs(loaded)
    try:
        endpoint = Endpoint.url(loaded.valkey_url)
        source = make_source(loaded)
    except (OracleError, StoreError) as error:
        raise ConfigError(str(error)) from None
    try:
        asyncio.run(_until_signal(_feed(source, endpoint, loaded.own.interval_s)))
    except (OracleError, StoreError, StoreUnavailable) as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return FAILED
    log.info("no more prices from %s", source.name)
    return DONE


def make_source(loaded: LoadedFeeder) -> Source:
    """The source that the settings name; raises `OracleError`."""
    own, common = loaded.own, loaded.common
    if own.oracle:
        seed = secrets.randbits(63) if common.seed is None else common.seed
        return ModelSource.from_texts(own.oracle, own.symbols, common.symbol, seed, own.interval_s)
    symbols, quotes = own.symbols, own.discovered_quotes
    if not symbols and not quotes:
        symbols = (f"BTC/{own.quote}", f"ETH/{own.quote}")
    return LiveSource(LiveExchange.open(own.exchange), Wish(symbols, quotes, own.discover_limit))


def _set_up_logs(loaded: LoadedFeeder) -> None:
    common = loaded.common
    hidden = filter(None, (common.valkey_url, common.valkey_password))
    begin_log(common.log_level, common.log_file, hidden, loaded.warnings)


async def _feed(source: Source, endpoint: Endpoint, interval_s: float) -> None:
    tickers = Tickers(endpoint)
    try:
        await _reach(tickers)
        await Feeder(source, tickers, endpoint.name, interval_s).run()
    finally:
        await source.close()
        await tickers.close()


async def _reach(tickers: Tickers) -> None:
    try:
        await tickers.reach(0)
    except StoreUnavailable as error:
        log.warning("waiting %g s for a Valkey to write to: %s", _PATIENCE_S, error)
        await tickers.reach(_PATIENCE_S)


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Do it until it ends, or until SIGINT or SIGTERM: it is cancelled then, and may clean up."""
    working = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises as it always did
            loop.add_signal_handler(number, working.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await working

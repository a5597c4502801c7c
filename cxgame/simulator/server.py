"""`ExchangeServer`: the simulator in a program of one's own, from a `Config`.

It is a `CxServer` with the simulator's preset that keeps nothing: when it stops, the game is gone.
Everything else, the order server and the feed, is there as well, on ports that the system chooses.
"""

import asyncio
from types import TracebackType
from typing import Any, Self

from cxgame.config import ConfigError
from cxgame.config.loading import from_config
from cxgame.config.simulator import Config
from cxgame.config.simulator_settings import sources
from cxgame.oracle import OracleError
from cxgame.server.app import CxServer
from cxgame.server.sockets.listening import reachable
from cxgame.simulator.models import CUSTOM, source_of

_LOOK_S = 0.005  # between two looks whether the server is up

# Of a server beside others in one program; a keyword changes them.
_BESIDE_OTHERS = {"memory": True, "exchange_port": 0, "feed_port": 0}


class ExchangeServer:
    """The simulator. `await start()` serves until `stop` or until the task is cancelled.

    With `async with` it serves meanwhile, and is up when the block begins. `model` is a class with
    `next_price(current)` from which the prices of all markets come, `settings` are settings of
    the server (docs/configuration.md), which go before the configuration. Raises `ConfigError`.
    """

    def __init__(
        self, config: Config | None = None, *, model: type | None = None, **settings: Any
    ) -> None:
        self.config = config or Config()
        if model is not None:
            settings["oracle"] = _prices(self.config, model)
        loaded = from_config(self.config, **{**_BESIDE_OTHERS, **settings})
        self._server = CxServer.from_loaded(loaded)
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where REST is, once it is up: http://localhost:8765."""
        settings = self._server.settings
        scheme = "http" if settings.pem_file is None else "https"
        return f"{scheme}://{reachable(settings.http_hosts[0])}:{self._server.http_port}"

    @property
    def ws_url(self) -> str:
        """Where the WebSocket is: ws://localhost:8765/ws."""
        return f"ws{self.url.removeprefix('http')}/ws"

    @property
    def server(self) -> CxServer:
        """The server itself, with its game, feed and order server."""
        return self._server

    async def start(self) -> None:
        """Serve until `stop`. Raises `StartError` if it cannot, as for a port that is taken."""
        await self._server.serve()

    def stop(self) -> None:
        """End `start`; from any thread, any number of times."""
        self._server.stop()

    async def __aenter__(self) -> Self:
        self._serving = serving = asyncio.create_task(self.start())
        try:
            while not self._server.ready.is_set() and not serving.done():
                await asyncio.sleep(_LOOK_S)
        except asyncio.CancelledError:
            serving.cancel()
            raise
        if serving.done():
            serving.result()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        assert self._serving is not None, "it was entered"
        await self._serving


def _prices(config: Config, model: type) -> tuple[str, ...]:
    """The settings of all markets' prices, which a class of the user's makes."""
    try:
        name = source_of(model)
    except OracleError as error:
        raise ConfigError(f"model: {error}") from None
    return sources(config.checked().exchange, CUSTOM, {"model": name})


if __name__ == "__main__":
    import sys

    from cxgame.simulator.__main__ import main

    sys.exit(main())

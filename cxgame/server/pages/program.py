"""The pages as a program of their own: `cxgame page`, from its settings to its end at Ctrl-C.

Trouble that only a person can end is one line and an exit status.
"""

import logging
import sys

from fastapi import FastAPI

from cxgame import __version__, logs
from cxgame.config import ConfigError
from cxgame.config.page import LoadedPage
from cxgame.server.checks import check_place
from cxgame.server.errors import ServerError
from cxgame.server.http.heads import HeadAsGet
from cxgame.server.http.serving import HttpServer
from cxgame.server.pages.prices import RemotePrices
from cxgame.server.pages.routes import Pages, mount_pages
from cxgame.server.ready_file import write_ready_file
from cxgame.server.running import run_to_end, say_on_terminal
from cxgame.server.sockets.listening import reachable
from cxgame.server.stopping import Stop

DONE = 0


def run(loaded: LoadedPage) -> int:
    """Serve until told to stop; returns the exit status. Raises `ConfigError`."""
    _set_up_logs(loaded)
    check_place(loaded.common, "ready_file")
    program = PageProgram(loaded)
    try:
        run_to_end(program.serve, program.stop)
    except ServerError as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return error.status
    return DONE


def create_page_app(loaded: LoadedPage) -> FastAPI:
    """The application: the pages, and for whoever looks after it that it lives."""
    app = FastAPI(title="cxgame page", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(HeadAsGet)

    @app.get("/")
    async def service() -> dict[str, str]:
        """What this is."""
        return {"service": "cxgame-page", "version": __version__}

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        """200 as long as the process answers."""
        return {"status": "ok"}

    own, common = loaded.own, loaded.common.settings
    prices = None
    if own.api_uri is not None:
        prices = RemotePrices(own.api_uri, common.api_key, own.refresh_seconds)
    pages = Pages(
        feed_port=lambda: common.feed_port,
        feed_uri=own.feed_uri,
        exchange_port=lambda: common.exchange_port,
        exchange_uri=own.exchange_uri,
        prices=prices,
        title=common.title,
        refresh_s=own.refresh_seconds,
        frame_ancestors=common.frame_ancestors,
    )
    mount_pages(app, pages)
    return app


class PageProgram:
    """The pages on one port."""

    def __init__(self, loaded: LoadedPage) -> None:
        self._loaded = loaded
        self._common = loaded.common.settings
        self._http = HttpServer(create_page_app(loaded), self._common.pem_file)
        self._stop = Stop()

    async def serve(self) -> None:
        """Serve until `stop`. Raises `StartError`."""
        port = self._http.bind(self._loaded.hosts, self._loaded.own.page_port, "page")
        try:
            await self._http.start()
            scheme = "http" if self._common.pem_file is None else "https"
            host = reachable(self._loaded.hosts[0])
            say_on_terminal(f"The page is at {scheme}://{host}:{port}/ (Ctrl-C ends it)\n")
            write_ready_file(self._common.ready_file, {"page": port})
            await self._stop.wait()
        finally:
            await self._http.close()

    def stop(self) -> None:
        """End it. From any thread, at any time."""
        self._stop.ask()


def _set_up_logs(loaded: LoadedPage) -> None:
    common = loaded.common.settings
    try:
        logs.configure(common.log_level, common.log_file, filter(None, [common.api_key]))
    except OSError as error:
        raise ConfigError(
            f"cannot write the log file {common.log_file}: {error.strerror}"
        ) from None
    for warning in loaded.common.warnings:
        logging.getLogger("cxgame.config").warning(warning)

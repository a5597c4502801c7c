"""The routes of the pages, their files, and what they must know to begin.

Whoever serves them says through `Pages` where the exchange is; nothing here knows a game.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.routing import Match, Route
from starlette.types import Scope

from cxgame.server.pages.files import ADMIN, CHARTS, MONITOR, PAGE, PLAY, StaticFile, load_files

TITLE = "cxgame"
REFRESH_S = 5.0
# Beside the files: what is under /static needs no key anywhere.
CONFIG, PRICES = "/static/config.json", "/static/prices.json"
NOBODY = "'none'"  # as a policy says it

# A row per market: symbol, price, bid, ask as numbers or texts.
Prices = Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]


class NoPrices(Exception):
    """Prices cannot be had at the moment; the text is a sentence for the spectator."""


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What the pages are told. The feed is named by its whole address, or by its port alone."""

    feed_port: Callable[[], int]  # asked late: a free port is known once it listens
    feed_uri: str | None = None  # None: that port, on the host that the page was reached under
    exchange_port: Callable[[], int]  # of the order server, likewise
    exchange_uri: str | None = None
    rest: bool = False  # whether the same server answers REST, for the player's money
    monitor: bool = False  # whether it reports how it is: then the monitor is here
    admin: bool = False  # whether it takes the organiser's commands: then he has his page here
    symbols: Callable[[], Sequence[str]] = tuple  # known before the feed says so, in their order
    prices: Prices | None = None  # for who cannot reach the feed
    replay: str | None = None  # where a replay is controlled, if this is one
    title: str = TITLE
    refresh_s: float = REFRESH_S
    frame_ancestors: Sequence[str] = ()


def mount_pages(app: FastAPI, pages: Pages) -> None:
    """Add the pages to an application, whose own `GET /` still answers who asks for no HTML."""
    files = load_files()
    secure = security_headers(pages.frame_ancestors)

    async def page(request: Request) -> Response:
        return _answer(request, files[PAGE], {**secure, "Vary": "Accept, Accept-Encoding"})

    async def play(request: Request) -> Response:
        # Nobody frames the page on which orders are placed: a press could be meant for another.
        return _answer(request, files[PLAY], {**security_headers(), "Vary": "Accept-Encoding"})

    async def monitor(request: Request) -> Response:
        # A token can be typed here, so it is framed by nobody either.
        headers = {**security_headers(), "Vary": "Accept-Encoding"}
        return _answer(request, files[MONITOR], headers)

    async def admin(request: Request) -> Response:
        # Whoever may show the other pages in a frame may not show this one: a click has a price.
        headers = {**security_headers(), "X-Frame-Options": "DENY", "Vary": "Accept-Encoding"}
        return _answer(request, files[ADMIN], headers)

    async def static(request: Request) -> Response:
        file = files.get(request.path_params["path"])
        if file is None or file.media_type.startswith("text/html"):
            return PlainTextResponse("There is no such file.\n", 404, secure)
        return _answer(request, file, {**secure, "Vary": "Accept-Encoding"})

    async def config(_: Request) -> Response:
        charts = f"/static/{CHARTS}" if CHARTS in files else None
        return _fresh({**_config(pages), "charts": charts}, secure)

    async def prices(_: Request) -> Response:
        try:
            rows = [] if pages.prices is None else list(await pages.prices())
        except NoPrices as error:
            return _fresh({"error": str(error)}, secure, 502)
        return _fresh({"prices": rows}, secure)

    app.router.routes[:0] = [
        _ForBrowsers("/", page),
        Route("/play", play),
        Route(CONFIG, config),
        Route(PRICES, prices),
        Route("/static/{path:path}", static),
        *([Route("/admin", admin)] if pages.admin else []),
        *([Route("/monitor", monitor)] if pages.monitor else []),
    ]


def security_headers(frame_ancestors: Sequence[str] = ()) -> dict[str, str]:
    """What every answer of the pages carries: nothing of elsewhere is run, framed or told."""
    framers = ["'self'" if each == "self" else each for each in frame_ancestors]
    policy = (
        "default-src 'self'",
        "connect-src 'self' ws: wss:",
        f"base-uri {NOBODY}",
        f"form-action {NOBODY}",
        f"object-src {NOBODY}",
        f"frame-ancestors {' '.join(framers) or NOBODY}",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def asks_for_html(accept: str) -> bool:
    """Whether a browser asks, and not a program: HTML is named, and not with weight 0."""
    for each in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        if kind in ("text/html", "application/xhtml+xml"):
            weights = [part[2:].strip(" 0.") for part in parameters if part.startswith("q=")]
            return not weights or bool(weights[0])
    return False


class _ForBrowsers(Route):
    """A route for who asks for HTML; others pass on to the routes behind it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            if not asks_for_html(headers.get(b"accept", b"").decode("latin-1")):
                return Match.NONE, {}
        return super().matches(scope)


def _answer(request: Request, file: StaticFile, headers: Mapping[str, str]) -> Response:
    """The file, or that the browser has it already: it asks each time, so an update is seen."""
    headers = {**headers, "ETag": file.etag, "Cache-Control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if file.etag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=headers)
    content = file.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = file.compressed, "gzip"
    return Response(content, headers=headers, media_type=file.media_type)


def _config(pages: Pages) -> dict[str, Any]:
    return {
        "title": pages.title,
        "feed": {"uri": pages.feed_uri, "port": pages.feed_port()},
        "exchange": {"uri": pages.exchange_uri, "port": pages.exchange_port()},
        "rest": pages.rest,
        "symbols": list(pages.symbols()),
        "replay": pages.replay,
        "refresh_s": pages.refresh_s,
        "prices": PRICES if pages.prices is not None else None,
    }


def _fresh(content: Any, headers: Mapping[str, str], status: int = 200) -> Response:
    return JSONResponse(content, status, {**headers, "Cache-Control": "no-store"})

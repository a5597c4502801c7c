"""The page of a replay: what it shows of a recording, and how it is played.

One more route beside the pages': how far the replay is, and what somebody at this computer wants of
it. Whoever is elsewhere only watches, unless it is allowed.
"""

import math
from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.routing import Route

from cxgame import __version__
from cxgame.config.loopback import is_loopback
from cxgame.server.broadcast.player import AT_ONCE, Player, Point
from cxgame.server.pages.routes import Pages, mount_pages, security_headers

REPLAY = "/static/replay.json"
SLOWEST, FASTEST = 0.1, 1_000_000
_MOST_BYTES = 1024


class Progress(Protocol):
    """What is known of a replay."""

    player: Player

    @property
    def first_ms(self) -> int | None:
        """When the recording begins; None while that is not known."""
        ...

    @property
    def last_ms(self) -> int | None:
        """When it ends, likewise."""
        ...

    def seen(self) -> None:
        """Somebody looks at the page, and may want to go back."""
        ...


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody wants of a replay."""

    action: Literal["play", "pause", "speed", "seek"]
    speed: float | None = None  # recorded seconds per second, 0 for at once
    at: float | None = None  # seconds since the beginning of the recording


def create_replay_app(
    replay: Progress, title: str, feed_port: Callable[[], int], *, controls_for_all: bool = False
) -> FastAPI:
    """The pages over the feed of a replay."""
    app = FastAPI(title="cxgame replay", version=__version__, docs_url=None, redoc_url=None)
    secure = {**security_headers(), "Cache-Control": "no-store"}

    async def route(request: Request) -> Response:
        may = controls_for_all or _is_here(request)
        if request.method == "POST":
            wish = None if not may or _is_foreign(request) else _wish(await request.body())
            if wish is None:
                return JSONResponse({"error": "That is not for you to do."}, 403, secure)
            _fulfil(replay, wish)
        replay.seen()
        return JSONResponse({**_state(replay), "controls": may}, headers=secure)

    pages = Pages(feed_port=feed_port, exchange_port=lambda: 0, title=title, replay=REPLAY)
    mount_pages(app, pages)
    app.router.routes.insert(0, Route(REPLAY, route, methods=["GET", "POST"]))
    return app


def _is_here(request: Request) -> bool:
    """Whether the browser runs on this computer, and was not led here under another name."""
    client = request.client
    name = request.url.hostname or ""
    return (
        client is not None
        and is_loopback(client.host)
        and (name == "localhost" or is_loopback(name))
    )


def _is_foreign(request: Request) -> bool:
    """Whether a page of elsewhere asks: a browser says so, and sends no JSON for it unasked."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    kind = request.headers.get("content-type", "").partition(";")[0]
    return site != "same-origin" or kind != "application/json"


def _wish(body: bytes) -> Wish | None:
    if len(body) > _MOST_BYTES:
        return None
    try:
        return msgspec.json.decode(body, type=Wish)
    except msgspec.DecodeError:
        return None


def _fulfil(replay: Progress, wish: Wish) -> None:
    player = replay.player
    if wish.action == "play":
        player.play()
    elif wish.action == "pause":
        player.pause()
    elif wish.action == "speed" and wish.speed is not None:
        is_at_once = wish.speed == 0
        player.speed = AT_ONCE if is_at_once else min(max(wish.speed, SLOWEST), FASTEST)
    elif wish.action == "seek" and wish.at is not None and math.isfinite(wish.at):
        player.seek(Point(after_ms=max(0, round(wish.at * 1000))))


def _state(replay: Progress) -> dict[str, Any]:
    player, first = replay.player, replay.first_ms
    at = player.moment_ms
    known = first is not None and replay.last_ms is not None
    return {
        "playing": player.playing,
        "speed": 0 if player.speed == AT_ONCE else player.speed,
        "at": None if first is None or at is None else max(0, at - first) / 1000,
        "length": (replay.last_ms - first) / 1000 if known else None,  # type: ignore[operator]
        "began": None if first is None else first / 1000,
    }

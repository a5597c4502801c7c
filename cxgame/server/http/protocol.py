"""`/asyncapi.json` and `/asyncapi`: the WebSocket protocols described, for machines and for people.

They are for everybody: whoever may connect has to know what to say. The document is made when it
is first asked for, beside the event loop.
"""

from functools import cache

import msgspec
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from cxgame.in_thread import in_thread
from cxgame.server.description.document import asyncapi
from cxgame.server.description.page import page

ASYNCAPI = "/asyncapi.json"
PAGE = "/asyncapi"


def add_protocol(app: FastAPI) -> None:
    """Add both to an application."""

    @app.get(ASYNCAPI, include_in_schema=False)
    async def document() -> Response:
        return Response(await in_thread(_document), media_type="application/json")

    @app.get(PAGE, include_in_schema=False)
    async def protocol() -> Response:
        return HTMLResponse(await in_thread(page))


@cache
def _document() -> bytes:
    return msgspec.json.encode(asyncapi())

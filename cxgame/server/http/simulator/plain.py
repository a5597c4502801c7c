"""`/ws` for who does not ask for a WebSocket, such as a browser's address bar: what is there."""

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from cxgame.model.errors import Code
from cxgame.server.http.rest.desk import JSON
from cxgame.server.http.rest.routing import PlainRoute
from cxgame.wire.simulator_frames import PATH

_TEXT = "This is a WebSocket: open it as one, with a ws:// or wss:// address."
_BODY = msgspec.json.encode({"error": _TEXT, "code": Code.PARAM_COMMAND})

routes = APIRouter(route_class=PlainRoute)


@routes.get(PATH, include_in_schema=False)
async def websocket(_: Request) -> Response:
    """426, with what to upgrade to (RFC 9110, 15.5.22)."""
    return Response(_BODY, 426, {"upgrade": "websocket", "connection": "upgrade"}, JSON)

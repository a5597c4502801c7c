"""HEAD: answered as GET is, wherever that is (RFC 9110, 9.3.2), as what watches a server sends it.

Handlers and routes know GET alone, with its key, its limits and its refusals. The body is left out
by the server: it knows what was asked, and goes by that also where the answer has a length.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """An application to which every HEAD is a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server's own stays as it is
        await self._app(scope, receive, send)

"""`/docs`, `/redoc` and `/openapi.json`: the REST face described, without a word from outside.

The pages' programs come with the package fastapi-offline. They are shown to this computer, and to
anybody in a server for tests.
"""

from importlib import resources
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from cxgame.config.loopback import is_loopback
from cxgame.server.http.rest.errors import Refused
from cxgame.server.http.rest.openapi import COMPONENTS

OPENAPI = "/openapi.json"
_STATIC = "/docs/static"

DESCRIPTION = (
    "An exchange for trading bots: the same game as on the WebSocket, in the words of ccxt-style"
    " programs. Every operation but health takes the header `x-api-key`. Numbers are exact"
    " decimals; a refusal is always `{error, detail, code}`. Below `/api/v1` it speaks the"
    " simulator's dialect: there numbers are decimal text, a refusal is `{error, code}`, a token"
    " may also be a bearer token, and a server with `--sandbox` takes a session id instead."
)


def add_documentation(app: FastAPI) -> None:
    """Add the pages to an application that has all its routes."""
    files = str(resources.files("fastapi_offline") / "static")
    app.mount(_STATIC, StaticFiles(directory=files))

    @app.get(OPENAPI, include_in_schema=False)
    async def openapi(request: Request) -> Response:
        _check(request)
        return JSONResponse(schema(app))

    @app.get("/docs", include_in_schema=False)
    async def swagger(request: Request) -> Response:
        _check(request)
        return get_swagger_ui_html(
            openapi_url=OPENAPI,
            title=app.title,
            swagger_js_url=f"{_STATIC}/swagger-ui-bundle.js",
            swagger_css_url=f"{_STATIC}/swagger-ui.css",
            swagger_favicon_url=f"{_STATIC}/favicon.png",
        )

    @app.get("/redoc", include_in_schema=False)
    async def redoc(request: Request) -> Response:
        _check(request)
        return get_redoc_html(
            openapi_url=OPENAPI,
            title=app.title,
            redoc_js_url=f"{_STATIC}/redoc.standalone.js",
            redoc_favicon_url=f"{_STATIC}/favicon.png",
            with_google_fonts=False,
        )


def schema(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI of an application; made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
        )
        made["components"] = COMPONENTS
        app.openapi_schema = made
    return app.openapi_schema


def _check(request: Request) -> None:
    """Raises 404 for who may not see it."""
    is_here = request.client is not None and is_loopback(request.client.host)
    if not is_here and not request.app.state.face.settings.test_env:
        raise Refused(404, "PARAM_COMMAND", "There is nothing at this path.")

"""The application: health, metrics, and the REST face with its documentation."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from cxgame import __version__
from cxgame.config.loopback import is_loopback
from cxgame.limits import Buckets
from cxgame.model.errors import Rejection
from cxgame.server.http import monitor
from cxgame.server.http.admin import routes as admin_page
from cxgame.server.http.api import routes as api
from cxgame.server.http.documentation import add_documentation
from cxgame.server.http.heads import HeadAsGet
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.protocol import add_protocol
from cxgame.server.http.rest import errors
from cxgame.server.http.rest.face import Face
from cxgame.server.http.rest.keys import secret_in
from cxgame.server.http.rest.routers import ROUTERS
from cxgame.server.http.rest.routing import add_routes
from cxgame.server.http.simulator.routers import ROUTERS as SIMULATOR
from cxgame.server.http.simulator.routing import Violations
from cxgame.server.http.vitals import Condition, Vitals

_BEARER = "Bearer "


def create_app(vitals: Vitals, metrics: Metrics, face: Face | None = None) -> FastAPI:
    """The application of a server; without a face, one that nobody has a key of."""
    app = FastAPI(title="cxgame", version=__version__, openapi_url=None, redirect_slashes=False)
    app.state.face = face or Face(vitals)
    settings = app.state.face.settings
    app.state.visitors = Buckets[str](settings.rate_limit, settings.rate_burst)
    app.state.violations = Violations()
    app.state.admin_page = admin_page.AdminPage()
    app.state.glance = monitor.Glance()
    app.state.requests = lambda: 0  # how many were answered; whoever serves the app knows
    app.add_middleware(HeadAsGet)
    errors.install(app)
    add_routes(app, (*ROUTERS, *SIMULATOR, api.routes, admin_page.routes, monitor.routes))

    @app.get("/")
    async def service() -> dict[str, str]:
        """What this is."""
        return {"service": "cxgame", "version": __version__}

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        """200 as long as the process answers."""
        return {"status": "ok"}

    @app.get("/readyz", responses={503: {"description": "Orders are not taken now."}})
    async def ready() -> JSONResponse:
        """200 while orders are taken, else 503 and why not."""
        condition = vitals.condition
        status = 200 if condition is Condition.READY else 503
        return JSONResponse({"status": condition.value, **_promise(vitals)}, status)

    @app.get("/metrics", include_in_schema=False)
    async def measured(request: Request) -> Response:
        """For Prometheus: from this computer, or with the admin secret as bearer token."""
        if not await _may_measure(vitals, request):
            return PlainTextResponse("The admin secret is needed here.\n", 403)
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    add_documentation(app)
    add_protocol(app)
    return app


def _promise(vitals: Vitals) -> dict[str, str]:
    play = vitals.play
    return {} if play is None else {"game": play.id, "durability": play.store.durability}


async def _may_measure(vitals: Vitals, request: Request) -> bool:
    if request.client is not None and is_loopback(request.client.host):
        return True
    header = secret_in(request, "authorization") or ""
    if vitals.play is None or not header.startswith(_BEARER):
        return False
    users, secret = vitals.play.host.users, header.removeprefix(_BEARER)
    if users.is_known_admin_secret(secret):
        return True
    return not isinstance(await users.check_admin_secret(secret), Rejection)

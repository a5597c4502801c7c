"""`/health`: whether the server is well, for anybody who asks."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxgame.server.http.rest.openapi import COUNT, TEXT, row
from cxgame.server.http.rest.routing import router
from cxgame.server.http.rest.shapes import STATUS

routes: APIRouter = router("Health")

SIMULATOR = "crypto-exchange-simulator"
_WELL = {"status": "ok"}
_FAILING = row({"status": TEXT, "violations": COUNT})
_DESCRIBED: dict[str, Any] = {
    "response_model": None,
    "responses": {
        200: {
            "description": "The server answers, and its books are right.",
            "content": {"application/json": {"schema": STATUS, "example": _WELL}},
        },
        503: {
            "description": "The last check of the books has found something.",
            "content": {"application/json": {"schema": _FAILING}},
        },
    },
}


@routes.get("/admin/health", **_DESCRIBED)
@routes.get("/health", include_in_schema=False)
@routes.get("/admin/healthz", include_in_schema=False)
async def health(request: Request) -> Response:
    """200 as long as the server answers and its books are right. No key."""
    jobs = getattr(request.app.state, "jobs", None)
    violations = 0 if jobs is None else len(jobs.violations)
    if violations:
        return JSONResponse({"status": "failing", "violations": violations}, 503)
    if request.app.state.face.settings.sandbox:  # clients of the simulator look for its name
        return JSONResponse({**_WELL, "service": SIMULATOR})
    return JSONResponse(_WELL)

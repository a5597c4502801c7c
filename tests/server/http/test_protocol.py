"""The description of the WebSocket protocols over HTTP."""

import httpx

from cxgame.server.description.document import asyncapi
from cxgame.server.http.app import create_app
from cxgame.server.http.metrics import Metrics
from tests.server.test_http import ELSEWHERE, Patient


async def test_the_description_is_for_everybody() -> None:
    """As JSON and as a page, from wherever one asks, without a key."""
    vitals = Patient()
    app = create_app(vitals, Metrics(vitals))
    transport = httpx.ASGITransport(app, client=ELSEWHERE)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as there:
        document = await there.get("/asyncapi.json")
        assert document.headers["content-type"] == "application/json"
        assert document.json() == asyncapi()
        page = await there.get("/asyncapi")
        assert page.headers["content-type"].startswith("text/html")
        assert page.text.startswith("<!doctype html>")

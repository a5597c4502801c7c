"""The pages about the REST face: whole, offline, and not for everybody."""

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from cxgame.config import Settings
from cxgame.server.http.app import create_app
from cxgame.server.http.documentation import schema
from cxgame.server.http.metrics import Metrics
from cxgame.server.http.rest.face import Face
from tests.server.test_http import ELSEWHERE, LOOPBACK, Patient

PAGES = ("/docs", "/redoc", "/openapi.json")
OPEN = {"/", "/healthz", "/readyz", "/health", "/admin/health", "/admin/healthz"}
METHODS = ("get", "post", "patch", "delete")
SIMULATOR = "/api/v1/"
ANYBODY = {f"{SIMULATOR}{name}" for name in ("symbols", "ticker", "prices", "orderbook", "trades")}
APP = create_app(Patient(), Metrics(Patient()))


def asking(client: tuple[str, int] = LOOPBACK, **settings: Any) -> httpx.AsyncClient:
    """A client of an application with these settings, at an address."""
    vitals = Patient()
    face = Face(vitals, replace(Settings(), **settings))
    transport = httpx.ASGITransport(create_app(vitals, Metrics(vitals), face), client=client)
    return httpx.AsyncClient(transport=transport, base_url="http://server")


@pytest.mark.parametrize("page", PAGES)
async def test_the_pages_are_shown_to_this_computer(page: str) -> None:
    """And to anybody in a server for tests; to others there is nothing."""
    async with (
        asking() as here,
        asking(ELSEWHERE) as there,
        asking(ELSEWHERE, test_env=True) as test,
    ):
        assert (await here.get(page)).status_code == 200
        assert (await there.get(page)).status_code == 404
        assert (await test.get(page)).status_code == 200


@pytest.mark.parametrize("page", PAGES[:2])
async def test_the_pages_need_nothing_from_outside(page: str) -> None:
    """Every file that they name is ours, and there."""
    async with asking() as client:
        text = (await client.get(page)).text
        named = re.findall(r'(?:src|href)="([^"]+)"', text)
        assert len(named) >= 2
        for file in named:
            assert file.startswith("/docs/static/")
            assert (await client.get(file)).status_code == 200
    assert "http" not in re.sub(r"<!--.*?-->", "", text).replace("http-equiv", "")


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of everything in the schema."""
    paths = schema(APP)["paths"]
    return [
        (path, method, operation)
        for path, item in paths.items()
        for method, operation in item.items()
        if method in METHODS
    ]


def by_face(*, is_simulator: bool) -> list[tuple[str, str, dict[str, Any]]]:
    """The same of the simulator's face, or of all others."""
    return [each for each in operations() if each[0].startswith(SIMULATOR) == is_simulator]


@pytest.mark.parametrize(("path", "method", "operation"), by_face(is_simulator=False))
def test_every_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    """With a sentence, an example of what comes and goes, its refusals, and its key."""
    assert operation["description"]
    if path in OPEN:
        assert "security" not in operation
        return
    assert operation["security"] == [{"key": []}]
    good = operation["responses"]["200"]["content"]["application/json"]
    assert good["schema"]
    assert "example" in good
    for status in ("401", "429", "503"):
        refusal = operation["responses"][status]["content"]["application/json"]["schema"]
        assert refusal == {"$ref": "#/components/schemas/Refusal"}
    if "requestBody" in operation:
        body = operation["requestBody"]["content"]["application/json"]
        assert body["schema"]["type"] == "object"
        assert "example" in body
        assert {"413", "415", "422"} <= operation["responses"].keys()
    check_path(path, operation)


@pytest.mark.parametrize(("path", "method", "operation"), by_face(is_simulator=True))
def test_every_operation_of_the_simulator_is_described(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    """With an example of what comes and goes, refusals of its own form, and who may ask."""
    assert operation["description"]
    assert ("security" in operation) == (path not in ANYBODY)
    assert operation.get("security") in (None, [{"key": []}, {"token": []}, {}])
    statuses = {"post": "201"}
    good = operation["responses"][statuses.get(method, "200")]["content"]["application/json"]
    assert good["schema"]
    assert "example" in good
    refusals = {status for status in operation["responses"] if status >= "400"}
    assert {"429", "503"} <= refusals
    assert "422" not in refusals
    for status in refusals:
        refusal = operation["responses"][status]["content"]["application/json"]["schema"]
        assert refusal == {"$ref": "#/components/schemas/Declined"}
    if "requestBody" in operation:
        assert "example" in operation["requestBody"]["content"]["application/json"]
        assert {"400", "413"} <= refusals
    check_path(path, operation)


def check_path(path: str, operation: dict[str, Any]) -> None:
    """What stands in the path is among the parameters."""
    in_path = set(re.findall(r"{(\w+)", path))
    named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
    assert named == in_path


def test_the_schema_has_the_orders() -> None:
    """All of their operations."""
    found = {f"{method} {path}" for path, method, _ in operations() if "/orders" in path}
    assert found == {
        "get /api/v1/orders",
        "post /api/v1/orders",
        "get /api/v1/orders/{order_id}",
        "delete /api/v1/orders/{order_id}",
        "get /orders",
        "post /orders",
        "get /orders/list",
        "get /orders/{oid}",
        "post /orders/can_execute",
        "post /orders/{oid}/cancel",
    }

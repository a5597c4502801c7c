"""What the OpenAPI promises about money: examples and answers that keep to it."""

from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from cxgame.model.enums import Side
from tests.server.http.rest.office import Office

LOT = 10**12  # lots in one whole


async def operations(office: Office) -> list[tuple[str, dict[str, Any]]]:
    """All that is described, by method and path."""
    paths = (await office.do("GET", "/openapi.json"))["paths"]
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


def valid(schema: dict[str, Any], value: Any) -> None:
    Draft202012Validator(schema).validate(value)


async def test_every_operation_has_an_example_that_keeps_to_its_schema(office: Office) -> None:
    """Of its answer, and of its body if it takes one."""
    described = await operations(office)
    assert len(described) == 16
    for name, operation in described:
        good = operation["responses"]["200"]["content"]["application/json"]
        valid(good["schema"], good["example"])
        assert operation["summary"], name
        if "requestBody" in operation:
            body = operation["requestBody"]["content"]["application/json"]
            valid(body["schema"], body["example"])


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("GET /tickers", "/tickers"),
        ("GET /tickers/{symbol}", "/tickers/BTC/USDT,X/Y"),
        ("GET /balance", "/balance"),
        ("GET /balance/list", "/balance/list"),
        ("GET /balance/{asset}", "/balance/USDT"),
        ("GET /overview/capital", "/overview/capital"),
        ("GET /overview/capital", "/overview/capital?aggregation=false"),
        ("GET /overview/assets", "/overview/assets"),
        ("GET /overview/trades", "/overview/trades"),
        ("GET /overview/trades", "/overview/trades?side=buy"),
        ("GET /admin/health", "/admin/health"),
    ],
)
async def test_answers_keep_to_their_schemas(office: Office, name: str, path: str) -> None:
    """And to no more than that: every member is described."""
    await office.do("POST", "/admin/fund", json={"asset": "USDT"})
    office.place(Side.BUY, LOT // 10, "60000")
    office.place(Side.BUY, LOT // 10, "50000")
    operation = dict(await operations(office))[name]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    valid(_closed(schema), await office.do("GET", path))


def _closed(schema: Any) -> Any:
    """The schema with no room for what it does not name."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(each) for name, each in schema.items()}
    if "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed

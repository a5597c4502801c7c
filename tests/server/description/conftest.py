"""The document's schemas as validators that pass over nothing."""

from typing import Any

import pytest
from jsonschema_rs import Draft7Validator

from cxgame.server.description.document import asyncapi
from cxgame.wire.json_schema import SCHEMAS


class Judge:
    """Says of messages whether they are what the document says; an unknown member is not."""

    def __init__(self) -> None:
        self._schemas = closed(asyncapi()["components"]["schemas"])
        self._known: dict[str, Draft7Validator] = {}

    def check(self, name: str, message: Any) -> None:
        """Fail unless a message fits a schema."""
        if name not in self._known:
            root = {"$ref": SCHEMAS + name, "components": {"schemas": self._schemas}}
            self._known[name] = Draft7Validator(root)
        errors = [error.message for error in self._known[name].iter_errors(message)]
        assert not errors, (name, errors, message)


def closed(schema: Any) -> Any:
    """A schema that takes no member beyond those that it names."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: closed(value) for key, value in schema.items()}
    if strict.get("type") == "object" and "properties" in strict:
        strict.setdefault("additionalProperties", False)
    return strict


@pytest.fixture(scope="session")
def judge() -> Judge:
    """One for all tests: compiling takes longer than judging."""
    return Judge()
